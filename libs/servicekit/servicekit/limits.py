"""Rate limits: refused requests by address, which a whole campus may share; good ones by offer or token."""

import ipaddress
import time
from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta

from limits import RateLimitItemPerMinute
from limits.aio.storage import MemoryStorage
from limits.aio.strategies import MovingWindowRateLimiter
from starlette.requests import Request

UNKNOWN = "unknown"
MINUTE = timedelta(minutes=1)


class RefusedRequests:
    """At most so many refusals a minute and address are told; each replica counts for itself.

    It is asked once a request was refused, never before: those behind the same address who are not refused
    notice nothing of the one who is.
    """

    def __init__(self, per_minute: int = 60) -> None:
        self._limit = RateLimitItemPerMinute(per_minute)
        self._limiter = MovingWindowRateLimiter(MemoryStorage())

    async def refused(self, address: str) -> int | None:
        """Count a refusal: unknown offer, wrong code, bad proof. Seconds to wait if there were too many."""
        if await self._limiter.hit(self._limit, address):
            return None
        window = await self._limiter.get_window_stats(self._limit, address)
        return max(1, round(window.reset_time - time.time()))


class FixedWindow:
    """At most so much of something in a window of the clock, for one offer, token, card or person.

    Each replica counts for itself.
    """

    def __init__(self, most: int = 60, window: timedelta = MINUTE) -> None:
        self._most = most
        self._window = int(window.total_seconds())
        self._number = 0
        self._taken: Counter[str] = Counter()

    def take(self, subject: str, now: datetime, amount: int = 1) -> int | None:
        """Count more of them. Seconds to wait when that would be too many in this window, else None."""
        number, second = divmod(int(now.timestamp()), self._window)
        if number != self._number:
            self._number, self._taken = number, Counter()
        if self._taken[subject] + amount > self._most:
            return self._window - second
        self._taken[subject] += amount
        return None

    def give_back(self, subject: str, amount: int) -> None:
        """What was counted in this window and not needed."""
        self._taken[subject] = max(0, self._taken[subject] - amount)


def client_address(request: Request, trusted_proxies: Sequence[str] = ()) -> str:
    """What limits count by: an IPv4 address, or the /64 of an IPv6 one.

    `X-Forwarded-For` is read from the right, and only as far as our own proxies wrote it.
    """
    peer = request.client.host if request.client else UNKNOWN
    networks = [ipaddress.ip_network(part, strict=False) for part in trusted_proxies]
    hops = [hop.strip() for hop in ",".join(request.headers.getlist("x-forwarded-for")).split(",")]
    for hop in reversed(hops):
        if not hop or not _is_within(peer, networks):
            break
        peer = hop
    return _counted_as(peer)


def _is_within(address: str, networks: Sequence[ipaddress.IPv4Network | ipaddress.IPv6Network]) -> bool:
    parsed = _parsed(address)
    return parsed is not None and any(parsed in network for network in networks)


def _parsed(address: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return None
    mapped = parsed.ipv4_mapped if isinstance(parsed, ipaddress.IPv6Address) else None
    return mapped or parsed


def _counted_as(address: str) -> str:
    parsed = _parsed(address)
    if parsed is None:
        return UNKNOWN
    if isinstance(parsed, ipaddress.IPv6Address):
        return str(ipaddress.ip_network((parsed, 64), strict=False))
    return str(parsed)
