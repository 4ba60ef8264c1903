"""A card comes to be: for one phone, once per order, in one step with the end of the card it replaces."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from hashlib import sha256

from eventing import UnitOfWork
from issuer.domain import Activation, Credential, Holder, NotYet, Refused
from issuer.store import deferrals, holders
from issuer.store.instances import Instance, load_instances
from issuer.use_cases._make_card import decide_issue, make_card
from issuer.use_cases.use_nonces import ProofNonce, use_nonces
from issuer.vault import CardSafe, Vault


class PhotoWanted(NotYet):
    """The photo has to be fetched before the card can be given."""


@dataclass(frozen=True, slots=True)
class CardRequest:
    """An activation, and what a card that is made for it gets. Without nonces its keys were proven before."""

    activation: Activation
    nonces: Sequence[ProofNonce]
    notification_id: str
    photo: bytes | None


@dataclass(frozen=True, slots=True)
class GivenCard:
    """What credentials are signed from, and the instances that were asked for, as many as there are."""

    card: Credential
    holder: Holder
    photo: bytes | None
    instances: Sequence[Instance]


async def issue_card(work: UnitOfWork, request: CardRequest, vault: Vault) -> GivenCard:
    """The same keys get the same card again. Raises as `domain.issue`, or `NonceUsed`, `PhotoWanted`."""
    conn = work.connection
    decision = await decide_issue(work, request.activation)
    await use_nonces(work, request.nonces)
    card = decision.card
    if decision.is_new:
        card = replace(card, notification_id=request.notification_id, issued_at=work.now)
        await make_card(work, replace(decision, card=card), request.activation)
    sealed = await holders.load_holder(conn, card.order_id)
    if sealed is None:
        raise Refused
    safe = vault.card(sealed, card.institution_id)
    holder = safe.holder()
    photo = await _photo(work, safe, holder.photo_sha256, request.photo)
    await deferrals.end_deferrals(conn, [card.order_id])
    asked = {key.jkt for key in decision.keys}
    found = [each for each in await load_instances(conn, card.order_id) if each.key.jkt in asked]
    return GivenCard(card, holder, photo, found)


async def _photo(work: UnitOfWork, safe: CardSafe, digest: str | None, fetched: bytes | None) -> bytes | None:
    """The photo that is kept with the card, or the one just fetched, which is kept from now on."""
    kept = safe.photo()
    if kept is not None or digest is None:
        return kept
    if fetched is None or sha256(fetched).hexdigest() != digest:
        raise PhotoWanted
    await holders.save_photo(work.connection, safe.sealed.order_id, safe.seal_photo(fetched))
    return fetched
