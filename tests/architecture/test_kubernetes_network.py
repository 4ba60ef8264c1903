"""Whoever talks to whom in Kubernetes: what the design allows, on ports that exist, and nothing else."""

import importlib
from collections.abc import Iterable, Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest
from fastapi import FastAPI

from contracts.catalogue import SERVICES
from tests.architecture.kustomize import (
    OVERLAYS,
    Object,
    Pods,
    environment_of,
    of_kind,
    pods,
    selects,
)

pytestmark = [
    pytest.mark.timeout(900),  # the first run builds kustomize
    pytest.mark.parametrize("overlay", OVERLAYS),
]

# Photos by the issuer, and public keys of whoever signs: the only calls between services.
ON_THE_WEB = (*SERVICES, "verifier")
CALLS = {("issuer", "ordering"), ("notifier", "ordering"), ("ordering", "issuer"), ("issuer", "wallet")}
WELCOMES = {"issuer": {"/"}, "notifier": {"/"}}  # for developers only
INSIDE = ("/internal", "/metrics", "/health", "/docs", "/openapi.json", "/asyncapi")


def policies(overlay: str, one: Pods, direction: str) -> list[Object]:
    """Those that hold for a pod in a direction; having none would allow everything."""
    return [
        each["spec"]
        for each in of_kind(overlay, "NetworkPolicy")
        if direction.title() in each["spec"]["policyTypes"]
        and selects(each["spec"]["podSelector"], one.labels)
    ]


def peers(overlay: str, one: Pods, direction: str) -> list[Object]:
    side = "from" if direction == "ingress" else "to"
    rules = [rule for policy in policies(overlay, one, direction) for rule in policy.get(direction, [])]
    return [peer for rule in rules for peer in rule[side]]


def allowed(overlay: str, direction: str) -> set[tuple[str, str]]:
    """(whose policy, the other) for all pairs of pods in our namespace."""
    serving = [one for one in pods(overlay) if one.is_service]
    return {
        (one.module, other.module)
        for one in serving
        for other in serving
        for peer in peers(overlay, one, direction)
        if "ipBlock" not in peer
        and "namespaceSelector" not in peer
        and selects(peer["podSelector"], other.labels)
    }


def test_every_pod_may_do_only_what_is_said(overlay: str) -> None:
    for one in pods(overlay):
        for direction in ("ingress", "egress"):
            assert policies(overlay, one, direction), one.name


def test_services_call_each_other_as_designed(overlay: str) -> None:
    assert allowed(overlay, "egress") == CALLS
    assert {(caller, called) for called, caller in allowed(overlay, "ingress")} == CALLS


def test_only_those_with_business_outside_leave_the_cluster(overlay: str) -> None:
    leaving = {
        one.module
        for one in pods(overlay)
        if any("ipBlock" in peer for peer in peers(overlay, one, "egress"))
    }

    assert leaving == {"ordering", "wallet", "notifier"}


def test_nobody_is_reached_but_services(overlay: str) -> None:
    for one in pods(overlay):
        assert one.is_service == bool(peers(overlay, one, "ingress")), one.name


def test_ports_fit(overlay: str) -> None:
    for one in pods(overlay):
        if one.is_service:
            assert one.port_names == {"http": int(environment_of(overlay, one)["HTTP_PORT"])}
            assert environment_of(overlay, one)["HTTP_HOST"] == "0.0.0.0"
    for policy in of_kind(overlay, "NetworkPolicy"):
        for rule in policy["spec"].get("ingress", []):
            assert rule["ports"] == [{"port": "http"}]


def test_what_selects_pods_selects_one_service(overlay: str) -> None:
    selectors = [
        *((each, {"matchLabels": each["spec"]["selector"]}) for each in of_kind(overlay, "Service")),
        *((each, each["spec"]["selector"]) for each in of_kind(overlay, "Deployment", "PodDisruptionBudget")),
        *(
            (each, constraint["labelSelector"])
            for each in of_kind(overlay, "Deployment")
            for constraint in each["spec"]["template"]["spec"]["topologySpreadConstraints"]
        ),
    ]

    for each, selector in selectors:
        found = [one.name for one in pods(overlay) if selects(selector, one.labels)]
        assert found == [each["metadata"]["name"]]
    assert {each["metadata"]["name"] for each in of_kind(overlay, "PodDisruptionBudget")} == {
        f"legitka-{name}" for name in ON_THE_WEB
    }


def test_internal_addresses_are_those_of_services(overlay: str) -> None:
    known = {each["metadata"]["name"] for each in of_kind(overlay, "Service")}
    told = {
        value
        for one in pods(overlay)
        for name, value in environment_of(overlay, one).items()
        if name.endswith("_INTERNAL_URL")
    }

    assert told
    assert {urlsplit(url).hostname for url in told} <= known
    assert {(urlsplit(url).scheme, urlsplit(url).port) for url in told} == {("http", None)}
    assert {each["spec"]["ports"][0]["port"] for each in of_kind(overlay, "Service")} == {80}


def test_every_public_name_leads_to_its_service(overlay: str) -> None:
    ingresses = {each["metadata"]["name"]: each["spec"] for each in of_kind(overlay, "Ingress")}
    environment = environment_of(overlay, pods(overlay)[0])

    assert set(ingresses) == {f"legitka-{name}" for name in ON_THE_WEB}
    for name, spec in ingresses.items():
        (rule,), (tls,) = spec["rules"], spec["tls"]
        url = urlsplit(environment[f"{name.removeprefix('legitka-').upper()}_PUBLIC_URL"])
        assert rule["host"] == url.netloc
        assert tls["hosts"] == [url.netloc]
        for path in rule["http"]["paths"]:
            assert path["backend"] == {"service": {"name": name, "port": {"name": "http"}}}


def test_the_verifier_reaches_nothing_but_names_and_the_collector_of_spans(overlay: str) -> None:
    (verifier,) = [one for one in pods(overlay) if one.module == "wallet.verifier"]
    spaces = [each["namespaceSelector"]["matchLabels"] for each in peers(overlay, verifier, "egress")]

    assert spaces == [{"kubernetes.io/metadata.name": "kube-system"}, {"legitka.pl/role": "monitoring"}]
    assert "secret" not in str(verifier.spec["volumes"])


@pytest.mark.parametrize("service", ON_THE_WEB)
def test_what_is_public_is_routed_and_nothing_else(overlay: str, service: str) -> None:
    prefixes = [
        path["path"]
        for each in of_kind(overlay, "Ingress")
        if each["metadata"]["name"] == f"legitka-{service}"
        for path in each["spec"]["rules"][0]["http"]["paths"]
    ]
    paths = set(paths_of(app_of(service).routes)) - WELCOMES.get(service, set())

    assert len(paths) > len(INSIDE)
    assert [path for path in paths if is_routed(path, prefixes) == path.startswith(INSIDE)] == []
    assert [path for path in INSIDE if is_routed(path, prefixes)] == []


def paths_of(routes: Iterable[Any], prefix: str = "") -> Iterator[str]:
    """Of pages, too, which no document of an API names."""
    for route in routes:
        if getattr(route, "methods", None):
            yield prefix + route.path
        if hasattr(route, "original_router"):
            yield from paths_of(route.original_router.routes, prefix + route.include_context.prefix)


def app_of(service: str) -> FastAPI:
    home = {"verifier": "wallet.verifier"}.get(service, service)
    settings = getattr(importlib.import_module(f"{home}.settings"), f"{service.title()}Settings")
    create = getattr(importlib.import_module(f"{home}.app"), f"create_{service}")
    app: FastAPI = create(settings(environment="development", database_url="none"))
    return app


def is_routed(path: str, prefixes: list[str]) -> bool:
    """As an Ingress decides it: by whole segments."""
    return any(path == prefix or path.startswith(f"{prefix}/") for prefix in prefixes)
