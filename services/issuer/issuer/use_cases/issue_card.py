"""A card comes to be: for one phone, once per order, in one step with the end of the card it replaces."""

from dataclasses import dataclass, replace
from datetime import datetime
from hashlib import sha256

from eventing import UnitOfWork
from issuer.domain import Activation, Credential, Holder, NotYet, Refused
from issuer.store import holders, nonces, status
from issuer.store.status import StatusEntry
from issuer.use_cases._make_card import decide_issue, make_card
from issuer.vault import CardSafe, Vault


class NonceUsed(Exception):
    """The nonce of the proof has served another request."""


class PhotoWanted(NotYet):
    """The photo has to be fetched before the card can be given."""


@dataclass(frozen=True, slots=True)
class CardRequest:
    """An activation, and what is used up by serving it."""

    activation: Activation
    nonce_digest: bytes
    nonce_lapses_at: datetime
    notification_id: str
    photo: bytes | None


@dataclass(frozen=True, slots=True)
class GivenCard:
    """What a credential is signed from."""

    card: Credential
    holder: Holder
    photo: bytes | None
    entry: StatusEntry


async def issue_card(work: UnitOfWork, request: CardRequest, vault: Vault) -> GivenCard:
    """The same key gets the same card again. Raises as `domain.issue`, or `NonceUsed`, `PhotoWanted`."""
    conn = work.connection
    decision = await decide_issue(work, request.activation)
    if not await nonces.use_nonce(conn, request.nonce_digest, request.nonce_lapses_at):
        raise NonceUsed
    card = decision.card
    if decision.is_new:
        card = replace(card, notification_id=request.notification_id, issued_at=work.now)
        await make_card(work, card, decision.replaced, request.activation)
    sealed = await holders.load_holder(conn, card.order_id)
    if sealed is None:
        raise Refused
    safe = vault.card(sealed, card.institution_id)
    holder = safe.holder()
    photo = await _photo(work, safe, holder.photo_sha256, request.photo)
    return GivenCard(card, holder, photo, await status.load_entry(conn, card.order_id))


async def _photo(work: UnitOfWork, safe: CardSafe, digest: str | None, fetched: bytes | None) -> bytes | None:
    """The photo that is kept with the card, or the one just fetched, which is kept from now on."""
    kept = safe.photo()
    if kept is not None or digest is None:
        return kept
    if fetched is None or sha256(fetched).hexdigest() != digest:
        raise PhotoWanted
    await holders.save_photo(work.connection, safe.sealed.order_id, safe.seal_photo(fetched))
    return fetched
