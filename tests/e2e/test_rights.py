"""What one service must not do to another, tried from inside its container with its own credentials."""

import pytest

from contracts.catalogue import consumed_by, dlq_name, owned_by
from devstack.settings import SERVICES
from tests.e2e.system import System


@pytest.mark.parametrize("service", SERVICES)
async def test_kafka_refuses_what_a_service_writes_to_the_topic_of_another(
    system: System, service: str
) -> None:
    foreign = {owned_by(other)[0].name for other in SERVICES if other != service}
    own_dead_letters = dlq_name(consumed_by(service)[0], service)

    inside = (await system.replicas(service))[0]
    answers = await system.ask_inside(inside, "topics_that_take", *foreign, own_dead_letters)

    assert answers.pop(own_dead_letters) == "written"
    assert answers == dict.fromkeys(foreign, "TopicAuthorizationFailedError")


@pytest.mark.parametrize("service", SERVICES)
async def test_postgresql_lets_a_service_into_its_own_database_only(system: System, service: str) -> None:
    inside = (await system.replicas(service))[0]
    answers = await system.ask_inside(inside, "databases_that_open", *SERVICES, "postgres")

    assert answers.pop(service) == "open"
    assert set(answers.values()) == {"InsufficientPrivilegeError"}
