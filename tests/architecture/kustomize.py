"""The Kubernetes manifests as kustomize renders them, and questions that tests ask of them."""

import fcntl
import os
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import yaml

from tests.architecture.sources import ROOT

KUBERNETES = ROOT / "ops" / "kubernetes"
OVERLAYS = ("production", "small")
VERSION = "v5.8.1"
MODULE = f"sigs.k8s.io/kustomize/kustomize/v5@{VERSION}"

Object = dict[str, Any]


@cache
def rendered(overlay: str) -> list[Object]:
    command = [kustomize(), "build", str(KUBERNETES / "overlays" / overlay)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "Warning" not in done.stderr, done.stderr
    return list(yaml.safe_load_all(done.stdout))


@cache
def kustomize() -> str:
    """The program of the pinned version, built from its Go module at the first call and kept."""
    cache_folder = Path(os.environ.get("LEGITKA_CACHE") or Path.home() / ".cache" / "legitka")
    folder = cache_folder / "kustomize" / VERSION
    folder.parent.mkdir(parents=True, exist_ok=True)
    with folder.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # several test processes: the others wait and find it done
        if not (folder / "kustomize").exists():
            _build(folder)
    return str(folder / "kustomize")


def _build(folder: Path) -> None:
    go = shutil.which("go")
    if go is None:
        _cannot_be_had("Go is missing, which builds kustomize: install it (golang)")
    unfinished = folder.with_name(f"{folder.name}-{uuid4().hex}")
    environment = os.environ | {"GOBIN": str(unfinished), "GOFLAGS": "-buildvcs=false"}
    done = subprocess.run(
        [str(go), "install", MODULE], env=environment, capture_output=True, text=True, check=False
    )
    if done.returncode:
        shutil.rmtree(unfinished, ignore_errors=True)
        _cannot_be_had(f"kustomize cannot be built: {done.stderr[-500:]}")
    unfinished.rename(folder)


def _cannot_be_had(why: str) -> None:
    """On a developer's machine the manifests stay unchecked then; a run of everything must not pass so."""
    if os.environ.get("CI"):
        pytest.fail(why)
    pytest.skip(why)


@dataclass(frozen=True, slots=True)
class Pods:
    """The pods of one Deployment or Job."""

    owner: Object
    spec: Object
    labels: dict[str, str]

    @property
    def name(self) -> str:
        return str(self.owner["metadata"]["name"])

    @property
    def container(self) -> Object:
        (only,) = self.spec["containers"]
        return dict(only)

    @property
    def module(self) -> str:
        """What runs in it: `python -m <module>`."""
        return str(self.container["command"][2])

    @property
    def is_service(self) -> bool:
        return bool(self.owner["kind"] == "Deployment")

    @property
    def port_names(self) -> dict[str, int]:
        return {port["name"]: port["containerPort"] for port in self.container.get("ports", [])}


def of_kind(overlay: str, *kinds: str) -> list[Object]:
    return [each for each in rendered(overlay) if each["kind"] in kinds]


def pods(overlay: str) -> list[Pods]:
    owners = of_kind(overlay, "Deployment", "Job")
    templates = [(owner, owner["spec"]["template"]) for owner in owners]
    return [Pods(owner, each["spec"], each["metadata"]["labels"]) for owner, each in templates]


def environment_of(overlay: str, one: Pods) -> dict[str, str]:
    """The variables that a container is given; all of them come from ConfigMaps."""
    maps = {each["metadata"]["name"]: each.get("data", {}) for each in of_kind(overlay, "ConfigMap")}
    variables: dict[str, str] = {}
    for source in one.container["envFrom"]:
        variables |= maps[source["configMapRef"]["name"]]
    return variables


def secrets_of(one: Pods) -> Iterator[tuple[Path, Object]]:
    """Where the files of a Secret lie, and the volume's source."""
    places = {mount["name"]: Path(mount["mountPath"]) for mount in one.container["volumeMounts"]}
    for volume in one.spec["volumes"]:
        if "secret" in volume:
            yield places[volume["name"]], volume["secret"]


def selects(selector: Object, labels: dict[str, str]) -> bool:
    """As Kubernetes decides it; an empty selector takes all."""
    wanted = selector.get("matchLabels", {}).items() <= labels.items()
    return wanted and all(
        (labels.get(rule["key"]) in rule["values"]) is (rule["operator"] == "In")
        for rule in selector.get("matchExpressions", [])
    )
