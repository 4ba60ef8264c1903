"""What a status list costs: to read, build, sign and compress it, and to serve it once it is made.

The issuer's own code on a PostgreSQL of its own; time is that of the processor, in this process.
"""

import argparse
import asyncio
import secrets
import tempfile
import time
import tracemalloc
from pathlib import Path
from statistics import median

import asyncpg
from rich.console import Console
from rich.table import Table

from devstack.postgres import Postgres, start_postgres, stop_postgres
from eventing import Outbox, Works
from issuer.published_lists import PublishedLists
from issuer.settings import IssuerSettings
from issuer.tenants import Tenant, open_tenants
from provision.databases import ensure_database
from servicekit.database import Pool, connect_pool, migrate, migrations_of
from servicekit.institutions import load_institutions
from servicekit.issuers import issuer_addresses
from servicekit.keys import Keys, create_development_keys

REPOSITORY = Path(__file__).resolve().parents[1]
INSTITUTION = "umcs"
ISSUER, WALLET = "http://localhost:8002", "http://localhost:8004"
TIMES, ASKED = 7, 1_000

# An odd factor takes every number below a power of two to a place of its own.
FILL = """
with list as (
    insert into status_lists (institution_id, number, size) values ($1, 1, $2) returning list_id
)
insert into status_entries (list_id, idx, order_id, status)
select list_id, number * 2654435761 % $2, gen_random_uuid(),
    case when random() < $4 then 1 when random() < $5 then 2 else 0 end
from list, generate_series(1, $3::bigint) as number
"""
UNHURRIED = "set statement_timeout = 0; set session_replication_role = replica"


async def measure(pool: Pool, tenant: Tenant, settings: IssuerSettings) -> dict[str, str]:
    works = Works(pool, Outbox("issuer"))
    made = [await _made(PublishedLists(works, settings), tenant) for _ in range(TIMES)]
    processor, seconds = (median(each) for each in zip(*made, strict=True))
    tracemalloc.start()
    lists = PublishedLists(works, settings)
    await _made(lists, tenant)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    published = await lists.get(tenant, 1)
    assert published is not None
    return {
        "made anew: processor": f"{processor * 1e3:.0f} ms",
        "made anew: until it can be sent": f"{seconds * 1e3:.0f} ms",
        "made anew: memory at most": f"{peak / 2**20:.1f} MB",
        "asked for again: processor": f"{await _asked_again(lists, tenant) * 1e6:.0f} µs",
        "token": f"{len(published.token) / 1e3:.0f} kB",
        "token with gzip": f"{len(published.gzipped) / 1e3:.0f} kB",
    }


async def _made(lists: PublishedLists, tenant: Tenant) -> tuple[float, float]:
    """Seconds of the processor, and of the clock on the wall."""
    used, begun = time.process_time(), time.perf_counter()
    await lists.get(tenant, 1)
    return time.process_time() - used, time.perf_counter() - begun


async def _asked_again(lists: PublishedLists, tenant: Tenant) -> float:
    used = time.process_time()
    for _ in range(ASKED):
        await lists.get(tenant, 1)
    return (time.process_time() - used) / ASKED


async def run(server: Postgres, folder: Path, asked: argparse.Namespace) -> dict[str, str]:
    settings, tenant = await _prepare(server, folder)
    pool = await connect_pool(settings.database_url, "issuer")
    await _fill(server, asked)
    measured = await measure(pool, tenant, settings)
    await pool.close()
    return measured


async def _fill(server: Postgres, asked: argparse.Namespace) -> None:
    """As the superuser, who may leave foreign keys unchecked."""
    admin = await asyncpg.connect(server.url("issuer"))
    await admin.execute(UNHURRIED)
    size = 1 << (asked.cards - 1).bit_length()
    await admin.execute(FILL, INSTITUTION, size, asked.cards, asked.revoked, asked.suspended)
    await admin.execute("vacuum analyze status_entries")
    await admin.close()


async def _prepare(server: Postgres, folder: Path) -> tuple[IssuerSettings, Tenant]:
    admin, password = await asyncpg.connect(server.url()), secrets.token_hex(8)
    await ensure_database(admin, "issuer", password)
    await admin.close()
    url = server.url("issuer", role="issuer", password=password)
    migrate(url, *migrations_of("issuer"))
    chosen = {INSTITUTION: load_institutions(REPOSITORY / "institutions")[INSTITUTION]}
    addresses = issuer_addresses(chosen, ISSUER)
    create_development_keys(folder / "keys", addresses)
    settings = IssuerSettings(environment="development", database_url=url, keys_dir=folder / "keys")
    tenants = open_tenants(chosen, Keys(folder / "keys"), addresses=addresses, wallet_url=WALLET)
    return settings, tenants[INSTITUTION]


def main() -> None:
    reader = argparse.ArgumentParser(description=__doc__)
    reader.add_argument("--cards", type=int, default=1_300_000, help="cards in the list")
    reader.add_argument("--revoked", type=float, default=0.02, help="the share of them that is revoked")
    reader.add_argument("--suspended", type=float, default=0.005, help="the share that is suspended")
    asked = reader.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        server = start_postgres(Path(folder) / "postgres", durable=False)
        try:
            measured = asyncio.run(run(server, Path(folder), asked))
        finally:
            stop_postgres(server)
    table = Table("", f"{asked.cards} cards")
    for what, value in measured.items():
        table.add_row(what, value)
    Console().print(table)


if __name__ == "__main__":
    main()
