"""End cards for good: their packs are gone, their handles answer until the natural end."""

from collections.abc import Sequence

from contracts.issuer import CardReplaced, CardRevoked
from eventing import UnitOfWork
from wallet.domain import CardEnd
from wallet.store import cards, offers, refresh_tokens


async def end_cards(work: UnitOfWork, ended: Sequence[CardRevoked | CardReplaced], how: CardEnd) -> None:
    order_ids = [event.order_id for event in ended]
    institution_ids = [event.institution_id for event in ended]
    await cards.end_cards(work.connection, order_ids, institution_ids, how)
    await offers.end_all_offers(work.connection, order_ids)
    await refresh_tokens.end_of_orders(work.connection, order_ids)
