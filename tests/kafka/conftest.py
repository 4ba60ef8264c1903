"""Apache Kafka itself: these tests run where `BROKER=kafka` (`make kafka`)."""

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from devstack.apache_kafka import NODES, KafkaCluster
from devstack.broker import is_apache_kafka
from devstack.ports import free_ports
from devstack.settings import Places
from devstack.stack import Stack

REPOSITORY = Path(__file__).resolve().parents[2]

Tell = Callable[[str], None]


@pytest.fixture(autouse=True, scope="session")
def apache_kafka() -> None:
    if not is_apache_kafka():
        pytest.skip("these tests are about Apache Kafka: make kafka")


@pytest.fixture
def stack(tmp_path: Path, apache_kafka: None) -> Iterator[Stack]:
    with Stack(Places(REPOSITORY, tmp_path / "stack"), free_ports(), durable=False) as running:
        yield running


@pytest.fixture
def cluster(tmp_path: Path, apache_kafka: None) -> Iterator[KafkaCluster]:
    cluster = KafkaCluster(tmp_path / "cluster")
    cluster.start(*NODES)
    yield cluster
    cluster.stop()


@pytest.fixture
def stack_on_a_cluster(tmp_path: Path, cluster: KafkaCluster) -> Iterator[Stack]:
    reached = {"KAFKA__BOOTSTRAP_SERVERS": cluster.address, "KAFKA__REPLICATION_FACTOR": "3"}
    places = Places(REPOSITORY, tmp_path / "stack")
    with Stack(places, free_ports(), durable=False, external_broker=reached) as running:
        yield running


@pytest.fixture
def tell(capsys: pytest.CaptureFixture[str]) -> Tell:
    """Says a figure to whoever watches the tests run."""

    def say(text: str) -> None:
        with capsys.disabled():
            sys.stdout.write(f"\n{text}\n")

    return say
