"""Where the parts of the embedded stack listen, and whether those places are free."""

import contextlib
import errno
import re
import secrets
import socket
from dataclasses import asdict, dataclass, fields
from typing import ClassVar

HOST = "127.0.0.1"
# Below those that a system gives to outgoing connections, one of which may take a port that was just free.
NEVER_OF_A_CONNECTION = range(20_000, 32_000)
LISTENING = {HOST: socket.AF_INET, "::1": socket.AF_INET6}  # a browser may take `localhost` for either


class PortBusy(Exception):
    """A port is taken; the text says by what it was wanted and the cure."""


class WrongOffset(Exception):
    """What was given as PORTS moves the ports nowhere; the text says what does."""


@dataclass(frozen=True, slots=True)
class Ports:
    """One TCP port for every part; the names are those of the parts."""

    over_tls: ClassVar[bool] = False

    ordering: int = 8001
    issuer: int = 8002
    notifier: int = 8003
    wallet: int = 8004
    identity: int = 8005
    verifier: int = 8006
    mail: int = 8025
    smtp: int = 8026
    broker: int = 9092
    postgres: int = 5440


class PortsOverTls(Ports):
    """The same, where all that people and phones speak to, but the mail sink, speaks TLS."""

    __slots__ = ()
    over_tls: ClassVar[bool] = True


STANDARD_PORTS = Ports()


def moved_ports(offset: str) -> Ports:
    """The standard ports, all moved by as much as `+1000` or `-500` says."""
    if not re.fullmatch(r"[+-]?\d{1,5}", offset):
        raise WrongOffset(f"PORTS={offset} is no number: PORTS=+1000 adds 1000 to every port.")
    moved = {name: port + int(offset) for name, port in asdict(STANDARD_PORTS).items()}
    if not all(1024 <= port <= 65535 for port in moved.values()):
        raise WrongOffset(f"PORTS={offset} leads out of 1024 to 65535: PORTS=+1000 adds 1000 to every port.")
    return Ports(**moved)


def over_tls(ports: Ports) -> Ports:
    return PortsOverTls(**asdict(ports))


def free_port() -> int:
    with _reserved() as probe:
        return int(probe.getsockname()[1])


def free_ports() -> Ports:
    """Ports for a second stack beside the demo; held all at once, so that no two are equal."""
    probes = [_reserved() for _ in fields(Ports)]
    numbers = [int(probe.getsockname()[1]) for probe in probes]
    for probe in probes:
        probe.close()
    return Ports(*numbers)


def _reserved() -> socket.socket:
    while True:
        probe = socket.socket()
        try:
            probe.bind((HOST, secrets.choice(NEVER_OF_A_CONNECTION)))
        except OSError:
            probe.close()
        else:
            return probe


def is_free(port: int) -> bool:
    return not any(_is_taken(host, port, family) for host, family in LISTENING.items())


def _is_taken(host: str, port: int, family: socket.AddressFamily) -> bool:
    """False where the machine has no such address at all."""
    with contextlib.suppress(OSError), socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            return error.errno in (errno.EADDRINUSE, errno.EACCES)
    return False


def answers(port: int) -> bool:
    try:
        with socket.create_connection((HOST, port), timeout=0.5):
            return True
    except OSError:
        return False


def refuse_busy(ports: Ports) -> None:
    taken = ", ".join(f"{port} ({name})" for name, port in asdict(ports).items() if not is_free(port))
    if taken:
        raise PortBusy(
            f"These ports are busy: {taken}. Stop what listens there (find it with: ss -ltnp), perhaps "
            "another `make demo` or `make run`; or move all ports: PORTS=+1000. Then start again."
        )
