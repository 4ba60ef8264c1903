"""Wallet attestations: a trusted maker vouches for a wallet, which shows the key that the maker has named.

OAuth 2.0 Attestation-Based Client Authentication, with the certificate of the maker in `x5c`.
"""

import base64
import hashlib
import itertools
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import ECKey

from servicekit.bytes import from_base64url

ALGORITHMS = ("ES256",)
ATTESTATION_TYPE = "oauth-client-attestation+jwt"
POP_TYPE = "oauth-client-attestation-pop+jwt"
CLOCK_SKEW = timedelta(minutes=5)

_LONGEST = 16384
_LONGEST_CHAIN = 4
_LAST_TIME = 2**37
_PRIVATE = frozenset({"d", "p", "q", "dp", "dq", "qi", "oth", "k"})
# What joserfc and cryptography raise of what is none of theirs.
_NO_TOKEN = (JoseError, TypeError, ValueError, KeyError, AttributeError, RecursionError, InvalidSignature)

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
    claims = _verified(attestation, _maker_key(attestation, anchors, now), ATTESTATION_TYPE)
    client_id = _text(claims, "sub")
    if not _time(claims, "exp") > now.timestamp():
        raise AttestationRefused("the attestation has expired", "use_fresh_attestation")
    if "nbf" in claims and _time(claims, "nbf") > (now + CLOCK_SKEW).timestamp():
        raise AttestationRefused("the attestation is not valid yet")
    key = _wallet_key(claims)
    return _check_pop(_verified(pop, key, POP_TYPE), key, client_id, audience, now)


def _check_pop(
    claims: Mapping[str, Any], key: ECKey, client_id: str, audience: str, now: datetime
) -> Attested:
    if claims.get("aud") not in (audience, [audience]):
        raise AttestationRefused("aud of the proof must be this authorization server")
    if claims.get("iss", client_id) != client_id:
        raise AttestationRefused("iss of the proof must be the client")
    made_at = datetime.fromtimestamp(_time(claims, "iat"), UTC)
    if abs(now - made_at) > CLOCK_SKEW:
        raise AttestationRefused("iat of the proof is too far from now")
    digest = hashlib.sha256(f"attestation.{key.thumbprint()}.{_text(claims, 'jti')}".encode()).digest()
    return Attested(client_id, digest, made_at + CLOCK_SKEW)


def _maker_key(token: str, anchors: Sequence[x509.Certificate], now: datetime) -> ECKey:
    try:
        sent = json.loads(from_base64url(token[:_LONGEST].partition(".")[0]))["x5c"]
        chain = [x509.load_der_x509_certificate(base64.b64decode(each)) for each in sent[:_LONGEST_CHAIN]]
        if not _is_trusted(chain, anchors, now):
            raise AttestationRefused("the maker of the wallet is not trusted here")
        public = chain[0].public_key()
        if not isinstance(public, EllipticCurvePublicKey):
            raise TypeError("not a key of this algorithm")
        return ECKey.import_key(public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    except _NO_TOKEN:
        raise AttestationRefused("the attestation has no certificate chain in x5c") from None


def _is_trusted(
    chain: Sequence[x509.Certificate], anchors: Sequence[x509.Certificate], now: datetime
) -> bool:
    """Each is issued by the next, and the last by an anchor, or is one; all are valid now."""
    if not chain or not all(_is_valid(each, now) for each in chain):
        return False
    for lower, upper in itertools.pairwise(chain):
        if not _may_issue(upper):
            return False
        lower.verify_directly_issued_by(upper)
    standing = [anchor for anchor in anchors if _is_valid(anchor, now)]
    return any(chain[-1] == anchor or _is_issued_by(chain[-1], anchor) for anchor in standing)


def _is_valid(certificate: x509.Certificate, now: datetime) -> bool:
    return certificate.not_valid_before_utc <= now < certificate.not_valid_after_utc


def _may_issue(certificate: x509.Certificate) -> bool:
    try:
        return certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    except x509.ExtensionNotFound:
        return False


def _is_issued_by(certificate: x509.Certificate, anchor: x509.Certificate) -> bool:
    try:
        certificate.verify_directly_issued_by(anchor)
    except (ValueError, TypeError, InvalidSignature):
        return False
    return True


def _wallet_key(claims: Mapping[str, Any]) -> ECKey:
    try:
        jwk = claims["cnf"]["jwk"]
        if _PRIVATE & jwk.keys() or (jwk["kty"], jwk["crv"]) != ("EC", "P-256"):
            raise ValueError("not a public key of this algorithm")
        return ECKey.import_key({name: jwk[name] for name in ("kty", "crv", "x", "y")})
    except _NO_TOKEN:
        raise AttestationRefused("cnf.jwk of the attestation must be a P-256 key") from None


def _verified(token: str, key: ECKey, typ: str) -> dict[str, Any]:
    try:
        signed = jws.deserialize_compact(token[:_LONGEST], key, registry=_REGISTRY)
        claims = json.loads(signed.payload)
    except _NO_TOKEN:
        raise AttestationRefused(f"not a JWT of type {typ} whose signature holds") from None
    if signed.headers().get("typ") != typ or not isinstance(claims, dict):
        raise AttestationRefused(f"not a JWT of type {typ}")
    return claims


def _text(claims: Mapping[str, Any], name: str) -> str:
    value = claims.get(name)
    if not isinstance(value, str) or not 0 < len(value) <= 256:
        raise AttestationRefused(f"{name} is missing, or too long")
    return value


def _time(claims: Mapping[str, Any], name: str) -> float:
    value = claims.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < _LAST_TIME:
        raise AttestationRefused(f"{name} must be a time")
    return value


def _registry() -> jws.JWSRegistry:
    registry = jws.JWSRegistry(algorithms=list(ALGORITHMS), strict_check_header=False)
    registry.max_header_length = _LONGEST
    return registry


_REGISTRY = _registry()
