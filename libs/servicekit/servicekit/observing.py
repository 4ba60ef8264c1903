"""Watches every request: a span, a log line and a measurement per request, and no fault unanswered."""

import time
from http import HTTPStatus

import structlog
from opentelemetry.trace import Span, StatusCode
from starlette.datastructures import Headers
from starlette.requests import ClientDisconnect, Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from eventing.supervision import whereabouts
from servicekit.metrics import HttpMetrics, http_metrics
from servicekit.problems import Problem, Text, problem_response
from servicekit.telemetry import current_trace_id, request_span

log = structlog.get_logger()

_CLIENT_WENT_AWAY = 499
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_QUIET = ("/health/", "/metrics")


class InternalError(Problem):
    """A fault of ours; what it was stands in the log under the trace id."""

    status = 500
    code = "INTERNAL_ERROR"
    title = Text("Błąd po naszej stronie", "An error on our side")
    detail = Text(
        "Spróbuj ponownie za chwilę. Jeśli to nie pomoże, podaj pomocy technicznej identyfikator trace_id.",
        "Try again in a moment. If that does not help, tell support the trace_id.",
    )


def route_template(scope: Scope) -> str:
    """The path as declared (`/api/v1/orders/{id}`), never as sent."""
    context = scope.get("fastapi", {}).get("effective_route_context")
    template = getattr(context, "path_format", None) or getattr(scope.get("route"), "path", None)
    return template if isinstance(template, str) else "unmatched"


class ObserveRequests:
    """Pure ASGI, so that streams and disconnects pass untouched."""

    def __init__(self, app: ASGIApp, *, service: str) -> None:
        self._app = app
        self._metrics = http_metrics(service)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        with request_span(Headers(scope=scope)) as span:
            observed = _Observed(scope, send, span, self._metrics)
            try:
                await self._answer(observed, receive)
            finally:
                observed.finish()

    async def _answer(self, observed: "_Observed", receive: Receive) -> None:
        try:
            await self._app(observed.scope, receive, observed.send)
        except ClientDisconnect:
            observed.status = observed.status or _CLIENT_WENT_AWAY
        except Exception as error:  # noqa: BLE001 - the HTTP border: nothing may leave it unanswered
            observed.failed(error)
            if observed.status == 0:
                response = problem_response(
                    Request(observed.scope), InternalError(trace_id=current_trace_id())
                )
                await response(observed.scope, receive, observed.send)


class _Observed:
    """What was seen of one request."""

    def __init__(self, scope: Scope, send: Send, span: Span, metrics: HttpMetrics) -> None:
        self.scope = scope
        self.status = 0
        self._send = send
        self._span = span
        self._metrics = metrics
        self._is_stream = False
        self._begun = time.perf_counter()

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            kind = Headers(raw=message["headers"]).get("content-type", "")
            self._is_stream = kind.startswith("text/event-stream")
            if self._is_stream:
                self._metrics.streams.labels(route_template(self.scope)).inc()
        await self._send(message)

    def failed(self, error: Exception) -> None:
        self._metrics.failures.labels(self._method(), route_template(self.scope)).inc()
        self._span.set_status(StatusCode.ERROR)
        log.error(
            "request_failed",
            method=self._method(),
            route=route_template(self.scope),
            exception=type(error).__qualname__,
            where=whereabouts(error),
        )

    def finish(self) -> None:
        route, status = route_template(self.scope), self.status or _CLIENT_WENT_AWAY
        seconds = time.perf_counter() - self._begun
        self._span.update_name(f"{self._method()} {route}")
        self._span.set_attributes({"http.route": route, "http.response.status_code": status})
        if self._is_stream:
            self._metrics.streams.labels(route).dec()
        else:
            self._metrics.seconds.labels(self._method(), route, str(status)).observe(seconds)
        say = log.debug if route.startswith(_QUIET) and status == HTTPStatus.OK else log.info
        say(
            "request",
            method=self._method(),
            route=route,
            status=status,
            milliseconds=round(seconds * 1000, 1),
        )

    def _method(self) -> str:
        return self.scope["method"] if self.scope["method"] in _METHODS else "OTHER"
