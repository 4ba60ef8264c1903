"""Wallet attestations: a trusted maker vouches for a wallet, which shows the key that the maker has named.

OAuth 2.0 Attestation-Based Client Authentication, with the certificate of the maker in `x5c`.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

from cryptography import x509
from joserfc.errors import JoseError
from joserfc.jwk import ECKey

from servicekit.maker_tokens import (
    BadMakerToken,
    maker_claims,
    signed_claims,
    text_claim,
    time_claim,
)

ATTESTATION_TYPE = "oauth-client-attestation+jwt"
POP_TYPE = "oauth-client-attestation-pop+jwt"
CLOCK_SKEW = timedelta(minutes=5)

_PRIVATE = frozenset({"d", "p", "q", "dp", "dq", "qi", "oth", "k"})

AttestationError = Literal["invalid_client_attestation", "use_fresh_attestation"]


class AttestationRefused(Exception):
    """`error` is the registered code; the text is ASCII and repeats nothing of what was sent."""

    def __init__(self, description: str, error: AttestationError = "invalid_client_attestation") -> None:
        super().__init__(description)
        self.error = error
        self.description = description


@dataclass(frozen=True, slots=True)
class Attested:
    """A wallet that a trusted maker vouches for. `digest` stands for key and `jti` of the proof."""

    client_id: str
    digest: bytes
    lapses_at: datetime


def check_attestation(
    attestation: str, pop: str, *, anchors: Sequence[x509.Certificate], audience: str, now: datetime
) -> Attested:
    """All but whether the proof was used before. Raises `AttestationRefused`."""
    try:
        claims = maker_claims(attestation, typ=ATTESTATION_TYPE, anchors=anchors, now=now)
        client_id = text_claim(claims, "sub")
        _check_times(claims, now)
        key = _wallet_key(claims)
        return _check_pop(signed_claims(pop, key, POP_TYPE), key, client_id, audience, now)
    except BadMakerToken as error:
        raise AttestationRefused(str(error)) from None


def _check_times(claims: Mapping[str, Any], now: datetime) -> None:
    if not time_claim(claims, "exp") > now.timestamp():
        raise AttestationRefused("the attestation has expired", "use_fresh_attestation")
    if "nbf" in claims and time_claim(claims, "nbf") > (now + CLOCK_SKEW).timestamp():
        raise AttestationRefused("the attestation is not valid yet")


def _check_pop(
    claims: Mapping[str, Any], key: ECKey, client_id: str, audience: str, now: datetime
) -> Attested:
    if claims.get("aud") not in (audience, [audience]):
        raise AttestationRefused("aud of the proof must be this authorization server")
    if claims.get("iss", client_id) != client_id:
        raise AttestationRefused("iss of the proof must be the client")
    made_at = datetime.fromtimestamp(time_claim(claims, "iat"), UTC)
    if abs(now - made_at) > CLOCK_SKEW:
        raise AttestationRefused("iat of the proof is too far from now")
    digest = hashlib.sha256(f"attestation.{key.thumbprint()}.{text_claim(claims, 'jti')}".encode()).digest()
    return Attested(client_id, digest, made_at + CLOCK_SKEW)


def _wallet_key(claims: Mapping[str, Any]) -> ECKey:
    try:
        jwk = claims["cnf"]["jwk"]
        if _PRIVATE & jwk.keys() or (jwk["kty"], jwk["crv"]) != ("EC", "P-256"):
            raise ValueError("not a public key of this algorithm")
        return ECKey.import_key({name: jwk[name] for name in ("kty", "crv", "x", "y")})
    except (JoseError, TypeError, ValueError, KeyError, AttributeError):
        raise AttestationRefused("cnf.jwk of the attestation must be a P-256 key") from None
