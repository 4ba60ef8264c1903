"""What a process tells of its own work."""

from uuid import uuid4

import pytest
from prometheus_client import REGISTRY

from contracts.catalogue import ORDERS, partition_of
from tests.component.eventing.orders import requested
from tests.component.eventing.world import World

pytestmark = pytest.mark.asyncio


async def test_the_lag_of_every_partition_is_told(world: World) -> None:
    order_id = uuid4()
    labels = {"topic": ORDERS.name, "partition": str(partition_of(str(order_id)))}

    async def told() -> float | None:
        await world.issuer.watch.look()
        await world.issuer._measure()
        return REGISTRY.get_sample_value("eventing_lag_records", labels)

    await world.say(lambda work: requested(work, order_id))
    await world.send()
    before = await told()
    await world.hear()

    assert (before, await told()) == (1, 0)


async def test_a_partition_that_was_given_away_is_told_no_more(world: World) -> None:
    await world.issuer._measure()
    await world.reader.assign([(ORDERS.name, 3)])
    await world.issuer._measure()

    def told(partition: str) -> float | None:
        return REGISTRY.get_sample_value(
            "eventing_lag_records", {"topic": ORDERS.name, "partition": partition}
        )

    assert (told("3"), told("4")) == (0, None)
