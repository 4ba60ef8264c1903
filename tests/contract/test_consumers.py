"""Every service handles exactly what the catalogue says it reads; what it ignores it ignores on purpose."""

from importlib import import_module
from inspect import signature
from unittest.mock import Mock

import pytest

from contracts.catalogue import SERVICES, consumed_by
from eventing import Handlers, ignore


def _handlers_of(service: str) -> Handlers:
    """The handlers as the service builds them, on stand-ins for what they need of the outside."""
    consumers = import_module(f"{service}.consumers")
    if hasattr(consumers, "HANDLERS"):
        constant: Handlers = consumers.HANDLERS
        return constant
    built: Handlers = consumers.handlers(
        **{name: Mock() for name in signature(consumers.handlers).parameters}
    )
    return built


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_handles_what_it_reads_and_nothing_else(service: str) -> None:
    expected = {event for topic in consumed_by(service) for event in topic.events}

    assert set(_handlers_of(service)) == expected


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_reads_no_topic_that_it_ignores_whole(service: str) -> None:
    handlers = _handlers_of(service)

    assert all(any(handlers[event] is not ignore for event in topic.events) for topic in consumed_by(service))
