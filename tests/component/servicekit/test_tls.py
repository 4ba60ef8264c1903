"""What a service agrees to that speaks TLS itself: real handshakes with a served application."""

import asyncio
import re
import socket
import ssl
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
import uvicorn
from starlette.responses import JSONResponse

from devstack.ports import HOST, answers, free_port
from devstack.processes import plain_environment, start_process, stop_process, wait_until
from devstack.tls import keep_tls_files, trusting
from servicekit.probe import probe
from servicekit.server import Server
from servicekit.tls import CIPHERS, server_context
from tests.e2e.inside.handshakes import all_agreed

REPOSITORY = Path(__file__).resolve().parents[3]


@pytest.fixture(scope="module")
def tls(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("tls")
    keep_tls_files(folder)
    return folder


@pytest.fixture(scope="module")
def port(tls: Path) -> Iterator[int]:
    """Where the application is served."""
    number, log = free_port(), tls / "service.log"
    files = {"TLS_CERTIFICATE": str(tls / "certificate.pem"), "TLS_KEY": str(tls / "key.pem")}
    command = [sys.executable, "-m", "tests.operating.streaming_service", str(number)]
    process = start_process(command, log=log, environment=plain_environment() | files)
    wait_until(lambda: answers(number), process=process, name="The service", log=log, within=20)
    yield number
    stop_process(process)


def test_tls_is_new_enough_forward_secret_and_authenticated(port: int) -> None:
    assert all_agreed((HOST, port)) == {
        "of today": "TLSv1.3",
        "with 1.2": "TLSv1.2",
        "with 1.1": "refused",
        "with 1.0": "refused",
        "without forward secrecy": "refused",
        "without authenticated encryption": "refused",
    }


def test_it_takes_the_ciphers_that_the_gateway_takes() -> None:
    gateway = (REPOSITORY / "ops" / "compose" / "gateway" / "nginx.conf").read_text()

    assert re.findall(r"ssl_ciphers (.+);", gateway) == [":".join(CIPHERS)]


@pytest.mark.parametrize("host", ["localhost", HOST])
def test_who_trusts_the_authority_is_answered_by_name_and_by_address(host: str, port: int, tls: Path) -> None:
    trust = trusting(tls / "authority.pem")

    assert httpx.get(f"https://{host}:{port}/listening", verify=trust).json() == 0


def test_who_trusts_others_asks_nothing(port: int) -> None:
    with pytest.raises(httpx.ConnectError, match="CERTIFICATE_VERIFY_FAILED"):
        httpx.get(f"https://localhost:{port}/listening", verify=ssl.create_default_context())


def test_who_speaks_no_tls_is_not_answered(port: int) -> None:
    with pytest.raises(httpx.RemoteProtocolError):
        httpx.get(f"http://localhost:{port}/listening")


@pytest.fixture
async def server(tls: Path) -> Server:
    """In this process, so that a test decides what has come when it ends."""
    context = server_context(tls / "certificate.pem", tls / "key.pem")
    config = uvicorn.Config(
        JSONResponse("answered"), port=free_port(), lifespan="off", ssl_context_factory=lambda *_: context
    )
    config.load()
    started = Server(config)
    started.lifespan = config.lifespan_class(config)
    await started.startup()
    return started


async def test_at_the_end_who_waits_is_answered_and_who_says_nothing_is_not_waited_for(
    server: Server, tls: Path
) -> None:
    silent, *waiting = [socket.create_connection((HOST, server.config.port)) for _ in range(5)]

    asked = [asyncio.create_task(ask(each, trusting(tls / "authority.pem"))) for each in waiting]
    await asyncio.wait_for(server.shutdown(), 5)

    assert await asyncio.gather(*asked) == ['"answered"'] * 4
    silent.close()


async def ask(connection: socket.socket, trust: ssl.SSLContext) -> str:
    reader, writer = await asyncio.open_connection(sock=connection, ssl=trust, server_hostname="localhost")
    writer.write(b"GET / HTTP/1.1\r\nHost: here\r\nConnection: close\r\n\r\n")
    answer = await reader.read()
    writer.close()
    return answer.decode().rpartition("\r\n")[2]


async def test_at_the_end_who_keeps_a_connection_for_later_is_not_waited_for(
    server: Server, tls: Path
) -> None:
    with httpx.Client(verify=trusting(tls / "authority.pem")) as keeping:
        url = f"https://localhost:{server.config.port}"
        answer = await asyncio.to_thread(keeping.get, url)

        await asyncio.wait_for(server.shutdown(), 5)

    assert answer.json() == "answered"


def test_the_probe_of_containers_asks_over_tls(
    port: int, tls: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("TLS_CERTIFICATE", str(tls / "certificate.pem"))

    assert probe(port, "/health/pipeline") == 0
    assert capsys.readouterr().out.startswith("200")


def test_the_probe_trusts_its_own_certificate_alone(
    port: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    keep_tls_files(tmp_path)
    monkeypatch.setenv("TLS_CERTIFICATE", str(tmp_path / "certificate.pem"))

    assert probe(port, "/health/pipeline") == 1
    assert "SSLCertVerificationError" in capsys.readouterr().out
