"""OpenTelemetry: every request has a trace id; spans leave the process only when an endpoint is configured.

Spans carry route templates and statuses, never paths, queries or people.
"""

import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from opentelemetry import propagate, trace
from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import SERVICE_NAME, Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import NonRecordingSpan, Span, SpanContext, SpanKind, TraceFlags

_tracer = trace.get_tracer("legitka")


def configure_telemetry(service: str, otlp_endpoint: str | None) -> None:
    """Send spans to `<endpoint>/v1/traces` from a thread of its own: a dead collector delays nothing."""
    if otlp_endpoint is None:
        return
    exporter = OTLPSpanExporter(endpoint=f"{otlp_endpoint.rstrip('/')}/v1/traces", timeout=5)
    provider = TracerProvider(resource=Resource.create({SERVICE_NAME: service}))
    provider.add_span_processor(BatchSpanProcessor(exporter))
    trace.set_tracer_provider(provider)


def stop_telemetry() -> None:
    """Hand over what is still queued, for at most two seconds."""
    provider = trace.get_tracer_provider()
    if isinstance(provider, TracerProvider):
        provider.force_flush(2_000)


@contextmanager
def request_span(headers: Mapping[str, str]) -> Iterator[Span]:
    """The current span of one request. It has ids, for logs and events, even when nothing is exported."""
    caller = propagate.extract(dict(headers))
    span = _tracer.start_span("request", caller, kind=SpanKind.SERVER)
    if not span.is_recording():
        span = _silent_span(caller)
    with trace.use_span(span, end_on_exit=True, record_exception=False, set_status_on_exception=False):
        yield span


def _silent_span(caller: Context) -> Span:
    parent = trace.get_current_span(caller).get_span_context()
    trace_id = parent.trace_id if parent.is_valid else secrets.randbits(128) or 1
    span_id = secrets.randbits(64) or 1
    return NonRecordingSpan(SpanContext(trace_id, span_id, is_remote=False, trace_flags=TraceFlags(0)))


def current_trace_id() -> str | None:
    context = trace.get_current_span().get_span_context()
    return trace.format_trace_id(context.trace_id) if context.is_valid else None


def current_span_id() -> str | None:
    context = trace.get_current_span().get_span_context()
    return trace.format_span_id(context.span_id) if context.is_valid else None
