"""Where the parts of the embedded stack listen, and whether those places are free."""

import socket
from dataclasses import dataclass, fields

HOST = "127.0.0.1"


class PortBusy(Exception):
    """A port is taken; the text says by what it was wanted and the cure."""


@dataclass(frozen=True, slots=True)
class Ports:
    """One TCP port for every part; the names are those of the parts."""

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


STANDARD_PORTS = Ports()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


def free_ports() -> Ports:
    """Ports for a second stack beside the demo; held all at once, so that no two are equal."""
    probes = [socket.socket() for _ in fields(Ports)]
    for probe in probes:
        probe.bind((HOST, 0))
    numbers = [int(probe.getsockname()[1]) for probe in probes]
    for probe in probes:
        probe.close()
    return Ports(*numbers)


def is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
        return True


def answers(port: int) -> bool:
    try:
        with socket.create_connection((HOST, port), timeout=0.5):
            return True
    except OSError:
        return False


def refuse_busy(ports: Ports) -> None:
    busy = [(field.name, getattr(ports, field.name)) for field in fields(ports)]
    taken = ", ".join(f"{port} ({name})" for name, port in busy if not is_free(port))
    if taken:
        raise PortBusy(
            f"These ports are busy: {taken}. Stop what listens there "
            f"(find it with: ss -ltnp), perhaps another `make demo` or `make run`, and start again."
        )
