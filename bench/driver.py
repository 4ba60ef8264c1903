"""A client that costs little: sends prepared requests, each at its time or as soon as the last is answered.

Run as a process of its own: reads what to ask from standard input, and writes what came of it to standard
output. Latency counts from the time at which a request was due (no coordinated omission); what is not
answered in half a minute has failed.
"""

import asyncio
import json
import resource
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from itertools import islice
from typing import Any

KEPT = 5  # bodies of refusals
PATIENCE = 30.0  # seconds after which whoever asks goes away


@dataclass(slots=True)
class Came:
    """What came of all requests, in their order: status (0: no answer) and seconds."""

    begun: float  # Unix time at which the first was due
    seconds: float = 0.0
    processor_seconds: float = 0.0  # of the driver itself
    statuses: list[int] = field(default_factory=list)
    latencies: list[float] = field(default_factory=list)
    refusals: list[str] = field(default_factory=list)


class Connection(asyncio.Protocol):
    """Asks one thing at a time; the connection is kept."""

    def __init__(self) -> None:
        self.transport: asyncio.Transport | None = None
        self._answered: Callable[[int, bytes], None] | None = None
        self._received = b""
        self._gives_up: asyncio.TimerHandle

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport

    def ask(self, request: bytes, answered: Callable[[int, bytes], None]) -> None:
        assert self.transport is not None
        self._answered, self._received = answered, b""
        self._gives_up = asyncio.get_running_loop().call_later(PATIENCE, self.transport.abort)
        self.transport.write(request)

    def close(self) -> None:
        if self.transport is not None:
            self.transport.close()

    def data_received(self, data: bytes) -> None:
        self._received += data
        head, ended, body = self._received.partition(b"\r\n\r\n")
        if ended and len(body) >= _length(head):
            self._end(int(head[9:12]), body)

    def connection_lost(self, _error: Exception | None) -> None:
        self.transport = None
        self._end(0, b"")

    def _end(self, status: int, body: bytes) -> None:
        answered, self._answered = self._answered, None
        if answered is not None:
            self._gives_up.cancel()
            answered(status, body)


def _length(head: bytes) -> int:
    """Of the body: none of our answers is sent in chunks."""
    _, _, after = head.lower().partition(b"\r\ncontent-length:")
    return int(after.partition(b"\r\n")[0] or 0)


class Driver:
    """Sends requests to one server over as many connections as it takes."""

    def __init__(self, host: str, port: int, requests: list[bytes]) -> None:
        self._address = host, port
        self._requests = requests
        self._unanswered = len(requests)
        self._all_answered = asyncio.Event()
        self._free: list[Connection] = []
        self._tasks: set[asyncio.Task[None]] = set()
        self._waiting: Iterator[int] = iter(())
        self._now = asyncio.get_running_loop().time
        self.came = Came(time.time(), statuses=[0] * len(requests), latencies=[0.0] * len(requests))

    async def at_rate(self, rate: float) -> Came:
        """Request after request, each at its time, whatever became of those before."""
        begun = self._now()
        for number in range(len(self._requests)):
            due = begun + number / rate
            if (wait := due - self._now()) > 0:
                await asyncio.sleep(wait)
            self._start(number, due)
        return await self._ended(begun)

    async def in_turn(self, clients: int) -> Came:
        """So many clients that never rest."""
        begun, self._waiting = self._now(), iter(range(len(self._requests)))
        for number in list(islice(self._waiting, clients)):
            self._start(number, begun)
        return await self._ended(begun)

    async def _ended(self, begun: float) -> Came:
        await self._all_answered.wait()
        self.came.seconds = self._now() - begun
        for connection in self._free:
            connection.close()
        return self.came

    def _start(self, number: int, due: float) -> None:
        while self._free:
            connection = self._free.pop()
            if connection.transport is not None:
                return self._ask(connection, number, due)
        task = asyncio.create_task(self._connect_and_ask(number, due))
        self._tasks.add(task)
        return task.add_done_callback(self._tasks.discard)

    async def _connect_and_ask(self, number: int, due: float) -> None:
        try:
            _, connection = await asyncio.get_running_loop().create_connection(Connection, *self._address)
        except OSError as error:
            self._note(number, 0, due, str(error).encode())
        else:
            self._ask(connection, number, due)

    def _ask(self, connection: Connection, number: int, due: float) -> None:
        def answered(status: int, body: bytes) -> None:
            self._free.append(connection)
            self._note(number, status, due, body)

        connection.ask(self._requests[number], answered)

    def _note(self, number: int, status: int, due: float, body: bytes) -> None:
        self.came.statuses[number], self.came.latencies[number] = status, self._now() - due
        if not 200 <= status < 300 and len(self.came.refusals) < KEPT:
            self.came.refusals.append(f"{status} {body[:300].decode(errors='replace')}")
        following = next(self._waiting, None)
        if following is not None:
            self._start(following, self._now())
        self._unanswered -= 1
        if not self._unanswered:
            self._all_answered.set()


async def drive(asked: dict[str, Any]) -> Came:
    driver = Driver(asked["host"], asked["port"], [each.encode() for each in asked["requests"]])
    if asked["rate"]:
        return await driver.at_rate(asked["rate"])
    return await driver.in_turn(asked["clients"])


def main() -> None:
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    came = asyncio.run(drive(json.load(sys.stdin)))
    json.dump(asdict(came) | {"processor_seconds": time.process_time()}, sys.stdout)


if __name__ == "__main__":
    main()
