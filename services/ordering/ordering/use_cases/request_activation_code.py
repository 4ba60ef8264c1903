"""Ask the issuer for a new code, and so for a new QR: the old ones die with it."""

from datetime import timedelta
from uuid import UUID

from contracts.ordering import ActivationCodeRequested
from eventing import UnitOfWork
from ordering import store
from ordering.domain import Order, ask_for_code
from ordering.use_cases._commands import lock_own_order, note, record_command
from servicekit.institutions import Limits


async def request_activation_code(
    work: UnitOfWork, limits: Limits, student_ref: UUID, order_id: UUID
) -> Order:
    """One that is on its way already is not asked for twice."""
    order = await lock_own_order(work, student_ref, order_id)
    if order.end is None and order.awaits_code:
        return order
    asked = await store.timeline.codes_asked(work.connection, order_id, work.now - timedelta(days=1))
    pause = timedelta(seconds=limits.new_code_pause_seconds)
    order = ask_for_code(order, work.now, asked, pause=pause, a_day=limits.new_codes_per_day)
    event = ActivationCodeRequested(
        event_id=work.new_id(),
        occurred_at=work.now,
        institution_id=order.institution_id,
        order_id=order_id,
        generation=order.generation,
    )
    await note(work, order, str(student_ref), "activation_code_requested")
    return await record_command(work, order, event, "offer")
