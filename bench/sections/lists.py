"""What a status list costs: to read, build, sign and compress it, and to serve it once it is made.

The issuer's own code on a PostgreSQL of its own; time is that of the processor, in this process.
"""

import asyncio
import secrets
import tempfile
import time
import tracemalloc
from pathlib import Path

import asyncpg

from bench.figures import Figure, Figures
from bench.sizes import Sizes
from bench.stacks import REPOSITORY
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

INSTITUTION = "umcs"
ISSUER, WALLET = "http://localhost:8002", "http://localhost:8004"
TIMES, ASKED = 7, 1_000
REVOKED, SUSPENDED = 0.02, 0.005  # shares of all cards

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


def measure(sizes: Sizes) -> Figures:
    with tempfile.TemporaryDirectory() as folder:
        server = start_postgres(Path(folder) / "postgres", durable=False)
        try:
            return asyncio.run(_on(server, Path(folder), sizes.list_cards))
        finally:
            stop_postgres(server)


async def _on(server: Postgres, folder: Path, cards: int) -> Figures:
    settings, tenant = await _prepare(server, folder)
    pool = await connect_pool(settings.database_url, "issuer")
    try:
        await _fill(server, cards)
        return await _figures(pool, tenant, settings)
    finally:
        await pool.close()


async def _figures(pool: Pool, tenant: Tenant, settings: IssuerSettings) -> Figures:
    """`status_list_ms`: from the first question until its answer can be sent."""
    works = Works(pool, Outbox("issuer"))
    made = [await _made(PublishedLists(works, settings), tenant) for _ in range(TIMES)]
    processor, seconds = zip(*made, strict=True)
    lists = PublishedLists(works, settings)
    tracemalloc.start()
    await _made(lists, tenant)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    published = await lists.get(tenant, 1)
    assert published is not None
    return {
        "status_list_ms": Figure.of(*(1000 * each for each in seconds)),
        "status_list_cpu_ms": Figure.of(*(1000 * each for each in processor)),
        "status_list_mb": Figure.of(peak / 2**20),
        "status_list_again_us": Figure.of(1e6 * await _asked_again(lists, tenant)),
        "status_list_gzipped_kb": Figure.of(len(published.gzipped) / 1000),
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


async def _fill(server: Postgres, cards: int) -> None:
    """As the superuser, who may leave foreign keys unchecked."""
    admin = await asyncpg.connect(server.url("issuer"))
    await admin.execute(UNHURRIED)
    size = 1 << (cards - 1).bit_length()
    await admin.execute(FILL, INSTITUTION, size, cards, REVOKED, SUSPENDED)
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
