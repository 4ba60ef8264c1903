"""Credential requests: which names, how many proofs."""

import json
from typing import Any
from uuid import UUID

import pytest

from issuer.credential_request import AskedProofs, ProofType, read_proofs
from issuer.domain import CONFIGURATION_ID
from servicekit.oauth import OAuthError

CARD = UUID("01981d3c-5a11-7d20-8b4f-1a2b3c4d5e6f")
GOOD = {"credential_configuration_id": CONFIGURATION_ID, "proofs": {"jwt": ["a.b.c"]}}


JWT: tuple[ProofType, ...] = ("jwt",)
BOTH: tuple[ProofType, ...] = ("jwt", "attestation")


def error_of(body: Any) -> str:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    with pytest.raises(OAuthError) as caught:
        read_proofs(raw, CARD, types=JWT, most=2)
    assert caught.value.status == 400
    return caught.value.error


def asked(body: Any) -> AskedProofs:
    return read_proofs(json.dumps(body).encode(), CARD, types=BOTH, most=2)


def test_the_proof_is_found_by_configuration() -> None:
    assert asked(GOOD) == AskedProofs("jwt", ["a.b.c"])


def test_the_proof_is_found_by_identifier() -> None:
    request = {"credential_identifier": str(CARD), "proofs": {"jwt": ["a.b.c"]}}

    assert asked(request) == AskedProofs("jwt", ["a.b.c"])


def test_unknown_members_are_ignored() -> None:
    assert asked({**GOOD, "colour": "blue"}) == AskedProofs("jwt", ["a.b.c"])


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"7", b"[" * 100_000, b'{"a":1,"a":2}'])
def test_what_is_no_object_is_an_invalid_request(body: bytes) -> None:
    assert error_of(body) == "invalid_credential_request"


def test_both_names_or_none_are_refused() -> None:
    assert error_of({**GOOD, "credential_identifier": str(CARD)}) == "invalid_credential_request"
    assert error_of({"proofs": GOOD["proofs"]}) == "invalid_credential_request"


@pytest.mark.parametrize("name", ["other", "", 7, ["x"], {}])
def test_unknown_names_have_errors_of_their_own(name: Any) -> None:
    configuration = {**GOOD, "credential_configuration_id": name}
    identifier = {"credential_identifier": name, "proofs": GOOD["proofs"]}

    assert error_of(configuration) == "unknown_credential_configuration"
    assert error_of(identifier) == "unknown_credential_identifier"


@pytest.mark.parametrize(
    "proofs", [None, {}, {"jwt": []}, {"jwt": "a.b.c"}, {"jwt": [7]}, {"attestation": ["a"]}]
)
def test_a_missing_or_foreign_proof_is_an_invalid_proof(proofs: Any) -> None:
    assert error_of({**GOOD, "proofs": proofs}) == "invalid_proof"


def test_the_proof_of_older_drafts_is_no_proof() -> None:
    request = {
        "credential_configuration_id": CONFIGURATION_ID,
        "proof": {"proof_type": "jwt", "jwt": "a.b.c"},
    }

    assert error_of(request) == "invalid_proof"


def test_more_proofs_than_allowed_are_refused() -> None:
    assert asked({**GOOD, "proofs": {"jwt": ["a.b.c"] * 2}}).tokens == ["a.b.c"] * 2
    assert error_of({**GOOD, "proofs": {"jwt": ["a.b.c"] * 3}}) == "invalid_credential_request"


def test_one_attestation_comes_alone() -> None:
    assert asked({**GOOD, "proofs": {"attestation": ["a.b.c"]}}) == AskedProofs("attestation", ["a.b.c"])

    with pytest.raises(OAuthError, match="invalid_credential_request"):
        asked({**GOOD, "proofs": {"attestation": ["a.b.c"] * 2}})


def test_two_types_of_proof_are_refused() -> None:
    proofs = {"jwt": ["a.b.c"], "attestation": ["d.e.f"]}

    assert error_of({**GOOD, "proofs": proofs}) == "invalid_credential_request"
