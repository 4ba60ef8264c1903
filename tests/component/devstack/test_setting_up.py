"""run.py names what is missing, in one line that says the cure."""

import ast
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path
from typing import NoReturn

import pytest

import run
from devstack import assets
from devstack.ports import STANDARD_PORTS


def test_an_old_python_is_named_with_the_cure(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")

    with pytest.raises(run.Trouble, match=r"Python 3\.11 or newer is needed, this is 3\.8\. Install one"):
        run.require_python((3, 8), "demo")


def test_a_newer_python_that_does_not_start_is_passed_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, words in (("python3.13", "exit 127"), ("python3.12", "exit 0")):
        (tmp_path / name).write_text(f"#!/bin/sh\n{words}\n")
        (tmp_path / name).chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    taken: list[str] = []

    def become(path: str, _arguments: list[str]) -> NoReturn:
        taken.append(path)
        raise SystemExit

    monkeypatch.setattr("os.execv", become)

    with pytest.raises(SystemExit):
        run.require_python((3, 8), "demo")

    assert taken == [str(tmp_path / "python3.12")]


def test_what_setting_up_leaves_behind_lies_in_the_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run, "CACHE", tmp_path)
    monkeypatch.setattr(run, "LOG", tmp_path / "setup.log")

    run.execute([sys.executable, "-c", "import tempfile; print(tempfile.gettempdir())"])

    assert (tmp_path / "setup.log").read_text().strip() == str(tmp_path / "tmp")


def test_the_first_step_that_fails_decides_the_status(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run, "python", lambda: sys.executable)
    monkeypatch.setattr(run, "steps", lambda _command, _rest: [["-c", "exit(3)"], ["-c", "exit(0)"]])

    assert run.run("lint", []) == 3


def test_the_last_step_alone_hears_of_a_ctrl_c() -> None:
    step = ["-c", "import os; print(os.getpid())"]
    script = f"import run, sys; run.python = lambda: sys.executable; run.steps = lambda *_: [{step}]"

    ran = subprocess.Popen([sys.executable, "-c", f"{script}; run.run('demo', [])"], stdout=subprocess.PIPE)

    assert int(ran.communicate()[0]) == ran.pid


def test_a_missing_venv_module_is_named_with_the_cure(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None if name == "ensurepip" else name)

    with pytest.raises(run.Trouble, match=r"ensurepip module is missing.*sudo apt install python3\.\d+-venv"):
        run.require_venv_module()


def test_too_little_disk_is_named_before_anything_starts(tmp_path: Path) -> None:
    with pytest.raises(run.Trouble, match=r"is full: \d+ MB are free, \d+ MB are needed"):
        run.require_disk(tmp_path, 10**9)


def test_a_missing_java_is_named_with_the_cure(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shutil.which", lambda name: None if name == "java" else name)

    with pytest.raises(run.Trouble, match=r"java is missing.*sudo apt install openjdk-17-jre-headless"):
        run.require_java()


def test_a_missing_node_is_named_with_the_cure(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shutil.which", lambda _name: None)

    with pytest.raises(SystemExit, match=r"npm is missing.*sudo apt install npm"):
        assets.fetch(assets.ASSETS)


@pytest.mark.parametrize(
    ("output", "words"),
    [
        ("error: failed to write\n  No space left on device (os error 28)", "The disk of"),
        ("error: Failed to fetch: `https://packages.example/simple/`", "Packages could not be downloaded"),
        ("error: something else", "Setting up failed: error: something else"),
        ("", "Setting up failed: it said nothing"),
    ],
)
def test_a_failed_setup_tells_its_cause(output: str, words: str) -> None:
    assert run.cause_in(output).startswith(words)


def test_an_unknown_command_lists_the_known_ones() -> None:
    answer = subprocess.run([sys.executable, "run.py", "dance"], capture_output=True, text=True, check=False)

    assert answer.returncode == 2
    assert "bench " in answer.stdout


def test_the_readme_tells_every_command_and_every_port() -> None:
    readme = Path("README.md").read_text(encoding="utf-8")

    assert [name for name in run.WORDS if f"`make {name}" not in readme] == []
    assert [port for port in asdict(STANDARD_PORTS).values() if str(port) not in readme] == []


def test_a_moved_or_changed_folder_is_set_up_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "uv.lock").write_text("one")
    monkeypatch.setattr(run, "ROOT", tmp_path)
    before = run.fingerprint()

    (tmp_path / "uv.lock").write_text("two")

    assert run.fingerprint() != before


def test_an_older_python_can_read_it_far_enough_to_be_told() -> None:
    ast.parse(Path("run.py").read_text(), feature_version=(3, 7))
