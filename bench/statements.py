"""`python -m bench.statements`: the statements that take most of PostgreSQL's time, with their plans.

The server writes each statement down with its time and its values, while a backlog drains and orders come by
HTTP. Then the ten that took most are explained with the values of one of their runs; what they do is undone.
"""

import asyncio
import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field

import asyncpg

from bench.draining import drain
from bench.sections.load import load
from bench.stacks import (
    NOTHING_IS_SENT,
    REPOSITORY,
    WHEN_COMMITTED,
    commit,
    connected,
    machine,
    new_stack,
    superuser_url,
)
from devstack.stack import Stack

ORDERS, RATE, SECONDS = 2_000, 50, 10
SHOWN = 10
PAGE = REPOSITORY / "docs" / "statements.md"
WRITTEN_DOWN = {
    "log_min_duration_statement": "0",
    "log_error_verbosity": "default",
    "log_parameter_max_length": "-1",
    "log_line_prefix": "%d~",
}
LINE = re.compile(
    r"^(?P<database>\w+)~LOG:  duration: (?P<ms>[\d.]+) ms  (?P<step>parse|bind|execute|statement)[^:]*: "
    r"(?P<sql>.*?)\n(?=^\w*~)(?:^\w+~DETAIL:  Parameters: (?P<values>.*?)\n(?=^\w*~))?",
    re.DOTALL | re.MULTILINE,
)
VALUE = re.compile(r"\$\d+ = ('(?:[^']|'')*'|NULL)", re.DOTALL)
INTRODUCTION = """\
# The hottest statements

Written by `python -m bench.statements`; do not edit. {machine}, commit {commit}.

Of all that PostgreSQL did for {orders:,} orders from a backlog and {more:,} by HTTP, these ten statements
took most. What each took is the time of the server, planning and waiting included: `COMMIT` waits for the
disk, and lanes are claimed by a relay that is held back while the backlog is made. Plans are those of one
run among many, with its values; what would be inserted twice is shown without a run.
"""


@dataclass(slots=True)
class Statement:
    """What all runs of a statement took, and the values of one of them."""

    database: str
    sql: str
    milliseconds: float = 0.0
    runs: int = 0
    values: list[str] = field(default_factory=list)


async def hottest(stack: Stack) -> list[Statement]:
    await drain(stack, ORDERS)
    await load(stack, RATE, SECONDS)
    found: dict[tuple[str, str], Statement] = {}
    for each in _logged(stack):
        known = found.setdefault((each.database, each.sql), each)
        if known is not each:
            known.milliseconds += each.milliseconds
            known.runs += each.runs
            known.values = each.values or known.values
    services = (each for each in found.values() if each.database in stack.databases)
    return sorted(services, key=lambda each: -each.milliseconds)[:SHOWN]


def _logged(stack: Stack) -> Iterator[Statement]:
    text = stack.log("postgres").read_text(errors="replace")
    for line in LINE.finditer(text):
        runs = int(line["step"] in ("execute", "statement"))
        values = VALUE.findall(line["values"] or "")
        yield Statement(line["database"], line["sql"].strip(), float(line["ms"]), runs, values)


async def plan_of(stack: Stack, statement: Statement) -> str:
    """With times and pages where it can be run again; nothing for what has no plan."""
    for options in ("analyze, buffers, costs off", "costs off"):
        with suppress(asyncpg.PostgresError):
            return await _explained(stack, statement, options)
    return ""


async def _explained(stack: Stack, statement: Statement, options: str) -> str:
    values = f"({', '.join(statement.values)})" if statement.values else ""
    async with connected(superuser_url(stack, statement.database)) as connection:  # its end undoes all
        await connection.execute("set enable_seqscan = off; set plan_cache_mode = force_generic_plan; begin")
        await connection.execute(f"prepare hot as {statement.sql}")
        rows = await connection.fetch(f"explain ({options}) execute hot{values}")
        return "\n".join(row[0] for row in rows)


def _told(statement: Statement, plan: str) -> str:
    sql = "\n".join(line.strip() for line in statement.sql.splitlines() if line.strip())
    head = f"## {statement.database}: {statement.milliseconds:,.0f} ms in {statement.runs:,} runs"
    blocks = [head, "", "```sql", sql, "```", ""]
    return "\n".join(blocks + (["```text", plan, "```", ""] if plan else []))


async def write_page(stack: Stack) -> None:
    statements = await hottest(stack)
    told = [_told(each, await plan_of(stack, each)) for each in statements]
    facts = {"machine": machine(), "commit": commit(), "orders": ORDERS, "more": RATE * SECONDS}
    PAGE.write_text("\n".join([INTRODUCTION.format(**facts), *told]))


def main() -> None:
    with new_stack("statements", NOTHING_IS_SENT, WHEN_COMMITTED | WRITTEN_DOWN) as stack:
        asyncio.run(write_page(stack))


if __name__ == "__main__":
    main()
