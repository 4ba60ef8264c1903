"""A card comes to be: for one phone, once per order, in one step with the end of the card it replaces."""

from dataclasses import dataclass, replace
from hashlib import sha256

from eventing import UnitOfWork
from issuer.domain import Activation, Credential, Holder, NotYet, Refused
from issuer.store import deferrals, holders, status
from issuer.store.status import StatusEntry
from issuer.use_cases._make_card import decide_issue, make_card
from issuer.use_cases.use_nonce import ProofNonce, use_nonce
from issuer.vault import CardSafe, Vault


class PhotoWanted(NotYet):
    """The photo has to be fetched before the card can be given."""


@dataclass(frozen=True, slots=True)
class CardRequest:
    """An activation, and what a card that is made for it gets. Without a nonce its key was proven before."""

    activation: Activation
    nonce: ProofNonce | None
    notification_id: str
    photo: bytes | None


@dataclass(frozen=True, slots=True)
class GivenCard:
    """What a credential is signed from, and the key it is bound to."""

    card: Credential
    jwk: dict[str, str]
    holder: Holder
    photo: bytes | None
    entry: StatusEntry


async def issue_card(work: UnitOfWork, request: CardRequest, vault: Vault) -> GivenCard:
    """The same key gets the same card again. Raises as `domain.issue`, or `NonceUsed`, `PhotoWanted`."""
    conn = work.connection
    decision = await decide_issue(work, request.activation)
    if request.nonce is not None:
        await use_nonce(work, request.nonce)
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
    await deferrals.end_deferrals(conn, [card.order_id])
    entry = await status.load_entry(conn, card.order_id)
    return GivenCard(card, request.activation.holder_jwk, holder, photo, entry)


async def _photo(work: UnitOfWork, safe: CardSafe, digest: str | None, fetched: bytes | None) -> bytes | None:
    """The photo that is kept with the card, or the one just fetched, which is kept from now on."""
    kept = safe.photo()
    if kept is not None or digest is None:
        return kept
    if fetched is None or sha256(fetched).hexdigest() != digest:
        raise PhotoWanted
    await holders.save_photo(work.connection, safe.sealed.order_id, safe.seal_photo(fetched))
    return fetched
