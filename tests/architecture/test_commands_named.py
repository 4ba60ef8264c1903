"""What operators are told to type, to set and to watch exists under that name."""

import importlib
import importlib.util
import re
from pathlib import Path

import pytest
from prometheus_client import REGISTRY

import run
from contracts.catalogue import SERVICES
from eventing.settings import EventingSettings
from servicekit.commands import SHARED
from servicekit.institutions import Institution
from tests.architecture.sources import ROOT, texts_in

OPERATORS_PAGES = (ROOT / "docs" / "deployment.md", ROOT / "ops" / "kubernetes" / "README.md")

TARGET = re.compile(r"`make ([a-z-]+)")
COMMAND = re.compile(r"`python -m (<service>|\w+)(?: ([a-z-]+))?")
METRIC = re.compile(r"\b((?:eventing|ordering|issuer|notifier|wallet)_[a-z_]+)\b")
# `BROKER` chooses the broker of the embedded stack, `SSL_CERT` (its file) is what clients of TLS know,
# `X` stands for any setting; the others are values.
OTHERS = {"BROKER", "PLAINTEXT", "SASL_PLAINTEXT", "SASL_SSL", "SSL_CERT", "X"}
VARIABLE = re.compile(r"`([A-Z][A-Z_]+[A-Z])(?:=[^`]*)?`")

pages = pytest.mark.parametrize("page", OPERATORS_PAGES, ids=lambda page: page.name)


@pages
def test_make_targets_exist(page: Path) -> None:
    assert set(TARGET.findall(page.read_text())) - run.WORDS.keys() == set()


@pages
def test_commands_exist(page: Path) -> None:
    for module, command in COMMAND.findall(page.read_text()):
        for name in SERVICES if module == "<service>" else (module,):
            assert command in {"", *commands_of(name)}, f"python -m {name} {command}"


def commands_of(module: str) -> set[str]:
    """The words that its command line can begin with."""
    spec = importlib.util.find_spec(f"{module}.__main__")
    assert spec is not None, module
    assert spec.origin is not None, module
    own = {text for text, _ in texts_in(Path(spec.origin)) if re.fullmatch("[a-z-]+", text)}
    return own | (set(SHARED) if module in SERVICES else set())


@pages
def test_metrics_exist(page: Path) -> None:
    for service in SERVICES:
        importlib.import_module(f"{service}.app")
        importlib.import_module("servicekit.metrics").http_metrics(service)
    known = {sample for each in REGISTRY.collect() for sample in (each.name, f"{each.name}_total")}

    keys_of_files = set(Institution.model_fields)
    assert set(METRIC.findall(page.read_text())) - known - keys_of_files == set()


@pages
def test_variables_are_settings(page: Path) -> None:
    classes = [
        getattr(importlib.import_module(f"{name}.settings"), f"{name.title()}Settings") for name in SERVICES
    ]
    known = {field.upper() for settings in classes for field in settings.model_fields}
    known |= {f"KAFKA__{field.upper()}" for field in EventingSettings.model_fields}
    told = {
        name if name in known else name.removesuffix("_FILE") for name in VARIABLE.findall(page.read_text())
    }

    assert told - known - OTHERS == set()
