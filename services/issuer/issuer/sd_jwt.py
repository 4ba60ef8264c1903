"""SD-JWT VC as the issuer makes it: each claim a disclosure of its own, and decoys that hide their number."""

from collections.abc import Callable, Iterable, Mapping
from hashlib import sha256
from typing import Any

from issuer.es256 import Signer, to_json
from servicekit.bytes import to_base64url

TYP = "dc+sd-jwt"
SALT_BYTES = 16

# Every card has this many digests, so that a missing claim (no PESEL) cannot be told from a hidden one.
DIGESTS = 16

RandomBytes = Callable[[int], bytes]


def sign_sd_jwt(
    signer: Signer, plain: Mapping[str, Any], hidden: Mapping[str, Any], random_bytes: RandomBytes
) -> str:
    """`<jwt>~<disclosure>~…~` with every claim of `hidden` as a disclosure, in the order given."""
    disclosures = [_disclosure(name, value, random_bytes) for name, value in hidden.items()]
    claims = {**plain, "_sd": _digests(disclosures, random_bytes), "_sd_alg": "sha-256"}
    return "~".join((signer.sign(claims), *disclosures, ""))


def _disclosure(name: str, value: Any, random_bytes: RandomBytes) -> str:
    salt = to_base64url(random_bytes(SALT_BYTES))
    return to_base64url(to_json([salt, name, value]))


def _digests(disclosures: Iterable[str], random_bytes: RandomBytes) -> list[str]:
    """Sorted, so that their order says nothing about which claim is which."""
    digests = [digest(disclosure) for disclosure in disclosures]
    decoys = [to_base64url(random_bytes(32)) for _ in range(DIGESTS - len(digests))]
    return sorted(digests + decoys)


def digest(disclosure: str) -> str:
    return to_base64url(sha256(disclosure.encode()).digest())
