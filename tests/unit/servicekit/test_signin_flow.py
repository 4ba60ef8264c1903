from datetime import UTC, datetime, timedelta

import pytest

from servicekit.keys import KeyRing
from servicekit.signin_flow import new_flow, open_flow, own_path, seal_flow

NOW = datetime(2026, 10, 1, 12, 0, tzinfo=UTC)
RING = KeyRing.single("s1", b"s" * 32)


@pytest.mark.parametrize("path", ["/", "/orders", "/orders/1?tab=card#now", "/zam%C3%B3wienie"])
def test_paths_of_our_own_are_gone_on_to(path: str) -> None:
    assert own_path(path) == path


@pytest.mark.parametrize(
    "path",
    [
        None,
        "",
        "orders",
        "https://evil.example",
        "//evil.example",
        "/\\evil.example",
        "\\\\evil.example",
        "/a\\..\\b",
        "/\t/evil.example",
        "/\n/evil.example",
        " //evil.example",
        "/ok\r\nSet-Cookie: a=b",
        "javascript:alert(1)",
        "/" + "a" * 1000,
        "/zamówienie",
    ],
)
def test_what_could_lead_off_this_origin_leads_home(path: str | None) -> None:
    assert own_path(path) == "/"


def test_a_flow_comes_back_as_it_left() -> None:
    flow = new_flow("/orders", 600, NOW)

    assert open_flow(RING, seal_flow(RING, flow), NOW + timedelta(minutes=9)) == flow


def test_a_flow_ends_after_ten_minutes() -> None:
    sealed = seal_flow(RING, new_flow("/", None, NOW))

    assert open_flow(RING, sealed, NOW + timedelta(minutes=10)) is None


def test_flows_are_unguessable_and_hidden() -> None:
    one, two = new_flow("/", None, NOW), new_flow("/", None, NOW)

    assert len({one.state, one.nonce, one.verifier, two.state, two.nonce, two.verifier}) == 6
    assert one.verifier not in seal_flow(RING, one)


@pytest.mark.parametrize("cookie", ["", "s1", "s1.", "s1.AAAA", "s2.AAAA", "żółw", "s1." + "A" * 60])
def test_a_cookie_that_is_not_ours_opens_nothing(cookie: str) -> None:
    assert open_flow(RING, cookie, NOW) is None


def test_a_cookie_under_an_old_key_still_opens() -> None:
    flow = new_flow("/", None, NOW)
    newer = KeyRing.single("s2", b"t" * 32).current
    ring = KeyRing(newer, {"s1": RING.current, "s2": newer})

    assert open_flow(ring, seal_flow(RING, flow), NOW) == flow
