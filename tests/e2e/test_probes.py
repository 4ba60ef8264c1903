"""What probes say through the published ports while parts of the system are away, and that all comes back."""

import pytest

from devstack.journey.student import StudentClient
from devstack.settings import SERVICES
from tests.e2e.system import PATIENCE, System
from tests.journeys.conftest import People
from tests.waiting import eventually

PROBES = ("live", "ready", "pipeline")


@pytest.mark.parametrize("service", SERVICES)
async def test_a_service_tells_how_it_is(system: System, service: str) -> None:
    for probe in PROBES:
        answer = await system.probe(service, probe)
        assert answer.status_code == 200
        assert answer.headers["Content-Type"] == "application/json"
    assert "eventing_outbox_events" in await system.metrics(service)


async def test_without_kafka_orders_are_taken_and_are_ready_afterwards(
    system: System, people: People
) -> None:
    student, _ = await people.student()
    async with system.without("kafka"):
        for service in SERVICES:
            await answers(system, service, pipeline=503)
            assert await broken_checks(system, service, "pipeline") >= {"broker"}

        order = await student.place_order()
        for service in SERVICES:
            await answers(system, service, live=200, ready=200, pipeline=503)
        assert (await student.order(order["order_id"]))["status"] == "PLACED"

    await eventually(lambda: order_is(student, order["order_id"], "READY"), PATIENCE, every=0.2)
    await everything_is_well(system)


async def test_without_the_database_nobody_is_ready_and_all_come_back(system: System, people: People) -> None:
    student, _ = await people.student()
    async with system.without("postgres"):
        for service in SERVICES:
            await answers(system, service, live=200, ready=503)
            assert await broken_checks(system, service, "ready") == {"database"}

    await everything_is_well(system)
    order = await student.place_order()
    await student.wait_for(order["order_id"], "READY")


async def answers(system: System, service: str, **expected: int) -> None:
    async def told() -> bool:
        assert {probe: await system.status_of(service, probe) for probe in expected} == expected
        return True

    await eventually(told, PATIENCE, every=0.2)


async def broken_checks(system: System, service: str, probe: str) -> set[str]:
    """The checks that fail, each with its reason and its cure."""
    checks = (await system.probe(service, probe)).json()["checks"]
    broken = {name: check for name, check in checks.items() if not check["ok"]}
    assert all(check["reason"] and check["cure"] for check in broken.values())
    return set(broken)


async def everything_is_well(system: System) -> None:
    for service in SERVICES:
        await answers(system, service, live=200, ready=200, pipeline=200)


async def order_is(student: StudentClient, order_id: str, status: str) -> bool:
    return bool((await student.order(order_id))["status"] == status)
