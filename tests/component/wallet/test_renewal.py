"""Refresh tokens: for the key they are bound to, once each, and as long as the card may be renewed."""

import asyncio
import os
from collections import Counter
from datetime import timedelta
from uuid import UUID

import httpx
import pytest
from prometheus_client import REGISTRY
from structlog.testing import capture_logs

from eventing import Works
from servicekit.bytes import from_base64url
from servicekit.keys import KeyRing, RingKey
from tests.component.wallet.clients import TOKEN_URL, Client
from tests.component.wallet.conftest import NewOrder
from tests.component.wallet.scene import NEXT_MONTH, Clock, Order, tell
from tests.component.wallet.steps import claims_of, error_of, fetch_code, redeem
from wallet.parts import Parts
from wallet.use_cases.forget_refresh_tokens import forget_refresh_tokens


@pytest.fixture
async def first(client: Client, works: Works, order: Order) -> str:
    """The refresh token of an activation whose card was issued."""
    await tell(works, order.ready())
    token: str = (await client.activate(order)).json()["refresh_token"]
    await tell(works, order.issued())
    return token


def next_of(answer: httpx.Response) -> str:
    assert answer.status_code == 200, answer.text
    token: str = answer.json()["refresh_token"]
    return token


def reason_of(answer: httpx.Response) -> str:
    assert error_of(answer) == (400, "invalid_grant")
    reason: str = answer.json()["reason"]
    return reason


async def kept(works: Works) -> int:
    async with works.begin() as work:
        count: int = await work.connection.fetchval("select count(*) from refresh_tokens")
    return count


async def test_a_refresh_token_gives_a_token_for_the_same_card_and_key(
    client: Client, parts: Parts, order: Order, first: str
) -> None:
    answer = await client.refresh(first)

    assert answer.status_code == 200
    assert answer.json()["token_type"] == "DPoP"
    assert answer.headers["cache-control"] == "no-store"
    claims = claims_of(answer, parts)
    assert (claims["sub"], claims["credential_id"]) == (str(order.order_id), str(order.credential_id))
    assert (claims["generation"], claims["cnf"]) == (1, {"jkt": client.jkt})


async def test_without_a_proof_no_refresh_token_is_given(
    http: httpx.AsyncClient, works: Works, order: Order
) -> None:
    await tell(works, order.ready())

    answer = await redeem(http, await fetch_code(http, order))

    assert "refresh_token" not in answer.json()
    assert await kept(works) == 0


async def test_a_refresh_token_without_a_proof_is_refused(http: httpx.AsyncClient, first: str) -> None:
    answer = await http.post("/token", data={"grant_type": "refresh_token", "refresh_token": first})

    assert error_of(answer) == (400, "invalid_dpop_proof")


async def test_another_key_gets_nothing_and_ends_nothing(
    client: Client, http: httpx.AsyncClient, clock: Clock, first: str
) -> None:
    thief = Client(http, clock)
    thief.nonce = client.nonce
    second = next_of(await client.refresh(first))
    await client.refresh(second)

    stolen = [await thief.refresh(token) for token in (first, second)]

    assert [reason_of(answer) for answer in stolen] == ["unknown"] * 2
    assert (await client.refresh(second)).status_code == 200


@pytest.mark.parametrize("token", ["x", "A" * 64, "", "ż" * 64])
async def test_what_is_no_refresh_token_of_ours_is_refused(client: Client, first: str, token: str) -> None:
    assert (await client.refresh(token)).status_code == 400


async def test_only_digests_are_kept(client: Client, works: Works, first: str) -> None:
    second = next_of(await client.refresh(first))

    async with works.begin() as work:
        (row,) = await work.connection.fetch("select * from refresh_tokens")
    secrets = [from_base64url(token)[16:] for token in (first, second)]
    assert not set(secrets) & set(row.values())


async def test_after_a_lost_answer_the_former_token_is_good_until_its_successor_is_used(
    client: Client, first: str
) -> None:
    await client.refresh(first)

    second = next_of(await client.refresh(first))

    assert (await client.refresh(second)).status_code == 200


async def test_it_does_not_matter_which_of_two_answers_arrives(
    client: Client, parts: Parts, monkeypatch: pytest.MonkeyPatch, first: str
) -> None:
    one, other = next_of(await client.refresh(first)), next_of(await client.refresh(first))
    assert one == other != first

    newer = RingKey("newer", os.urandom(32))
    rotated = KeyRing(newer, {**parts.keys.codes.keys, newer.id: newer})
    monkeypatch.setattr(type(parts.keys), "codes", rotated)

    assert next_of(await client.refresh(first)) == one
    assert next_of(await client.refresh(one)) not in (first, one)


async def test_a_token_that_is_used_after_its_successor_ends_all_of_its_activation(
    client: Client, works: Works, first: str
) -> None:
    second = next_of(await client.refresh(first))
    third = next_of(await client.refresh(second))

    again = await client.refresh(first)

    assert reason_of(again) == "reused"
    assert reason_of(await client.refresh(third)) == "unknown"
    assert await kept(works) == 0


async def test_operators_are_alerted_to_a_token_that_is_used_again(client: Client, first: str) -> None:
    second = next_of(await client.refresh(first))
    next_of(await client.refresh(second))
    before = reused()

    with capture_logs() as logs:
        await client.refresh(first)

    [alert] = [line for line in logs if line["event"] == "refresh_token_reused"]
    assert alert["log_level"] == "warning"
    assert alert["activation_id"] == UUID(bytes=from_base64url(first)[:16])
    assert first not in repr(logs)
    assert reused() == before + 1


def reused() -> float:
    return REGISTRY.get_sample_value("wallet_renewals_total", {"outcome": "reused"}) or 0


async def test_of_many_requests_with_one_proof_one_is_served(
    client: Client, clock: Clock, first: str
) -> None:
    proof = client.proof(TOKEN_URL, clock.now, nonce=client.nonce)

    answers = await asyncio.gather(*(client.refresh(first, proof=proof) for _ in range(10)))

    assert Counter(answer.status_code for answer in answers) == {200: 1, 400: 9}


async def test_a_suspended_card_is_not_renewed_but_its_token_is_kept(
    client: Client, works: Works, order: Order, first: str
) -> None:
    await tell(works, order.suspended())
    refused = await client.refresh(first)
    await tell(works, order.reinstated())

    assert reason_of(refused) == "suspended"
    assert (await client.refresh(first)).status_code == 200


async def test_a_revoked_card_ends_its_refresh_tokens(
    client: Client, works: Works, order: Order, first: str
) -> None:
    await tell(works, order.revoked())

    assert await kept(works) == 0
    assert reason_of(await client.refresh(first)) == "unknown"


async def test_a_replaced_card_ends_its_refresh_tokens(
    client: Client, works: Works, order: Order, new_order: NewOrder, first: str
) -> None:
    swap = new_order()

    await tell(works, swap.ready(), swap.issued(replaces=order.credential_id))

    assert await kept(works) == 0
    assert reason_of(await client.refresh(first)) == "unknown"


async def test_an_erased_order_leaves_no_refresh_token(works: Works, order: Order, first: str) -> None:
    await tell(works, order.erased())

    assert await kept(works) == 0


async def test_before_the_card_is_told_nothing_is_renewed_and_nothing_lost(
    client: Client, works: Works, order: Order
) -> None:
    await tell(works, order.ready())
    token = next_of(await client.activate(order))
    early = await client.refresh(token)
    await tell(works, order.issued())

    assert reason_of(early) == "not_issued"
    assert (await client.refresh(token)).status_code == 200


async def test_a_card_is_renewed_until_thirty_days_after_its_end(
    client: Client, works: Works, order: Order, clock: Clock, first: str
) -> None:
    async def refresh_at(after: timedelta) -> httpx.Response:
        clock.now = NEXT_MONTH + timedelta(days=30) + after
        client.nonce = None
        client.nonce = (await client.refresh(first)).headers["dpop-nonce"]
        return await client.refresh(first)

    in_time, too_late = await refresh_at(-timedelta(seconds=1)), await refresh_at(timedelta(0))
    await tell(works, order.extended(clock.now))

    assert in_time.status_code == 200
    assert reason_of(too_late) == "ended"
    assert (await client.refresh(first)).status_code == 200


async def test_tokens_of_cards_that_ended_long_ago_are_forgotten(
    works: Works, clock: Clock, first: str
) -> None:
    async def forgotten_at(after: timedelta) -> int:
        clock.now = NEXT_MONTH + timedelta(days=30) + after
        async with works.begin() as work:
            await forget_refresh_tokens(work)
        return await kept(works)

    assert [await forgotten_at(after) for after in (timedelta(0), timedelta(seconds=1))] == [1, 0]


async def test_tokens_of_a_card_that_was_extended_live_as_long_as_it_does(
    works: Works, order: Order, clock: Clock, first: str
) -> None:
    await tell(works, order.extended(NEXT_MONTH + timedelta(days=150)))
    clock.now = NEXT_MONTH + timedelta(days=31)

    async with works.begin() as work:
        await forget_refresh_tokens(work)

    assert await kept(works) == 1


async def test_a_claim_that_lapsed_leaves_no_refresh_token_beside_the_next(
    client: Client, http: httpx.AsyncClient, works: Works, order: Order, clock: Clock
) -> None:
    await tell(works, order.ready())
    lapsed = next_of(await client.activate(order))
    clock.advance(minutes=10)
    other = Client(http, clock)
    await other.activate(order)
    await tell(works, order.issued())
    client.nonce = other.nonce

    assert reason_of(await client.refresh(lapsed)) == "unknown"
    assert await kept(works) == 1
