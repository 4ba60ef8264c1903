"""Cards that wait for their photo: which keys have them, and since when they may be asked for again."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from uuid import UUID

from eventing import Connection
from issuer.domain import Activation, HolderKey


@dataclass(frozen=True, slots=True)
class Deferral:
    """An activation whose card waits: under which id it is asked for, from when on, and until when."""

    activation: Activation
    transaction_id: str
    retry_at: datetime
    lapses_at: datetime

    def is_due(self, now: datetime) -> bool:
        return self.retry_at <= now

    def put_off(self, retry_at: datetime) -> "Deferral":
        return replace(self, retry_at=retry_at)


async def load_deferral(conn: Connection, order_id: UUID, now: datetime) -> Deferral | None:
    row = await conn.fetchrow(
        """
        select d.*, c.institution_id, c.credential_id
        from deferrals d join credentials c using (order_id, generation)
        where order_id = $1 and d.lapses_at > $2
        """,
        order_id,
        now,
    )
    if row is None:
        return None
    further = row["further_keys"]
    activation = Activation(
        activation_id=row["activation_id"],
        order_id=row["order_id"],
        institution_id=row["institution_id"],
        generation=row["generation"],
        credential_id=row["credential_id"],
        device_label=row["device_label"],
        keys=(HolderKey(row["holder_jwk"], row["holder_jkt"]), *(HolderKey(**key) for key in further)),
    )
    return Deferral(activation, row["transaction_id"], row["retry_at"], row["lapses_at"])


async def save_deferral(conn: Connection, deferral: Deferral) -> None:
    """In the place of one that counts no more, if there is one."""
    activation = deferral.activation
    first, *further = activation.keys
    await conn.execute(
        """
        insert into deferrals (order_id, generation, transaction_id, activation_id, device_label, holder_jwk,
            holder_jkt, further_keys, retry_at, lapses_at)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
        on conflict (order_id) do update set generation = excluded.generation,
            transaction_id = excluded.transaction_id, activation_id = excluded.activation_id,
            device_label = excluded.device_label, holder_jwk = excluded.holder_jwk,
            holder_jkt = excluded.holder_jkt, further_keys = excluded.further_keys,
            retry_at = excluded.retry_at, lapses_at = excluded.lapses_at
        """,
        activation.order_id,
        activation.generation,
        deferral.transaction_id,
        activation.activation_id,
        activation.device_label,
        first.jwk,
        first.jkt,
        [asdict(key) for key in further],
        deferral.retry_at,
        deferral.lapses_at,
    )


async def end_deferrals(conn: Connection, order_ids: Sequence[UUID]) -> None:
    await conn.execute("delete from deferrals where order_id = any($1::uuid[])", order_ids)


async def forget_deferrals(conn: Connection, now: datetime) -> None:
    await conn.execute("delete from deferrals where lapses_at <= $1", now)
