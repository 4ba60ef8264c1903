"""The world of two services, and the mutants that show that a test can fail."""

from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest

from servicekit.database import connect_pool
from tests.component.eventing.mutants import MUTANTS
from tests.component.eventing.world import World, make_world
from tests.databases import Database, Templates
from tests.mutants import apply

TABLES = (
    "lanes, streams, events, topics, answers, digested, "
    "streams_in, positions, waiting, unreadable, asks, digests"
)


@dataclass(frozen=True, slots=True)
class Pair:
    """The databases of the two services, shared by all tests that need only the streams in them."""

    ordering: Database
    issuer: Database


@pytest.fixture(scope="session")
async def databases(templates: Templates) -> AsyncIterator[Pair]:
    made = [Database(url, await connect_pool(url, "test")) for url in await _clones(templates)]
    yield Pair(*made)
    for each in made:
        each.pool.terminate()
        await templates.drop(each.url)


async def _clones(templates: Templates) -> list[str]:
    return [await templates.clone(service) for service in ("ordering", "issuer")]


@pytest.fixture
async def world(databases: Pair) -> World:
    for each in (databases.ordering, databases.issuer):
        await each.pool.execute(f"truncate {TABLES} restart identity; delete from epochs where epoch > 1")
    return await make_world(databases.ordering.pool, databases.issuer.pool)


@pytest.fixture
def mutated(
    world: World,
    request: pytest.FixtureRequest,
    monkeypatch: pytest.MonkeyPatch,
) -> str | None:
    """The rule as it is, or broken on purpose: then the test must go red."""
    mutant: str | None = request.param
    if mutant is not None:
        apply(MUTANTS[mutant], monkeypatch)
    return mutant
