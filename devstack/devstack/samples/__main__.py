"""`python -m devstack.samples DIR` writes the sample students of both institutions into a folder."""

import argparse
from pathlib import Path

from devstack.samples import sample_students, write_samples


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m devstack.samples", description=__doc__)
    parser.add_argument("directory", type=Path)
    directory = parser.parse_args().directory
    write_samples(directory)
    print(f"{len(sample_students())} students are in {directory}")


if __name__ == "__main__":
    main()
