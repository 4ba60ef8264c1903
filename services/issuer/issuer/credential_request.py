"""The bodies of credential requests (OpenID4VCI 1.0, 8.2 and 9.1), and the errors for what is wrong in it."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any, Literal
from uuid import UUID

from issuer.domain import CONFIGURATION_ID
from issuer.strict_json import parse_object
from servicekit.oauth import OAuthError

ProofType = Literal["jwt", "attestation"]


@dataclass(frozen=True, slots=True)
class AskedProofs:
    """The proofs of a request: of one type, and at least one."""

    type: ProofType
    tokens: Sequence[str]


def read_proofs(body: bytes, credential_id: UUID, *, types: Collection[ProofType], most: int) -> AskedProofs:
    """The proofs of a request for the card that the token is for; unknown members are ignored."""
    try:
        request = parse_object(body)
    except ValueError:
        raise OAuthError("invalid_credential_request", "the body must be a JSON object") from None
    _check_names(request, credential_id)
    return _proofs(request.get("proofs"), types, most)


def read_transaction(body: bytes) -> str:
    """The transaction of a deferred credential request (OpenID4VCI 1.0, 9.1)."""
    try:
        transaction_id = parse_object(body).get("transaction_id")
    except ValueError:
        transaction_id = None
    if not isinstance(transaction_id, str):
        raise OAuthError("invalid_credential_request", "the body must be a JSON object with transaction_id")
    return transaction_id


def _check_names(request: dict[str, Any], credential_id: UUID) -> None:
    identifier = request.get("credential_identifier")
    configuration = request.get("credential_configuration_id")
    if (identifier is None) == (configuration is None):
        raise OAuthError(
            "invalid_credential_request",
            "exactly one of credential_identifier and credential_configuration_id must be given",
        )
    if configuration is not None and configuration != CONFIGURATION_ID:
        raise OAuthError("unknown_credential_configuration")
    if identifier is not None and identifier != str(credential_id):
        raise OAuthError("unknown_credential_identifier")


def too_many_keys() -> OAuthError:
    return OAuthError("invalid_credential_request", "too many proofs, or keys")


def _proofs(proofs: Any, types: Collection[ProofType], most: int) -> AskedProofs:
    if not proofs:
        raise OAuthError("invalid_proof", "proofs is missing")
    if not isinstance(proofs, dict) or len(proofs) != 1:
        raise OAuthError("invalid_credential_request", "proofs must hold exactly one type of proof")
    for type_ in types:
        if type_ in proofs:
            return AskedProofs(type_, _tokens(proofs[type_], 1 if type_ == "attestation" else most))
    raise OAuthError("invalid_proof", f"the type of proof must be one of: {', '.join(types)}")


def _tokens(tokens: Any, most: int) -> list[str]:
    if not isinstance(tokens, list) or not tokens or not all(isinstance(token, str) for token in tokens):
        raise OAuthError("invalid_proof", "proofs must be a list of JWTs")
    if len(tokens) > most:
        raise too_many_keys()
    return tokens
