"""Stop an extension: what was not asked for yet never will be. What was asked for stays extended."""

from uuid import UUID

from eventing import UnitOfWork
from ordering import store
from servicekit.refusals import NotFound


async def cancel_extension(
    work: UnitOfWork, institution_id: str, extension_id: UUID, *, actor_ref: str
) -> None:
    """Cancelling it again, or after its end, changes nothing."""
    extension = await store.extensions.lock(work.connection, extension_id)
    if extension is None or extension.institution_id != institution_id:
        raise NotFound
    if extension.ended_at is not None:
        return
    await store.extensions.end(work.connection, extension_id, "cancelled", work.now)
    progress = await store.extensions.progress(work.connection, extension_id)
    await store.audit.add(
        work.connection,
        institution_id,
        work.now,
        actor_ref,
        "extension_cancelled",
        details={"extension_id": str(extension_id), "cards": progress.cards, "asked": progress.asked},
    )
