"""What somebody tries in vain is counted, and is a line of the audit, which cannot be filled with them."""

from uuid import UUID

import structlog

from ordering import store
from ordering.parts import Parts
from servicekit.refusals import TooManyRequests

log = structlog.get_logger()


def count_vain_try(parts: Parts, actor_ref: str, action: str) -> None:
    """Raises TooManyRequests after twenty of a kind by one person in an hour."""
    seconds = parts.vain_tries.take(f"{actor_ref} {action}", parts.works.clock())
    if seconds is not None:
        log.warning("vain_tries_limited", action=action)
        raise TooManyRequests(seconds)


async def note_vain_try(
    parts: Parts,
    institution_id: str,
    actor_ref: str,
    action: str,
    *,
    order_id: UUID | None = None,
    student_ref: UUID | None = None,
) -> None:
    """Count it and write it down. Raises TooManyRequests, and notes no more, as `count_vain_try` does."""
    count_vain_try(parts, actor_ref, action)
    async with parts.works.begin() as work:
        await store.audit.add(
            work.connection,
            institution_id,
            work.now,
            actor_ref,
            action,
            order_id=order_id,
            student_ref=student_ref,
        )
