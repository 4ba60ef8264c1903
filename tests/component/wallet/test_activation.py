"""The token endpoint: what a right code gets, what a wrong one costs, and in which order all is checked."""

import json
from dataclasses import replace
from typing import Any

import httpx
import pytest
from dirty_equals import IsStr
from fastapi import FastAPI

from contracts.wallet import ActivationAccepted, ActivationFailed, ActivationLocked
from eventing import Works
from servicekit.keys import KeyRing
from tests.component.wallet.conftest import NewOrder
from tests.component.wallet.scene import CODE, NEXT_MONTH, NOON, WRONG_CODE, Clock, Order, tell
from tests.component.wallet.steps import claims_of, error_of, fetch_code, redeem, token_form
from tests.eventlog import published
from wallet.parts import Parts


async def attempts(works: Works) -> int:
    async with works.begin() as work:
        used: int = await work.connection.fetchval("select sum(attempts) from offers")
    return used


@pytest.fixture
async def code(http: httpx.AsyncClient, works: Works, order: Order) -> str:
    """The pre-authorized code of an offer that is ready."""
    await tell(works, order.ready())
    return await fetch_code(http, order)


async def test_the_right_code_gives_a_token_for_the_issuer_alone(
    http: httpx.AsyncClient, parts: Parts, order: Order, code: str
) -> None:
    answer = await redeem(http, code, device_label="iphone")

    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-store"
    assert answer.json() == {"access_token": IsStr(), "token_type": "Bearer", "expires_in": 300}
    claims = claims_of(answer, parts)
    assert claims | {"jti": None} == {
        "iss": "http://localhost:8004",
        "aud": "http://localhost:8002/t/umcs",
        "sub": str(order.order_id),
        "jti": None,
        "iat": int(NOON.timestamp()),
        "exp": int(NOON.timestamp()) + 300,
        "generation": 1,
        "credential_id": str(order.credential_id),
        "credential_configuration_id": "legitymacja_studencka_sd_jwt",
        "device_label": "iphone",
    }


async def test_an_accepted_activation_is_told_with_the_attempts_it_took(
    http: httpx.AsyncClient, works: Works, order: Order, code: str
) -> None:
    await redeem(http, code, WRONG_CODE)

    answer = await redeem(http, code, device_label="android")

    failed, accepted = await published(works.pool, str(order.order_id))
    assert isinstance(failed, ActivationFailed)
    assert (failed.generation, failed.attempts_left) == (1, 4)
    assert isinstance(accepted, ActivationAccepted)
    assert (accepted.generation, accepted.attempts_used) == (1, 1)
    assert (accepted.device_label, accepted.terms_version) == ("android", None)
    assert answer.status_code == 200


async def test_a_typo_never_burns_the_offer(http: httpx.AsyncClient, works: Works, code: str) -> None:
    wrong = [await redeem(http, code, WRONG_CODE) for _ in range(4)]

    right = await redeem(http, code)

    assert [error_of(answer) for answer in wrong] == [(400, "invalid_grant")] * 4
    assert right.status_code == 200
    assert await attempts(works) == 4


async def test_the_fifth_wrong_code_locks_the_offer_for_the_right_one_too(
    http: httpx.AsyncClient, works: Works, order: Order, code: str
) -> None:
    for _ in range(5):
        await redeem(http, code, WRONG_CODE)

    answer = await redeem(http, await fetch_code(http, order))

    assert error_of(answer) == (400, "invalid_grant")
    assert "new activation code" in answer.json()["error_description"]
    told = await published(works.pool, str(order.order_id))
    assert [type(event) for event in told] == [ActivationFailed] * 4 + [ActivationLocked]
    assert [event.attempts_left for event in told] == [4, 3, 2, 1, 0]  # type: ignore[attr-defined] # both have it


async def test_a_refused_code_tells_our_own_wallet_the_reason_and_the_attempts_left(
    http: httpx.AsyncClient, works: Works, order: Order, code: str
) -> None:
    wrong = (await redeem(http, code, WRONG_CODE)).json()
    await tell(works, order.issued())
    too_late = (await redeem(http, code)).json()

    assert (wrong["reason"], wrong["attempts_left"]) == ("wrong_code", 4)
    assert (too_late["reason"], "attempts_left" in too_late) == ("issued", False)


async def test_a_new_generation_starts_attempts_anew(
    http: httpx.AsyncClient, works: Works, order: Order, code: str
) -> None:
    for _ in range(5):
        await redeem(http, code, WRONG_CODE)
    await tell(works, order.ready(2))

    old, new = await redeem(http, code), await redeem(http, await fetch_code(http, order, 2))

    assert error_of(old) == (400, "invalid_grant")
    assert new.status_code == 200


async def test_expiry_is_checked_before_anything_is_consumed(
    http: httpx.AsyncClient, works: Works, order: Order, clock: Clock
) -> None:
    await tell(works, order.ready())
    clock.now = NEXT_MONTH.replace(minute=0)
    clock.advance(minutes=-5)
    code = await fetch_code(http, order)
    clock.advance(minutes=5)

    answers = [await redeem(http, code, tx_code) for tx_code in (CODE, WRONG_CODE)]

    assert [error_of(answer) for answer in answers] == [(400, "invalid_grant")] * 2
    assert "expired" in answers[0].json()["error_description"]
    assert await attempts(works) == 0
    assert await published(works.pool) == []


async def test_a_withdrawn_offer_gives_no_token(
    http: httpx.AsyncClient, works: Works, order: Order, code: str
) -> None:
    await tell(works, order.withdrawn())

    assert error_of(await redeem(http, code)) == (400, "invalid_grant")
    assert await attempts(works) == 0


async def test_an_offer_whose_card_was_made_gives_no_second_token(
    http: httpx.AsyncClient, works: Works, order: Order, code: str, clock: Clock
) -> None:
    await redeem(http, code)
    await tell(works, order.issued())
    clock.advance(minutes=11)

    assert error_of(await redeem(http, code)) == (400, "invalid_grant")


async def test_while_a_claim_stands_nobody_else_is_let_in_and_nothing_is_counted(
    http: httpx.AsyncClient, works: Works, code: str
) -> None:
    await redeem(http, code)

    answers = [await redeem(http, code, tx_code) for tx_code in (CODE, WRONG_CODE)]

    assert [error_of(answer) for answer in answers] == [(400, "invalid_grant")] * 2
    assert await attempts(works) == 0
    assert len(await published(works.pool)) == 1


async def test_after_a_lost_answer_a_new_activation_code_needs_no_waiting(
    http: httpx.AsyncClient, works: Works, order: Order, code: str
) -> None:
    await redeem(http, code)
    await tell(works, order.ready(2))

    old, new = await redeem(http, code), await redeem(http, await fetch_code(http, order, 2))

    assert error_of(old) == (400, "invalid_grant")
    assert new.status_code == 200


async def test_a_claim_that_lapses_without_a_card_opens_the_offer_with_its_attempts_kept(
    http: httpx.AsyncClient, works: Works, order: Order, code: str, clock: Clock
) -> None:
    await redeem(http, code, WRONG_CODE)
    first = await redeem(http, code)
    clock.advance(minutes=10)

    second = await redeem(http, await fetch_code(http, order))

    assert (first.status_code, second.status_code) == (200, 200)
    assert await attempts(works) == 1


async def test_a_pre_authorized_code_lives_for_fifteen_minutes(
    http: httpx.AsyncClient, works: Works, order: Order, code: str, clock: Clock
) -> None:
    clock.advance(minutes=15)

    late, fresh = await redeem(http, code), await redeem(http, await fetch_code(http, order))

    assert error_of(late) == (400, "invalid_grant")
    assert fresh.status_code == 200


async def test_a_forged_code_costs_no_attempt(http: httpx.AsyncClient, works: Works, code: str) -> None:
    forged = code[:-2] + ("AA" if not code.endswith("AA") else "BA")

    answers = [await redeem(http, each, WRONG_CODE) for each in (forged, code[:-1], "A" * 66, "ż")]

    assert [error_of(answer) for answer in answers] == [(400, "invalid_grant")] * 4
    assert await attempts(works) == 0


DETAILS: dict[str, Any] = {
    "type": "openid_credential",
    "credential_configuration_id": "legitymacja_studencka_sd_jwt",
}


async def test_details_are_answered_exactly_when_they_are_asked_for(
    http: httpx.AsyncClient, order: Order, code: str
) -> None:
    answer = await redeem(http, code, authorization_details=json.dumps([DETAILS]))

    assert answer.json()["authorization_details"] == [
        {
            "type": "openid_credential",
            "credential_configuration_id": "legitymacja_studencka_sd_jwt",
            "credential_identifiers": [str(order.credential_id)],
        }
    ]


@pytest.mark.parametrize(
    "details",
    [
        "nonsense",
        "{}",
        "[]",
        json.dumps([DETAILS | {"type": "payment"}]),
        json.dumps([DETAILS | {"credential_configuration_id": "diploma"}]),
        json.dumps([DETAILS, DETAILS]),
        "[" * 900,
    ],
)
async def test_details_of_anything_else_are_refused_and_cost_no_attempt(
    http: httpx.AsyncClient, works: Works, code: str, details: str
) -> None:
    answer = await redeem(http, code, WRONG_CODE, authorization_details=details)

    assert error_of(answer) == (400, "invalid_authorization_details")
    assert await attempts(works) == 0


@pytest.mark.parametrize("missing", ["grant_type", "pre-authorized_code", "tx_code"])
async def test_a_missing_parameter_is_named_and_costs_no_attempt(
    http: httpx.AsyncClient, works: Works, code: str, missing: str
) -> None:
    answers = [
        await http.post("/token", data={k: v for k, v in token_form(code).items() if k != missing}),
        await http.post("/token", data=token_form(code) | {missing: ""}),
    ]

    assert [error_of(answer) for answer in answers] == [(400, "invalid_request")] * 2
    assert missing in answers[0].json()["error_description"]
    assert await attempts(works) == 0


async def test_another_grant_type_is_not_supported(http: httpx.AsyncClient, code: str) -> None:
    answer = await http.post("/token", data=token_form(code) | {"grant_type": "authorization_code"})

    assert error_of(answer) == (400, "unsupported_grant_type")


async def test_a_parameter_sent_twice_is_refused(http: httpx.AsyncClient, code: str) -> None:
    answer = await http.post("/token", data={**token_form(code), "tx_code": [CODE, WRONG_CODE]})

    assert error_of(answer) == (400, "invalid_request")


async def test_unknown_parameters_and_client_ids_are_ignored(http: httpx.AsyncClient, code: str) -> None:
    answer = await redeem(http, code, client_id="some-wallet", colour="green")

    assert answer.status_code == 200


async def test_a_client_that_wants_to_authenticate_is_told_that_it_cannot(
    http: httpx.AsyncClient, code: str
) -> None:
    by_header = await http.post("/token", data=token_form(code), auth=("wallet", "secret"))
    by_form = await redeem(http, code, client_secret="secret")

    assert error_of(by_header) == error_of(by_form) == (401, "invalid_client")
    assert by_header.headers["www-authenticate"].startswith("Basic")


@pytest.mark.parametrize(
    ("body", "content_type", "status"),
    [
        (b'{"grant_type": "x"}', "application/json", 415),
        (b"grant_type=%00", "application/x-www-form-urlencoded", 400),
        (b"grant_type=%FF", "application/x-www-form-urlencoded", 400),
        (b"\xff\xfe", "application/x-www-form-urlencoded", 400),
        (b"&".join(b"a%d=1" % number for number in range(100)), "application/x-www-form-urlencoded", 400),
        (b"grant_type=" + b"x" * 2000, "application/x-www-form-urlencoded", 400),
        (b"a=" + b"x" * 20_000, "application/x-www-form-urlencoded", 413),
        (b"", "application/x-www-form-urlencoded", 400),
    ],
)
async def test_a_body_that_is_no_form_is_an_invalid_request_and_never_a_fault(
    http: httpx.AsyncClient, body: bytes, content_type: str, status: int
) -> None:
    answer = await http.post("/token", content=body, headers={"Content-Type": content_type})

    assert error_of(answer) == (status, "invalid_request")


async def test_no_description_holds_what_the_standard_forbids(
    http: httpx.AsyncClient, works: Works, code: str
) -> None:
    answers = [
        await redeem(http, code, WRONG_CODE),
        await redeem(http, "x"),
        await redeem(http, code, authorization_details="x"),
        await http.post("/token", data={}),
    ]

    descriptions = [answer.json()["error_description"] for answer in answers]

    assert all(set(text) <= set(map(chr, range(0x20, 0x7F))) - {'"', "\\"} for text in descriptions)


async def test_who_tries_too_many_codes_has_to_wait_and_a_right_one_is_taken(
    http: httpx.AsyncClient, code: str, strict_limit: None
) -> None:
    for _ in range(3):
        await redeem(http, code, WRONG_CODE)

    answer = await redeem(http, code, WRONG_CODE)

    assert error_of(answer) == (429, "slow_down")
    assert int(answer.headers["retry-after"]) > 0
    assert (await redeem(http, code)).status_code == 200


async def test_a_wrong_code_counts_though_its_sender_is_told_to_wait(
    http: httpx.AsyncClient, code: str, strict_limit: None
) -> None:
    for _ in range(5):
        await redeem(http, code, WRONG_CODE)

    assert error_of(await redeem(http, code)) == (429, "slow_down")


async def test_an_erased_order_gives_no_token(
    http: httpx.AsyncClient, works: Works, order: Order, code: str
) -> None:
    await tell(works, order.erased())

    assert error_of(await redeem(http, code)) == (400, "invalid_grant")


async def test_codes_of_one_order_do_not_open_another(
    http: httpx.AsyncClient, works: Works, new_order: NewOrder, code: str
) -> None:
    other = new_order()
    await tell(works, other.ready())

    await redeem(http, await fetch_code(http, other))

    assert (await redeem(http, code)).status_code == 200


async def test_a_missing_check_key_is_our_fault_and_costs_no_attempt(
    web: FastAPI, http: httpx.AsyncClient, works: Works, parts: Parts, code: str
) -> None:
    other = KeyRing.single("other", bytes(32))
    web.state.parts = replace(parts, keys=replace(parts.keys, activation_checks=other))

    answer = await redeem(http, code, WRONG_CODE)

    assert answer.status_code == 500
    assert await attempts(works) == 0


async def test_no_log_line_holds_offer_codes_or_token(
    http: httpx.AsyncClient, order: Order, code: str, capfd: pytest.CaptureFixture[str]
) -> None:
    await redeem(http, code, WRONG_CODE)
    token = (await redeem(http, code)).json()["access_token"]

    written = "".join(capfd.readouterr())

    assert "/offers/{offer_id}" in written or "/token" in written
    assert [secret for secret in (order.offer_id(), code, CODE, WRONG_CODE, token) if secret in written] == []
