import pytest
from opentelemetry import propagate, trace

from servicekit.telemetry import configure_telemetry, current_span_id, current_trace_id, request_span

PARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


def test_outside_a_request_there_is_no_trace() -> None:
    assert (current_trace_id(), current_span_id()) == (None, None)


def test_every_request_has_a_trace_of_its_own() -> None:
    seen = set()
    for _ in range(3):
        with request_span({}):
            seen.add(current_trace_id())

    assert len(seen) == 3
    assert current_trace_id() is None


def test_a_callers_trace_goes_on_with_a_span_of_ours() -> None:
    with request_span({"traceparent": PARENT}):
        carrier: dict[str, str] = {}
        propagate.inject(carrier)

        assert current_trace_id() == "0af7651916cd43dd8448eb211c80319c"
        assert current_span_id() != "b7ad6b7169203331"
        assert carrier["traceparent"].startswith("00-0af7651916cd43dd8448eb211c80319c-")


@pytest.mark.parametrize("parent", ["nonsense", "00-0-0-01", "00-" + "0" * 32 + "-" + "0" * 16 + "-01"])
def test_a_broken_trace_of_a_caller_is_replaced(parent: str) -> None:
    with request_span({"traceparent": parent}):
        trace_id = current_trace_id()

    assert trace_id is not None
    assert int(trace_id, 16) != 0


def test_nothing_is_exported_unless_an_endpoint_is_given() -> None:
    before = trace.get_tracer_provider()

    configure_telemetry("ordering", None)

    assert trace.get_tracer_provider() is before
