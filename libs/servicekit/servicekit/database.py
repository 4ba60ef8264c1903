"""The connection pool and the migrations (dbmate, plain SQL, forward only)."""

import os
import subprocess
import sys
import tempfile
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import asyncpg
from pydantic_core import from_json, to_json

from servicekit.settings import ServiceSettings

if TYPE_CHECKING:
    Pool = asyncpg.Pool[asyncpg.Record]
    Connection = asyncpg.Connection[asyncpg.Record] | asyncpg.pool.PoolConnectionProxy[asyncpg.Record]
else:  # generic in their stubs only
    Pool, Connection = asyncpg.Pool, asyncpg.Connection

MIGRATIONS = Path(__file__).parent / "migrations"
_LIBRARIES = ("eventing", "servicekit")


def migrations_of(service: str) -> list[Path]:
    """The folders of a service's migrations: the shared libraries' first; a library has its own only."""
    packages = (service,) if service in _LIBRARIES else (*_LIBRARIES, service)
    folders = [_folder_of(package) / "migrations" for package in packages]
    return [folder for folder in folders if any(folder.glob("*.sql"))]


def _folder_of(package: str) -> Path:
    spec = find_spec(package)
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError(package)
    return Path(spec.origin).parent


_ARRAYS = ("bool", "bytea", "date", "int2", "int4", "int8", "jsonb", "text", "timestamptz", "uuid")


class MigrationError(RuntimeError):
    """A migration did not run; the message is dbmate's own and names the file."""


async def open_pool(
    settings: ServiceSettings, application: str, *, min_size: int = 2, max_size: int = 12
) -> Pool:
    """A pool on the service's database; `jsonb` columns take and give python objects."""
    return await connect_pool(settings.database_url, application, min_size=min_size, max_size=max_size)


async def connect_pool(database_url: str, application: str, *, min_size: int = 1, max_size: int = 10) -> Pool:
    return await asyncpg.create_pool(
        database_url,
        min_size=min_size,
        max_size=max_size,
        init=prepare_connection,
        reset=_leave_connection,
        command_timeout=30,
        server_settings=server_settings(application),
    )


def server_settings(application: str) -> dict[str, str]:
    return {
        "application_name": application,
        "timezone": "UTC",
        "jit": "off",  # short statements only: compiling costs more than it saves
        # Statements ask for rows by key. A plan that was made while a table was small would go on reading all
        # of it once it is large, until statistics are taken anew. So there is one good plan, made once.
        "enable_seqscan": "off",
        "plan_cache_mode": "force_generic_plan",
        "statement_timeout": "30000",
        "idle_in_transaction_session_timeout": "15000",  # takes its lanes from a relay that was paused
    }


async def prepare_connection(connection: Connection) -> None:
    for name in ("json", "jsonb"):
        await connection.set_type_codec(name, encoder=_encode, decoder=from_json, schema="pg_catalog")
    # asyncpg asks the server about each kind of array at its first use: 10 ms that no request should pay.
    await connection.prepare("select " + ", ".join(f"${n}::{kind}[]" for n, kind in enumerate(_ARRAYS, 1)))


async def _leave_connection(connection: Connection) -> None:
    """Nothing of ours leaves a session changed, so that a round trip to reset it would be for nothing."""
    if connection.is_in_transaction():
        await connection.reset()


def _encode(value: Any) -> str:
    return to_json(value).decode()


def migrate(database_url: str, *directories: Path) -> None:
    """Apply what is missing, from all directories in order of version; replicas wait for each other.

    Files are plain SQL named `NNNN_verb_noun.sql`; a version may exist once among all directories.
    """
    with tempfile.TemporaryDirectory(prefix="legitka-migrations-") as staged:
        _stage(directories, Path(staged))
        command = [_dbmate(), "--env-file", os.devnull, "--env", "MIGRATE_URL", "--migrations-dir", staged]
        command += ["--no-dump-schema", "--migration-lock", "migrate"]
        environment = os.environ | {"MIGRATE_URL": dbmate_url(database_url)}
        result = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)  # noqa: S603 - our own binary, fixed arguments
    if result.returncode:
        raise MigrationError((result.stdout + result.stderr).strip())


def _stage(directories: tuple[Path, ...], target: Path) -> None:
    """dbmate wants its two marks in every file; ours are plain SQL and have no way back."""
    versions: dict[str, Path] = {}
    for file in migration_files(directories):
        other = versions.setdefault(file.name.partition("_")[0], file)
        if other is not file:
            raise MigrationError(f"{file} and {other} have the same version")
        text = file.read_text(encoding="utf-8")
        up = "" if "-- migrate:up" in text else "-- migrate:up\n"
        down = "" if "-- migrate:down" in text else "\n-- migrate:down\n"
        (target / file.name).write_text(up + text + down, encoding="utf-8")


def migration_files(directories: tuple[Path, ...]) -> list[Path]:
    files = [file for directory in directories for file in directory.glob("*.sql")]
    return sorted(files, key=lambda file: file.name)


def _dbmate() -> str:
    return str(Path(sys.executable).parent / "dbmate")


def dbmate_url(database_url: str) -> str:
    """dbmate asks for TLS unless told otherwise; asyncpg takes what the server offers."""
    if "sslmode=" in database_url:
        return database_url
    return database_url + ("&" if "?" in database_url else "?") + "sslmode=disable"


async def missing_migrations(connection: Connection, *directories: Path) -> list[str]:
    """Names of the files that this database has not seen yet."""
    if await connection.fetchval("select to_regclass('schema_migrations')") is None:
        return [file.name for file in migration_files(directories)]
    rows = await connection.fetch("select version from schema_migrations")
    applied = {row["version"] for row in rows}
    return [file.name for file in migration_files(directories) if file.name.partition("_")[0] not in applied]
