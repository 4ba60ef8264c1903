"""A pack is stored by the card's key, and a shown code is answered truly, without a person behind it."""

import asyncio
import secrets
from typing import Any

import httpx
import pytest
from prometheus_client import REGISTRY

from eventing import Works
from servicekit.bytes import from_base64url, to_base64url
from tests.component.wallet.conftest import NewOrder
from tests.component.wallet.scene import NEXT_MONTH, NOON, Clock, Order, Phone, tell

PACK = b"sealed on the phone"


@pytest.fixture
async def card(works: Works, order: Order) -> Order:
    """An order whose card is active."""
    await tell(works, order.ready(), order.issued())
    return order


@pytest.fixture
def handle() -> bytes:
    return secrets.token_bytes(16)


async def put(
    http: httpx.AsyncClient, card: Order, handle: bytes, clock: Clock, /, pack: bytes = PACK, **proof: Any
) -> httpx.Response:
    header = card.phone.prove(handle, card.credential_id, pack, clock.now, **proof)
    return await http.put(
        f"/api/v1/presentations/{to_base64url(handle)}",
        content=pack,
        headers={"Presentation-Proof": header, "Content-Type": "application/octet-stream"},
    )


async def check(
    http: httpx.AsyncClient, phone: Phone, handle: bytes, clock: Clock, shown_ago: float = 0
) -> dict[str, Any]:
    """What a checker is told of a code that was made some seconds ago."""
    shown = Clock(clock.now)
    shown.advance(seconds=-shown_ago)
    code = {
        "handle": to_base64url(handle),
        "time": int(shown.now.timestamp()),
        "signature": to_base64url(phone.show(handle, shown.now)),
    }
    answer = await http.post("/api/v1/verifications", json=code)
    assert answer.status_code == 200, answer.text
    told: dict[str, Any] = answer.json()
    return told


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


async def test_a_pack_is_early_until_its_card_has_been_told(
    http: httpx.AsyncClient, works: Works, order: Order, handle: bytes, clock: Clock
) -> None:
    early = await put(http, order, handle, clock)

    await tell(works, order.issued())

    assert early.status_code == 425
    assert early.headers["retry-after"] == "1"
    assert (await put(http, order, handle, clock)).status_code == 200


async def test_a_new_handle_ends_the_former_one(
    http: httpx.AsyncClient, card: Order, handle: bytes, clock: Clock
) -> None:
    await put(http, card, handle, clock)
    clock.advance(seconds=1)
    second = secrets.token_bytes(16)

    await put(http, card, second, clock)

    assert (await check(http, card.phone, handle, clock))["outcome"] == "unknown"
    assert (await check(http, card.phone, second, clock))["outcome"] == "valid"


async def test_storing_a_pack_again_after_a_lost_answer_is_fine(
    http: httpx.AsyncClient, card: Order, handle: bytes, clock: Clock
) -> None:
    answers = [await put(http, card, handle, clock) for _ in range(2)]

    assert [answer.status_code for answer in answers] == [200, 200]


async def test_an_older_pack_never_takes_the_place_of_a_newer_one(
    http: httpx.AsyncClient, card: Order, handle: bytes, clock: Clock
) -> None:
    await put(http, card, handle, clock)

    older = await put(http, card, secrets.token_bytes(16), clock, iat=int(NOON.timestamp()) - 60)

    assert (older.status_code, older.json()["code"]) == (409, "PRESENTATION_OUTDATED")
    assert (await check(http, card.phone, handle, clock))["outcome"] == "valid"


async def test_a_handle_of_another_card_cannot_be_taken(
    http: httpx.AsyncClient, works: Works, new_order: NewOrder, card: Order, handle: bytes, clock: Clock
) -> None:
    await put(http, card, handle, clock)
    thief = new_order()
    await tell(works, thief.issued())

    assert (await put(http, thief, handle, clock)).status_code == 409
    assert (await check(http, card.phone, handle, clock))["outcome"] == "valid"


@pytest.mark.parametrize(
    "claims",
    [
        {"handle": to_base64url(bytes(16))},
        {"body_sha256": to_base64url(bytes(32))},
        {"iat": int(NOON.timestamp()) - 301},
        {"iat": int(NOON.timestamp()) + 301},
        {"iat": -1},
        {"iat": 10**400},
        {"credential_id": "nonsense"},
    ],
)
async def test_a_proof_of_something_else_is_refused(
    http: httpx.AsyncClient, card: Order, handle: bytes, clock: Clock, claims: dict[str, Any]
) -> None:
    answer = await put(http, card, handle, clock, **claims)

    assert (answer.status_code, answer.json()["code"]) == (403, "PROOF_REFUSED")


async def test_a_proof_with_a_strange_header_is_refused_and_never_a_fault(
    http: httpx.AsyncClient, card: Order, handle: bytes, clock: Clock
) -> None:
    answer = await put(http, card, handle, clock, header={"crit": 5})

    assert (answer.status_code, answer.json()["code"]) == (403, "PROOF_REFUSED")


@pytest.mark.parametrize("state", ["active", "revoked"])
async def test_a_proof_of_another_key_is_refused_and_learns_nothing_of_the_state(
    http: httpx.AsyncClient, works: Works, card: Order, handle: bytes, clock: Clock, state: str
) -> None:
    if state == "revoked":
        await tell(works, card.revoked())
    card.phone = Phone()

    assert (await put(http, card, handle, clock)).status_code == 403


@pytest.mark.parametrize("proof", ["", "nonsense", "a.b.c", "e30.e30.e30", "{}", "x" * 3000])
async def test_a_proof_that_is_none_is_refused(
    http: httpx.AsyncClient, card: Order, handle: bytes, proof: str
) -> None:
    answer = await http.put(
        f"/api/v1/presentations/{to_base64url(handle)}",
        content=PACK,
        headers={"Presentation-Proof": proof, "Content-Type": "application/octet-stream"},
    )

    assert answer.status_code in (403, 422)


@pytest.mark.parametrize("state", ["suspended", "revoked", "expired"])
async def test_only_an_active_card_takes_a_pack(
    http: httpx.AsyncClient, works: Works, card: Order, handle: bytes, clock: Clock, state: str
) -> None:
    match state:
        case "suspended":
            await tell(works, card.suspended())
        case "revoked":
            await tell(works, card.revoked())
        case _:
            clock.now = NEXT_MONTH

    answer = await put(http, card, handle, clock)

    assert (answer.status_code, answer.json()["state"]) == (409, state)


@pytest.mark.parametrize(("size", "status"), [(0, 422), (48 * 1024, 200), (48 * 1024 + 1, 413)])
async def test_a_pack_has_up_to_48_kilobytes(
    http: httpx.AsyncClient, card: Order, handle: bytes, clock: Clock, size: int, status: int
) -> None:
    assert (await put(http, card, handle, clock, pack=bytes(size))).status_code == status


async def test_a_pack_comes_as_raw_bytes(http: httpx.AsyncClient, card: Order, handle: bytes) -> None:
    proof = card.phone.prove(handle, card.credential_id, PACK, NOON)

    answer = await http.put(
        f"/api/v1/presentations/{to_base64url(handle)}",
        json={"pack": "x"},
        headers={"Presentation-Proof": proof},
    )

    assert answer.status_code == 415


async def test_a_deleted_presentation_is_unknown(
    http: httpx.AsyncClient, card: Order, handle: bytes, clock: Clock
) -> None:
    await put(http, card, handle, clock)
    url = f"/api/v1/presentations/{to_base64url(handle)}"
    storing = card.phone.prove(handle, card.credential_id, PACK, clock.now)
    deleting = card.phone.prove(handle, card.credential_id, b"", clock.now)

    refused = await http.delete(url, headers={"Presentation-Proof": storing})
    deleted = await http.delete(url, headers={"Presentation-Proof": deleting})

    assert (refused.status_code, deleted.status_code) == (403, 204)
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


async def test_of_many_packs_at_once_the_newest_stays(
    http: httpx.AsyncClient, works: Works, card: Order, clock: Clock
) -> None:
    handles = [secrets.token_bytes(16) for _ in range(20)]
    times = range(int(NOON.timestamp()), int(NOON.timestamp()) + 20)

    await asyncio.gather(
        *(put(http, card, each, clock, iat=at) for each, at in zip(handles, times, strict=True))
    )

    async with works.begin() as work:
        stored = await work.connection.fetch("select handle from presentations")
    assert [row["handle"] for row in stored] == [handles[-1]]
