"""What the embedded stack adds where it speaks TLS: its files, and an identity provider that speaks it."""

import socket
import stat
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from devstack.identity import start_identity
from devstack.ports import HOST, free_port
from devstack.processes import stop_process
from devstack.tls import keep_tls_files, trusting


@pytest.fixture(scope="module")
def tls(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("tls")
    keep_tls_files(folder)
    return folder


@pytest.fixture(scope="module")
def provider(tls: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """Its port."""
    port, log = free_port(), tmp_path_factory.mktemp("provider") / "identity.log"
    process = start_identity(port, log=log, tls=tls)
    yield port
    stop_process(process)


def discover(provider: int, tls: Path) -> dict[str, str]:
    url = f"https://localhost:{provider}/.well-known/openid-configuration"
    found: dict[str, str] = httpx.get(url, verify=trusting(tls / "authority.pem"), timeout=5).json()
    return found


def test_nobody_else_reads_its_files_and_a_later_start_keeps_them(tls: Path) -> None:
    before = {file.name: file.read_bytes() for file in tls.glob("*.pem")}

    keep_tls_files(tls)

    assert {file.name: file.read_bytes() for file in tls.glob("*.pem")} == before
    assert sorted(before) == ["authority.pem", "certificate.pem", "key.pem"]
    assert not any(file.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO) for file in tls.glob("*.*"))


def test_the_provider_calls_itself_and_its_endpoints_https(provider: int, tls: Path) -> None:
    found = discover(provider, tls)

    assert found["issuer"] == f"https://localhost:{provider}"
    assert all(url.startswith("https:") for name, url in found.items() if name.endswith("_endpoint"))


def test_who_connects_and_says_nothing_keeps_nobody_out(provider: int, tls: Path) -> None:
    with socket.create_connection((HOST, provider)):
        assert discover(provider, tls)["issuer"]
