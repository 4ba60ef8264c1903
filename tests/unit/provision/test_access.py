"""Who may do what in Kafka."""

import pytest
from inline_snapshot import snapshot

from contracts.catalogue import DEAD_LETTER_TOPICS, REPLAYS, SERVICES, TOPICS, owned_by
from provision.access import all_rights, rights_of


def told(service: str) -> list[str]:
    return [f"{right.operation} {right.resource} {right.name}" for right in sorted(rights_of(service))]


def test_the_rights_of_ordering() -> None:
    assert told("ordering") == snapshot(
        [
            "read group ordering",
            "read topic issuer.credentials.v1",
            "read topic notifier.deliveries.v1",
            "read topic ordering.orders.v1",
            "read topic platform.replays.v1",
            "read topic wallet.activations.v1",
            "write topic issuer.credentials.v1.ordering.dlq",
            "write topic notifier.deliveries.v1.ordering.dlq",
            "write topic ordering.orders.v1",
            "write topic platform.replays.v1",
            "write topic platform.replays.v1.ordering.dlq",
            "write topic wallet.activations.v1.ordering.dlq",
        ]
    )


def test_the_rights_of_the_issuer() -> None:
    assert told("issuer") == snapshot(
        [
            "read group issuer",
            "read topic issuer.credentials.v1",
            "read topic ordering.orders.v1",
            "read topic platform.replays.v1",
            "write topic issuer.credentials.v1",
            "write topic ordering.orders.v1.issuer.dlq",
            "write topic platform.replays.v1",
            "write topic platform.replays.v1.issuer.dlq",
        ]
    )


def test_the_rights_of_the_notifier() -> None:
    assert told("notifier") == snapshot(
        [
            "read group notifier",
            "read topic issuer.credentials.v1",
            "read topic notifier.deliveries.v1",
            "read topic ordering.orders.v1",
            "read topic platform.replays.v1",
            "read topic wallet.activations.v1",
            "write topic issuer.credentials.v1.notifier.dlq",
            "write topic notifier.deliveries.v1",
            "write topic ordering.orders.v1.notifier.dlq",
            "write topic platform.replays.v1",
            "write topic platform.replays.v1.notifier.dlq",
            "write topic wallet.activations.v1.notifier.dlq",
        ]
    )


def test_the_rights_of_the_wallet() -> None:
    assert told("wallet") == snapshot(
        [
            "read group wallet",
            "read topic issuer.credentials.v1",
            "read topic platform.replays.v1",
            "read topic wallet.activations.v1",
            "write topic issuer.credentials.v1.wallet.dlq",
            "write topic platform.replays.v1",
            "write topic platform.replays.v1.wallet.dlq",
            "write topic wallet.activations.v1",
        ]
    )


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_writes_no_stream_of_another(service: str) -> None:
    streams = {topic.name for topic in TOPICS if topic is not REPLAYS}
    written = {right.name for right in rights_of(service) if right.operation == "write"}

    assert written & streams == {topic.name for topic in owned_by(service)}


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_writes_the_dead_letters_of_its_own_group_only(service: str) -> None:
    dead_letters = {topic.name for topic in DEAD_LETTER_TOPICS}
    written = {right.name for right in rights_of(service) if right.operation == "write"}

    assert {name.split(".")[-2] for name in written & dead_letters} == {service}


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_is_in_no_group_but_its_own(service: str) -> None:
    assert {right.name for right in rights_of(service) if right.resource == "group"} == {service}


def test_nobody_reads_dead_letters() -> None:
    dead_letters = {topic.name for topic in DEAD_LETTER_TOPICS}

    assert [right for right in all_rights() if right.operation == "read" and right.name in dead_letters] == []
