"""Who is given which secret."""

import re

import pytest

from contracts.catalogue import SERVICES
from provision.owners import CLIENTS, KEYS, passwords_needed, servers, services
from tests.architecture.sources import service as folder_of

READS_A_KEY = re.compile(r"""\.(?:ring|signing_keys|certified)\(f?"([a-z/{}_-]+)"\)""")

RANDOM = {name: f"<{name}>" for name in passwords_needed()}
KEY_FILES = {name.replace("*", "umcs"): name.encode() for names in KEYS.values() for name in names}
OWNERS = {owner.name: owner for owner in (*servers(RANDOM), *services(RANDOM, KEY_FILES, "host"))}


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_is_given_the_keys_that_its_code_reads_and_no_others(service: str) -> None:
    read = {
        re.sub(r"{.*}", "*", name)
        for file in folder_of(service).rglob("*.py")
        for name in READS_A_KEY.findall(file.read_text())
    }

    assert read == set(KEYS[service])


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_knows_no_password_of_another(service: str) -> None:
    seen = b"".join(OWNERS[service].files.values()).decode()

    assert set(re.findall(r"<[a-z]+-([a-z]+)>", seen)) == {service}


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_reads_its_database_by_its_own_role(service: str) -> None:
    url = OWNERS[service].files["database-url"].decode()

    assert url == f"postgresql://{service}:<postgres-{service}>@host/{service}"


def test_only_those_who_sign_people_in_are_clients_of_the_provider() -> None:
    having = {name for name, owner in OWNERS.items() if "oidc-client-secret" in owner.files}

    assert having == set(CLIENTS)


def test_a_superuser_is_known_to_the_server_and_to_whoever_sets_it_up() -> None:
    for secret, knowing in {
        "postgres-superuser": {"postgres", "databases"},
        "kafka-bootstrap": {"kafka", "topics"},
    }.items():
        holders = {name for name, owner in OWNERS.items() if f"<{secret}>".encode() in owner.files.values()}
        assert holders == knowing
