"""The office asks the issuer to revoke a card, for good."""

from uuid import UUID

from eventing import UnitOfWork
from ordering import store
from ordering.problems import CardEnded
from ordering.use_cases._commands import card_change, lock_order_of, record_command


async def revoke_card(
    work: UnitOfWork, institution_id: str, order_id: UUID, *, actor_ref: str, reason: str
) -> None:
    """Asking again, while the issuer has not answered, changes nothing but is a line of the audit."""
    order = await lock_order_of(work, institution_id, order_id)
    if not order.card.stands:
        raise CardEnded
    await store.audit.add(
        work.connection,
        institution_id,
        work.now,
        actor_ref,
        "card_revocation_requested",
        order_id=order_id,
        student_ref=order.student_ref,
        details={"reason": reason},
    )
    if "revoke" in (await store.questions.open_of(work.connection, [order_id])).get(order_id, set()):
        return
    event = card_change(work, order, "revoke", by="office", actor_ref=actor_ref, reason=reason)
    await record_command(work, order, event, "revoke")
