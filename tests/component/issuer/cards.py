"""A credential as a checker takes it apart, by means of a library that the issuer does not use."""

import hashlib
import json
from base64 import b64decode
from dataclasses import dataclass
from typing import Any

import httpx
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from joserfc import jws
from joserfc.jwk import ECKey

from servicekit.bytes import from_base64url, to_base64url

_REGISTRY = jws.JWSRegistry(algorithms=["ES256"], strict_check_header=False)
_REGISTRY.max_header_length = 8192


@dataclass(frozen=True)
class OpenedCard:
    """Header and claims of a credential whose signature holds, with all that was disclosed."""

    header: dict[str, Any]
    claims: dict[str, Any]
    disclosed: dict[str, Any]
    certificate: x509.Certificate


def open_card(response: httpx.Response) -> OpenedCard:
    [card] = open_cards(response)
    return card


def open_cards(response: httpx.Response) -> list[OpenedCard]:
    assert response.status_code == 200, response.text
    return [_opened(given) for given in response.json()["credentials"]]


def _opened(given: dict[str, str]) -> OpenedCard:
    jwt, *disclosures, last = given["credential"].split("~")
    assert last == ""
    header, claims, certificate = open_signed(jwt)
    disclosed = {}
    for disclosure in disclosures:
        assert to_base64url(hashlib.sha256(disclosure.encode()).digest()) in claims["_sd"]
        _, name, value = json.loads(from_base64url(disclosure))
        disclosed[name] = value
    return OpenedCard(header, claims, disclosed, certificate)


def open_signed(token: str) -> tuple[dict[str, Any], dict[str, Any], x509.Certificate]:
    """Checks the signature by the certificate that the token brings."""
    header = json.loads(from_base64url(token.split(".", maxsplit=1)[0]))
    certificate = x509.load_der_x509_certificate(b64decode(header["x5c"][0]))
    signed = jws.deserialize_compact(token, ECKey.import_key(_pem(certificate)), registry=_REGISTRY)
    return dict(signed.headers()), json.loads(signed.payload), certificate


def _pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
