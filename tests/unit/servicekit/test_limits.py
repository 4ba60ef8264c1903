from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from starlette.requests import Request

from servicekit.limits import FixedWindow, RefusedRequests, client_address


def request(peer: str | None, *forwarded: str) -> Request:
    headers = [(b"x-forwarded-for", value.encode()) for value in forwarded]
    client = (peer, 40000) if peer else None
    return Request({"type": "http", "method": "GET", "path": "/", "headers": headers, "client": client})


async def test_after_too_many_refusals_an_address_must_wait() -> None:
    limiter = RefusedRequests(per_minute=3)

    answers = [await limiter.refused("192.0.2.1") for _ in range(4)]

    assert answers[:3] == [None, None, None]
    assert answers[3] is not None
    assert 1 <= answers[3] <= 60
    assert await limiter.refused("192.0.2.2") is None


async def test_a_minute_later_it_may_try_again() -> None:
    with time_machine.travel(0, tick=False) as clock:
        limiter = RefusedRequests(per_minute=1)
        await limiter.refused("192.0.2.1")
        wait = await limiter.refused("192.0.2.1")
        assert wait is not None

        clock.shift(wait + 1)

        assert await limiter.refused("192.0.2.1") is None


@pytest.mark.parametrize(
    ("peer", "forwarded", "trusted", "address"),
    [
        ("192.0.2.1", [], [], "192.0.2.1"),
        ("192.0.2.1", ["198.51.100.7"], [], "192.0.2.1"),
        ("10.0.0.5", ["198.51.100.7"], ["10.0.0.0/8"], "198.51.100.7"),
        ("10.0.0.5", ["203.0.113.9, 198.51.100.7"], ["10.0.0.0/8"], "198.51.100.7"),
        ("10.0.0.5", ["203.0.113.9", "198.51.100.7"], ["10.0.0.0/8"], "198.51.100.7"),
        ("10.0.0.5", ["198.51.100.7, 10.0.0.9"], ["10.0.0.0/8"], "198.51.100.7"),
        ("10.0.0.5", ["10.0.0.9"], ["10.0.0.0/8"], "10.0.0.9"),
        ("192.0.2.1", ["198.51.100.7"], ["10.0.0.0/8"], "192.0.2.1"),
        ("10.0.0.5", ["nonsense"], ["10.0.0.5"], "unknown"),
        ("2001:db8:1:2:3::1", [], [], "2001:db8:1:2::/64"),
        ("2001:db8:1:2:ffff::9", [], [], "2001:db8:1:2::/64"),
        ("::ffff:192.0.2.1", [], [], "192.0.2.1"),
        ("::ffff:10.0.0.5", ["198.51.100.7"], ["10.0.0.0/8"], "198.51.100.7"),
        (None, [], [], "unknown"),
    ],
)
def test_an_address_is_what_cannot_be_made_up(
    peer: str | None, forwarded: list[str], trusted: list[str], address: str
) -> None:
    assert client_address(request(peer, *forwarded), trusted) == address


def test_so_many_good_requests_are_served_in_a_minute_of_the_clock() -> None:
    limiter, quarter_past = FixedWindow(2), datetime(2026, 10, 1, 12, 0, 15, tzinfo=UTC)

    answers = [limiter.take("offer", quarter_past) for _ in range(3)]

    assert answers == [None, None, 45]
    assert limiter.take("another offer", quarter_past) is None
    assert limiter.take("offer", quarter_past + timedelta(seconds=45)) is None


def test_what_was_not_needed_may_be_taken_again_and_a_refusal_takes_nothing() -> None:
    limiter, noon = FixedWindow(10, timedelta(days=1)), datetime(2026, 10, 1, 12, tzinfo=UTC)

    limiter.take("clerk", noon, 8)
    limiter.give_back("clerk", 5)

    assert limiter.take("clerk", noon, 8) == 12 * 60 * 60
    assert limiter.take("clerk", noon, 7) is None
    assert limiter.take("clerk", noon) == 12 * 60 * 60
    assert limiter.take("clerk", noon + timedelta(hours=12), 10) is None
