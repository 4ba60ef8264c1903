"""Logs: one JSON line per event on stderr, with trace ids, without people, codes and tokens.

Callers must not log such things; the processor here that drops suspicious fields is the second line.
"""

import logging
import re
import sys
import time
from collections.abc import Callable
from functools import lru_cache
from types import TracebackType

import asyncpg
import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

from eventing.supervision import whereabouts
from servicekit.telemetry import current_span_id, current_trace_id

_PRIVATE = re.compile(
    r"name|first_name|family_name|given_names|birth_date|phone|address|code|(activation|tx)_code|offer"
    r"|offer_id|offer_uri|qr_payload|session|cookie|authorization|body|payload|plaintext|query|path|pack"
    r"|photo|portrait|sub|(.*_)?(e?mail|subject|pesel|handle|token|jwt|secret|password|sealed)",
    re.IGNORECASE,
)

# The Kafka client calls these errors, and tries again by itself; what does not heal, our own lines and the
# pipeline's probe tell.
_TRIED_AGAIN = frozenset(
    {
        "Unable connect to node with id %s: %s",
        "Unable to update metadata from %s",
        "Failed fetch messages from %s: %s",
        "Error sending %s to node %s [%s] -- marking coordinator dead",
        "Group Coordinator Request failed: %s",
        "FindCoordinator Request failed: %s",
        "Heartbeat send request failed: %s. Will retry.",
        "Heartbeat session expired - marking coordinator dead",
        "OffsetCommit failed for group %s due to group error (%s), will rejoin",
    }
)


def configure_logging(service: str, level: str = "info", *, pretty: bool | None = None) -> None:
    """All logging of the process, that of libraries included, goes through the same processors.

    Our own lines go straight to stderr: by way of the library's loggers they took a tenth of a short request.
    """
    shared = _shared_processors(service)
    renderer = _renderer(sys.stderr.isatty() if pretty is None else pretty)
    structlog.configure(
        processors=[*shared, renderer],
        wrapper_class=structlog.make_filtering_bound_logger(getattr(logging, level.upper())),
        logger_factory=structlog.WriteLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
        )
    )
    handler.addFilter(FloodFilter(("aiokafka", "faststream", "opentelemetry")))
    handler.addFilter(_lower_what_is_tried_again)
    handler.addFilter(_first_line_of_asyncio)
    logging.basicConfig(handlers=[handler], level=level.upper(), force=True)
    _quieten_libraries(level.upper())


def _quieten_libraries(level: str) -> None:
    """They write addresses of requests at level info, and whole records at level debug."""
    if level == "DEBUG":
        logging.getLogger().setLevel(logging.INFO)
    for name in ("httpx", "httpcore", "uvicorn.access", "authlib", "asyncio"):
        logging.getLogger(name).setLevel(logging.WARNING)


def _lower_what_is_tried_again(record: logging.LogRecord) -> bool:
    if record.name.startswith("aiokafka") and record.msg in _TRIED_AGAIN:
        record.levelno, record.levelname = logging.WARNING, "WARNING"
    return True


def _first_line_of_asyncio(record: logging.LogRecord) -> bool:
    """The others show a task with the message of its error, which may be private."""
    if record.name == "asyncio":
        record.msg, record.args = record.getMessage().partition("\n")[0], ()
    return True


def _shared_processors(service: str) -> list[Processor]:
    def name_service(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
        event["service"] = service
        return event

    return [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        name_service,
        add_trace_ids,
        tell_exceptions,
        drop_private,
    ]


def _renderer(pretty: bool) -> Processor:
    if pretty:
        return structlog.dev.ConsoleRenderer()
    return structlog.processors.JSONRenderer(ensure_ascii=False, default=str)


def add_trace_ids(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    trace_id = current_trace_id()
    if trace_id is not None:
        event["trace_id"] = trace_id
        event["span_id"] = current_span_id()
    return event


def tell_exceptions(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Type and place of an exception, never its message: that may repeat a row or an input."""
    given = event.pop("exc_info", None)
    error = sys.exc_info()[1] if given is True else given[1] if isinstance(given, tuple) else given
    if isinstance(error, BaseException):
        event["exception"] = type(error).__qualname__
        event["where"] = whereabouts(error)
    return event


def tell_crashes() -> None:
    """The last words of a process do not repeat what the database says of a row."""

    def tell(kind: type[BaseException], error: BaseException, place: TracebackType | None) -> None:
        if not isinstance(error, asyncpg.PostgresError | asyncpg.InterfaceError):
            sys.__excepthook__(kind, error, place)
            return
        sys.stderr.write(
            "\n  ".join([f"{kind.__qualname__}, by the database, at:", *whereabouts(error)]) + "\n"
        )

    sys.excepthook = tell


def drop_private(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    for name in event:
        if _is_private(name):
            event[name] = "[dropped]"
    return event


@lru_cache(maxsize=1024)
def _is_private(name: str) -> bool:
    return _PRIVATE.fullmatch(name) is not None


class FloodFilter(logging.Filter):
    """Lets a message of a noisy library through a few times a minute, whatever its arguments."""

    def __init__(
        self,
        loggers: tuple[str, ...],
        *,
        allowed: int = 3,
        seconds: float = 60,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__()
        self._loggers = loggers
        self._allowed = allowed
        self._seconds = seconds
        self._clock = clock
        self._seen: dict[tuple[str, str], tuple[float, int]] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        if not record.name.startswith(self._loggers):
            return True
        key = (record.name, str(record.msg)[:80])
        begun, count = self._seen.get(key, (self._clock(), 0))
        if self._clock() - begun >= self._seconds:
            self._tell_suppressed(record, count)
            begun, count = self._clock(), 0
        self._remember(key, begun, count + 1)
        return count < self._allowed

    def _tell_suppressed(self, record: logging.LogRecord, count: int) -> None:
        if count > self._allowed:
            record.msg = f"{record.msg} [{count - self._allowed} more were left out]"

    def _remember(self, key: tuple[str, str], begun: float, count: int) -> None:
        if len(self._seen) > 1000:
            self._seen.clear()
        self._seen[key] = (begun, count)
