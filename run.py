#!/usr/bin/env python3
"""Sets Legitka up in this folder and starts what is asked for: `python3 run.py demo`.

Needs nothing but Python: the standard library only, and no syntax that an older Python cannot read, so that
it can say what is missing. Everything it makes lies in `.venv`, `.cache` and `.data` beside it.
"""

import contextlib
import errno
import fcntl
import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
CACHE = ROOT / ".cache"
LOG = CACHE / "setup.log"
STAMP = VENV / "legitka-setup"

NEWEST_KNOWN, OLDEST = 14, 11  # Python 3.x; for later ones PostgreSQL is not packaged yet
UV = "uv==0.13.9"
TO_INSTALL, TO_RUN = 1200, 200  # megabytes of free disk
NETWORK_SIGNS = ("failed to fetch", "dns error", "connection", "timed out", "certificate", "no matching dist")
IMPORT_RULES = "from importlinter.cli import lint_imports_command as lint; lint(['--no-logo'])"
ASSETS, CHROMIUM = ["-m", "devstack.assets"], ["-m", "pytest", "--timeout=180"]
SUITES = ("unit", "component", "contract", "architecture", "journeys")

WORDS = {
    "demo": "a student's journey from order to checked card, then the stack stays up (ONCE=1: ends after it)",
    "run": "the stack alone: four services, PostgreSQL, broker, identity provider, mail",
    "shell": "a shell with the settings of a service of the running stack, for its commands (SERVICE=issuer)",
    "test": "unit, component, contract, architecture and journey tests",
    "e2e": "the same system in containers, driven through its published ports (needs Docker and Chromium)",
    "kafka": "on Apache Kafka: tests that a broker takes part in, lost volumes, killed leaders, latency",
    "drills": "restore from a backup, upgrade while services run, killed parts, answers against OpenAPI",
    "browser": "the apps in Chromium, on a phone and a desktop (needs Chromium, and Node for the assets)",
    "interop": "cards with a wallet and a verifier that others wrote (needs Node)",
    "screenshots": "the pictures of docs/screenshots, taken anew",
    "assets": "what pages take from elsewhere: a QR decoder for browsers that have none (needs Node)",
    "lint": "style, types, the rules of imports, and whether generated pages are fresh",
    "bench": "speed and cost beside what they compare with (QUICK=1: in minutes; ARGS=drain: that alone)",
    "keys": "the key files of production: ARGS='FOLDER --authority FOLDER --issuer URL umcs'",
    "docs": "the generated pages of docs/",
    "setup": "only installs what the others need",
}


class Trouble(Exception):
    """What went wrong, in one line that says the cure."""


def main(arguments: "list[str]") -> int:
    command, rest = (arguments or [""])[0], arguments[1:]
    if command not in WORDS:
        print("usage: python3 run.py COMMAND", *(f"  {n:17} {does}" for n, does in WORDS.items()), sep="\n")
        return 2
    try:
        require_python(sys.version_info[:2], command)
        require_disk(ROOT, TO_RUN if is_set_up() else TO_INSTALL)
        set_up()
        require_tools(command)
        return run(command, rest)
    except Trouble as trouble:
        return say(str(trouble))
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT):
            raise
        return say(disk_full())
    except KeyboardInterrupt:
        return 130


def say(text: str) -> int:
    print("legitka: " + text, file=sys.stderr)
    return 1


def require_python(version: "tuple[int, ...]", command: str) -> None:
    """Goes on with a newer Python of this machine when this one is too old."""
    if version >= (3, OLDEST):
        return
    newer = [f"python3.{minor}" for minor in range(NEWEST_KNOWN, OLDEST - 1, -1)]
    for path in filter(None, map(shutil.which, newer)):
        if starts(path):  # a version manager leaves names on the PATH that lead nowhere
            os.execv(path, [path, str(ROOT / "run.py"), *sys.argv[1:]])  # noqa: S606
    raise Trouble(
        f"Python 3.{OLDEST} or newer is needed, this is {version[0]}.{version[1]}. Install one "
        f"(Debian, Ubuntu: sudo apt install python3.{OLDEST} python3.{OLDEST}-venv; "
        f"macOS: brew install python) and start again: python3.{OLDEST} run.py {command}"
    )


def require_disk(folder: Path, megabytes: int) -> None:
    free = shutil.disk_usage(str(folder)).free // 1_000_000
    if free < megabytes:
        raise Trouble(disk_full(f"{free} MB are free, {megabytes} MB are needed"))


def disk_full(detail: str = "no space is left") -> str:
    return f"The disk of {ROOT} is full: {detail}. Make room (large: .venv, .cache, .data) and start again."


def require_venv_module() -> None:
    missing = [name for name in ("venv", "ensurepip") if importlib.util.find_spec(name) is None]
    if missing:
        raise Trouble(
            f"Python's {missing[0]} module is missing. Install it (Debian, Ubuntu: "
            f"sudo apt install python3.{sys.version_info[1]}-venv) and start again."
        )


def require_tools(command: str) -> None:
    """What is not Python: asked for only by those who need it."""
    if command == "e2e":
        require_engine()
    if command == "kafka":
        os.environ["BROKER"] = "kafka"
    if os.environ.get("BROKER") == "kafka":
        require_java()


def require_engine() -> None:
    for question in (["docker", "info"], ["docker", "compose", "version"]):
        asked = shutil.which("docker") and subprocess.call(
            question, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        if asked != 0:
            raise Trouble(
                f"`{' '.join(question)}` fails: Docker with Compose v2 is needed. Install and start it; "
                "where no container registry can be reached: ops/offline-images/engine run make e2e"
            )


def require_java() -> None:
    """What Apache Kafka runs on, and what fetches it."""
    for tool, package in (("java", "openjdk-17-jre-headless"), ("mvn", "maven")):
        if shutil.which(tool) is None:
            raise Trouble(
                f"{tool} is missing, which Apache Kafka needs: Java 17 or newer and Maven. Install it "
                f"(Debian, Ubuntu: sudo apt install {package}; macOS: brew install openjdk maven) "
                "and start again."
            )


def set_up() -> None:
    """Makes `.venv` hold what uv.lock says, beside whatever else is there; at once when it does already."""
    if is_set_up():
        return
    CACHE.mkdir(exist_ok=True)
    with (CACHE / "setup.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # two at once: the second waits and finds it done
        if not is_set_up():
            install()


def is_set_up() -> bool:
    try:
        return STAMP.read_text() == fingerprint() and is_sound()
    except OSError:
        return False


def fingerprint() -> str:
    """Of what decides the content of the environment, and of the folder: an environment cannot be moved."""
    files = sorted([ROOT / "uv.lock", *ROOT.glob("pyproject.toml"), *ROOT.glob("*/*/pyproject.toml")])
    parts = [UV, str(ROOT), *(hashlib.sha256(file.read_bytes()).hexdigest() for file in files)]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def is_sound() -> bool:
    """Whether the environment's Python starts (it may point to one that is gone) and finds our packages."""
    with contextlib.suppress(OSError):
        finds_packages = [python(), "-I", "-c", "import devstack.ports, fastapi"]
        return subprocess.call(finds_packages, stderr=subprocess.DEVNULL) == 0
    return False


def install() -> None:
    started = time.monotonic()
    print("Setting up in .venv (the first time takes a minute or two) …", flush=True)
    LOG.write_text("")
    require_venv_module()
    usable = (VENV / "bin" / "uv").exists() and starts(python())
    if usable:
        sync()
    if not (usable and is_sound()):
        make_environment()
        sync()
    STAMP.write_text(fingerprint())
    print(f"Set up in {time.monotonic() - started:.0f} s.", flush=True)


def make_environment() -> None:
    shutil.rmtree(str(VENV), ignore_errors=True)
    execute([sys.executable, "-m", "venv", str(VENV)])
    execute([python(), "-m", "pip", "install", "--quiet", "--no-cache-dir", UV])


def sync() -> None:
    execute([str(VENV / "bin" / "uv"), "sync", "--frozen", "--inexact", "--compile-bytecode"])


def starts(interpreter: str) -> bool:
    with contextlib.suppress(OSError):
        return subprocess.call([interpreter, "-c", ""], stderr=subprocess.DEVNULL) == 0
    return False


def execute(command: "list[str]") -> None:
    """Runs one step of the setup; its words go to the log, and only a failure is shown."""
    temporary = CACHE / "tmp"  # uv leaves lock files there
    temporary.mkdir(exist_ok=True)
    environment = dict(os.environ, UV_PROJECT_ENVIRONMENT=str(VENV), UV_PYTHON_DOWNLOADS="never")
    environment["TMPDIR"] = str(temporary)
    environment.setdefault("UV_CACHE_DIR", str(CACHE / "uv"))
    environment.pop("VIRTUAL_ENV", None)
    with LOG.open("ab") as log:
        status = subprocess.call(command, cwd=str(ROOT), env=environment, stdout=log, stderr=log)
    if status:
        raise Trouble(cause_in(LOG.read_text(errors="replace")))


def cause_in(output: str) -> str:
    lines = [line.strip() for line in output.splitlines() if line.strip()] or ["it said nothing"]
    lowered = output.lower()
    nearly_full = shutil.disk_usage(str(ROOT)).free < 20_000_000  # then the log may be empty too
    if nearly_full or "no space left" in lowered or "disk quota exceeded" in lowered:
        return disk_full()
    if any(sign in lowered for sign in NETWORK_SIGNS):
        return (
            f"Packages could not be downloaded ({lines[-1]}). Check the network, and behind a proxy set "
            f"HTTPS_PROXY and SSL_CERT_FILE; then start again. All of it: .cache/setup.log"
        )
    return f"Setting up failed: {lines[-1]}. Try again after rm -rf .venv; all of it: .cache/setup.log"


def python() -> str:
    return str(VENV / "bin" / "python")


def run(command: str, rest: "list[str]") -> int:
    """The last step takes the place of this process, so that it alone decides how a Ctrl-C ends."""
    environment = dict(os.environ, VIRTUAL_ENV=str(VENV))
    environment["PATH"] = str(VENV / "bin") + os.pathsep + environment.get("PATH", os.defpath)
    commands = [[python(), *step] for step in steps(command, rest)]
    for each in commands[:-1]:
        status = subprocess.call(each, cwd=str(ROOT), env=environment)
        if status:
            return status if status > 0 else 128 - status
    if commands:
        os.chdir(str(ROOT))
        os.execve(commands[-1][0], commands[-1], environment)  # noqa: S606
    return 0


# What `make test` need not wait for: whole stacks and processes that are started, stopped and brought back.
DRILLS = ["tests/operating", "tests/restore", "tests/upgrade"]


def steps(command: str, rest: "list[str]") -> "list[list[str]]":
    """The Python command lines of a command, without the interpreter."""
    workers = str(max(2, min(os.cpu_count() or 2, 4)))
    tests = ["tests/" + suite for suite in SUITES if (ROOT / "tests" / suite).is_dir()]
    on_a_broker = ["-m", "pytest", "--on-a-broker"]
    lint = [["-m", "ruff", "check"], ["-m", "ruff", "format", "--check"], ["-m", "mypy"]]
    return {
        **{name: [["-m", "devstack", name, *rest]] for name in ("demo", "run", "shell")},
        "test": [["-m", "pytest", "-n", workers, *(rest or tests)]],
        "e2e": [["-m", "pytest", "-p", "no:randomly", "--timeout=600", *(rest or ["tests/e2e"])]],
        "kafka": [
            ["-m", "devstack.apache_kafka"],
            [*on_a_broker, "-n", workers, *(rest or [*tests, "tests/operating/test_killed_parts.py"])],
            *([] if rest else [["-m", "pytest", "tests/kafka"], ["-m", "bench", "latency", "--tell"]]),
        ],
        "drills": [["-m", "pytest", "-n", workers, *(rest or DRILLS)]],
        "interop": [["-m", "pytest", *(rest or ["tests/interop"])]],
        "assets": [ASSETS],
        "browser": [ASSETS, [*CHROMIUM, "-n", workers, *(rest or ["tests/browser"])]],
        "screenshots": [ASSETS, [*CHROMIUM, "tests/browser/gallery.py"]],
        "lint": [*lint, ["-c", IMPORT_RULES], ["-m", "contracts.docs", "--check"]],
        "bench": [["-m", "bench", *rest]],
        "keys": [["-m", "servicekit.make_keys", *rest]],
        "docs": [["-m", "contracts.docs", *rest]],
        "setup": [],
    }[command]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
