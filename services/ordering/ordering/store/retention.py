"""What is kept no longer than it is needed."""

from collections.abc import Sequence
from datetime import datetime

from eventing import Connection


async def release_photos(
    conn: Connection, validity_ended_before: datetime, limit: int
) -> Sequence[tuple[str, str]]:
    """Of orders whose card cannot be renewed: institution and photos of each. Busy ones wait their turn."""
    rows = await conn.fetch(
        """
        with over as (
            select order_id, institution_id, photo_sha256, former_photo_sha256 from orders
            where coalesce(photo_sha256, former_photo_sha256) is not null and (
                state in ('REJECTED', 'CANCELLED', 'EXPIRED')
                or state = 'ACTIVATED' and (card_end is not null or card_valid_until < $1)
            )
            order by order_id limit $2 for no key update skip locked
        )
        update orders o set photo_sha256 = null, former_photo_sha256 = null
        from over where o.order_id = over.order_id
        returning over.institution_id, over.photo_sha256, over.former_photo_sha256
        """,
        validity_ended_before,
        limit,
    )
    return [(row["institution_id"], photo) for row in rows for photo in row[1:] if photo]
