"""The bodies of credential requests (OpenID4VCI 1.0, 8.2 and 9.1), and the errors for what is wrong in it."""

from typing import Any
from uuid import UUID

from issuer.domain import CONFIGURATION_ID
from issuer.strict_json import parse_object
from servicekit.oauth import OAuthError

# Several keys at once, for instances of one card, have their place here.
MOST_PROOFS = 1


def read_proof(body: bytes, credential_id: UUID) -> str:
    """The one key proof of a request for the card that the token is for; unknown members are ignored."""
    try:
        request = parse_object(body)
    except ValueError:
        raise OAuthError("invalid_credential_request", "the body must be a JSON object") from None
    _check_names(request, credential_id)
    return _proof(request.get("proofs"))


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


def _proof(proofs: Any) -> str:
    if not proofs:
        raise OAuthError("invalid_proof", "proofs is missing")
    if not isinstance(proofs, dict) or len(proofs) != 1:
        raise OAuthError("invalid_credential_request", "proofs must hold exactly one type of proof")
    tokens = proofs.get("jwt")
    if not isinstance(tokens, list) or not tokens or not all(isinstance(token, str) for token in tokens):
        raise OAuthError("invalid_proof", "proofs.jwt must be a list of JWTs")
    if len(tokens) > MOST_PROOFS:
        raise OAuthError("invalid_credential_request", "too many proofs")
    proof: str = tokens[0]
    return proof
