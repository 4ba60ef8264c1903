"""A sealed pack is stored, replaced and removed by the key of its card, and by nothing else."""

import asyncio
import secrets
from typing import Any

import httpx
import pytest

from eventing import Works
from servicekit.bytes import to_base64url
from tests.component.wallet.conftest import NewOrder
from tests.component.wallet.packs import PACK, check, put
from tests.component.wallet.scene import NEXT_MONTH, NOON, Clock, Order, Phone, tell


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
