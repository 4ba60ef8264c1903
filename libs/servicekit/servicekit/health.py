"""What the probes answer: every check says its reason and its cure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import asyncpg
from fastapi import FastAPI

from eventing import Eventing
from servicekit.database import Pool, migrations_of, missing_migrations


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at."""

    ok: bool
    reason: str = ""
    cure: str = ""


class CheckLike(Protocol):
    """What a check of another package looks like."""

    @property
    def ok(self) -> bool: ...
    @property
    def reason(self) -> str: ...
    @property
    def cure(self) -> str: ...


class Report(Protocol):
    """The answer of a pipeline or readiness question."""

    @property
    def healthy(self) -> bool: ...
    @property
    def checks(self) -> Mapping[str, CheckLike]: ...


@dataclass(frozen=True, slots=True)
class Readiness:
    """Whether this service can serve its HTTP work."""

    checks: Mapping[str, Check] = field(default_factory=dict)

    @property
    def healthy(self) -> bool:
        return all(check.ok for check in self.checks.values())


class Probes:
    """Asks the event streams that the lifespan of a service puts on `app.state`, and their database."""

    def __init__(self, app: FastAPI, service: str) -> None:
        self._state = app.state
        self._service = service

    async def readiness(self) -> Report:
        """A service can serve as long as its database answers, whatever becomes of the broker."""
        return Readiness(await database_check(self._streams().works.pool, *migrations_of(self._service)))

    def pipeline(self) -> Report:
        return self._streams().pipeline()

    def _streams(self) -> Eventing:
        streams: Eventing = self._state.eventing
        return streams


async def database_check(pool: Pool, *migrations: Path) -> dict[str, Check]:
    """Checks `database` and `migrations`; quick, and never raises for a database that is away."""
    try:
        async with pool.acquire(timeout=2) as connection:
            missing = await missing_migrations(connection, *migrations)
    except asyncpg.InvalidAuthorizationSpecificationError:
        reason, cure = (
            "PostgreSQL refuses our password",
            "start the service anew with the password of its role",
        )
        return {"database": Check(False, reason, cure)}
    except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        reason = f"PostgreSQL does not answer ({type(error).__name__})"
        return {"database": Check(False, reason, "start PostgreSQL and check DATABASE_URL")}
    if missing:
        reason = f"{len(missing)} migrations are missing, the first is {missing[0]}"
        return {"database": Check(True), "migrations": Check(False, reason, "run the command `migrate`")}
    return {"database": Check(True), "migrations": Check(True)}
