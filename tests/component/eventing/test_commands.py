"""What an operator sees and does."""

from uuid import uuid4

import pytest

from contracts.catalogue import ORDERS
from eventing.commands import run_command
from servicekit.commands import parse_command
from tests.component.eventing.steps import applied, bury_first_of_two, place
from tests.component.eventing.world import SETTINGS, World
from tests.conftest import MakeDatabase


async def run(world: World, *arguments: str) -> str:
    options = parse_command("issuer", arguments)
    return await run_command(options, service="issuer", pool=world.issuer_pool, settings=SETTINGS)


async def test_dead_letters_are_listed_without_what_is_in_them(world: World) -> None:
    order_id = await bury_first_of_two(world)

    told = await run(world, "dead-letters", "list")

    assert str(order_id) in told
    assert "number 1" in told
    assert "(1 wait behind it)" in told
    assert "generation" not in told


async def test_a_dead_letter_is_given_its_attempts_anew(world: World) -> None:
    order_id = await bury_first_of_two(world)
    world.projection.fails = lambda _received: False

    told = await run(world, "dead-letters", "replay", ORDERS.name, str(order_id))
    world.clock.advance(days=3650)
    await world.issuer.runner.retry_due()

    assert told == "1 dead letters are due again"
    assert world.projection.numbers(order_id) == [1, 2]


async def test_a_key_without_dead_letters_is_told(world: World) -> None:
    assert await run(world, "dead-letters", "drop", ORDERS.name, "nobody") == "no dead letter holds that key"


async def test_events_are_asked_for_by_key(world: World) -> None:
    order_id = uuid4()
    await place(world, order_id)
    await world.hear()
    await world.issuer_pool.execute("delete from streams_in")

    await run(world, "replay", ORDERS.name, "--key", str(order_id))
    await world.heal()

    assert applied(world)[order_id] == [1, 1]


async def test_what_is_no_order_is_not_asked_for(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        await run(world, "replay", ORDERS.name, "--key", "nonsense")

    assert "nonsense is no id of an order" in capsys.readouterr().err


async def test_no_dead_letters_is_an_answer(database: MakeDatabase) -> None:
    issuer = await database("issuer")

    options = parse_command("issuer", ["dead-letters", "list"])

    told = await run_command(options, service="issuer", pool=issuer.pool, settings=SETTINGS)

    assert told == "no dead letters"
