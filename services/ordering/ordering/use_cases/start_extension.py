"""Start an extension that somebody has just seen. From then on a background job asks, card by card."""

from uuid import UUID

from eventing import UnitOfWork
from ordering import store
from ordering.extending import ExtensionRunning, check_start
from servicekit.refusals import NotFound


async def start_extension(
    work: UnitOfWork, institution_id: str, extension_id: UUID, *, actor_ref: str
) -> None:
    """Starting it again changes nothing."""
    extension = await store.extensions.lock(work.connection, extension_id)
    if extension is None or extension.institution_id != institution_id:
        raise NotFound
    if extension.started_at is not None:
        return
    check_start(extension, work.now)
    if running := await store.extensions.lock_running(work.connection, institution_id):
        raise ExtensionRunning(running)
    await store.extensions.start(work.connection, extension_id, actor_ref, work.now)
    progress = await store.extensions.progress(work.connection, extension_id)
    await store.audit.add(
        work.connection,
        institution_id,
        work.now,
        actor_ref,
        "extension_started",
        details={
            "extension_id": str(extension_id),
            "until": extension.until.isoformat(),
            "cards": progress.cards,
        },
    )
