"""The command line of a service: help needs no settings, and settings that are missing are named."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from contracts.catalogue import SERVICES
from servicekit.commands import parse_command
from servicekit.settings import ServiceSettings, load_settings


@pytest.fixture(autouse=True)
def no_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [*ServiceSettings.model_fields, "kafka__bootstrap_servers"]:
        monkeypatch.delenv(name.upper(), raising=False)


@pytest.mark.parametrize("service", SERVICES)
def test_help_needs_no_settings(service: str) -> None:
    helped = subprocess.run(
        [sys.executable, "-m", service, "--help"], capture_output=True, text=True, check=False
    )

    assert (helped.returncode, helped.stderr) == (0, "")
    assert {"migrate", "dead-letters", "replay", "restored"} <= set(helped.stdout.split())


def test_without_settings_nothing_but_their_names_is_told() -> None:
    served = subprocess.run(
        [sys.executable, "-m", "issuer"],
        env={"PATH": os.environ["PATH"]},
        capture_output=True,
        text=True,
        check=False,
    )

    assert served.returncode == 1
    assert served.stderr.splitlines()[1:] == ["  DATABASE_URL: is missing"]


def test_a_wrong_file_of_an_institution_is_told_with_its_cure_and_nothing_else(tmp_path: Path) -> None:
    settings = {"DATABASE_URL": "postgresql://localhost/issuer", "ENVIRONMENT": "development"}
    served = subprocess.run(
        [sys.executable, "-m", "issuer"],
        env={"PATH": os.environ["PATH"], "INSTITUTIONS_DIR": str(tmp_path), **settings},
        capture_output=True,
        text=True,
        check=False,
    )

    assert served.returncode == 1
    [head, told] = served.stderr.splitlines()
    assert head == "These files of institutions must be mended:"
    assert "no institution there. Put one <id>.toml" in told


def test_a_mistyped_command_is_told_with_those_there_are(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        parse_command("issuer", ["dead-lettres"])

    assert "dead-letters" in capsys.readouterr().err


def test_every_wrong_setting_has_a_line_with_the_name_of_its_variable(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("HTTP_PORT", "eighty-one")
    monkeypatch.setenv("ENVIRONMENT", "staging")

    with pytest.raises(SystemExit) as ended:
        load_settings(ServiceSettings)

    _, *lines = str(ended.value).splitlines()
    assert {line.split(":")[0].strip() for line in lines} == {"DATABASE_URL", "HTTP_PORT", "ENVIRONMENT"}
    assert "eighty-one" not in str(ended.value)


def test_what_production_wants_has_a_line_each(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://localhost/ordering")
    monkeypatch.setenv("ISSUER_PUBLIC_URL", "http://issuer.example")

    with pytest.raises(SystemExit) as ended:
        load_settings(ServiceSettings)

    lines = str(ended.value).splitlines()
    assert "  ISSUER_PUBLIC_URL must be https" in lines
    assert "  WALLET_PUBLIC_URL must be given" in lines
