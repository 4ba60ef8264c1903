"""Instances of cards: a key and a place in a status list each. They have no state but that of their card."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from eventing import Connection
from issuer.domain import HolderKey
from issuer.store.status import StatusEntry


@dataclass(frozen=True, slots=True)
class Instance:
    """What one phone key has of a card."""

    key: HolderKey
    entry: StatusEntry


async def insert_further(conn: Connection, order_id: UUID, keys: Mapping[int, HolderKey]) -> None:
    """By the number of the instance; the first, 0, is the row of the card."""
    await conn.executemany(
        "insert into instances (order_id, instance, holder_jwk, holder_jkt) values ($1, $2, $3, $4)",
        [(order_id, number, key.jwk, key.jkt) for number, key in keys.items()],
    )


async def thumbprints(conn: Connection, order_id: UUID) -> set[str]:
    """Of all keys that have an instance of the card; none before there is a card."""
    rows = await conn.fetch(
        """
        select holder_jkt from credentials where order_id = $1 and holder_jkt is not null
        union all select holder_jkt from instances where order_id = $1
        """,
        order_id,
    )
    return {row["holder_jkt"] for row in rows}


async def load_instances(conn: Connection, order_id: UUID) -> list[Instance]:
    """All of a card, the first one first."""
    rows = await conn.fetch(
        """
        select k.holder_jwk, k.holder_jkt, l.number, e.idx
        from (
            select order_id, 0 as instance, holder_jwk, holder_jkt from credentials where order_id = $1
            union all select order_id, instance, holder_jwk, holder_jkt from instances where order_id = $1
        ) k join status_entries e using (order_id, instance) join status_lists l using (list_id)
        order by instance
        """,
        order_id,
    )
    return [
        Instance(HolderKey(row["holder_jwk"], row["holder_jkt"]), StatusEntry(row["number"], row["idx"]))
        for row in rows
    ]


async def erase_instances(conn: Connection, order_ids: Sequence[UUID]) -> None:
    """Their keys; what the status list says of them stays, as of every card."""
    await conn.execute("delete from instances where order_id = any($1::uuid[])", order_ids)
