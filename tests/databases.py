"""Databases for tests: one embedded server, one migrated template per service, a clone for each test."""

import secrets
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import asyncpg

from devstack.databases import migrations_of
from devstack.postgres import Postgres, ensure_database
from servicekit.database import migrate


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
    made: set[str] = field(default_factory=set)

    async def clone(self, service: str) -> str:
        """Gives the URL of a new database of the service, reached by the service's own role."""
        admin = await asyncpg.connect(self.server.url())
        try:
            if service not in self.made:
                await self._make(admin, service)
            name = f"{service}_{secrets.token_hex(6)}"
            await admin.execute(f'create database "{name}" template "{service}" owner "{service}"')
        finally:
            await admin.close()
        return self._url(name, service)

    async def drop(self, url: str) -> None:
        admin = await asyncpg.connect(self.server.url())
        name = urlsplit(url).path.removeprefix("/")
        await admin.execute(f'drop database "{name}" with (force)')
        await admin.close()

    async def _make(self, admin: asyncpg.Connection, service: str) -> None:
        await ensure_database(admin, service, self.password)
        migrate(self._url(service, service), *migrations_of(service))
        self.made.add(service)

    def _url(self, name: str, service: str) -> str:
        return self.server.url(name, role=service, password=self.password)
