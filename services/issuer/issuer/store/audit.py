"""Who did what to which card, and when. Lines are added in the transaction that does it, never changed."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from contracts.base import Party
from eventing import Connection
from issuer.domain import Credential


@dataclass(frozen=True, slots=True)
class AuditLine:
    """One thing that was done to one card, by a party and, where it was a person of the office, by whom."""

    credential: Credential
    action: str
    by: Party
    reason: str | None = None
    actor_ref: str | None = None


async def add_lines(conn: Connection, at: datetime, lines: Sequence[AuditLine]) -> None:
    await conn.execute(
        """
        insert into card_audit (at, institution_id, order_id, credential_id, action, by, actor_ref, reason)
        select $1, * from unnest($2::text[], $3::uuid[], $4::uuid[], $5::text[], $6::text[], $7::text[],
            $8::text[])
        """,
        at,
        [line.credential.institution_id for line in lines],
        [line.credential.order_id for line in lines],
        [line.credential.credential_id for line in lines],
        [line.action for line in lines],
        [line.by for line in lines],
        [line.actor_ref for line in lines],
        [line.reason for line in lines],
    )
