"""Gives each service a role and a database of its own, which no other role can connect to."""

import asyncio
import base64
import hashlib
import hmac
import os
import time
from collections.abc import Mapping

import asyncpg

ITERATIONS = 4096
SHARED_DATABASES = ("postgres", "template1")


class DatabaseTrouble(Exception):
    """PostgreSQL cannot be brought into the wanted state; the text says the cure."""


async def provision_databases(admin_url: str, passwords: Mapping[str, str], *, within: float) -> list[str]:
    """One database per service. What exists is kept, and gets the rights and the password anew."""
    admin = await _connect(admin_url, within)
    try:
        told = [await ensure_database(admin, name, password) for name, password in passwords.items()]
        for database in SHARED_DATABASES:
            await admin.execute(f"revoke all on database {database} from public")
    finally:
        await admin.close()
    return [f"database {name}: {'new' if new else 'kept'}" for name, new in zip(passwords, told, strict=True)]


async def ensure_database(admin: "asyncpg.Connection[asyncpg.Record]", name: str, password: str) -> bool:
    """Makes a role and its database, which no other role can connect to; False when it was there."""
    role = f'"{name}"'
    if not await admin.fetchval("select 1 from pg_roles where rolname = $1", name):
        await admin.execute(f"create role {role}")
    await admin.execute(
        f"alter role {role} login nosuperuser nocreatedb nocreaterole noreplication nobypassrls "
        f"password '{scram_verifier(password, os.urandom(16))}'"
    )
    new = not await admin.fetchval("select 1 from pg_database where datname = $1", name)
    if new:
        await admin.execute(f"create database {role} owner {role}")
    await admin.execute(f"revoke all on database {role} from public")
    return new


def scram_verifier(password: str, salt: bytes) -> str:
    """What PostgreSQL keeps of a password (RFC 5803). Made here, so that no statement holds the password."""
    salted = hashlib.pbkdf2_hmac("sha256", password.encode(), salt, ITERATIONS)
    stored = hashlib.sha256(_keyed(salted, b"Client Key")).digest()
    parts = [_text(each) for each in (salt, stored, _keyed(salted, b"Server Key"))]
    return f"SCRAM-SHA-256${ITERATIONS}:{parts[0]}${parts[1]}:{parts[2]}"


def _keyed(key: bytes, text: bytes) -> bytes:
    return hmac.digest(key, text, "sha256")


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode()


async def _connect(url: str, within: float) -> "asyncpg.Connection[asyncpg.Record]":
    """PostgreSQL may be starting still."""
    deadline = time.monotonic() + within
    while True:
        try:
            return await asyncpg.connect(url, timeout=10)
        except asyncpg.InvalidPasswordError:
            raise DatabaseTrouble(
                "PostgreSQL refuses the superuser's password. Its data were made with another one: put the "
                "secrets of that time back, or delete the data and the secrets together."
            ) from None
        except (OSError, TimeoutError, asyncpg.CannotConnectNowError) as error:
            if time.monotonic() > deadline:
                raise DatabaseTrouble(f"PostgreSQL does not answer ({type(error).__name__})") from None
        await asyncio.sleep(0.5)
