"""Wallets that a maker vouches for: accepted where makers are trusted, and alone where that is required."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI
from joserfc.jwk import ECKey
from pydantic import ValidationError

from eventing import Works
from servicekit.keys import Keys
from tests.attester import CLIENT_ID, Attester
from tests.component.wallet.scene import NOON, Order, tell
from tests.component.wallet.steps import claims_of, error_of, fetch_code, token_form
from tests.eventlog import published
from wallet.app import make_parts
from wallet.parts import Parts
from wallet.settings import WalletSettings

URL = "http://localhost:8004"


@pytest.fixture
def maker() -> Attester:
    return Attester(NOON)


@pytest.fixture
def wallet_key() -> ECKey:
    return ECKey.generate_key("P-256")


@pytest.fixture
def trusting(settings: WalletSettings, maker: Attester, tmp_path: Path) -> WalletSettings:
    anchors = tmp_path / "attesters.pem"
    anchors.write_bytes(maker.pem)
    return settings.model_copy(update={"wallet_attesters": anchors})


@pytest.fixture
def parts(trusting: WalletSettings, works: Works, keys: Keys) -> Parts:
    return make_parts(trusting, keys, works)


@pytest.fixture
def only_attested(web: FastAPI, parts: Parts) -> None:
    strict = parts.settings.model_copy(update={"wallet_attestation_required": True})
    web.state.parts = replace(parts, settings=strict)


@pytest.fixture
async def code(http: httpx.AsyncClient, works: Works, order: Order) -> str:
    await tell(works, order.ready())
    return await fetch_code(http, order)


@pytest.fixture
def headers(maker: Attester, wallet_key: ECKey) -> dict[str, str]:
    return {
        "OAuth-Client-Attestation": maker.attestation(wallet_key),
        "OAuth-Client-Attestation-PoP": maker.pop(wallet_key, URL),
    }


async def redeem(
    http: httpx.AsyncClient, code: str, headers: Mapping[str, str], **other: str
) -> httpx.Response:
    return await http.post("/token", data=token_form(code, **other), headers=headers)


async def test_an_attested_wallet_gets_a_token_that_names_it(
    http: httpx.AsyncClient, parts: Parts, code: str, headers: dict[str, str], only_attested: None
) -> None:
    answer = await redeem(http, code, headers, client_id=CLIENT_ID)

    assert claims_of(answer, parts)["client_id"] == CLIENT_ID


async def test_where_attestation_is_required_no_other_wallet_gets_a_token(
    http: httpx.AsyncClient, works: Works, code: str, only_attested: None
) -> None:
    answer = await redeem(http, code, {})

    assert error_of(answer) == (401, "invalid_client")
    assert await published(works.pool) == []


async def test_where_it_is_not_required_any_wallet_gets_one(http: httpx.AsyncClient, code: str) -> None:
    assert (await redeem(http, code, {})).status_code == 200


@pytest.mark.parametrize("lost", ["OAuth-Client-Attestation", "OAuth-Client-Attestation-PoP"])
async def test_an_attestation_and_its_proof_come_together(
    http: httpx.AsyncClient, code: str, headers: dict[str, str], lost: str
) -> None:
    del headers[lost]

    assert error_of(await redeem(http, code, headers)) == (400, "invalid_client_attestation")


async def test_a_bad_attestation_is_refused_even_where_none_is_required(
    http: httpx.AsyncClient, works: Works, code: str, headers: dict[str, str], wallet_key: ECKey
) -> None:
    stranger = Attester(NOON)
    headers["OAuth-Client-Attestation"] = stranger.attestation(wallet_key)

    assert error_of(await redeem(http, code, headers)) == (400, "invalid_client_attestation")
    assert await published(works.pool) == []


async def test_a_proof_of_an_attestation_serves_once(
    http: httpx.AsyncClient, works: Works, order: Order, code: str, headers: dict[str, str]
) -> None:
    first = await redeem(http, code, headers)
    await tell(works, order.ready(2))

    again = await redeem(http, await fetch_code(http, order, 2), headers)

    assert first.status_code == 200
    assert error_of(again) == (400, "invalid_client_attestation")


async def test_a_client_cannot_name_itself_otherwise_than_its_attestation(
    http: httpx.AsyncClient, code: str, headers: dict[str, str]
) -> None:
    answer = await redeem(http, code, headers, client_id="another")

    assert error_of(answer) == (401, "invalid_client")


async def test_metadata_names_attestation_where_makers_are_trusted(http: httpx.AsyncClient) -> None:
    metadata = (await http.get("/.well-known/oauth-authorization-server")).json()

    assert metadata["token_endpoint_auth_methods_supported"] == ["none", "attest_jwt_client_auth"]
    assert metadata["client_attestation_signing_alg_values_supported"] == ["ES256"]
    assert metadata["client_attestation_pop_signing_alg_values_supported"] == ["ES256"]
    assert metadata["pre-authorized_grant_anonymous_access_supported"] is True


async def test_metadata_tells_that_attestation_is_required(
    http: httpx.AsyncClient, only_attested: None
) -> None:
    metadata = (await http.get("/.well-known/oauth-authorization-server")).json()

    assert metadata["token_endpoint_auth_methods_supported"] == ["attest_jwt_client_auth"]
    assert metadata["pre-authorized_grant_anonymous_access_supported"] is False


def test_attestation_cannot_be_required_while_nobody_is_trusted(settings: WalletSettings) -> None:
    facts = settings.model_dump() | {"wallet_attestation_required": True}

    with pytest.raises(ValidationError, match="WALLET_ATTESTERS"):
        WalletSettings(**facts)


def test_no_file_of_attesters_is_meant_by_an_empty_name(settings: WalletSettings) -> None:
    assert WalletSettings(**(settings.model_dump() | {"wallet_attesters": ""})).wallet_attesters is None
