"""Record offers. Each code is opened once on arrival: that one does not open is not for a student to find."""

from collections.abc import Sequence

from contracts.issuer import CredentialReady
from eventing import Received, UnitOfWork
from ordering.domain import offered
from ordering.sealing import open_code
from ordering.use_cases.record_facts import record_facts
from servicekit.sealing import Sealer


async def record_offers(
    work: UnitOfWork, received: Sequence[Received[CredentialReady]], codes: Sealer
) -> None:
    """Raises CannotOpen for a code that was not sealed for its order (protocol 5)."""
    for one in received:
        event = one.event
        open_code(codes, event.institution_id, event.order_id, event.activation_code_sealed)
    await record_facts(work, received, lambda order, event, _: offered(order, event))
