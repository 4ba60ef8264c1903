"""Consents as given and withdrawn. Rows are ended, never changed."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from eventing import Connection


@dataclass(frozen=True, slots=True)
class Consent:
    kind: str
    version: str
    locale: str
    order_id: UUID | None
    given_at: datetime
    withdrawn_at: datetime | None


async def add(
    conn: Connection,
    institution_id: str,
    student_ref: UUID,
    consents: Sequence[Consent],
    consent_ids: Sequence[UUID],
) -> None:
    await conn.execute(
        """
        insert into consents
            (consent_id, institution_id, student_ref, kind, version, locale, order_id, given_at)
        select c.consent_id, $1, $2, c.kind, c.version, c.locale, c.order_id, c.given_at
        from unnest($3::uuid[], $4::text[], $5::text[], $6::text[], $7::uuid[], $8::timestamptz[])
            as c(consent_id, kind, version, locale, order_id, given_at)
        """,
        institution_id,
        student_ref,
        consent_ids,
        [consent.kind for consent in consents],
        [consent.version for consent in consents],
        [consent.locale for consent in consents],
        [consent.order_id for consent in consents],
        [consent.given_at for consent in consents],
    )


async def of_student(conn: Connection, student_ref: UUID) -> list[Consent]:
    """Every giving, the newest last."""
    rows = await conn.fetch(
        """
        select kind, version, locale, order_id, given_at, withdrawn_at from consents
        where student_ref = $1 order by given_at, consent_id
        """,
        student_ref,
    )
    return [Consent(**row) for row in rows]


async def stands(conn: Connection, student_ref: UUID, kind: str) -> bool:
    """In whatever version."""
    return bool(await standing_versions(conn, student_ref, kind))


async def standing_versions(conn: Connection, student_ref: UUID, kind: str) -> set[str]:
    """Those that were given and not withdrawn."""
    rows = await conn.fetch(
        "select version from consents where student_ref = $1 and kind = $2 and withdrawn_at is null",
        student_ref,
        kind,
    )
    return {row["version"] for row in rows}


async def withdraw(conn: Connection, student_ref: UUID, kind: str, now: datetime) -> bool:
    """Whether there was anything to withdraw."""
    rows = await conn.fetch(
        """
        update consents set withdrawn_at = $3
        where student_ref = $1 and kind = $2 and withdrawn_at is null returning consent_id
        """,
        student_ref,
        kind,
        now,
    )
    return bool(rows)
