"""The driver asks on time, whatever becomes of earlier requests, and tells what came of each."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest

from bench import driver
from bench.driver import Driver
from bench.driving import drive, refuse_failures, request

Answer = Callable[[str], Awaitable[str]]


@asynccontextmanager
async def server(answer: Answer) -> AsyncIterator[str]:
    """Answers each request as `answer` does for its path; connections are kept."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while head := await reader.readline():
            while (await reader.readline()).strip():
                pass
            writer.write((await answer(head.split()[1].decode())).encode())
        writer.close()

    listening = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with listening:
        yield f"http://127.0.0.1:{listening.sockets[0].getsockname()[1]}"


def said(status: int, body: str = "") -> str:
    return f"HTTP/1.1 {status} So\r\nContent-Length: {len(body)}\r\n\r\n{body}"


async def test_every_request_is_asked_once_and_its_answer_is_told() -> None:
    asked: list[str] = []

    async def answer(path: str) -> str:
        asked.append(path)
        return said(404, "who?") if path == "/2" else said(201, "yes")

    async with server(answer) as url:
        came = await drive(url, [request("POST", f"{url}/{n}", {}) for n in range(5)], clients=2)

    assert sorted(asked) == ["/0", "/1", "/2", "/3", "/4"]
    assert came.statuses == [201, 201, 404, 201, 201]
    assert came.refusals == ["404 who?"]
    with pytest.raises(RuntimeError, match="1 of 5 requests failed"):
        refuse_failures(came)


async def test_a_request_that_hangs_holds_up_no_other_and_its_wait_counts() -> None:
    others = asyncio.Event()
    answered = 0

    async def answer(path: str) -> str:
        nonlocal answered
        if path == "/0":
            await others.wait()
        answered += 1
        if answered == 9:
            others.set()
        return said(200)

    async with server(answer) as url:
        came = await _driver(url, 10).at_rate(1000)

    assert came.statuses == [200] * 10
    assert came.latencies[0] == max(came.latencies)
    assert came.latencies[0] >= 0.009  # the last of the others was due nine milliseconds later


async def test_an_answer_that_never_comes_is_a_failure() -> None:
    async def answer(path: str) -> str:
        raise ConnectionResetError

    async with server(answer) as url:
        place = url.rpartition(":")[2]

    came = await _driver(f"http://127.0.0.1:{place}", 2).in_turn(1)

    assert came.statuses == [0, 0]


async def test_who_waits_too_long_goes_away(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(driver, "PATIENCE", 0.05)
    never = asyncio.Event()

    async def answer(path: str) -> str:
        if path == "/1":
            await never.wait()
        return said(200)

    async with server(answer) as url:
        came = await _driver(url, 3).in_turn(1)
        never.set()

    assert came.statuses == [200, 0, 200]


def _driver(url: str, requests: int) -> Driver:
    port = int(url.rpartition(":")[2])
    asked = [request("GET", f"{url}/{number}", {}).encode() for number in range(requests)]
    return Driver("127.0.0.1", port, asked)
