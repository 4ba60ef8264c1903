"""Requests for a card that are wrong in one place: told by the error of the standard, and nothing is done."""

from typing import Any

import pytest

from issuer.domain import CONFIGURATION_ID
from servicekit.bytes import to_base64url
from tests.component.issuer.phones import Phone
from tests.component.issuer.scene import ISSUER, NOON, Scene, WalletApp
from tests.component.issuer.test_cards import error_of, notify

PHONE = Phone()
NOW = int(NOON.timestamp())


@pytest.mark.parametrize(
    "header",
    [
        {"alg": "none"},
        {"alg": "HS256"},
        {"alg": ["ES256"]},
        {"typ": "JWT"},
        {"kid": "did:example:1"},
        {"jwk": {**PHONE.jwk, "d": "c2VjcmV0"}},
        {"jwk": {**PHONE.jwk, "y": PHONE.jwk["x"]}},
        {"jwk": {**PHONE.jwk, "kty": ["EC"]}},
        {"jwk": {**PHONE.jwk, "x": "\ud800"}},
        {"jwk": Phone().jwk},
    ],
)
async def test_a_proof_with_a_wrong_header_is_refused(
    header: dict[str, Any], scene: Scene, wallet: WalletApp
) -> None:
    order = await scene.place()

    answer = await wallet.ask(wallet.token(await scene.ready(order)), PHONE, header=header)

    assert error_of(answer) == (400, "invalid_proof")
    assert await scene.state(order) == "offered"


@pytest.mark.parametrize(
    "claims",
    [
        {"aud": f"{ISSUER}/t/pwr"},
        {"aud": {}},
        {"iat": NOW - 7200},
        {"iat": NOW + 7200},
        {"iat": 10**400},
        {"iat": -(10**400)},
        {"iat": {}},
        {"nonce": 7},
    ],
)
async def test_a_proof_with_wrong_claims_is_refused(
    claims: dict[str, Any], scene: Scene, wallet: WalletApp
) -> None:
    order = await scene.place()

    answer = await wallet.ask(wallet.token(await scene.ready(order)), PHONE, claims=claims)

    assert error_of(answer) == (400, "invalid_proof")
    assert await scene.state(order) == "offered"


@pytest.mark.parametrize("nonce", ["", "\0", "\ud800", "ż", "A" * 5000])
async def test_a_proof_with_a_nonce_that_is_none_is_told_to_fetch_one(
    nonce: str, scene: Scene, wallet: WalletApp
) -> None:
    token = wallet.token(await scene.ready(await scene.place()))

    answer = await wallet.ask(token, PHONE, claims={"nonce": nonce})

    assert error_of(answer) == (400, "invalid_nonce")


@pytest.mark.parametrize(
    "proof",
    [
        "",
        "a.b.c",
        "e30." + "A" * 9000 + ".AAAA",
        to_base64url(b'{"a":' * 1000 + b"1" + b"}" * 1000) + ".e30.AAAA",
        to_base64url(b'{"alg":"none","alg":"ES256"}') + ".e30.AAAA",
        to_base64url(b"\xff\xfe") + ".e30.AAAA",
    ],
)
async def test_a_proof_that_is_no_jwt_is_refused(proof: str, scene: Scene, wallet: WalletApp) -> None:
    token = wallet.token(await scene.ready(await scene.place()))

    answer = await wallet.send(token, request_with(proof))

    assert error_of(answer) == (400, "invalid_proof")


async def test_a_megabyte_is_refused_before_it_is_read(scene: Scene, wallet: WalletApp) -> None:
    token = wallet.token(await scene.ready(await scene.place()))

    answer = await wallet.send(token, request_with("A" * 2**20))

    assert error_of(answer) == (413, "invalid_credential_request")


def request_with(*proofs: str) -> dict[str, Any]:
    return {"credential_configuration_id": CONFIGURATION_ID, "proofs": {"jwt": list(proofs)}}


@pytest.mark.parametrize(
    ("names", "error"),
    [
        ({"credential_identifier": "x"}, "invalid_credential_request"),
        ({"credential_configuration_id": None}, "invalid_credential_request"),
        ({"credential_configuration_id": "diploma"}, "unknown_credential_configuration"),
        ({"credential_configuration_id": []}, "unknown_credential_configuration"),
        (
            {"credential_configuration_id": None, "credential_identifier": "diploma"},
            "unknown_credential_identifier",
        ),
    ],
)
async def test_a_request_names_one_card_that_there_is(
    names: dict[str, Any], error: str, scene: Scene, wallet: WalletApp
) -> None:
    order = await scene.place()

    answer = await wallet.ask(wallet.token(await scene.ready(order)), PHONE, body=names)

    assert error_of(answer) == (400, error)
    assert await scene.state(order) == "offered"


@pytest.mark.parametrize("event", [None, "credential_lost", 7, [], {}])
async def test_a_report_of_no_known_event_is_refused(event: Any, scene: Scene, wallet: WalletApp) -> None:
    token = wallet.token(await scene.ready(await scene.place()))

    answer = await notify(wallet, token, {"notification_id": "n", "event": event})

    assert error_of(answer) == (400, "invalid_notification_request")
