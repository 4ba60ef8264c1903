"""Large tables in minutes: what some orders have left behind in all services, copied for others.

The copies fit together across tables and services: each id becomes another by the same rule everywhere. What
is sealed cannot be opened in them, since seals name their order.
"""

import re

from bench.stacks import connected, superuser_url
from bench.waiting_orders import until
from devstack.stack import Stack
from eventing import Connection

IS_ID = re.compile("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")

# Only tables in which every row belongs to an order that was placed here; of students, those of the bench.
TABLES = {
    "ordering": ("students", "orders", "timeline_entries", "consents", "streams", "streams_in", "events"),
    "issuer": ("students", "credentials", "holders", "status_entries", "streams", "streams_in", "events"),
    "notifier": (
        *("orders", "recipients", "alerts", "deliveries", "reminders"),
        *("streams", "streams_in", "events"),
    ),
    "wallet": ("offers", "cards", "presentations", "streams", "streams_in", "events"),
}
OURS = {("ordering", "students"): "subject like 'bench-%'"}
UNHURRIED = (
    "set statement_timeout = 0; set session_replication_role = replica; set maintenance_work_mem = '512MB'"
)
COLUMNS = """
    select attname as name, format_type(atttypid, null) as type from pg_attribute
    where attrelid = $1::regclass and attnum > 0 and not attisdropped and attidentity = ''
"""
UNIQUE_INDEXES = """
    select array(
        select a.attname::text from unnest(i.indkey::int2[]) with ordinality as k (attnum, place)
            join pg_attribute a on a.attrelid = i.indrelid and a.attnum = k.attnum
        order by place
    ) as columns
    from pg_index i where i.indrelid = $1::regclass and i.indisunique
"""
NUMBERS = """
    select sum(last)::bigint from (select last from streams union all select last from streams_in) as numbers
"""
LOOKS = 20  # the same so often means that nothing moves
ID_IN_TEXT = "id in text"
IDS = ("uuid", ID_IN_TEXT)
ANOTHER = {
    "uuid": "md5({0}::text || n)::uuid",
    ID_IN_TEXT: "md5({0} || n)::uuid::text",
    "text": "{0} || '-' || n",
    "bytea": "decode(md5({0} || n::text::bytea), 'hex')",
    "integer": "(-n * times - place)::integer",
}


async def multiply(stack: Stack, copies: int) -> None:
    """So many copies of each order, taken once nothing moves any more; with fresh statistics."""
    await _until_nothing_moves(stack)
    for service, tables in TABLES.items():
        async with connected(superuser_url(stack, service)) as connection:
            await connection.execute(UNHURRIED)
            for table in tables:
                await copy_rows(connection, table, OURS.get((service, table), "true"), copies)
            await connection.execute("vacuum analyze")


async def _until_nothing_moves(stack: Stack) -> None:
    seen: list[int] = []

    async def same_for_a_while() -> bool:
        seen.append(await _told_and_heard(stack))
        return len(seen) > LOOKS and len(set(seen[-LOOKS:])) == 1

    await until(same_for_a_while)


async def _told_and_heard(stack: Stack) -> int:
    numbers = 0
    for url in stack.databases.values():
        async with connected(url) as connection:
            numbers += await connection.fetchval(NUMBERS) or 0
    return numbers


async def copy_rows(connection: Connection, table: str, ours: str, copies: int) -> None:
    """Copies differ from their row in every id, and in the last column of each unique index without one."""
    sample = await connection.fetchrow(f"select * from {table} where {ours} limit 1")
    if sample is None:
        return
    kinds = {
        row["name"]: _kind(row["type"], sample[row["name"]]) for row in await connection.fetch(COLUMNS, table)
    }
    changed = {name for name, kind in kinds.items() if kind in IDS}
    for row in await connection.fetch(UNIQUE_INDEXES, table):
        if changed.isdisjoint(row["columns"]) and row["columns"][-1] in kinds:
            changed.add(row["columns"][-1])
    values = [
        ANOTHER[kind].format(f'"{name}"') if name in changed else f'"{name}"' for name, kind in kinds.items()
    ]
    await connection.execute(
        f"""
        insert into {table} ({", ".join(f'"{name}"' for name in kinds)})
        select {", ".join(values)}
        from (
            select *, row_number() over () as place, count(*) over () as times from {table} where {ours}
        ) as t, generate_series(1, {copies}) as n
        """
    )


def _kind(declared: str, sample: object) -> str:
    return ID_IN_TEXT if isinstance(sample, str) and IS_ID.fullmatch(sample) else declared
