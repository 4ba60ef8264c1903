"""Hands messages to push services, over connections that never lead inside. Tells nobody of endpoints."""

import asyncio
from datetime import timedelta
from types import TracebackType
from typing import Self

import httpcore
import structlog

from notifier.domain import Outcome, Result
from notifier.push import Message
from notifier.push_endpoints import PublicHosts

log = structlog.get_logger()

_READ_AT_MOST = 4096
_ON_THE_WAY = (httpcore.TimeoutException, httpcore.NetworkError, httpcore.ProtocolError, TimeoutError)
_CONNECTIONS = 20


class PushLine:
    """Connections to all push services, used by all senders; a redirect is not followed."""

    def __init__(self, *, timeout: float, loopback: bool) -> None:
        self._timeout = timeout
        self._pool = httpcore.AsyncConnectionPool(
            max_connections=_CONNECTIONS, keepalive_expiry=30, network_backend=PublicHosts(loopback=loopback)
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._pool.aclose()

    async def send(self, message: Message) -> Outcome:
        """Hand over one message. What the service answers beside its status is never told."""
        try:
            async with asyncio.timeout(self._timeout):
                return await self._hand_over(message)
        except _ON_THE_WAY as error:
            log.warning("push_not_taken", error=type(error).__name__)
            return Outcome("unavailable")
        except httpcore.UnsupportedProtocol:
            return Outcome("refused")

    async def _hand_over(self, message: Message) -> Outcome:
        request = self._pool.stream(
            "POST", message.endpoint, headers=[*message.headers.items()], content=message.body
        )
        async with request as response:
            await _read_a_little(response)
            outcome = Outcome(result_of(response.status), _asked_to_wait(response))
        if outcome.result != "delivered":
            log.warning("push_not_taken", result=outcome.result, status=response.status)
        return outcome


async def _read_a_little(response: httpcore.Response) -> None:
    """An answer that is read to its end keeps its connection; nobody is read without end."""
    size = 0
    async for part in response.aiter_stream():
        size += len(part)
        if size > _READ_AT_MOST:
            return


def result_of(status: int) -> Result:
    match status:
        case 404 | 410:
            return "gone"
        case 408 | 425 | 429:
            return "unavailable"
    if 200 <= status < 300:
        return "delivered"
    return "unavailable" if status >= 500 else "refused"


def _asked_to_wait(response: httpcore.Response) -> timedelta:
    """Seconds are heeded, dates are not: no push service in use sends any."""
    headers = {name.lower(): value for name, value in response.headers}
    asked = headers.get(b"retry-after", b"")
    return timedelta(seconds=int(asked)) if asked.isdigit() and len(asked) < 7 else timedelta(0)
