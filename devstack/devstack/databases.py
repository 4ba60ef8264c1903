"""The databases of the services: made once, with a role and a password each, and migrated at every start."""

import json
import secrets
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import asyncpg

from devstack.postgres import Postgres
from provision.databases import ensure_database
from servicekit.database import migrate, migrations_of


async def prepare_databases(
    server: Postgres, services: tuple[str, ...], passwords_file: Path
) -> dict[str, str]:
    """Gives the URL of each service's migrated database."""
    passwords = _passwords(services, passwords_file)
    admin = await asyncpg.connect(server.url())
    for service in services:
        await ensure_database(admin, service, passwords[service])
    await admin.close()
    urls = {service: server.url(service, role=service, password=passwords[service]) for service in services}
    with ThreadPoolExecutor() as threads:
        list(threads.map(lambda service: migrate(urls[service], *migrations_of(service)), services))
    return urls


def _passwords(services: tuple[str, ...], file: Path) -> dict[str, str]:
    if not file.exists():
        file.touch(mode=0o600)
        file.write_text(json.dumps({service: secrets.token_urlsafe(24) for service in services}))
    passwords: dict[str, str] = json.loads(file.read_text())
    return passwords
