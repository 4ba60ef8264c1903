"""Several containers of a service: they share the work, and any of them may go and come back."""

from functools import partial

from devstack.settings import SERVICES
from tests.e2e.crowd import crowd_of
from tests.e2e.system import PATIENCE, System, run
from tests.journeys.conftest import People
from tests.waiting import eventually


async def test_replicas_share_the_work_and_lose_nothing_while_they_are_stopped_and_started(
    system: System, people: People
) -> None:
    await system.scale(issuer=3, notifier=2)
    issuers, notifiers = await system.replicas("issuer"), await system.replicas("notifier")

    async with crowd_of(people) as crowd:
        await crowd.goes_on()
        for replica in (*issuers, *notifiers):
            await eventually(partial(system.ask_inside, replica, "records_taken"), PATIENCE, every=0.5)
        for replica in (issuers[0], notifiers[0], issuers[2]):
            await run("docker", "stop", replica)
            await crowd.goes_on()
            await run("docker", "start", replica)
        await crowd.goes_on()

    assert crowd.failures == []
    assert len(issuers) == 3
    assert len(notifiers) == 2


async def test_a_rolling_restart_of_everything_fails_no_request_and_loses_nothing(
    system: System, people: People
) -> None:
    await system.scale(**dict.fromkeys(SERVICES, 2))

    async with crowd_of(people) as crowd:
        await crowd.goes_on()
        for service in SERVICES:
            for replica in await system.replicas(service):
                await system.restart(replica)
        await crowd.goes_on()

    assert crowd.failures == []
