"""Databases for tests: one embedded server, one migrated template per service, a clone for each test.

Making and dropping a clone costs 0.1 s of a core, most of all tests together; so one that a test has left
with the template's own schema is emptied and given to a later test.
"""

import secrets
from collections import defaultdict
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import asyncpg

from devstack.postgres import Postgres
from provision.databases import ensure_database
from servicekit.database import migrate, migrations_of

MOST_USES = 30  # rows that are deleted stay in the files: nothing is vacuumed here

EMPTY = """
do $$
declare
    name text;
begin
    set local session_replication_role = replica;
    set local lock_timeout = '5s';
    for name in
        select quote_ident(tablename) from pg_tables
        where schemaname = 'public' and tablename <> 'schema_migrations'
    loop
        execute 'delete from ' || name;
    end loop;
    perform setval(quote_ident(sequencename)::regclass, start_value, false)
    from pg_sequences where schemaname = 'public';
end $$
"""
DISCONNECT_OTHERS = """
select pg_terminate_backend(pid, 5000) from pg_stat_activity
where datname = current_database() and pid <> pg_backend_pid()
"""
TABLES = """
select quote_ident(tablename) from pg_tables where schemaname = 'public' and tablename <> 'schema_migrations'
"""
# The rows of the catalogue about our schema, with the transaction that wrote each: a copy has the same.
SCHEMA = """
select md5(string_agg(kind || id || '/' || written, ',' order by kind, id)) from (
    select 'class' as kind, oid::text as id, xmin::text as written from pg_class
        where relnamespace = 'public'::regnamespace
    union all select 'column', attrelid || '.' || attnum, xmin::text from pg_attribute
        where attrelid in (select oid from pg_class where relnamespace = 'public'::regnamespace)
    union all select 'constraint', oid::text, xmin::text from pg_constraint
    union all select 'function', oid::text, xmin::text from pg_proc
        where pronamespace = 'public'::regnamespace
    union all select 'trigger', oid::text, xmin::text from pg_trigger
    union all select 'setting', setdatabase || '.' || setrole, xmin::text from pg_db_role_setting
) described
"""


@dataclass(frozen=True, slots=True)
class Database:
    """A fresh, migrated database of one service, and a pool on it."""

    url: str
    pool: asyncpg.Pool


@dataclass
class Templates:
    """The migrated databases that are cloned; each is made when a test first asks for it."""

    server: Postgres
    password: str = field(default_factory=lambda: secrets.token_hex(8))
    schemas: dict[str, str] = field(default_factory=dict)
    seeds: defaultdict[str, dict[str, str]] = field(default_factory=lambda: defaultdict(dict))
    emptied: defaultdict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    uses: defaultdict[str, int] = field(default_factory=lambda: defaultdict(int))

    async def clone(self, service: str) -> str:
        """Gives the URL of a new database of the service, reached by the service's own role."""
        if self.emptied[service]:
            return self._url(self.emptied[service].pop(), service)
        admin = await asyncpg.connect(self.server.url())
        try:
            if service not in self.schemas:
                await self._make(admin, service)
            name = f"{service}_{secrets.token_hex(6)}"
            await admin.execute(f'create database "{name}" template "{service}" owner "{service}"')
        finally:
            await admin.close()
        return self._url(name, service)

    async def drop(self, url: str) -> None:
        """What stands in it is gone for every later test."""
        name = urlsplit(url).path.removeprefix("/")
        service = name.rsplit("_", 1)[0]
        self.uses[name] += 1
        if self.uses[name] < MOST_USES and await self._empty(name, service):
            self.emptied[service].append(name)
            return
        admin = await asyncpg.connect(self.server.url())
        await admin.execute(f'drop database "{name}" with (force)')
        await admin.close()

    async def _make(self, admin: asyncpg.Connection, service: str) -> None:
        await ensure_database(admin, service, self.password)
        migrate(self._url(service, service), *migrations_of(service))
        template = await asyncpg.connect(self.server.url(service))
        self.schemas[service] = await template.fetchval(SCHEMA)
        for (table,) in await template.fetch(TABLES):
            if rows := await template.fetchval(f"select json_agg(t)::text from {table} t"):
                self.seeds[service][table] = rows
        await template.close()

    async def _empty(self, name: str, service: str) -> bool:
        """Makes it as a new clone; False when a test has changed its schema, or still holds it."""
        connection = await asyncpg.connect(self.server.url(name))
        try:
            if await connection.fetchval(SCHEMA) != self.schemas[service]:
                return False
            await connection.execute(DISCONNECT_OTHERS)
            await connection.execute(EMPTY)
            for table, rows in self.seeds[service].items():
                await connection.execute(
                    f"insert into {table} select * from json_populate_recordset(null::{table}, $1)", rows
                )
        except asyncpg.PostgresError:
            return False
        finally:
            await connection.close()
        return True

    def _url(self, name: str, service: str) -> str:
        return self.server.url(name, role=service, password=self.password)
