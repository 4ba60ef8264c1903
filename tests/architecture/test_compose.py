"""What every container of docker-compose.yml keeps to."""

import re
from typing import Any

import pytest
import yaml

from contracts.catalogue import SERVICES
from provision.owners import OWNERS_OF_FILES
from tests.architecture.sources import ROOT

Container = dict[str, Any]

FILE = (ROOT / "docker-compose.yml").read_text()
COMPOSE: dict[str, Any] = yaml.safe_load(FILE)
CONTAINERS: dict[str, Container] = COMPOSE["services"]
ONCE = ("secrets", "databases", "topics", "people", *(f"{service}-migrate" for service in SERVICES))
LASTING = sorted(CONTAINERS.keys() - {*ONCE, "load"})

each = pytest.mark.parametrize("name", sorted(CONTAINERS))
each_lasting = pytest.mark.parametrize("name", LASTING)


@each
def test_a_container_can_do_nothing_that_it_need_not(name: str) -> None:
    container = CONTAINERS[name]

    assert container["read_only"] is True
    assert container["cap_drop"] == ["ALL"]
    assert container["security_opt"] == ["no-new-privileges:true"]
    assert not {"privileged", "devices", "pid", "ipc"} & container.keys()


@each
def test_a_container_cannot_use_up_the_machine(name: str) -> None:
    container = CONTAINERS[name]

    assert container["mem_limit"]
    assert container["pids_limit"]
    assert container["logging"]["options"].keys() == {"max-size", "max-file"}


@each
def test_every_image_has_an_exact_tag(name: str) -> None:
    assert re.fullmatch(r"[a-z/]+:(\d+\.\d+[\w.-]*|local)", CONTAINERS[name]["image"])


def test_whoever_runs_it_decides_what_is_asked_of_wallets() -> None:
    asked = {"DPOP_REQUIRED", "DPOP_NONCE_REQUIRED"}
    of_keys = {"ENCRYPTION_REQUIRED", "KEY_ATTESTERS", "KEY_ATTESTATION_REQUIRED"}
    of_wallets = {"WALLET_ATTESTERS", "WALLET_ATTESTATION_REQUIRED"}

    for service, names in (("issuer", asked | of_keys), ("wallet", asked | of_wallets)):
        environment = CONTAINERS[service]["environment"]
        assert all(environment[name].startswith(f"${{{name}:") for name in names)


@each
def test_our_own_images_are_built_here_and_never_pulled(name: str) -> None:
    """Their names may belong to somebody else in a registry."""
    container = CONTAINERS[name]

    assert (container.get("pull_policy") == "never") == container["image"].startswith("legitka/")


def test_root_is_only_who_gives_files_to_others() -> None:
    with_rights = {name for name, container in CONTAINERS.items() if "cap_add" in container}
    roots = {name for name, container in CONTAINERS.items() if container.get("user", "").startswith("0")}

    assert roots == with_rights == {"secrets"}
    assert CONTAINERS["secrets"]["network_mode"] == "none"


def test_only_the_gateway_can_be_reached_and_only_from_this_machine() -> None:
    published = {name: container["ports"] for name, container in CONTAINERS.items() if "ports" in container}

    assert published.keys() == {"gateway", "gateway-tls"}
    assert all(port.startswith("127.0.0.1:") for port in published["gateway"])
    assert all(port.startswith("${TLS_ADDRESS:-127.0.0.1}:") for port in published["gateway-tls"])


def test_only_the_gateway_is_in_a_network_that_leads_out() -> None:
    leading_out = {
        name for name, network in COMPOSE["networks"].items() if not (network or {}).get("internal")
    }
    inside = {
        name for name, container in CONTAINERS.items() if leading_out & set(container.get("networks", []))
    }

    assert leading_out == {"public"}
    assert inside == {"gateway", "gateway-tls"}


@each_lasting
def test_what_lasts_has_a_health_check_and_time_to_end(name: str) -> None:
    container = CONTAINERS[name]

    assert container["restart"] == ("no" if name == "gateway-tls" else "unless-stopped")
    assert container["init"] is True
    assert int(container["stop_grace_period"].removesuffix("s")) >= 30
    assert container["healthcheck"]["start_period"]


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_is_healthy_when_its_pipeline_is(service: str) -> None:
    assert CONTAINERS[service]["healthcheck"]["test"][-1] == "/health/pipeline"


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_starts_after_its_migrations_and_topics_and_makes_none(service: str) -> None:
    waits_for = CONTAINERS[service]["depends_on"]

    assert waits_for == {
        name: {"condition": "service_completed_successfully"} for name in ("topics", f"{service}-migrate")
    }
    assert CONTAINERS[service]["environment"]["KAFKA__CREATE_TOPICS"] == "false"


@each
def test_nobody_sees_the_secrets_of_another(name: str) -> None:
    mounted = {
        volume.split(":")[0].removeprefix("secrets-"): volume
        for volume in CONTAINERS[name].get("volumes", [])
        if volume.startswith("secrets-")
    }

    if name == "secrets":
        assert mounted.keys() == {"vault", *OWNERS_OF_FILES}
        return
    assert mounted.keys() <= {SHARES_WITH.get(name, name)}
    assert all(volume.endswith(":ro") for volume in mounted.values())


SHARES_WITH = {
    "gateway-tls": "gateway",
    "people": "ordering",
    **{f"{service}-migrate": service for service in SERVICES},
}


@each
def test_no_secret_stands_in_the_file(name: str) -> None:
    """A password is a file below /run/legitka, or a place that Kafka reads from there."""
    environment = CONTAINERS[name].get("environment", {})

    given = {
        key: value for key, value in environment.items() if re.search("PASSWORD|SECRET|DATABASE_URL", key)
    }
    assert all(key.endswith("_FILE") for key in given)
    assert all(value.startswith("/run/legitka/") for value in given.values())
    assert set(re.findall(r'password="([^"]*)"', repr(environment))) <= {
        "$${directory:/run/legitka/kafka:bootstrap-password}"
    }
