"""Status lists: which index is whose, and what it says. An index is allocated once and never freed."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from eventing import Connection

# With a list at most half full a round misses half of its draws at worst.
MOST_ROUNDS = 64

Draw = Callable[[int, int], Sequence[int]]


class ListIsFull(Exception):
    """Random draws keep meeting indices that are taken: a new list has to be opened."""


@dataclass(frozen=True, slots=True)
class StatusEntry:
    """The place of a card in the lists of its institution."""

    number: int
    idx: int


async def allocate(conn: Connection, orders: Mapping[UUID, str], draw: Draw) -> None:
    """Give each order (with its institution) an index that nobody can guess.

    `draw(count, size)` returns random indices below `size`. Draws are written in index order, so that two
    batches that meet wait for each other and do not deadlock.
    """
    lists = await _open_lists(conn, sorted(set(orders.values())))
    left = dict(orders)
    for _ in range(MOST_ROUNDS):
        if not left:
            return
        entries = sorted(
            (lists[institution_id][0], index, order_id)
            for institution_id in lists
            for index, order_id in _drawn(left, institution_id, lists[institution_id][1], draw)
        )
        for order_id in await _take(conn, entries):
            del left[order_id]
    raise ListIsFull


def _drawn(left: Mapping[UUID, str], institution_id: str, size: int, draw: Draw) -> "zip[tuple[int, UUID]]":
    orders = [order_id for order_id, owner in left.items() if owner == institution_id]
    return zip(draw(len(orders), size), orders, strict=True)


async def _take(conn: Connection, entries: Sequence[tuple[int, int, UUID]]) -> list[UUID]:
    rows = await conn.fetch(
        """
        insert into status_entries (list_id, idx, order_id)
        select * from unnest($1::int[], $2::int[], $3::uuid[])
        on conflict do nothing
        returning order_id
        """,
        [list_id for list_id, _, _ in entries],
        [index for _, index, _ in entries],
        [order_id for _, _, order_id in entries],
    )
    return [row["order_id"] for row in rows]


async def allocate_further(conn: Connection, order_id: UUID, instances: int, draw: Draw) -> set[int]:
    """Give instances 1, 2, … of a card an index each in its own list, closed or not. Which of them have one.

    Those that find no place in a list that is all but full are left out.
    """
    place = await conn.fetchrow(
        """
        select list_id, size from status_entries join status_lists using (list_id)
        where order_id = $1 and instance = 0
        """,
        order_id,
    )
    if place is None:
        raise LookupError("the order has no index in any status list")
    left = set(range(1, instances + 1))
    for _ in range(MOST_ROUNDS):
        if not left:
            break
        entries = sorted(zip(draw(len(left), place["size"]), left, strict=True))
        left -= await _take_further(conn, place["list_id"], order_id, entries)
    return set(range(1, instances + 1)) - left


async def _take_further(
    conn: Connection, list_id: int, order_id: UUID, entries: Sequence[tuple[int, int]]
) -> set[int]:
    rows = await conn.fetch(
        """
        insert into status_entries (list_id, idx, order_id, instance)
        select $1, n.idx, $2, n.instance from unnest($3::int[], $4::smallint[]) as n (idx, instance)
        on conflict do nothing
        returning instance
        """,
        list_id,
        order_id,
        [index for index, _ in entries],
        [instance for _, instance in entries],
    )
    return {row["instance"] for row in rows}


async def _open_lists(conn: Connection, institutions: Sequence[str]) -> dict[str, tuple[int, int]]:
    rows = await conn.fetch(
        """
        select distinct on (institution_id) institution_id, list_id, size
        from status_lists where institution_id = any($1::text[]) and is_open
        order by institution_id, number desc
        """,
        institutions,
    )
    return {row["institution_id"]: (row["list_id"], row["size"]) for row in rows}


async def open_lists(conn: Connection, institutions: Sequence[str], size: int) -> None:
    """See to it that every institution has an open list that is less than half full."""
    await conn.execute(
        """
        update status_lists l set is_open = false
        where is_open and (select count(*) from status_entries e where e.list_id = l.list_id) * 2 >= l.size
        """
    )
    await conn.execute(
        """
        insert into status_lists (institution_id, number, size)
        select i.id, coalesce(max(l.number), 0) + 1, $2
        from unnest($1::text[]) as i (id) left join status_lists l on l.institution_id = i.id
        group by i.id having not coalesce(bool_or(l.is_open), false)
        on conflict do nothing
        """,
        institutions,
        size,
    )


async def close_lists(conn: Connection) -> None:
    """After a restore: new cards use new lists, and in the old ones what is nobody's is revoked."""
    await conn.execute("update status_lists set is_open = false, unallocated = 1")


async def free_indices_of_offers(conn: Connection) -> dict[UUID, str]:
    """Orders whose offers lose their index in a closed list: it may be that of a card which was forgotten."""
    rows = await conn.fetch(
        """
        delete from status_entries e using credentials c, status_lists l
        where c.order_id = e.order_id and c.state = 'offered' and l.list_id = e.list_id and l.unallocated = 1
        returning c.order_id, c.institution_id
        """
    )
    return {row["order_id"]: row["institution_id"] for row in rows}


async def set_statuses(conn: Connection, statuses: Mapping[UUID, int]) -> None:
    """By order: all instances of a card at once."""
    await conn.execute(
        """
        update status_entries e set status = n.status
        from unnest($1::uuid[], $2::smallint[]) as n (order_id, status)
        where e.order_id = n.order_id and e.status <> n.status
        """,
        list(statuses),
        list(statuses.values()),
    )


async def list_numbers(conn: Connection, institution_id: str) -> list[int]:
    rows = await conn.fetch(
        "select number from status_lists where institution_id = $1 order by number", institution_id
    )
    return [row["number"] for row in rows]


async def load_list(
    conn: Connection, institution_id: str, number: int
) -> tuple[int, Iterable[tuple[int, int]], int] | None:
    """The size of a list, its entries that differ from the others, and what those are; None: no such list."""
    row = await conn.fetchrow(
        "select list_id, size, unallocated from status_lists where institution_id = $1 and number = $2",
        institution_id,
        number,
    )
    if row is None:
        return None
    # Written out, so that the plan for any list can go by the index of those that are not 0.
    others = f"status <> {int(row['unallocated'])}"
    # In two arrays: ten thousands of rows would be as many objects.
    [(indices, statuses)] = await conn.fetch(
        f"""
        select coalesce(array_agg(idx), '{{}}'), coalesce(array_agg(status), '{{}}')
        from status_entries where list_id = $1 and {others}
        """,
        row["list_id"],
    )
    return row["size"], zip(indices, statuses, strict=True), row["unallocated"]
