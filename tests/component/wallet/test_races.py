"""Many at once: one token per offer, and five compared codes, whoever comes when."""

import asyncio
from collections import Counter

import httpx
import pytest

from contracts.wallet import ActivationFailed, ActivationLocked
from eventing import UnitOfWork, Works
from servicekit.keys import KeyRing
from servicekit.offers import activation_code_matches
from tests.component.wallet.scene import CODE, WRONG_CODE, Order, tell
from tests.component.wallet.steps import fetch_code, redeem
from tests.eventlog import published
from wallet.api import activation
from wallet.domain import Denial, Grant, Redemption
from wallet.problems import Refused
from wallet.use_cases.redeem_code import redeem_code


@pytest.fixture
def compared(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Every code that was compared with the right one."""
    codes: list[str] = []
    compare = activation_code_matches

    def compare_and_tell(
        ring: KeyRing, digest: str, key_id: str, offer_id: str, generation: int, code: str
    ) -> bool:
        codes.append(code)
        return compare(ring, digest, key_id, offer_id, generation, code)

    monkeypatch.setattr("wallet.use_cases.redeem_code.activation_code_matches", compare_and_tell)
    return codes


async def test_two_hundred_redemptions_at_once_give_one_token(
    http: httpx.AsyncClient, works: Works, order: Order
) -> None:
    await tell(works, order.ready())
    code = await fetch_code(http, order)

    answers = await asyncio.gather(*(redeem(http, code) for _ in range(200)))

    assert Counter(answer.status_code for answer in answers) == {200: 1, 400: 199}
    assert {answer.json()["error"] for answer in answers if answer.status_code == 400} == {"invalid_grant"}
    assert len(await published(works.pool)) == 1
    async with works.begin() as work:
        assert await work.connection.fetchval("select attempts from offers") == 0


async def exactly_five_are_compared(
    http: httpx.AsyncClient, works: Works, order: Order, compared: list[str]
) -> None:
    """A hundred wrong codes at once, then the right one."""
    await tell(works, order.ready())
    code = await fetch_code(http, order)

    answers = await asyncio.gather(*(redeem(http, code, WRONG_CODE) for _ in range(100)))
    right = await redeem(http, code)

    assert {answer.json()["error"] for answer in answers} == {"invalid_grant"}
    assert compared == [WRONG_CODE] * 5
    assert right.status_code == 400
    told = Counter(type(event) for event in await published(works.pool))
    assert told == {ActivationFailed: 4, ActivationLocked: 1}


async def test_of_a_hundred_wrong_codes_at_once_five_are_compared_and_counted(
    http: httpx.AsyncClient, works: Works, order: Order, compared: list[str]
) -> None:
    await exactly_five_are_compared(http, works, order, compared)


async def test_an_error_raised_before_the_commit_would_forget_the_attempts(
    http: httpx.AsyncClient,
    works: Works,
    order: Order,
    compared: list[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def raise_too_early(
        work: UnitOfWork, redemption: Redemption, check_keys: KeyRing
    ) -> Grant | Denial:
        outcome = await redeem_code(work, redemption, check_keys)
        if isinstance(outcome, Denial):
            raise Refused(outcome)
        return outcome

    monkeypatch.setattr(activation, "redeem_code", raise_too_early)

    with pytest.raises(AssertionError):
        await exactly_five_are_compared(http, works, order, compared)


async def test_wrong_codes_beside_the_right_one_never_give_two_tokens_nor_a_sixth_compare(
    http: httpx.AsyncClient, works: Works, order: Order, compared: list[str]
) -> None:
    await tell(works, order.ready())
    code = await fetch_code(http, order)
    guesses = [WRONG_CODE, WRONG_CODE, CODE, WRONG_CODE] * 15

    answers = await asyncio.gather(*(redeem(http, code, guess) for guess in guesses))

    assert sum(answer.status_code == 200 for answer in answers) <= 1
    assert compared.count(WRONG_CODE) <= 5
    assert compared.count(CODE) <= 1


async def test_a_withdrawal_during_redemptions_is_never_followed_by_a_token(
    http: httpx.AsyncClient, works: Works, order: Order
) -> None:
    await tell(works, order.ready())
    code = await fetch_code(http, order)

    answers = await asyncio.gather(
        *(redeem(http, code, WRONG_CODE) for _ in range(3)), tell(works, order.withdrawn())
    )
    late = await redeem(http, code)

    assert late.status_code == 400
    assert len(await published(works.pool)) <= len(answers) - 1
