"""Databases for tests: one embedded server, one migrated template per service, a clone for each test."""

import secrets
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import urlsplit

import asyncpg

from devstack.postgres import Postgres, ensure_database
from servicekit.database import migrate

SHARED = ("eventing", "servicekit")


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


def migrations_of(service: str) -> list[Path]:
    """The folders of a service's migrations: the shared libraries' first; a library has its own only."""
    packages = (service,) if service in SHARED else (*SHARED, service)
    folders = [_package_folder(package) / "migrations" for package in packages]
    return [folder for folder in folders if any(folder.glob("*.sql"))]


def _package_folder(package: str) -> Path:
    spec = find_spec(package)
    assert spec is not None, package
    assert spec.origin is not None, package
    return Path(spec.origin).parent
