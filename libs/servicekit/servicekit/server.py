"""How a process listens, and how it stops: nobody who has reached it goes away without an answer."""

import asyncio
import gc
import os
import signal
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from types import FrameType

import uvicorn

from servicekit.sse import end_all_streams

# Seconds in which whoever has connected may still say what they want.
LAST_REQUESTS = 0.5

# Seconds in which whoever is told over TLS that it is over may say so, too. A client that keeps a connection
# for later reads nothing until then.
LAST_WORDS = 2

# So many new objects before the collector looks for circles among them. A batch of a thousand events makes
# many, which all go when their last user does; the default of 700 looked at the same ones again and again.
LOOK_FOR_CIRCLES_AFTER = 20_000


class Server(uvicorn.Server):
    """Ends in order with status 0: open event streams first, which would hold up the end."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self._asked_to_end = asyncio.Event()

    async def main_loop(self) -> None:
        """Uvicorn's own loop wakes ten times a second, for a date that changes once."""
        _spare_the_collector()
        while not await self.on_tick(counter=0):
            with suppress(TimeoutError):
                async with asyncio.timeout(1):
                    await self._asked_to_end.wait()

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Uvicorn's own way kills the process with the signal again, before anything can be handed over."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self.handle_exit, number, None)
        yield

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        end_all_streams()
        super().handle_exit(sig, frame)
        self._asked_to_end.set()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Refuses new connections, which a proxy may take elsewhere, and answers those that were made.

        Uvicorn's own way drops what the kernel has accepted and what has not spoken yet: for a proxy that is
        an answer lost, and a POST that it may not repeat.
        """
        waiting = [connection for server in self.servers for connection in _accept_waiting(server)]
        for server in self.servers:
            server.close()
        await asyncio.gather(*map(self._take, waiting))
        await asyncio.sleep(LAST_REQUESTS)
        if self.config.ssl:
            asyncio.get_running_loop().call_later(LAST_WORDS, self._hang_up)
        await super().shutdown(sockets)

    async def _take(self, connection: socket.socket) -> None:
        """Over TLS it must have said hello by now; who has not, or cannot, is let go."""
        loop, tls = asyncio.get_running_loop(), self.config.ssl
        within = LAST_REQUESTS if tls else None
        with suppress(OSError):
            await loop.connect_accepted_socket(
                self._protocol, connection, ssl=tls, ssl_handshake_timeout=within
            )

    def _hang_up(self) -> None:
        for connection in list(self.server_state.connections):
            if connection.transport.is_closing():  # and waits for the other side
                connection.transport.abort()

    def _protocol(self) -> asyncio.Protocol:
        make = self.config.http_protocol_class
        return make(config=self.config, server_state=self.server_state, app_state=self.lifespan.state)  # type: ignore[call-arg]  # as uvicorn does


def _spare_the_collector() -> None:
    """What the start has made stays until the end: no look for garbage needs to go through it again."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(LOOK_FOR_CIRCLES_AFTER)


def _accept_waiting(server: asyncio.Server) -> Iterator[socket.socket]:
    """Connections that stand in the kernel's queue; it drops them when the socket that listens is closed."""
    for listening in server.sockets:
        with socket.socket(fileno=os.dup(listening.fileno())) as same, suppress(BlockingIOError):
            same.setblocking(False)
            while True:
                yield same.accept()[0]
