"""Offers and cards: one row per order, which is the lock under which everything about it is decided."""

from collections.abc import Iterable, Sequence
from dataclasses import fields
from datetime import datetime
from uuid import UUID

import asyncpg

from contracts.base import DeviceLabel
from eventing import Connection
from issuer.domain import Credential

_COLUMNS = tuple(field.name for field in fields(Credential))


async def insert_credentials(conn: Connection, credentials: Sequence[Credential]) -> None:
    await conn.execute(
        """
        insert into credentials
            (order_id, institution_id, student_ref, credential_id, state, offer_expires_at, replaces,
             valid_until, erased_at)
        select * from unnest($1::uuid[], $2::text[], $3::uuid[], $4::uuid[], $5::text[], $6::timestamptz[],
             $7::uuid[], $8::timestamptz[], $9::timestamptz[])
        """,
        [credential.order_id for credential in credentials],
        [credential.institution_id for credential in credentials],
        [credential.student_ref for credential in credentials],
        [credential.credential_id for credential in credentials],
        [credential.state for credential in credentials],
        [credential.offer_expires_at for credential in credentials],
        [credential.replaces for credential in credentials],
        [credential.valid_until for credential in credentials],
        [credential.erased_at for credential in credentials],
    )


async def known_orders(conn: Connection, order_ids: Sequence[UUID]) -> set[UUID]:
    rows = await conn.fetch("select order_id from credentials where order_id = any($1::uuid[])", order_ids)
    return {row["order_id"] for row in rows}


async def load_credential(conn: Connection, order_id: UUID) -> Credential | None:
    rows = await conn.fetch("select * from credentials where order_id = $1", order_id)
    return _credential(rows[0]) if rows else None


async def lock_credentials(conn: Connection, order_ids: Iterable[UUID]) -> list[Credential]:
    """The rows as they are under the lock, in id order; unknown orders are left out."""
    rows = await conn.fetch(
        "select * from credentials where order_id = any($1::uuid[]) order by order_id for update",
        list(order_ids),
    )
    return [_credential(row) for row in rows]


async def standing_orders(conn: Connection, students: Sequence[tuple[str, UUID]]) -> set[UUID]:
    """The orders whose card stands. The answer lasts while the students' rows are locked."""
    rows = await conn.fetch(
        """
        select c.order_id
        from unnest($1::text[], $2::uuid[]) as s (institution_id, student_ref)
        join credentials c using (institution_id, student_ref)
        where c.state in ('active', 'suspended')
        """,
        [institution_id for institution_id, _ in students],
        [student_ref for _, student_ref in students],
    )
    return {row["order_id"] for row in rows}


async def save_credentials(conn: Connection, credentials: Sequence[Credential]) -> None:
    """Write what decisions change in rows that are locked; a switch of cards ends the old one first."""
    await conn.execute(
        """
        update credentials c
        set state = n.state, generation = n.generation, offer_expires_at = n.offer_expires_at,
            valid_until = n.valid_until, revision = n.revision, holds = string_to_array(n.holds, ','),
            holder_suspension = n.holder_suspension, system_suspension = n.system_suspension
        from unnest($1::uuid[], $2::text[], $3::int[], $4::timestamptz[], $5::timestamptz[], $6::int[],
            $7::text[], $8::bigint[], $9::bigint[])
            as n (order_id, state, generation, offer_expires_at, valid_until, revision, holds,
                  holder_suspension, system_suspension)
        where c.order_id = n.order_id
        """,
        [credential.order_id for credential in credentials],
        [credential.state for credential in credentials],
        [credential.generation for credential in credentials],
        [credential.offer_expires_at for credential in credentials],
        [credential.valid_until for credential in credentials],
        [credential.revision for credential in credentials],
        [",".join(credential.holds) for credential in credentials],
        [credential.holder_suspension for credential in credentials],
        [credential.system_suspension for credential in credentials],
    )


async def make_card(
    conn: Connection,
    card: Credential,
    *,
    activation_id: str,
    device_label: DeviceLabel,
    holder_jwk: dict[str, str],
) -> None:
    await conn.execute(
        """
        update credentials
        set state = $2, holds = $3, activation_id = $4, device_label = $5, holder_jwk = $6, holder_jkt = $7,
            notification_id = $8, issued_at = $9
        where order_id = $1
        """,
        card.order_id,
        card.state,
        card.holds,
        activation_id,
        device_label,
        holder_jwk,
        card.holder_jkt,
        card.notification_id,
        card.issued_at,
    )


async def erase_credentials(conn: Connection, credentials: Sequence[Credential]) -> None:
    """Leave tombstones: ids, state and time, and nothing that leads to a person or a phone."""
    await conn.execute(
        """
        update credentials c
        set state = n.state, erased_at = n.erased_at, holds = '{}', student_ref = null, replaces = null,
            activation_id = null, device_label = null, holder_jwk = null, holder_jkt = null,
            notification_id = null
        from unnest($1::uuid[], $2::text[], $3::timestamptz[]) as n (order_id, state, erased_at)
        where c.order_id = n.order_id
        """,
        [credential.order_id for credential in credentials],
        [credential.state for credential in credentials],
        [credential.erased_at for credential in credentials],
    )
    orders = [credential.order_id for credential in credentials]
    await conn.execute("delete from wallet_reports where order_id = any($1::uuid[])", orders)


async def add_wallet_report(conn: Connection, order_id: UUID, event: str, now: datetime) -> bool:
    """False when the wallet had told this before."""
    told = await conn.fetchval(
        """
        insert into wallet_reports (order_id, event, reported_at) values ($1, $2, $3)
        on conflict do nothing returning true
        """,
        order_id,
        event,
        now,
    )
    return bool(told)


def _credential(row: asyncpg.Record) -> Credential:
    values = {name: row[name] for name in _COLUMNS}
    values["holds"] = tuple(row["holds"])
    return Credential(**values)
