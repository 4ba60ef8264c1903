"""Key attestations (OpenID4VCI 1.0, appendix D): a trusted maker vouches that keys are in one wallet."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from cryptography import x509

from issuer.domain import HolderKey
from issuer.proofs import InvalidProof, read_key
from servicekit.maker_tokens import ALGORITHMS, BadMakerToken, maker_claims, text_claim, time_claim

__all__ = ["ALGORITHMS", "AttestedKeys", "check_attestation"]

TYP = "key-attestation+jwt"
CLOCK_SKEW = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class AttestedKeys:
    """The keys that are vouched for, each once, and the claims that who asks has to check."""

    keys: tuple[HolderKey, ...]
    claims: Mapping[str, Any]

    @property
    def nonce(self) -> str:
        """Raises `InvalidProof` if there is none."""
        try:
            return text_claim(self.claims, "nonce")
        except BadMakerToken as error:
            raise InvalidProof(str(error)) from None

    def covers(self, keys: Sequence[HolderKey]) -> bool:
        return {key.jkt for key in keys} <= {key.jkt for key in self.keys}


def check_attestation(
    token: str, *, anchors: Sequence[x509.Certificate], now: datetime, must_end: bool
) -> AttestedKeys:
    """Raises `InvalidProof`. `must_end`: whether it must say until when it holds."""
    try:
        claims = maker_claims(token, typ=TYP, anchors=anchors, now=now)
        _check_times(claims, now, must_end)
    except BadMakerToken as error:
        raise InvalidProof(f"key attestation: {error}") from None
    return AttestedKeys(_attested_keys(claims.get("attested_keys")), claims)


def _check_times(claims: Mapping[str, Any], now: datetime, must_end: bool) -> None:
    if time_claim(claims, "iat") > (now + CLOCK_SKEW).timestamp():
        raise BadMakerToken("iat lies ahead")
    if (must_end or "exp" in claims) and time_claim(claims, "exp") <= now.timestamp():
        raise BadMakerToken("it has expired")


def _attested_keys(given: Any) -> tuple[HolderKey, ...]:
    if not isinstance(given, list) or not given:
        raise InvalidProof("attested_keys must be a list of keys")
    keys = tuple(read_key(jwk) for jwk in given)
    if len({key.jkt for key in keys}) != len(keys):
        raise InvalidProof("each attested key must be there once")
    return keys
