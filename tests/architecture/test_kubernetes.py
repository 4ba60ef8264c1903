"""The Kubernetes manifests are valid, hardened, free of secrets, and tell services only what they know."""

import importlib
import json
from pathlib import Path

import jsonschema
import kubernetes_validate
import pytest
from pydantic import SecretStr

from contracts.catalogue import PARTITIONS, SERVICES, consumed_by
from eventing.settings import EventingSettings
from notifier.settings import NotifierSettings
from provision.owners import KEYS, SERVICE_USER
from servicekit.settings import ServiceSettings
from tests.architecture.kustomize import (
    KUBERNETES,
    OVERLAYS,
    Pods,
    environment_of,
    of_kind,
    pods,
    rendered,
    secrets_of,
)
from tests.architecture.sources import ROOT
from wallet.verifier.settings import VerifierSettings

pytestmark = [
    pytest.mark.timeout(900),  # the first run builds kustomize
    pytest.mark.parametrize("overlay", OVERLAYS),
]

README = (KUBERNETES / "README.md").read_text()
PROBES = {"startup": "/health/live", "liveness": "/health/live", "readiness": "/health/ready"}
REQUESTS_END_WITHIN, CONSUMER_LEAVES_WITHIN = 10, 5  # servicekit.app, eventing.kafka


def settings_class(service: str) -> type[ServiceSettings]:
    module = importlib.import_module(f"{service}.settings")
    found: type[ServiceSettings] = getattr(module, f"{service.title()}Settings")
    return found


def settings_of(service: str) -> set[str]:
    """Every variable that the service reads, but for those that name a file with the value."""
    own = {name.upper() for name in settings_class(service).model_fields if name != "kafka"}
    return own | {f"KAFKA__{name.upper()}" for name in EventingSettings.model_fields}


def is_setting(service: str, variable: str) -> bool:
    return {variable, variable.removesuffix("_FILE")} & settings_of(service) != set()


def is_secret(service: str, variable: str) -> bool:
    name = variable.lower()
    if name.startswith("kafka__"):
        return not EventingSettings.model_fields[name.removeprefix("kafka__")].repr
    field = settings_class(service).model_fields[name]
    return not field.repr or SecretStr in (field.annotation, *getattr(field.annotation, "__args__", ()))


def of_services(overlay: str) -> list[Pods]:
    return [one for one in pods(overlay) if one.module in SERVICES]


def test_every_object_is_valid(overlay: str) -> None:
    keda = json.loads((Path(__file__).parent / "keda.schema.json").read_text())
    for each in rendered(overlay):
        if each["apiVersion"].startswith("keda.sh/"):
            jsonschema.validate(each, keda)
        else:
            kubernetes_validate.validate(each, kubernetes_validate.latest_version(), strict=True)


def test_every_variable_is_a_setting_of_its_service(overlay: str) -> None:
    given = [(one.module, name) for one in of_services(overlay) for name in environment_of(overlay, one)]

    assert given
    assert [(service, name) for service, name in given if not is_setting(service, name)] == []


def test_every_service_takes_its_settings_in_production(
    overlay: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "secret").write_text("from outside")
    for one in of_services(overlay):
        with monkeypatch.context() as patch:
            for name, value in environment_of(overlay, one).items():
                patch.setenv(name, str(tmp_path / "secret") if name.endswith("_FILE") else value)

            settings = settings_class(one.module)()

        assert settings.is_production
        assert settings.database_url == settings.kafka.sasl_password == "from outside"
        assert settings.kafka.sasl_username == one.module
        assert not settings.kafka.create_topics


def test_the_verifier_takes_its_settings_without_any_secret(
    overlay: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    (verifier,) = [one for one in pods(overlay) if one.module == "wallet.verifier"]
    for name, value in environment_of(overlay, verifier).items():
        monkeypatch.setenv(name, value)

    settings = VerifierSettings()

    assert settings.is_production
    assert settings.database_url == ""
    assert list(secrets_of(verifier)) == []


def test_no_secret_stands_in_a_manifest(overlay: str) -> None:
    told = [
        (one.module, name)
        for one in of_services(overlay)
        for name in environment_of(overlay, one)
        if not name.endswith("_FILE") and is_secret(one.module, name)
    ]

    assert told == []
    assert of_kind(overlay, "Secret") == []
    assert [one.name for one in pods(overlay) if "env" in one.container] == []


def test_every_secret_file_is_mounted_and_told(overlay: str) -> None:
    for one in of_services(overlay):
        folders = dict(secrets_of(one))
        for name, value in environment_of(overlay, one).items():
            if name.endswith("_FILE"):
                source = folders[Path(value).parent]
                assert source["secretName"] == f"legitka-{one.module}"
                assert f"`{Path(value).name}`" in README


def test_every_secret_is_told(overlay: str) -> None:
    used = {source["secretName"] for one in pods(overlay) for _, source in secrets_of(one)}
    used |= {tls["secretName"] for each in of_kind(overlay, "Ingress") for tls in each["spec"]["tls"]}

    assert {name for name in used if f"`{name}`" not in README} == set()


def test_a_service_has_the_keys_that_it_reads_and_no_others(overlay: str) -> None:
    institutions = [file.stem for file in (ROOT / "institutions").glob("*.toml")]
    for one in of_services(overlay):
        folders = dict(secrets_of(one))
        if not one.is_service:
            assert list(folders) == [Path("/run/legitka/secrets")]
            continue
        mounted = {item["path"] for item in folders[Path(environment_of(overlay, one)["KEYS_DIR"])]["items"]}
        assert mounted == {
            f"{name.replace('*', institution)}.json"
            for name in KEYS[one.module]
            for institution in institutions
        }


def test_every_institution_is_there(overlay: str) -> None:
    (found,) = [each for each in of_kind(overlay, "ConfigMap") if "umcs.toml" in each["data"]]

    assert set(found["data"]) == {file.name for file in (ROOT / "institutions").glob("*.toml")}


def test_every_pod_is_hardened(overlay: str) -> None:
    for one in pods(overlay):
        assert one.spec["securityContext"] == {
            "runAsNonRoot": True,
            "runAsUser": SERVICE_USER,
            "runAsGroup": SERVICE_USER,
            "fsGroup": SERVICE_USER,
            "seccompProfile": {"type": "RuntimeDefault"},
        }
        assert one.container["securityContext"] == {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        }
        assert one.spec["automountServiceAccountToken"] is False
        assert "memory" in one.container["resources"]["limits"]
        assert {"cpu", "memory"} <= one.container["resources"]["requests"].keys()
        assert not {"hostNetwork", "hostPID", "hostIPC", "initContainers"} & one.spec.keys()
        assert not any("hostPath" in volume for volume in one.spec["volumes"])


def test_what_is_written_is_written_to_a_folder_that_may_be_lost(overlay: str) -> None:
    for one in of_services(overlay):
        lost = {volume["name"] for volume in one.spec["volumes"] if "emptyDir" in volume}
        places = {mount["mountPath"] for mount in one.container["volumeMounts"] if mount["name"] in lost}

        assert "/tmp" in places
        assert not one.is_service or environment_of(overlay, one)["CACHE_DIR"] in places


def test_probes_ask_what_they_are_for(overlay: str) -> None:
    for one in pods(overlay):
        if one.is_service:
            asked = {kind: one.container[f"{kind}Probe"]["httpGet"] for kind in PROBES}
            assert asked == {kind: {"path": path, "port": "http"} for kind, path in PROBES.items()}


def test_a_service_is_given_the_time_to_drain(overlay: str) -> None:
    letter = NotifierSettings.model_fields["smtp_timeout"].default
    for one in pods(overlay):
        if one.is_service:
            pause = one.container["lifecycle"]["preStop"]["sleep"]["seconds"]
            longest = pause + REQUESTS_END_WITHIN + letter + CONSUMER_LEAVES_WITHIN
            assert one.spec["terminationGracePeriodSeconds"] > longest


def test_one_image_serves_all(overlay: str) -> None:
    images = {one.container["image"] for one in pods(overlay)}

    assert len(images) == 1
    assert not images.pop().endswith((":latest", "legitka/service"))


def test_every_service_is_migrated_before_it_is_rolled_out(overlay: str) -> None:
    jobs = {one.name: one for one in pods(overlay) if not one.is_service}

    for service in SERVICES:
        assert jobs[f"legitka-migrate-{service}"].container["args"] == ["migrate"]
    needed = (*of_kind(overlay, "Job"), *of_kind(overlay, "ConfigMap", "ServiceAccount", "Namespace"))
    first = [each for each in needed if "legitka-institutions" not in each["metadata"]["name"]]
    assert {each["metadata"]["labels"].get("legitka.pl/step") for each in first} == {"prepare"}
    for deployment in of_kind(overlay, "Deployment"):
        assert "legitka.pl/step" not in deployment["metadata"]["labels"]


def test_consumers_scale_on_the_lag_of_what_they_read(overlay: str) -> None:
    scaled = {
        each["spec"]["scaleTargetRef"]["name"]: each["spec"] for each in of_kind(overlay, "ScaledObject")
    }
    deployed = {each["metadata"]["name"]: each["spec"] for each in of_kind(overlay, "Deployment")}

    deployed.pop("legitka-verifier")  # reads nothing

    assert set(scaled) == (set(deployed) if overlay == "production" else set())
    for name, spec in scaled.items():
        service = name.removeprefix("legitka-")
        told = [trigger["metadata"] for trigger in spec["triggers"]]
        assert [each["topic"] for each in told] == [topic.name for topic in consumed_by(service)]
        assert {each["consumerGroup"] for each in told} == {service}
        assert 1 < spec["minReplicaCount"] < spec["maxReplicaCount"] <= PARTITIONS
        assert "replicas" not in deployed[name]
