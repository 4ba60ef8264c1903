"""The benchmark suite: `make bench` measures the whole system, beside what it compares with."""
