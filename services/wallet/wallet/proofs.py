"""What a card's key signs: the code on the screen, and the pack behind it."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import ECKey
from pydantic import BaseModel, ConfigDict, Field

from servicekit.bytes import to_base64url
from servicekit.es256 import public_key, signature_holds

HANDLE_BYTES = 16
SHOWN_CODE_CONTEXT = b"legitka-presentation-v1"
PACK_PROOF_TYPE = "legitka-pack+jwt"
PACK_PROOF_FRESH = timedelta(minutes=5)

# What joserfc raises of a token whose header holds values of another kind than it expects.
_NO_PROOF = (JoseError, TypeError, ValueError, RecursionError)

# The generator of the curve: a key for handles that nobody has, so that they take as long as the others.
_NOBODYS_KEY = {
    "x": "axfR8uEsQkf4vOblY6RA8ncDfYEt6zOg9KE5RdiYwpY",
    "y": "T-NC4v4af5uO5-tKfA-eFivOM1drMV7Oy7ZAaDe_UfU",
}


class _PackClaims(BaseModel):
    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)

    handle: str
    credential_id: UUID
    body_sha256: str
    iat: int = Field(ge=0, lt=2**37)


@dataclass(frozen=True, slots=True)
class PackProof:
    """A proof as it came: its claims may be believed only once it holds."""

    token: str
    handle: str
    credential_id: UUID
    body_sha256: str
    made_at: datetime


def read_pack_proof(token: str) -> PackProof | None:
    try:
        unverified = jws.extract_compact(token.encode())
        claims = _PackClaims.model_validate_json(unverified.payload)
    except _NO_PROOF:
        return None
    header: object = unverified.headers()  # a text with "alg" in it passes for one
    if not isinstance(header, dict) or header.get("typ") != PACK_PROOF_TYPE:
        return None
    made_at = datetime.fromtimestamp(claims.iat, UTC)
    return PackProof(token, claims.handle, claims.credential_id, claims.body_sha256, made_at)


def pack_proof_holds(
    proof: PackProof, holder_jwk: Mapping[str, str], handle: bytes, body: bytes, now: datetime
) -> bool:
    """Whether the card's key has just signed this handle and body."""
    digest = to_base64url(hashlib.sha256(body).digest())
    return (
        proof.handle == to_base64url(handle)
        and proof.body_sha256 == digest
        and abs(now - proof.made_at) <= PACK_PROOF_FRESH
        and _signed_by(proof.token, holder_jwk)
    )


def _signed_by(token: str, holder_jwk: Mapping[str, str]) -> bool:
    try:
        jws.deserialize_compact(token, ECKey.import_key(dict(holder_jwk)), algorithms=["ES256"])
    except _NO_PROOF:
        return False
    return True


def shown_code_holds(
    holder_jwk: Mapping[str, str] | None, handle: bytes, shown_at: int, signature: bytes
) -> bool:
    """Whether the card's key has signed handle and time. Without a key: no, after the same work."""
    message = SHOWN_CODE_CONTEXT + handle + shown_at.to_bytes(5, "big")
    holds = signature_holds(public_key(holder_jwk or _NOBODYS_KEY), message, signature)
    return holds and holder_jwk is not None
