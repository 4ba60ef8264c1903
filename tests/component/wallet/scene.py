"""One order's life as the wallet hears of it, and the phone that wants its card."""

import hashlib
import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from cryptography.hazmat.primitives.asymmetric.ec import ECDSA
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from joserfc import jws
from joserfc.jwk import ECKey

from contracts import issuer
from eventing import Received, Works
from servicekit.bytes import to_base64url
from servicekit.keys import KeyRing
from servicekit.offers import activation_digest, new_offer_id
from wallet.consumers import HANDLERS

NOON = datetime(2026, 10, 1, 12, tzinfo=UTC)
CODE = "31415926"
WRONG_CODE = "27182818"
CONFIGURATION = "legitymacja_studencka_sd_jwt"
NEXT_MONTH = NOON + timedelta(days=30)

Told = Received[Any]


@dataclass
class Clock:
    """Time that moves only when told to."""

    now: datetime = NOON

    def __call__(self) -> datetime:
        return self.now

    def advance(self, **by: float) -> None:
        self.now += timedelta(**by)


@dataclass
class Phone:
    """Holds the key of one card."""

    key: ECKey = field(default_factory=lambda: ECKey.generate_key("P-256"))

    @property
    def jwk(self) -> dict[str, str]:
        public = self.key.as_dict(private=False)
        return {name: str(public[name]) for name in ("kty", "crv", "x", "y")}

    def show(self, handle: bytes, at: datetime) -> bytes:
        """The signature of a code shown now: raw r ‖ s."""
        shown_at = int(at.timestamp()).to_bytes(5, "big")
        assert self.key.private_key is not None
        signature = self.key.private_key.sign(b"legitka-presentation-v1" + handle + shown_at, ECDSA(SHA256()))
        r, s = decode_dss_signature(signature)
        return r.to_bytes(32, "big") + s.to_bytes(32, "big")

    def prove(
        self,
        handle: bytes,
        credential_id: UUID,
        body: bytes,
        at: datetime,
        /,
        header: Mapping[str, Any] | None = None,
        **other: Any,
    ) -> str:
        """The header Presentation-Proof; its own JOSE header with `header` added after it was signed."""
        claims = {
            "handle": to_base64url(handle),
            "credential_id": str(credential_id),
            "body_sha256": to_base64url(hashlib.sha256(body).digest()),
            "iat": int(at.timestamp()),
        }
        named: dict[str, Any] = {"alg": "ES256", "typ": "legitka-pack+jwt"}
        token = jws.serialize_compact(named, json.dumps(claims | other), self.key)
        strange = to_base64url(json.dumps(named | dict(header or {})).encode())
        return strange + token[token.index(".") :] if header else token


@dataclass
class Order:
    """Makes the issuer's events about one order, numbered as they are made."""

    offer_keys: KeyRing
    check_keys: KeyRing
    institution_id: str = "umcs"
    order_id: UUID = field(default_factory=uuid4)
    credential_id: UUID = field(default_factory=uuid4)
    phone: Phone = field(default_factory=Phone)
    offer_ids: dict[int, str] = field(default_factory=dict)
    number: int = 0

    def offer_id(self, generation: int = 1) -> str:
        made = new_offer_id(self.offer_keys, secrets.token_bytes(16))
        return self.offer_ids.setdefault(generation, made)

    def ready(self, generation: int = 1, expires_at: datetime = NEXT_MONTH) -> Told:
        offer_id = self.offer_id(generation)
        digest, key_id = activation_digest(self.check_keys, offer_id, generation, CODE)
        return self._told(
            issuer.CredentialReady,
            credential_id=self.credential_id,
            generation=generation,
            offer_id=offer_id,
            expires_at=expires_at,
            activation_code_sealed="sealed",
            activation_code_digest=digest,
            digest_key_id=key_id,
            configuration_id=CONFIGURATION,
        )

    def withdrawn(self, generation: int = 1) -> Told:
        return self._told(issuer.OfferWithdrawn, generation=generation, reason="cancelled")

    def issued(
        self,
        generation: int = 1,
        replaces: UUID | None = None,
        valid_until: datetime = NEXT_MONTH,
    ) -> Told:
        return self._told(
            issuer.CardIssued,
            credential_id=self.credential_id,
            generation=generation,
            holder_jwk=self.phone.jwk,
            holder_jkt=self.phone.key.thumbprint(),
            valid_until=valid_until,
            replaces=replaces,
            device_label="iphone",
        )

    def suspended(self, *holds: str) -> Told:
        return self._told(issuer.CardSuspended, holds=holds or ("holder",), by="holder", reason=None)

    def reinstated(self, *holds: str) -> Told:
        return self._told(issuer.CardReinstated, holds=holds, by="holder", reason=None)

    def revoked(self) -> Told:
        return self._told(issuer.CardRevoked, reason="requested")

    def replaced(self) -> Told:
        return self._told(issuer.CardReplaced)

    def extended(self, valid_until: datetime) -> Told:
        return self._told(issuer.CardExtended, valid_until=valid_until)

    def updated(self, revision: int) -> Told:
        return self._told(issuer.CardUpdated, revision=revision)

    def erased(self) -> Told:
        return self._told(issuer.CredentialErased)

    def _told(self, event_class: Any, **facts: Any) -> Told:
        self.number += 1
        event = event_class(
            event_id=uuid4(),
            occurred_at=NOON,
            institution_id=self.institution_id,
            order_id=self.order_id,
            **facts,
        )
        return Received(event, self.number)


async def tell(works: Works, *told: Told) -> None:
    """Let the wallet hear events, one transaction each."""
    for each in told:
        async with works.begin() as work:
            await HANDLERS[type(each.event)](work, [each])
