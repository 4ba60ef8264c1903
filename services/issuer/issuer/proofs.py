"""Key proofs (OpenID4VCI 1.0, appendix F.1): a JWT by which a wallet shows that it holds the key it names."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from issuer.domain import HolderKey
from issuer.strict_json import parse_object
from servicekit.bytes import from_base64url, to_base64url
from servicekit.es256 import public_key, signature_holds

TYP = "openid4vci-proof+jwt"
ALGORITHMS = ("ES256",)
MAX_PROOF = 16384  # characters; a proof with an attestation of ten keys fits
CLOCK_SKEW = timedelta(minutes=10)
LAST_TIME = 2**40  # JSON may hold numbers that no arithmetic of times survives

_PRIVATE = frozenset({"d", "p", "q", "dp", "dq", "qi", "oth", "k"})
_KEY_SOURCES = frozenset({"jwk", "kid", "x5c"})


class InvalidProof(Exception):
    """The text says what is wrong in ASCII, and repeats nothing of the proof."""


@dataclass(frozen=True, slots=True)
class Proof:
    """A key that was proven, and the nonce and the attestation of the proof, which are not checked here."""

    key: HolderKey
    nonce: str
    attestation: str | None


def check_proof(token: str, *, audience: str, client_id: str | None, now: datetime) -> Proof:
    """Raises `InvalidProof`. `client_id` is that of the access token; without one `iss` says nothing."""
    header, claims, signed, signature = _parse(token)
    _check_header(header)
    key = read_key(header["jwk"])
    _check_signature(key.jwk, signed, signature)
    _check_claims(claims, audience, client_id, now)
    return Proof(key, claims["nonce"], _attestation(header))


def read_key(jwk: Any) -> HolderKey:
    """Raises `InvalidProof` for what is no public key of P-256."""
    key = _public_jwk(jwk)
    try:
        public_key(key)
    except ValueError:
        raise InvalidProof("jwk is not a point of P-256") from None
    return HolderKey(key, thumbprint(key))


def thumbprint(jwk: Mapping[str, str]) -> str:
    """RFC 7638, of an EC key."""
    canonical = f'{{"crv":"{jwk["crv"]}","kty":"{jwk["kty"]}","x":"{jwk["x"]}","y":"{jwk["y"]}"}}'
    return to_base64url(hashlib.sha256(canonical.encode()).digest())


def _parse(token: str) -> tuple[dict[str, Any], dict[str, Any], bytes, bytes]:
    if len(token) > MAX_PROOF:
        raise InvalidProof("the proof is too long")
    try:
        header, payload, signature = token.split(".")
        parts = parse_object(from_base64url(header)), parse_object(from_base64url(payload))
        return *parts, f"{header}.{payload}".encode(), from_base64url(signature)
    except ValueError:
        raise InvalidProof("the proof is not a JWT") from None


def _check_header(header: Mapping[str, Any]) -> None:
    if header.get("typ") != TYP:
        raise InvalidProof(f"typ must be {TYP}")
    if header.get("alg") not in ALGORITHMS:
        raise InvalidProof("alg must be ES256")
    if "crit" in header:
        raise InvalidProof("no critical extension is known")
    if len(_KEY_SOURCES & header.keys()) != 1:
        raise InvalidProof("exactly one of jwk, kid and x5c must name the key")
    if "jwk" not in header:
        raise InvalidProof("the key must be given as jwk")


def _attestation(header: Mapping[str, Any]) -> str | None:
    attestation = header.get("key_attestation")
    if not isinstance(attestation, str | None):
        raise InvalidProof("key_attestation must be a JWT")
    return attestation


def _public_jwk(jwk: Any) -> dict[str, str]:
    if not isinstance(jwk, dict):
        raise InvalidProof("jwk must be an object")
    if _PRIVATE & jwk.keys():
        raise InvalidProof("jwk must not hold a private key")
    if (jwk.get("kty"), jwk.get("crv")) != ("EC", "P-256"):
        raise InvalidProof("jwk must be a P-256 key")
    if not (isinstance(jwk.get("x"), str) and isinstance(jwk.get("y"), str)):
        raise InvalidProof("jwk must have x and y")
    return {name: jwk[name] for name in ("kty", "crv", "x", "y")}


def _check_signature(jwk: Mapping[str, str], signed: bytes, signature: bytes) -> None:
    if not signature_holds(public_key(jwk), signed, signature):
        raise InvalidProof("the signature does not hold")


def _check_claims(claims: Mapping[str, Any], audience: str, client_id: str | None, now: datetime) -> None:
    if claims.get("aud") not in (audience, [audience]):
        raise InvalidProof("aud must be the credential issuer")
    if client_id is not None and claims.get("iss", client_id) != client_id:
        raise InvalidProof("iss must be the client id")
    issued = claims.get("iat")
    if isinstance(issued, bool) or not isinstance(issued, int | float) or not 0 <= issued < LAST_TIME:
        raise InvalidProof("iat must be a time")
    if abs(now.timestamp() - issued) > CLOCK_SKEW.total_seconds():
        raise InvalidProof("iat is too far from now")
    if not isinstance(claims.get("nonce"), str):
        raise InvalidProof("nonce is missing")
