"""When what waits is tried again: before its turn, in its turn, and in the order of falling due."""

from functools import partial
from uuid import UUID, uuid4

from contracts.catalogue import ORDERS, dlq_name
from eventing import Question
from eventing.dead_letters import drop_dead
from eventing.replay import ask_for_gaps
from tests.component.eventing.orders import change, requested
from tests.component.eventing.steps import arrive, record, waiting
from tests.component.eventing.world import World


def revocation(world: World, order_id: UUID, number: int):  # type: ignore[no-untyped-def]
    return record(world, partial(change, order_id=order_id, kind="revoke"), number)


async def test_what_failed_before_its_turn_still_has_all_its_attempts(world: World) -> None:
    order_id = uuid4()
    world.projection.fails = lambda received: received.ahead
    arrive(world, revocation(world, order_id, 2))
    await world.hear()
    for _ in range(5):
        world.clock.advance(minutes=10)
        await world.issuer.runner.retry_due()

    arrive(world, record(world, partial(requested, order_id=order_id), 1))
    await world.hear()
    await world.heal()

    assert world.projection.numbers(order_id) == [1, 2]
    assert world.log.all(dlq_name(ORDERS, "issuer")) == []


async def test_what_failed_before_its_turn_is_tried_again_later_each_time(world: World) -> None:
    order_id, seconds, tried = uuid4(), 0, []

    def fail(_received: object) -> bool:
        tried.append(seconds)
        return True

    world.projection.fails = fail
    arrive(world, revocation(world, order_id, 2))
    await world.hear()
    while seconds < 1_000:
        seconds += 1
        world.clock.advance(seconds=1)
        await world.issuer.runner.retry_due()

    assert tried == [0, 1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 812]


async def test_what_has_passed_after_a_failure_is_due_no_more(world: World) -> None:
    world.projection.fails = lambda _received: True
    arrive(world, revocation(world, uuid4(), 2))
    await world.hear()

    world.projection.fails = lambda _received: False
    world.clock.advance(seconds=10)
    passed = await world.issuer.runner.retry_due()

    assert (passed, await world.issuer.runner.retry_due()) == (1, 0)


async def test_what_fell_due_first_is_tried_first(world: World) -> None:
    world.issuer.runner._settings = world.issuer.settings.model_copy(update={"failures_in_a_row": 1_000})
    world.projection.fails = lambda _received: True
    *many, first = sorted((uuid4() for _ in range(201)), key=str)
    arrive(world, record(world, partial(requested, order_id=first), 1))
    await world.hear()
    world.clock.advance(milliseconds=1)
    arrive(world, *(record(world, partial(requested, order_id=order_id), 1) for order_id in many))
    await world.hear()

    world.projection.fails = lambda _received: False
    world.clock.advance(seconds=10)
    await world.issuer.runner.retry_due()

    assert world.projection.numbers(first) == [1]
    assert len(await waiting(world)) == 1


async def test_followers_of_a_dropped_dead_letter_fall_due_once(world: World) -> None:
    order_id = uuid4()
    broken = record(world, partial(requested, order_id=order_id), 1)
    arrive(world, type(broken)(broken.key, broken.headers, b"{}"))
    arrive(world, *(record(world, partial(requested, order_id=order_id), number) for number in (2, 3)))
    await world.hear()
    world.projection.fails = lambda _received: True

    await drop_dead(world.issuer.works, ORDERS.name, str(order_id))
    looked_at = [await world.issuer.runner.retry_due() for _ in range(2)]

    assert looked_at == [1, 0]


async def test_gaps_that_nobody_can_heal_do_not_hide_later_ones(world: World) -> None:
    hopeless, later = [uuid4() for _ in range(500)], uuid4()
    arrive(world, *(record(world, partial(requested, order_id=order_id), 2) for order_id in hopeless))
    await world.hear()
    world.clock.advance(seconds=1)
    arrive(world, record(world, partial(requested, order_id=later), 2))
    await world.hear()

    world.clock.advance(seconds=31)
    for _ in range(2):
        async with world.issuer.works.begin() as work:
            await ask_for_gaps(work, by="issuer", settings=world.issuer.settings)

    assert await asked_for(world, f"key {later}") == 1


async def asked_for(world: World, scope: str) -> int | None:
    attempts: int | None = await world.issuer_pool.fetchval(
        "select attempts from asks where scope = $1", scope
    )
    return attempts


async def test_a_question_may_be_repeated_for_ever_and_is_forgotten_when_it_is_not(world: World) -> None:
    question = Question(ORDERS.name, "test", key="any")
    await world.issuer_pool.execute(
        "insert into asks values ($1, $2, 5000, $3)", ORDERS.name, question.scope, world.clock()
    )

    asked = await world.issuer.ask_for_replay(question, by="issuer")
    repeated = await asked_for(world, question.scope)
    world.clock.advance(days=9)
    await world.issuer._prune()

    assert (asked, repeated) == (True, 5001)
    assert await asked_for(world, question.scope) is None
