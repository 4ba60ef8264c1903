"""A wallet app: its own key, activation with any OpenID4VCI issuer, and the code it shows."""

import asyncio
import hashlib
import json
import secrets
import time
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self
from urllib.parse import parse_qs, urlsplit

import httpx
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, SECP256R1, generate_private_key
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from joserfc import jwt
from joserfc.jwk import ECKey

from devstack.journey.cards import Card, read_card
from devstack.journey.dpop import TOKEN_TYPE, ClientKey
from devstack.journey.http import Addresses, JourneyError, expect, json_of, new_http, to_base64url

Json = dict[str, Any]
PRE_AUTHORIZED = "urn:ietf:params:oauth:grant-type:pre-authorized_code"
FOR_CHECKERS = {"given_name", "family_name", "portrait", "institution", "expiry_date"}
PACK_CONTEXT, SHOWN_CONTEXT = b"legitka-pack-v1", b"legitka-presentation-v1"
PATIENCE = 15  # seconds for what the services tell one another by events


@dataclass(frozen=True, slots=True)
class Grant:
    """What a right code gives: a token, the card that it is good for, and how to have it anew later."""

    access_token: str
    credential_id: str
    refresh_token: str


class WrongCode(JourneyError):
    """The activation code was refused."""


@dataclass(frozen=True, slots=True)
class Offer:
    """A credential offer with the metadata it leads to."""

    issuer: Json
    server: Json
    configuration_id: str
    pre_authorized_code: str


@dataclass(frozen=True, slots=True)
class Pack:
    """What a checker will open: lies encrypted at the wallet service under a random handle."""

    handle: bytes
    key: bytes


class WalletClient:
    """One phone: a key for its card, one for its tokens, at most one card; an async context manager."""

    def __init__(self, addresses: Addresses) -> None:
        self.addresses = addresses
        self.private = generate_private_key(SECP256R1())
        self.key = ECKey.import_key(self.private)
        self.client_key = ClientKey()
        self.http = new_http(addresses.authority)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.http.aclose()

    async def fetch_offer(self, qr_payload: str) -> Offer:
        """Follows the QR: the offer itself, and what issuer and authorization server say about themselves."""
        uri = parse_qs(urlsplit(qr_payload).query)["credential_offer_uri"][0]
        offer = json_of(await self._patiently("GET", uri))
        issuer = await self._metadata(offer["credential_issuer"], "openid-credential-issuer")
        server = await self._metadata(issuer["authorization_servers"][0], "oauth-authorization-server")
        code = offer["grants"][PRE_AUTHORIZED]["pre-authorized_code"]
        return Offer(issuer, server, offer["credential_configuration_ids"][0], code)

    async def redeem(self, offer: Offer, activation_code: str) -> Grant:
        """Leave to fetch the card, for a right code; `WrongCode` otherwise."""
        wanted = {"type": "openid_credential", "credential_configuration_id": offer.configuration_id}
        form = {
            "grant_type": PRE_AUTHORIZED,
            "pre-authorized_code": offer.pre_authorized_code,
            "tx_code": activation_code,
            "authorization_details": json.dumps([wanted]),
        }
        answer = await self._patiently(
            "POST", offer.server["token_endpoint"], data=form, auth=self.client_key
        )
        if answer.status_code == 400 and answer.json().get("error") == "invalid_grant":
            raise WrongCode(answer.text)
        token = json_of(answer)
        [credential_id] = token["authorization_details"][0]["credential_identifiers"]
        return Grant(token["access_token"], credential_id, token["refresh_token"])

    async def fetch_card(self, offer: Offer, grant: Grant) -> Card:
        """Proves the phone's key and takes the credential that is bound to it."""
        nonce = json_of(await self._patiently("POST", offer.issuer["nonce_endpoint"]))["c_nonce"]
        proof = self._proof(offer.issuer["credential_issuer"], nonce)
        answer = await self._patiently(
            "POST",
            offer.issuer["credential_endpoint"],
            json={"credential_identifier": grant.credential_id, "proofs": {"jwt": [proof]}},
            headers={"Authorization": f"{TOKEN_TYPE} {grant.access_token}"},
            auth=self.client_key,
        )
        card = read_card(json_of(answer)["credentials"][0]["credential"])
        if card.holder_key().thumbprint() != self.key.thumbprint():
            raise JourneyError("the card is bound to another key")
        return card

    async def activate(self, qr_payload: str, activation_code: str) -> tuple[Card, Grant]:
        """From QR and code to the card, in one go."""
        offer = await self.fetch_offer(qr_payload)
        grant = await self.redeem(offer, activation_code)
        return await self.fetch_card(offer, grant), grant

    async def store_pack(self, card: Card, credential_id: str) -> Pack:
        pack = Pack(secrets.token_bytes(16), secrets.token_bytes(32))
        nonce = secrets.token_bytes(12)
        told = card.with_disclosures(FOR_CHECKERS).encode()
        body = nonce + AESGCM(pack.key).encrypt(nonce, told, PACK_CONTEXT)
        handle = to_base64url(pack.handle)
        answer = await self._patiently(
            "PUT",
            f"{self.addresses.wallet}/api/v1/presentations/{handle}",
            content=body,
            headers={
                "Content-Type": "application/octet-stream",
                "Presentation-Proof": self._pack_proof(handle, credential_id, body),
            },
        )
        expect(answer, 200, 201, 204)
        return pack

    def show(self, pack: Pack, at: float | None = None) -> str:
        """The code on the screen, good for some seconds."""
        moment = int(time.time() if at is None else at).to_bytes(5, "big")
        der = self.private.sign(SHOWN_CONTEXT + pack.handle + moment, ECDSA(SHA256()))
        signature = b"".join(number.to_bytes(32, "big") for number in decode_dss_signature(der))
        fragment = to_base64url(pack.handle + pack.key + moment + signature)
        return f"{self.addresses.verifier}/#{fragment}"

    async def _metadata(self, url: str, name: str) -> Json:
        """The well-known part goes between host and path."""
        place = urlsplit(url)
        answer = await self.http.get(f"{place.scheme}://{place.netloc}/.well-known/{name}{place.path}")
        return dict(json_of(answer))

    def _proof(self, audience: str, nonce: str) -> str:
        header = {"alg": "ES256", "typ": "openid4vci-proof+jwt", "jwk": self.key.as_dict(private=False)}
        return jwt.encode(header, {"aud": audience, "iat": int(time.time()), "nonce": nonce}, self.key)

    def _pack_proof(self, handle: str, credential_id: str, body: bytes) -> str:
        claims: Json = {
            "handle": handle,
            "credential_id": credential_id,
            "body_sha256": to_base64url(hashlib.sha256(body).digest()),
            "iat": int(time.time()),
        }
        return jwt.encode({"alg": "ES256", "typ": "legitka-pack+jwt"}, claims, self.key)

    async def _patiently(self, method: str, url: str, **request: Any) -> httpx.Response:
        """Asks again while the service says that it has not heard yet (425 or 503 with Retry-After)."""
        deadline = time.monotonic() + PATIENCE
        while True:
            answer = await self.http.request(method, url, **request)
            self.client_key.learn(answer)
            if answer.status_code not in (425, 503) or time.monotonic() > deadline:
                return answer
            await asyncio.sleep(min(float(answer.headers.get("Retry-After", "1")), 1))
