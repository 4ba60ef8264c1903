import asyncio
import gzip
import json
import os
import signal
import socket
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import ExitStack, asynccontextmanager, contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread

import httpx
import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from devstack.ports import free_port
from tests.waiting import eventually


class Server:
    """The process, and where it listens."""

    def __init__(self, process: Process, port: int) -> None:
        self.process = process
        self.url = f"http://127.0.0.1:{port}"

    async def stop(self) -> tuple[int | None, list[dict[str, object]]]:
        """Its exit status and what it logged."""
        self.process.send_signal(signal.SIGTERM)
        _, errors = await asyncio.wait_for(self.process.communicate(), 8)
        return self.process.returncode, [json.loads(line) for line in errors.decode().splitlines()]


async def launch(port: int, **variables: str) -> Process:
    module = "tests.operating.streaming_service"
    return await asyncio.create_subprocess_exec(
        sys.executable, "-m", module, str(port), stderr=PIPE, env=os.environ | variables
    )


@asynccontextmanager
async def serving(**variables: str) -> AsyncIterator[Server]:
    port = free_port()
    started = Server(await launch(port, **variables), port)

    async def is_up() -> bool:
        async with httpx.AsyncClient() as http:
            try:
                return (await http.get(f"{started.url}/health/live")).status_code == 200
            except httpx.TransportError:
                return False

    await eventually(is_up, 20)
    yield started
    if started.process.returncode is None:
        started.process.kill()
        await started.process.wait()


@pytest.fixture
async def server() -> AsyncIterator[Server]:
    async with serving() as started:
        yield started


async def test_the_collector_leaves_alone_what_the_start_has_made(server: Server) -> None:
    async with httpx.AsyncClient(base_url=server.url) as http:
        assert (await http.get("/spared")).json() is True


async def test_a_client_that_leaves_is_forgotten(server: Server) -> None:
    async with httpx.AsyncClient(base_url=server.url) as http:

        async def listening() -> bool:
            return bool((await http.get("/listening")).json() == 0)

        async with http.stream("GET", "/events") as stream:
            lines = stream.aiter_lines()
            assert [await anext(lines) for _ in range(3)] == ["retry: 1000", "", "id: 1"]
            assert (await http.get("/listening")).json() == 1

        await eventually(listening)


async def test_open_streams_do_not_hold_up_the_end(server: Server) -> None:
    async with httpx.AsyncClient(base_url=server.url) as http, http.stream("GET", "/events") as stream:
        lines = stream.aiter_lines()
        await anext(lines)

        status, logs = await server.stop()

        rest = [line async for line in lines]
    assert rest[-1] == ""
    assert status == 0
    assert {log["level"] for log in logs} == {"info"}


Connect = Callable[[Server], socket.socket]


@pytest.fixture
def connect() -> Iterator[Connect]:
    with ExitStack() as opened:

        def one(server: Server) -> socket.socket:
            port = int(server.url.rpartition(":")[2])
            return opened.enter_context(socket.create_connection(("127.0.0.1", port), timeout=5))

        yield one


def ask(connection: socket.socket) -> None:
    connection.sendall(b"GET /listening HTTP/1.1\r\nHost: here\r\nConnection: close\r\n\r\n")


async def answer(connection: socket.socket) -> bytes:
    return (await asyncio.to_thread(connection.recv, 100))[:12]


async def test_who_has_connected_is_answered_although_the_process_ends(
    server: Server, connect: Connect
) -> None:
    connections = [connect(server) for _ in range(20)]

    def refuses() -> bool:
        try:
            connections.append(connect(server))
        except ConnectionRefusedError:
            return True
        return False

    server.process.send_signal(signal.SIGTERM)
    await eventually(refuses)
    for connection in connections:
        ask(connection)

    assert {await answer(each) for each in connections} == {b"HTTP/1.1 200"}
    assert await asyncio.wait_for(server.process.wait(), 8) == 0


async def test_who_waits_in_the_kernels_queue_is_answered_although_the_process_ends(
    server: Server, connect: Connect
) -> None:
    server.process.send_signal(signal.SIGSTOP)
    connections = [connect(server) for _ in range(20)]
    for connection in connections:
        ask(connection)

    server.process.send_signal(signal.SIGTERM)
    server.process.send_signal(signal.SIGCONT)

    assert {await answer(each) for each in connections} == {b"HTTP/1.1 200"}


async def test_a_busy_port_ends_the_start_with_a_clear_line() -> None:
    with socket.socket() as busy:
        busy.bind(("127.0.0.1", 0))
        busy.listen()
        port = busy.getsockname()[1]

        process = await launch(port)
        _, errors = await asyncio.wait_for(process.communicate(), 20)

    assert process.returncode not in (0, None)
    assert f"127.0.0.1', {port}" in errors.decode()
    assert "Traceback" not in errors.decode()


@contextmanager
def collector() -> Iterator[tuple[str, list[Span]]]:
    """An OpenTelemetry collector of our own, and the spans that it was sent."""
    spans: list[Span] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            if self.headers.get("content-encoding") == "gzip":
                body = gzip.decompress(body)
            for resource in ExportTraceServiceRequest.FromString(body).resource_spans:
                for scope in resource.scope_spans:
                    spans.extend(scope.spans)
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_said: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as listening:
        thread = Thread(target=listening.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{listening.server_port}", spans
        listening.shutdown()
        thread.join()


async def test_spans_carry_route_templates_and_nothing_of_the_path() -> None:
    with collector() as (endpoint, spans):
        async with serving(OTLP_ENDPOINT=endpoint) as server:
            async with httpx.AsyncClient(base_url=server.url) as http:
                await http.get("/listening?pesel=02271409862")
                await http.get("/02271409862")
            await server.stop()

        assert {"GET /listening", "GET unmatched"} <= {span.name for span in spans}
        assert "02271409862" not in repr(spans)


async def test_a_collector_that_is_away_delays_nothing() -> None:
    async with serving(OTLP_ENDPOINT=f"http://127.0.0.1:{free_port()}") as server:
        async with httpx.AsyncClient(base_url=server.url, timeout=2) as http:
            answers = [await http.get("/listening") for _ in range(20)]
        status, _ = await server.stop()

    assert {answer.status_code for answer in answers} == {200}
    assert status == 0
