"""Ask the issuer to revoke, freeze or unfreeze a card. Its answer alone changes the card."""

from datetime import datetime
from uuid import UUID

from contracts.ordering import CardChange
from eventing import UnitOfWork
from ordering import store
from ordering.domain import Order, check_change
from ordering.eligibility import check_fresh
from ordering.timeline import Question
from ordering.use_cases._commands import card_change, lock_own_order, question_of, record_command


async def request_card_change(
    work: UnitOfWork, student_ref: UUID, order_id: UUID, change: CardChange, *, signed_in_at: datetime | None
) -> Order:
    """By the holder. What was asked for already, or holds already, is not asked for again."""
    order = await lock_own_order(work, student_ref, order_id)
    asked = (await store.questions.open_of(work.connection, [order_id])).get(order_id, set())
    check_change(order.card, change, being_frozen=bool(asked & {"suspend:holder", "reinstate:holder"}))
    if change != "suspend":  # whoever is in haste can freeze: that alone can be undone
        check_fresh(signed_in_at, work.now)
    if _is_settled(order, change, asked):
        return order
    event = card_change(work, order, change, by="holder", actor_ref=str(student_ref))
    return await record_command(work, order, event, question_of(change, "holder"))


def _is_settled(order: Order, change: CardChange, asked: set[Question]) -> bool:
    """Whether this is what the holder wanted last, and needs no further asking."""
    frozen = "holder" in order.card.holds and "reinstate:holder" not in asked
    return question_of(change, "holder") in asked or (change == "suspend" and frozen)
