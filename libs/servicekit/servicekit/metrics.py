"""HTTP metrics of a service, labelled by route template; and the text that Prometheus reads."""

from dataclasses import dataclass
from functools import cache

from prometheus_client import CONTENT_TYPE_LATEST, Counter, Gauge, Histogram, generate_latest
from starlette.responses import Response

_BUCKETS = (0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10)


@dataclass(frozen=True, slots=True)
class HttpMetrics:
    """Labels are `method`, `route` and `status`; a stream is counted while it is open, not timed."""

    seconds: Histogram
    failures: Counter
    streams: Gauge


@cache
def http_metrics(service: str) -> HttpMetrics:
    labels = ("method", "route", "status")
    return HttpMetrics(
        Histogram(f"{service}_http_request_seconds", "Time to answer a request", labels, buckets=_BUCKETS),
        Counter(
            f"{service}_http_failures_total", "Requests that failed by a fault of ours", ("method", "route")
        ),
        Gauge(f"{service}_http_open_streams", "Event streams being served", ("route",)),
    )


def metrics_response() -> Response:
    return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)
