"""What makers of wallets sign: JWTs with certificates in `x5c` that lead to one which is trusted here."""

import base64
import itertools
import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import ECKey

from servicekit.bytes import from_base64url

ALGORITHMS = ("ES256",)

_LONGEST = 16384
_LONGEST_CHAIN = 4
_LAST_TIME = 2**37
# What joserfc and cryptography raise of what is none of theirs.
_NO_TOKEN = (JoseError, TypeError, ValueError, KeyError, AttributeError, RecursionError, InvalidSignature)


class BadMakerToken(Exception):
    """The text is ASCII, and repeats nothing of what was sent."""


def read_anchors(file: Path | None) -> tuple[x509.Certificate, ...]:
    """The certificates of a PEM file; without a file nobody is trusted."""
    return tuple(x509.load_pem_x509_certificates(file.read_bytes())) if file else ()


def maker_claims(
    token: str, *, typ: str, anchors: Sequence[x509.Certificate], now: datetime
) -> dict[str, Any]:
    """Raises `BadMakerToken`. Which times and names the claims hold is for the caller to check."""
    return signed_claims(token, _maker_key(token, anchors, now), typ)


def signed_claims(token: str, key: ECKey, typ: str) -> dict[str, Any]:
    """Raises `BadMakerToken`."""
    try:
        signed = jws.deserialize_compact(token[:_LONGEST], key, registry=_REGISTRY)
        claims = json.loads(signed.payload)
    except _NO_TOKEN:
        raise BadMakerToken(f"not a JWT of type {typ} whose signature holds") from None
    if signed.headers().get("typ") != typ or not isinstance(claims, dict):
        raise BadMakerToken(f"not a JWT of type {typ}")
    return claims


def text_claim(claims: Mapping[str, Any], name: str) -> str:
    value = claims.get(name)
    if not isinstance(value, str) or not 0 < len(value) <= 256:
        raise BadMakerToken(f"{name} is missing, or too long")
    return value


def time_claim(claims: Mapping[str, Any], name: str) -> float:
    value = claims.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < _LAST_TIME:
        raise BadMakerToken(f"{name} must be a time")
    return value


def _maker_key(token: str, anchors: Sequence[x509.Certificate], now: datetime) -> ECKey:
    try:
        sent = json.loads(from_base64url(token[:_LONGEST].partition(".")[0]))["x5c"]
        chain = [x509.load_der_x509_certificate(base64.b64decode(each)) for each in sent[:_LONGEST_CHAIN]]
        if not _is_trusted(chain, anchors, now):
            raise BadMakerToken("the maker of the wallet is not trusted here")
        public = chain[0].public_key()
        if not isinstance(public, EllipticCurvePublicKey):
            raise TypeError("not a key of this algorithm")
        return ECKey.import_key(public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    except _NO_TOKEN:
        raise BadMakerToken("the attestation has no certificate chain in x5c") from None


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


def _registry() -> jws.JWSRegistry:
    registry = jws.JWSRegistry(algorithms=list(ALGORITHMS), strict_check_header=False)
    registry.max_header_length = _LONGEST
    return registry


_REGISTRY = _registry()
