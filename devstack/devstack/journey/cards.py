"""An SD-JWT VC read and verified as a stranger would: by the issuer's published keys and its status list."""

import hashlib
import time
import zlib
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import httpx
from cryptography import x509
from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, KeySet

from devstack.journey.http import JourneyError, from_base64url, json_of, json_part

Json = dict[str, Any]
STATUSES = {0: "valid", 1: "revoked", 2: "suspended"}
LARGEST_LIST = 4 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Card:
    """A credential taken apart; `claims` holds what is always told and what its disclosures tell."""

    sd_jwt: str
    header: Json
    claims: Json

    @property
    def issuer(self) -> str:
        return str(self.claims["iss"])

    @property
    def token(self) -> str:
        """The signed part."""
        return self.sd_jwt.split("~", 1)[0]

    def holder_key(self) -> ECKey:
        return ECKey.import_key(self.claims["cnf"]["jwk"])

    def with_disclosures(self, names: set[str]) -> str:
        """The same credential, telling only these claims."""
        token, *disclosures = self.sd_jwt.rstrip("~").split("~")
        told = [each for each in disclosures if json_part(each)[1] in names]
        return "~".join([token, *told, ""])


def read_card(sd_jwt: str) -> Card:
    """Takes a credential apart and checks that each disclosure belongs to it; signature: `verify_issuer`."""
    token, *disclosures = sd_jwt.rstrip("~").split("~")
    header, claims = (json_part(part) for part in token.split(".")[:2])
    digests = set(claims.pop("_sd", ()))
    for disclosure in disclosures:
        digest = hashlib.sha256(disclosure.encode()).digest()
        if not any(from_base64url(each) == digest for each in digests):
            raise JourneyError("a disclosure does not belong to the credential")
        _salt, name, value = json_part(disclosure)
        claims[name] = value
    return Card(sd_jwt, header, claims)


async def verify_issuer(card: Card, http: httpx.AsyncClient, trusted: set[str]) -> None:
    """Signature by a key that the issuer publishes, under a certificate that names it, and the dates."""
    if card.issuer not in trusted:
        raise JourneyError(f"{card.issuer} is not on the list of trusted issuers")
    _require_signature(card.token, await issuer_keys(card.issuer, http))
    _require_certificate(card)
    now = time.time()
    if not card.claims.get("nbf", 0) <= now < card.claims["exp"]:
        raise JourneyError("the card is not valid at this time")


async def issuer_keys(issuer: str, http: httpx.AsyncClient) -> KeySet:
    place = urlsplit(issuer)
    url = f"{place.scheme}://{place.netloc}/.well-known/jwt-vc-issuer{place.path}"
    metadata = json_of(await http.get(url))
    if metadata["issuer"] != issuer:
        raise JourneyError("the issuer's metadata name another issuer")
    return KeySet.import_key_set(metadata["jwks"])


def _require_signature(token: str, keys: KeySet | ECKey) -> None:
    registry = jws.JWSRegistry(algorithms=["ES256"])
    registry.max_header_length = registry.max_payload_length = LARGEST_LIST  # a header carries certificates
    try:
        jws.deserialize_compact(token, keys, registry=registry)
    except JoseError as error:
        raise JourneyError(f"the issuer's signature does not hold: {error}") from None


def _require_certificate(card: Card) -> None:
    leaf = x509.load_der_x509_certificate(_der(card.header["x5c"][0]))
    names = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    if card.issuer not in names.get_values_for_type(x509.UniformResourceIdentifier):
        raise JourneyError("the certificate does not name the issuer")
    key = ECKey.import_key(leaf.public_key())  # type: ignore[arg-type]  # an EC key: the algorithm is ES256
    _require_signature(card.token, key)


def _der(text: str) -> bytes:
    return from_base64url(text.replace("+", "-").replace("/", "_").rstrip("="))


async def read_status(card: Card, http: httpx.AsyncClient) -> str:
    """What the issuer's signed status list says of the card: valid, revoked or suspended."""
    entry = card.claims["status"]["status_list"]
    if not entry["uri"].startswith(f"{card.issuer}/"):
        raise JourneyError("the status list is not on the issuer's host")
    answer = await http.get(entry["uri"], headers={"Accept": "application/statuslist+jwt"})
    token = answer.text
    keys = await issuer_keys(card.issuer, http)
    claims = _status_claims(token, keys, entry["uri"])
    return STATUSES[_status_at(claims["status_list"], entry["idx"])]


def _status_claims(token: str, keys: KeySet, uri: str) -> Json:
    _require_signature(token, keys)
    header, claims = (json_part(part) for part in token.split(".")[:2])
    if header["typ"] != "statuslist+jwt" or claims["sub"] != uri or claims["exp"] < time.time():
        raise JourneyError("this is not a fresh status list of that address")
    return dict(claims)


def _status_at(status_list: Json, index: int) -> int:
    bits: int = status_list["bits"]
    packed = zlib.decompressobj().decompress(from_base64url(status_list["lst"]), LARGEST_LIST)
    byte, shift = divmod(index * bits, 8)
    return packed[byte] >> shift & ((1 << bits) - 1)
