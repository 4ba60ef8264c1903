"""Photos that were replaced are deleted when the last card with them has ended."""

from eventing import UnitOfWork
from ordering import store
from ordering.domain import EXTENDABLE


async def forget_photos(work: UnitOfWork, limit: int = 500) -> int:
    """How many photos orders have let go of. Must stand still while the consumer is behind."""
    released = await store.retention.release_photos(work.connection, work.now - EXTENDABLE, limit)
    for institution_id in sorted({institution_id for institution_id, _ in released}):
        photos = sorted({photo for owner, photo in released if owner == institution_id})
        await store.students.delete_unused_photos(work.connection, institution_id, photos)
    return len(released)
