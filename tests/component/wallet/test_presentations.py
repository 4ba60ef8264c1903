"""A shown code is answered truly, and without a person behind it when it is not valid."""

import secrets
from typing import Any

import httpx
import pytest
from prometheus_client import REGISTRY

from eventing import Works
from servicekit.bytes import from_base64url, to_base64url
from tests.component.wallet.conftest import NewOrder
from tests.component.wallet.packs import PACK, check, put
from tests.component.wallet.scene import NEXT_MONTH, Clock, Order, Phone, tell


async def test_a_shown_card_is_valid_and_its_pack_is_given(
    http: httpx.AsyncClient, card: Order, handle: bytes, clock: Clock
) -> None:
    stored = await put(http, card, handle, clock)

    told = await check(http, card.phone, handle, clock)

    assert stored.status_code == 200
    assert stored.json() == {"server_time": "2026-10-01T12:00:00Z"}
    assert from_base64url(told.pop("pack")) == PACK
    assert told == {
        "outcome": "valid",
        "checked_at": "2026-10-01T12:00:00Z",
        "valid_until": "2026-10-31T12:00:00Z",
    }


@pytest.mark.parametrize("shown_ago", [30, 0, -5])
async def test_a_code_is_fresh_for_thirty_seconds_and_five_ahead(
    http: httpx.AsyncClient, card: Order, handle: bytes, clock: Clock, shown_ago: float
) -> None:
    await put(http, card, handle, clock)

    assert (await check(http, card.phone, handle, clock, shown_ago))["outcome"] == "valid"


@pytest.mark.parametrize(
    ("shown_ago", "skew"), [(31, -31), (-6, 6), (599, -599), (600, None), (90_000, None)]
)
async def test_a_code_out_of_its_window_names_the_clock_when_that_may_be_wrong(
    http: httpx.AsyncClient, card: Order, handle: bytes, clock: Clock, shown_ago: float, skew: int | None
) -> None:
    await put(http, card, handle, clock)

    told = await check(http, card.phone, handle, clock, shown_ago)

    expected = {"outcome": "too_old", "checked_at": "2026-10-01T12:00:00Z"}
    assert told == (expected if skew is None else expected | {"clock_skew_seconds": skew})


async def test_an_old_code_of_a_revoked_card_does_not_tell_its_state(
    http: httpx.AsyncClient, works: Works, card: Order, handle: bytes, clock: Clock
) -> None:
    await put(http, card, handle, clock)
    await tell(works, card.revoked())

    assert (await check(http, card.phone, handle, clock, shown_ago=60))["outcome"] == "too_old"


async def test_an_unknown_handle_and_a_wrong_signature_are_one_answer(
    http: httpx.AsyncClient, card: Order, handle: bytes, clock: Clock
) -> None:
    await put(http, card, handle, clock)

    unknown = await check(http, card.phone, secrets.token_bytes(16), clock)
    forged = await check(http, Phone(), handle, clock)

    assert unknown == forged == {"outcome": "unknown", "checked_at": "2026-10-01T12:00:00Z"}


async def test_a_time_that_was_not_signed_is_unknown(
    http: httpx.AsyncClient, card: Order, handle: bytes, clock: Clock
) -> None:
    await put(http, card, handle, clock)
    signature = to_base64url(card.phone.show(handle, clock.now))
    clock.advance(minutes=5)

    answer = await http.post(
        "/api/v1/verifications",
        json={"handle": to_base64url(handle), "time": int(clock.now.timestamp()), "signature": signature},
    )

    assert answer.json()["outcome"] == "unknown"


async def test_a_revoked_card_is_told_without_its_pack_until_its_natural_end(
    http: httpx.AsyncClient, works: Works, card: Order, handle: bytes, clock: Clock
) -> None:
    await put(http, card, handle, clock)
    await tell(works, card.revoked())

    told = await check(http, card.phone, handle, clock)

    assert told == {"outcome": "revoked", "checked_at": "2026-10-01T12:00:00Z"}
    async with works.begin() as work:
        assert await work.connection.fetchval("select pack from presentations") is None


async def test_a_suspended_card_is_told_without_a_person_and_comes_back(
    http: httpx.AsyncClient, works: Works, card: Order, handle: bytes, clock: Clock
) -> None:
    await put(http, card, handle, clock)
    await tell(works, card.suspended())
    suspended = await check(http, card.phone, handle, clock)
    await tell(works, card.reinstated())

    back = await check(http, card.phone, handle, clock)

    assert suspended == {"outcome": "suspended", "checked_at": "2026-10-01T12:00:00Z"}
    assert back["outcome"] == "valid"


async def test_an_expired_card_is_told_without_a_person_until_it_is_extended(
    http: httpx.AsyncClient, works: Works, card: Order, handle: bytes, clock: Clock
) -> None:
    await put(http, card, handle, clock)
    clock.now = NEXT_MONTH
    expired = await check(http, card.phone, handle, clock)
    await tell(works, card.extended(NEXT_MONTH.replace(year=2027)))

    extended = await check(http, card.phone, handle, clock)

    assert (expired["outcome"], extended["outcome"]) == ("expired", "valid")
    assert "pack" not in expired


async def test_a_swapped_card_is_revoked_for_whoever_is_shown_it(
    http: httpx.AsyncClient, works: Works, new_order: NewOrder, card: Order, handle: bytes, clock: Clock
) -> None:
    await put(http, card, handle, clock)
    await tell(works, new_order().issued(replaces=card.credential_id))

    assert (await check(http, card.phone, handle, clock))["outcome"] == "revoked"


async def test_erasure_leaves_an_unknown_handle(
    http: httpx.AsyncClient, works: Works, card: Order, handle: bytes, clock: Clock
) -> None:
    await put(http, card, handle, clock)
    await tell(works, card.erased())

    assert (await check(http, card.phone, handle, clock))["outcome"] == "unknown"


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"handle": "A" * 22, "time": 1},
        {"handle": "A" * 22, "time": -1, "signature": "A" * 86},
        {"handle": "A" * 22, "time": 2**40, "signature": "A" * 86},
        {"handle": "A" * 21 + "B", "time": 1, "signature": "A" * 86},
        {"handle": "A" * 22, "time": 1, "signature": "A" * 85 + "/"},
        [],
    ],
)
async def test_a_code_of_another_shape_is_refused(http: httpx.AsyncClient, body: Any) -> None:
    assert (await http.post("/api/v1/verifications", json=body)).status_code == 422


async def test_the_furthest_time_of_the_format_is_answered(http: httpx.AsyncClient) -> None:
    body = {"handle": "A" * 22, "time": 2**40 - 1, "signature": "A" * 86}

    assert (await http.post("/api/v1/verifications", json=body)).json()["outcome"] == "unknown"


async def test_a_check_leaves_a_number_and_no_row_and_no_log_line(
    http: httpx.AsyncClient,
    works: Works,
    card: Order,
    handle: bytes,
    clock: Clock,
    capfd: pytest.CaptureFixture[str],
) -> None:
    def counted() -> float:
        labels = {"institution": "umcs", "outcome": "valid"}
        return REGISTRY.get_sample_value("wallet_verifications_total", labels) or 0

    await put(http, card, handle, clock)
    before = counted()
    await check(http, card.phone, handle, clock)

    assert counted() == before + 1
    written = capfd.readouterr()
    assert to_base64url(handle) not in written.out + written.err
    async with works.begin() as work:
        assert await work.connection.fetchval("select count(*) from events") == 0


async def test_only_the_verifier_may_check_from_its_page(http: httpx.AsyncClient) -> None:
    def preflight(origin: str) -> dict[str, str]:
        return {"Origin": origin, "Access-Control-Request-Method": "POST"}

    ours = await http.options("/api/v1/verifications", headers=preflight("http://localhost:8006"))
    other = await http.options("/api/v1/verifications", headers=preflight("https://evil.example"))

    assert ours.headers["access-control-allow-origin"] == "http://localhost:8006"
    assert "access-control-allow-origin" not in other.headers


async def test_who_tries_too_many_handles_has_to_wait(
    http: httpx.AsyncClient, card: Order, clock: Clock, strict_limit: None
) -> None:
    for _ in range(3):
        await check(http, card.phone, secrets.token_bytes(16), clock)

    body = {"handle": "A" * 22, "time": 1, "signature": "A" * 86}
    answer = await http.post("/api/v1/verifications", json=body)

    assert answer.status_code == 429
