"""After a restore: what was told since counts no more, nothing before it is missing, the rest is listed."""

from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest

from contracts.catalogue import ORDERS
from eventing import Orphan, Received, Recovery
from eventing.commands import run_command
from eventing.restore import NoOldLogError, Restore, tell_heard
from eventing.runner import TooManyFailuresError
from servicekit.commands import parse_command
from tests.component.eventing.orders import cancelled, change, expired, requested
from tests.component.eventing.steps import arrive, last_applied, record, waiting
from tests.component.eventing.world import SETTINGS, Pool, World, handlers_of
from tests.conftest import MakeDatabase
from tests.mutants import holds_against

KEPT = ("lanes", "streams", "events", "topics", "streams_in", "positions", "waiting", "asks", "epochs")


class Backup:
    """A database as it was: put back, everything since is undone."""

    def __init__(self, pool: Pool) -> None:
        self.pool = pool

    async def take(self) -> None:
        for table in KEPT:
            await self.pool.execute(f"create table kept_{table} as table {table}")

    async def put_back(self) -> None:
        for table in KEPT:
            await self.pool.execute(f"delete from {table}")
            await self.pool.execute(f"insert into {table} overriding system value table kept_{table}")

    async def forget(self) -> None:
        for table in KEPT:
            await self.pool.execute(f"drop table if exists kept_{table}")


@pytest.fixture
async def ordering_backup(world: World) -> AsyncIterator[Backup]:
    backup = Backup(world.ordering_pool)
    yield backup
    await backup.forget()


@pytest.fixture
async def issuer_backup(world: World) -> AsyncIterator[Backup]:
    backup = Backup(world.issuer_pool)
    yield backup
    await backup.forget()


async def tell(world: World, order_id: UUID, count: int) -> None:
    """Ordering tells something about an order that often; issuer hears it."""
    for _ in range(count):
        await world.say(lambda work: requested(work, order_id))
    await world.send()
    await world.hear()


async def restored(world: World, service: str = "ordering", **options: object) -> list[str]:
    works = (world.ordering if service == "ordering" else world.issuer).works
    restore = Restore(service, works, SETTINGS, world.clock(), **options)  # type: ignore[arg-type]
    return await restore.run()


async def start_anew(world: World) -> None:
    """Both services begin to read and to send on emptied topics."""
    world.log.empty()
    for reader in (world.owner_reader, world.reader):
        await reader.assign(list(reader.positions))
    for _ in range(3):
        await world.send()
        await world.heal()


def line(order_id: UUID, number: int, witness: str) -> str:
    return f"{ORDERS.name}  {order_id}  number {number}  {witness}"


@holds_against("no_epoch_is_entered")
async def test_new_events_of_a_restored_producer_count_from_the_restored_number(world: World) -> None:
    order_id = uuid4()
    arrive(world, *(record(world, lambda work: requested(work, order_id), n) for n in (1, 2, 3)))
    await world.hear()
    arrive(world, record(world, lambda work: expired(work, order_id), 2, ce_epoch=b"2", ce_base=b"1"))
    arrive(world, record(world, lambda work: requested(work, order_id), 4))

    await world.hear()

    assert world.projection.numbers(order_id) == [1, 2, 3, 2]
    assert await last_applied(world, order_id) == 2
    assert await waiting(world) == []


@holds_against("orphans_are_taken")
async def test_a_record_of_a_lower_epoch_counts_up_to_the_base_and_not_above(world: World) -> None:
    order_id = uuid4()
    new = record(world, lambda work: expired(work, order_id), 3, ce_epoch=b"2", ce_base=b"2")
    old = [record(world, lambda work: requested(work, order_id), number) for number in (1, 2, 4)]
    arrive(world, new, *old)

    await world.hear()

    assert world.projection.applied[order_id] == [
        (1, "ActivationCodeRequested"),
        (2, "ActivationCodeRequested"),
        (3, "OrderExpired"),
    ]
    assert await waiting(world) == []


@holds_against("what_waits_outlives_its_epoch")
async def test_what_waits_of_the_lower_epoch_gives_its_number_to_the_higher(world: World) -> None:
    order_id = uuid4()
    arrive(world, record(world, lambda work: requested(work, order_id), 1))
    arrive(world, record(world, lambda work: requested(work, order_id), 3))
    await world.hear()
    new = [
        record(world, lambda work: expired(work, order_id), number, ce_epoch=b"2", ce_base=b"1")
        for number in (2, 3)
    ]
    arrive(world, *new)

    await world.hear()

    assert [name for _, name in world.projection.applied[order_id][1:]] == ["OrderExpired", "OrderExpired"]
    assert await waiting(world) == []


@holds_against("numbers_compared_across_epochs")
async def test_what_handlers_compare_grows_across_a_restore(world: World) -> None:
    order_id, seen = uuid4(), list[int]()

    def note(received: Received[Any]) -> bool:
        seen.append(received.number)
        return False

    world.projection.fails = note
    arrive(world, *(record(world, lambda work: change(work, order_id, "suspend"), n) for n in (1, 2, 3)))
    new = record(world, lambda work: change(work, order_id, "reinstate"), 2, ce_epoch=b"2", ce_base=b"1")

    await world.hear()
    arrive(world, new)
    await world.hear()

    assert seen[:3] == [1, 2, 3]
    assert seen[3] > 3


@holds_against("orphans_are_tried_again")
async def test_an_event_about_what_nobody_knows_is_kept_at_once_and_stops_nobody(world: World) -> None:
    def unknown(_received: object) -> bool:
        raise Orphan

    world.projection.fails = unknown
    arrive(world, *(record(world, lambda work: requested(work, uuid4()), 1) for _ in range(30)))

    with suppress(TooManyFailuresError):
        await world.hear()

    assert {reason for _, reason in await waiting(world)} == {"orphan: nobody here knows what it is about"}
    assert await world.issuer_pool.fetchval("select count(*) from waiting where dead_at is not null") == 30


@holds_against("epochs_are_counted")
async def test_a_database_that_is_restored_twice_never_begins_the_same_epoch(
    world: World, ordering_backup: Backup
) -> None:
    await ordering_backup.take()
    epochs = []
    for _ in range(2):
        await ordering_backup.put_back()
        world.clock.advance(minutes=1)
        await restored(world)
        epochs.append(await world.ordering_pool.fetchval("select max(epoch) from epochs"))

    assert epochs[1] > epochs[0] > 1


@holds_against("nothing_is_marked")
async def test_what_stood_in_the_lost_log_is_sent_again_and_what_was_not_sent_too(world: World) -> None:
    await tell(world, uuid4(), 2)
    await world.say(lambda work: requested(work, uuid4()))

    await restored(world)
    world.log.empty()
    await world.ordering.watch.look()

    assert await world.send() == 3
    assert {dict(each.headers)["ce_epoch"] for each in world.log.all(ORDERS.name)} == {b"1"}


async def test_an_owner_that_is_older_than_its_consumer_lists_what_was_lost_and_goes_on(
    world: World, ordering_backup: Backup
) -> None:
    order_id, lost_order = uuid4(), uuid4()
    await tell(world, order_id, 2)
    await ordering_backup.take()
    await tell(world, order_id, 2)
    await tell(world, lost_order, 1)
    heard = await tell_heard(world.issuer.works, "issuer")
    await ordering_backup.put_back()

    told = await restored(world, heard=heard)
    await world.say(lambda work: expired(work, order_id))
    await start_anew(world)

    expected = {(order_id, 3), (order_id, 4), (lost_order, 1)}
    assert set(told) == {line(key, number, "heard by issuer") for key, number in expected}
    assert world.projection.applied[order_id][-1] == (3, "OrderExpired")
    assert await last_applied(world, order_id) == 3
    assert await waiting(world) == []


async def test_the_old_log_tells_what_was_lost_even_when_nobody_heard_it(
    world: World, ordering_backup: Backup
) -> None:
    order_id = uuid4()
    await tell(world, order_id, 1)
    await ordering_backup.take()
    await world.say(lambda work: cancelled(work, order_id))
    await world.send()
    await ordering_backup.put_back()

    assert await restored(world, old_log=world.log) == [line(order_id, 2, "OrderCancelled")]


async def test_a_log_that_is_not_the_old_one_is_refused_and_nothing_is_done(world: World) -> None:
    await tell(world, uuid4(), 1)
    world.log.empty()

    with pytest.raises(NoOldLogError):
        await restored(world, old_log=world.log)

    assert await world.ordering.works.pool.fetchval("select count(*) from epochs") == 1


async def test_a_consumer_that_is_older_hears_again_what_it_has_forgotten(
    world: World, issuer_backup: Backup
) -> None:
    order_id = uuid4()
    await tell(world, order_id, 1)
    await issuer_backup.take()
    await tell(world, order_id, 2)
    await issuer_backup.put_back()

    nothing_lost = await restored(world, "issuer")
    await start_anew(world)

    assert nothing_lost == []
    assert world.projection.numbers(order_id) == [1, 2, 3, 2, 3]
    assert await last_applied(world, order_id) == 3


@holds_against("the_old_log_is_read")
async def test_the_log_from_before_the_restore_is_not_read_and_told_to_be_deleted(world: World) -> None:
    await tell(world, uuid4(), 1)
    await restored(world, "issuer")

    await world.reader.assign(list(world.reader.positions))
    refused = world.issuer.pipeline().checks["consumer"]
    await start_anew(world)

    assert not refused.ok
    assert "from before the restore: delete it" in refused.reason
    assert world.issuer.consumer.stopped_because is None
    assert world.issuer.consumer.ready()


async def test_a_restored_consumer_applies_the_rest_of_the_old_log_again_in_its_new_epoch(
    world: World, issuer_backup: Backup
) -> None:
    order_id = uuid4()
    await tell(world, order_id, 1)
    await issuer_backup.take()
    await tell(world, order_id, 1)
    await issuer_backup.put_back()
    recovery = Recovery(handlers=handlers_of("issuer", world.projection.handle))

    await restored(world, "issuer", old_log=world.log, recovery=recovery)

    assert world.projection.numbers(order_id) == [1, 2, 2]
    assert await last_applied(world, order_id) == 2


async def run(pool: Pool, world: World, *arguments: str) -> str:
    options = parse_command("ordering", arguments)
    return await run_command(
        options, service="ordering", pool=pool, settings=SETTINGS, log=lambda _settings: world.log
    )


async def test_the_command_lists_what_the_others_have_heard(
    world: World, ordering_backup: Backup, tmp_path: Path
) -> None:
    order_id = uuid4()
    await ordering_backup.take()
    await tell(world, order_id, 1)
    heard = tmp_path / "issuer.heard"
    heard.write_text("\n".join(await tell_heard(world.issuer.works, "issuer")))
    await ordering_backup.put_back()
    arguments = ["restored", "--to", "2026-11-22T12:00:00Z", "--heard", str(heard), "--old-log"]

    told = await run(world.ordering_pool, world, *arguments)

    assert told.splitlines()[1:] == [line(order_id, 1, "ActivationCodeRequested, heard by issuer")]


async def test_the_command_refuses_while_the_service_runs(world: World, database: MakeDatabase) -> None:
    ordering = await database("ordering")  # its pool has the name of the service

    with pytest.raises(SystemExit, match="stop all of its processes first"):
        await run(ordering.pool, world, "restored", "--to", "2026-11-22T12:00:00Z")


async def test_an_instant_without_its_zone_is_refused(world: World) -> None:
    with pytest.raises(SystemExit):
        await run(world.ordering_pool, world, "restored", "--to", "2026-11-22T12:00:00")
