# Every target asks run.py, which needs only Python and says what is missing.

PYTHON ?= python3

.DEFAULT_GOAL := help
.PHONY: help demo run shell test e2e kafka drills browser interop screenshots assets lint bench keys docs setup

help:
	@$(PYTHON) run.py || true

# make demo ONCE=1   ends after the journey, with its status
# make demo RESET=1  forgets the data of earlier runs
# make demo PORTS=+1000  moves all ports, and has data of its own
# make demo TLS=1    is reached by https, and has data of its own
# make shell SERVICE=issuer  opens a shell with the settings of the running issuer
# make test ARGS="tests/unit -k order"
# make bench QUICK=1   smaller, in minutes; ARGS="drain load": these sections alone
# make bench BROKER=kafka   so with `demo` and `run`: Apache Kafka in the place of the embedded broker
demo run shell test e2e kafka drills browser interop screenshots assets lint bench keys docs setup:
	@$(PYTHON) run.py $@ $(ARGS)
