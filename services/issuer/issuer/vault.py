"""What the issuer can open and seal: holder data on their way in, its own copy of them, activation codes."""

import os
from dataclasses import dataclass, replace
from uuid import UUID

from contracts.catalogue import type_of
from contracts.issuer import CredentialReady
from contracts.ordering import CardChangeRequested, OrderPlaced
from issuer.domain import Holder
from issuer.store import resealing
from issuer.store.holders import SealedHolder
from servicekit.keys import KeyRing, Keys
from servicekit.offers import activation_digest, new_offer_id
from servicekit.resealing import SealedColumn
from servicekit.sealing import Sealer, SealingContext

_OWN = "legitka.issuer.card"  # the context of what never leaves this service
_DATA_KEY = "data_key"


@dataclass(frozen=True, slots=True)
class OfferSecrets:
    """What only the student may hold: the offer's id and the activation code."""

    offer_id: str
    code: str


class Vault:
    """Holds the rings; nothing that it opens is kept anywhere but where the caller needs it."""

    def __init__(self, keys: Keys) -> None:
        self._holders = Sealer(keys.ring("sealing/holder"))
        self._codes = Sealer(keys.ring("sealing/code"))
        self._cards = Sealer(keys.ring("issuer/cards"))
        self._offer_mac = keys.ring("shared/offer-mac")
        self._activation_check = keys.ring("shared/activation-check")

    def open_delivered(self, event: OrderPlaced | CardChangeRequested) -> bytes:
        """The holder data of an event, as ordering wrote them. Raises `CannotOpen`."""
        if event.holder_sealed is None:
            raise ValueError("the event carries no holder data")
        return self._holders.open(event.holder_sealed, _context(event, type_of(type(event)), "holder_sealed"))

    def lock_away(self, event: OrderPlaced | CardChangeRequested, holder: bytes) -> SealedHolder:
        """Seal holder data under a new data key; whoever loses the key has lost the data."""
        data_key = os.urandom(32)
        return SealedHolder(
            order_id=event.order_id,
            data_key_sealed=self._cards.seal(data_key, _context(event, _OWN, _DATA_KEY)),
            holder_sealed=_sealer(data_key).seal(holder, _context(event, _OWN, "holder")),
        )

    def relock(self, event: CardChangeRequested, kept: SealedHolder | None) -> SealedHolder:
        """Seal newer data of the same person; a photo that is still theirs stays with them."""
        plain = self.open_delivered(event)
        newer = Holder.model_validate_json(plain)
        sealed = self.lock_away(event, plain)
        if kept is None or kept.photo_sealed is None:
            return sealed
        before = self.card(kept, event.institution_id)
        photo = before.photo()
        if photo is None or before.holder().photo_sha256 != newer.photo_sha256:
            return sealed
        return replace(sealed, photo_sealed=self.card(sealed, event.institution_id).seal_photo(photo))

    def card(self, sealed: SealedHolder, institution_id: str) -> "CardSafe":
        context = SealingContext(_OWN, institution_id, sealed.order_id, _DATA_KEY)
        return CardSafe(sealed, institution_id, _sealer(self._cards.open(sealed.data_key_sealed, context)))

    def data_keys(self) -> SealedColumn:
        """Where the data keys are kept, for the day when the key that seals them changes."""
        return SealedColumn(
            self._cards,
            lambda row: SealingContext(_OWN, row.institution_id, row.id, _DATA_KEY),
            resealing.data_keys,
            resealing.save_data_keys,
        )

    def new_offer_id(self, random16: bytes) -> str:
        return new_offer_id(self._offer_mac, random16)

    def seal_code(self, code: str, institution_id: str, order_id: UUID) -> str:
        context = SealingContext(type_of(CredentialReady), institution_id, order_id, "activation_code_sealed")
        return self._codes.seal(code.encode(), context)

    def code_digest(self, secrets: OfferSecrets, generation: int) -> tuple[str, str]:
        return activation_digest(self._activation_check, secrets.offer_id, generation, secrets.code)


@dataclass(frozen=True, slots=True)
class CardSafe:
    """The holder data of one card under its opened data key."""

    sealed: SealedHolder
    institution_id: str
    sealer: Sealer

    def holder(self) -> Holder:
        plain = self.sealer.open(self.sealed.holder_sealed, self._context("holder"))
        return Holder.model_validate_json(plain)

    def photo(self) -> bytes | None:
        if self.sealed.photo_sealed is None:
            return None
        return self.sealer.open(self.sealed.photo_sealed, self._context("photo"))

    def seal_photo(self, photo: bytes) -> str:
        return self.sealer.seal(photo, self._context("photo"))

    def _context(self, field: str) -> SealingContext:
        return SealingContext(_OWN, self.institution_id, self.sealed.order_id, field)


def _context(event: OrderPlaced | CardChangeRequested, event_type: str, field: str) -> SealingContext:
    return SealingContext(event_type, event.institution_id, event.order_id, field)


def _sealer(data_key: bytes) -> Sealer:
    return Sealer(KeyRing.single("d", data_key))
