"""The embedded stack: starts its parts in order, ends them for certain, starts none again unasked."""

import asyncio
import shutil
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Self

from devstack.broker import start_broker
from devstack.databases import prepare_databases
from devstack.first_start import bring_in_people, people_are_in
from devstack.identity import start_identity
from devstack.journey.http import Addresses
from devstack.mail import start_mail
from devstack.ports import STANDARD_PORTS, Ports, free_port, refuse_busy
from devstack.postgres import Postgres, start_postgres, stop_postgres
from devstack.processes import (
    StackError,
    how_it_ended,
    last_words,
    start_process,
    stop_process,
    wait_until,
)
from devstack.settings import SERVICES, Places, settings_of, settings_of_verifier, url_of
from devstack.tls import keep_tls_files, trusting
from servicekit.institutions import load_institutions
from servicekit.issuers import issuer_addresses
from servicekit.keys import create_development_keys

Process = subprocess.Popen[bytes]

# What each part answers with 200 when others may use it.
PROBES = dict.fromkeys(SERVICES, ("/health/ready", "/health/pipeline")) | {"verifier": ("/health/ready",)}


class Stack:
    """Four services, the verifier and what they stand on, as child processes; used as a context manager.

    Whatever ends this process ends them too. All they write lies in the `data` folder. Not `durable`, for
    tests only: nothing is synced to the disk, and timers do not spare the processor. `external_broker`: how
    services reach a broker that runs already; the stack starts none then. `settings`: more of them, for every
    service; `postgres_settings`: for that server. `tell` hears what is being started.
    """

    def __init__(
        self,
        places: Places,
        ports: Ports = STANDARD_PORTS,
        *,
        durable: bool = True,
        external_broker: Mapping[str, str] | None = None,
        settings: Mapping[str, str] | None = None,
        postgres_settings: Mapping[str, str] | None = None,
        tell: Callable[[str], None] = lambda _what: None,
    ) -> None:
        self.places = places
        self.ports = ports
        self.durable = durable
        self.external_broker = external_broker
        self.settings = settings
        self.postgres_settings = postgres_settings
        self.tell = tell
        self.postgres: Postgres | None = None
        self.running: dict[str, Process] = {}
        self.databases: dict[str, str] = {}

    def __enter__(self) -> Self:
        try:
            self._start_all()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def start(self, *names: str) -> None:
        """Starts parts and waits until each is ready."""
        self._begin(names)
        self._wait_until_ready(names)

    def start_replica(self, service: str, name: str) -> None:
        """One more process of a service, ready and known by `name` from then on; it shares all events."""
        port = free_port()
        own = self._settings(service) | {"HTTP_PORT": str(port)}
        command = [sys.executable, "-m", service]
        self.running[name] = start_process(command, log=self.places.log(name), environment=own)
        self._wait_for(name, f"http://localhost:{port}", PROBES[service])

    def kill(self, name: str) -> None:
        """SIGKILL, as a crash would be; the part stays down until it is started."""
        process = self.running.pop(name)
        process.kill()
        process.wait()

    @contextmanager
    def paused(self, name: str) -> Iterator[None]:
        """The part stands still meanwhile, as a process that is never given a turn; it may be killed so."""
        process = self.running[name]
        process.send_signal(signal.SIGSTOP)
        try:
            yield
        finally:
            if process.poll() is None:
                process.send_signal(signal.SIGCONT)

    def lost(self) -> dict[str, int]:
        """The parts that have ended by themselves, and how; those first that others stand on."""
        server = {"postgres": self.postgres.process} if self.postgres else {}
        ended = {name: process.poll() for name, process in (server | self.running).items()}
        return {name: status for name, status in ended.items() if status is not None}

    def check(self) -> None:
        """Raises when a part has ended by itself."""
        for name, status in self.lost().items():
            raise StackError(
                f"{name} ended by itself ({how_it_ended(status)}).\n{last_words(self.log(name))}"
            )

    def start_again(self, name: str) -> None:
        """Starts a lost part and waits until it is ready; ends what does not get there."""
        if name == "postgres":
            self._start_postgres()
            return
        try:
            self.start(name)
        except StackError:
            stop_process(self.running[name], by=signal.SIGKILL)
            raise

    def log(self, name: str) -> Path:
        return self.places.data / "postgres" / "postgres.log" if name == "postgres" else self.places.log(name)

    def stop(self) -> None:
        for process in self.running.values():
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
        for process in self.running.values():
            stop_process(process)
        self.running.clear()
        if self.postgres is not None:
            stop_postgres(self.postgres)
            self.postgres = None

    def pids(self) -> list[int]:
        """The parts' own processes, of which all others are children."""
        server = [self.postgres.process] if self.postgres else []
        return [process.pid for process in (*server, *self.running.values())]

    def url(self, name: str) -> str:
        return url_of(name, self.ports)

    @property
    def authority(self) -> Path | None:
        """What clients have to trust, where the stack speaks TLS."""
        return self.places.authority if self.ports.over_tls else None

    @property
    def addresses(self) -> Addresses:
        return Addresses.of(self.ports, self.authority)

    def _start_all(self) -> None:
        refuse_busy(self.ports)
        shutil.rmtree(self.places.logs, ignore_errors=True)
        self.places.logs.mkdir(parents=True)
        if self.external_broker is None:
            self.tell("Starting the broker")
            self.start("broker")
        self.tell("Starting PostgreSQL, with a database for each service")
        self._prepare(self._start_postgres())
        self.tell("Starting the mail sink and the identity provider")
        self.start("mail", "identity")
        self.tell("Starting " + ", ".join(PROBES))
        self._begin(PROBES)
        if not people_are_in(self.places):  # while the services wait for their groups at the broker
            self.tell("Bringing in 200 sample students with portraits, at the first start only")
            bring_in_people(self.places, self._settings("ordering"))
        self._wait_until_ready(PROBES)

    def _begin(self, names: Iterable[str]) -> None:
        for name in names:
            self.running[name] = self._start_one(name)

    def _wait_until_ready(self, names: Iterable[str]) -> None:
        for name in names:
            if name in PROBES:
                self._wait_for(name, self.url(name), PROBES[name])

    def _start_postgres(self) -> Postgres:
        folder = self.places.data / "postgres"
        self.postgres = start_postgres(
            folder, port=self.ports.postgres, durable=self.durable, settings=self.postgres_settings
        )
        return self.postgres

    def _prepare(self, server: Postgres) -> None:
        """What services find when they start: databases and keys."""
        self.databases = asyncio.run(prepare_databases(server, SERVICES, self.places.passwords))
        institutions = load_institutions(self.places.institutions)
        create_development_keys(self.places.keys, issuer_addresses(institutions, self.url("issuer")))
        if self.ports.over_tls:
            keep_tls_files(self.places.tls)

    def _start_one(self, name: str) -> Process:
        if name in SERVICES:
            command = [sys.executable, "-m", name]
            return start_process(command, log=self.places.log(name), environment=self._settings(name))
        starters: dict[str, Callable[[], Process]] = {
            "broker": self._start_broker,
            "verifier": self._start_verifier,
            "identity": self._start_identity,
            "mail": lambda: start_mail(
                self.places.data / "mail", smtp_port=self.ports.smtp, http_port=self.ports.mail
            ),
        }
        return starters[name]()

    def _start_identity(self) -> Process:
        tls = self.places.tls if self.ports.over_tls else None
        return start_identity(self.ports.identity, log=self.places.log("identity"), tls=tls)

    def _start_broker(self) -> Process:
        places = self.places
        return start_broker(places.broker, port=self.ports.broker, log=places.log("broker")).process

    def _start_verifier(self) -> Process:
        command, settings = (
            [sys.executable, "-m", "wallet.verifier"],
            settings_of_verifier(self.places, self.ports),
        )
        return start_process(command, log=self.places.log("verifier"), environment=settings)

    def _settings(self, service: str) -> dict[str, str]:
        own = settings_of(service, self.places, self.ports, self.databases[service], thrifty=self.durable)
        return own | dict(self.external_broker or {}) | dict(self.settings or {})

    def _wait_for(self, name: str, url: str, probes: Iterable[str]) -> None:
        wait_until(
            lambda: all(self._answers_200(url + probe) for probe in probes),
            process=self.running[name],
            name=name,
            log=self.places.log(name),
            within=60,
        )

    def _answers_200(self, url: str) -> bool:
        trust = trusting(self.authority) if self.authority else None
        try:
            with urllib.request.urlopen(url, timeout=5, context=trust) as answer:  # noqa: S310  (our own)
                return bool(answer.status == 200)
        except (urllib.error.URLError, OSError):
            return False


def forget(data: Path) -> None:
    """Removes everything that earlier runs have kept."""
    shutil.rmtree(data, ignore_errors=True)
