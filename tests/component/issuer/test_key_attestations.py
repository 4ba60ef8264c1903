"""Keys that a maker vouches for: what is asked of its attestation, and what is told of that to wallets."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from pydantic import ValidationError

from contracts.issuer import CardIssued
from eventing import Works
from issuer.app import make_parts
from issuer.settings import IssuerSettings
from issuer.workshop import Workshop
from servicekit.keys import Keys
from tests.attester import Attester
from tests.component.issuer.batches import MAKER, BatchWallet, error_of, key_of
from tests.component.issuer.cards import open_cards
from tests.component.issuer.phones import Phone
from tests.component.issuer.scene import NOON, Order, Scene

STRANGER = Attester(NOON)
METADATA = "/.well-known/openid-credential-issuer/t/umcs"


@pytest.fixture
async def order(scene: Scene) -> Order:
    return await scene.place()


async def test_keys_that_nobody_vouches_for_get_one_card(
    scene: Scene, batch: BatchWallet, order: Order
) -> None:
    cards = open_cards(await batch.send(await batch.token(order), await batch.unattested()))

    assert [key_of(card) for card in cards] == [batch.keys[0].jwk["x"]]
    assert len(await scene.told(order, CardIssued)) == 1


async def test_keys_that_are_vouched_for_one_by_one_could_be_in_several_phones(
    batch: BatchWallet, order: Order
) -> None:
    nonce = await batch.wallet.nonce()
    proofs = [batch.proof(key, nonce, batch.attestation([key])) for key in batch.keys]

    cards = open_cards(await batch.send(await batch.token(order), {"jwt": proofs}))

    assert [key_of(card) for card in cards] == [batch.keys[0].jwk["x"]]


async def test_an_institution_may_waive_the_attestation_of_several_keys(
    batch: BatchWallet, order: Order, ruled: Callable[..., None]
) -> None:
    ruled(attesters=(), batch_attestation_required=False)

    cards = open_cards(await batch.send(await batch.token(order), await batch.unattested()))

    assert [key_of(card) for card in cards] == [key.jwk["x"] for key in batch.keys]


def _by_a_stranger(batch: BatchWallet) -> str:
    return STRANGER.key_attestation([key.jwk for key in batch.keys])


def _of_other_keys(batch: BatchWallet) -> str:
    return batch.attestation([Phone(), Phone()])


def _expired(batch: BatchWallet) -> str:
    return batch.attestation(exp=int(NOON.timestamp()))


def _endless(batch: BatchWallet) -> str:
    return batch.attestation(exp=None)


def _forged(batch: BatchWallet) -> str:
    return batch.attestation()[:-6] + "AAAAAA"


def _none(_batch: BatchWallet) -> str:
    return "a.b.c"


@pytest.mark.parametrize("bad", [_by_a_stranger, _of_other_keys, _expired, _endless, _forged, _none])
@pytest.mark.parametrize("way", [BatchWallet.one_proof, BatchWallet.a_proof_each])
async def test_a_bad_attestation_is_an_invalid_proof_and_nothing_is_done(
    bad: Any, way: Any, scene: Scene, batch: BatchWallet, order: Order
) -> None:
    answer = await batch.send(await batch.token(order), await way(batch, bad(batch)))

    assert error_of(answer) == (400, "invalid_proof")
    assert await scene.state(order) == "offered"


async def test_the_same_key_twice_is_an_invalid_proof(scene: Scene, batch: BatchWallet, order: Order) -> None:
    token = await batch.token(order)
    batch.keys[2] = batch.keys[0]

    assert error_of(await batch.send(token, await batch.unattested())) == (400, "invalid_proof")
    assert error_of(await batch.send(token, await batch.one_proof())) == (400, "invalid_proof")
    assert await scene.state(order) == "offered"


async def test_more_keys_than_the_metadata_allow_are_refused(
    scene: Scene, batch: BatchWallet, order: Order
) -> None:
    batch.keys += [Phone() for _ in range(8)]
    token = await batch.token(order)

    for proofs in (await batch.unattested(), await batch.one_proof(), await batch.attestation_alone()):
        assert error_of(await batch.send(token, proofs)) == (400, "invalid_credential_request")
    assert await scene.state(order) == "offered"


async def test_every_nonce_of_a_request_serves_once(batch: BatchWallet, order: Order) -> None:
    token, used = await batch.token(order), await batch.attestation_alone()
    assert (await batch.send(token, used)).status_code == 200
    assert error_of(await batch.send(token, used)) == (400, "invalid_nonce")

    first, second = await batch.wallet.nonce(), await batch.wallet.nonce()
    both = {"jwt": [batch.proof(key, nonce) for key, nonce in zip(batch.keys, (first, second), strict=False)]}
    assert (await batch.send(token, both)).status_code == 200
    assert error_of(await batch.send(token, {"jwt": [batch.proof(batch.keys[0], second)]})) == (
        400,
        "invalid_nonce",
    )


@pytest.mark.parametrize(("nonce", "error"), [(None, "invalid_proof"), ("made up", "invalid_nonce")])
async def test_an_attestation_alone_needs_a_nonce_of_ours(
    nonce: str | None, error: str, batch: BatchWallet, order: Order
) -> None:
    answer = await batch.send(await batch.token(order), await batch.attestation_alone(nonce=nonce))

    assert error_of(answer) == (400, error)


async def test_metadata_tell_how_many_keys_a_card_may_have_and_who_is_asked_to_vouch(
    http: httpx.AsyncClient, batch: BatchWallet
) -> None:
    metadata = (await http.get(METADATA)).json()

    assert metadata["batch_credential_issuance"] == {"batch_size": 10}
    [configuration] = metadata["credential_configurations_supported"].values()
    assert configuration["proof_types_supported"] == {
        "jwt": {"proof_signing_alg_values_supported": ["ES256"]},
        "attestation": {"proof_signing_alg_values_supported": ["ES256"], "key_attestations_required": {}},
    }


async def test_where_attestation_is_required_metadata_say_so_and_no_other_key_gets_a_card(
    http: httpx.AsyncClient, scene: Scene, batch: BatchWallet, order: Order, ruled: Callable[..., None]
) -> None:
    ruled(attestation_required=True)
    [configuration] = (await http.get(METADATA)).json()["credential_configurations_supported"].values()
    token = await batch.token(order)

    assert configuration["proof_types_supported"]["jwt"]["key_attestations_required"] == {}
    assert error_of(await batch.wallet.ask(token, batch.keys[0])) == (400, "invalid_proof")
    assert error_of(await batch.send(token, await batch.unattested())) == (400, "invalid_proof")
    assert await scene.state(order) == "offered"
    assert (
        await batch.send(token, await batch.one_proof(batch.attestation([batch.keys[0]])))
    ).status_code == 200


async def test_where_nobody_is_trusted_there_are_no_batches_and_attestations_count_for_nothing(
    http: httpx.AsyncClient, batch: BatchWallet, order: Order, ruled: Callable[..., None]
) -> None:
    ruled(attesters=())
    metadata, token = (await http.get(METADATA)).json(), await batch.token(order)

    assert "batch_credential_issuance" not in metadata
    [configuration] = metadata["credential_configurations_supported"].values()
    assert configuration["proof_types_supported"].keys() == {"jwt"}
    assert error_of(await batch.send(token, await batch.unattested())) == (400, "invalid_credential_request")
    assert error_of(await batch.send(token, await batch.attestation_alone())) == (400, "invalid_proof")
    assert len(open_cards(await batch.send(token, await batch.one_proof()))) == 1


async def test_who_may_vouch_stands_in_the_file_that_the_setting_names(
    settings: IssuerSettings, keys: Keys, workshop: Workshop, works: Works, tmp_path: Path
) -> None:
    anchors = tmp_path / "key-attesters.pem"
    anchors.write_bytes(MAKER.pem)
    trusting = settings.model_copy(update={"key_attesters": anchors, "key_attestation_required": True})

    async with httpx.AsyncClient() as client:
        rules = make_parts(trusting, keys, workshop, works, client).tenants["pwr"].key_rules

    assert (list(rules.attesters), rules.attestation_required, rules.most_keys) == ([MAKER.ca], True, 10)


def test_attestation_is_not_required_where_nobody_is_trusted(keys_dir: Path) -> None:
    with pytest.raises(ValidationError, match="KEY_ATTESTERS"):
        IssuerSettings(
            environment="development",
            database_url="postgresql://nowhere",
            keys_dir=keys_dir,
            key_attesters="",
            key_attestation_required=True,
        )
