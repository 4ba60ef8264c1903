"""The stack of the journeys, for those who operate it."""

from tests.journeys.conftest import accounts, addresses, people, stack

__all__ = ["accounts", "addresses", "people", "stack"]
