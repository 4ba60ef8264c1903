"""The world of two services, and the mutants that show that a test can fail."""

import pytest

from tests.component.eventing.mutants import MUTANTS
from tests.component.eventing.world import World, make_world
from tests.conftest import MakeDatabase
from tests.mutants import apply


@pytest.fixture
async def world(database: MakeDatabase) -> World:
    ordering, issuer = await database("ordering"), await database("issuer")
    return await make_world(ordering.pool, issuer.pool, issuer.url)


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
