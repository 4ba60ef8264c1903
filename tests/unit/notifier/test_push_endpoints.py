"""No subscription leads to where only we can reach: by name, by number, or by a name that resolves inside."""

import asyncio
import socket
from ipaddress import ip_address
from typing import Any

import httpcore
import pytest

from notifier.push_endpoints import LONGEST, NotPublic, PublicHosts, is_public, may_be_asked

REAL = [
    "https://fcm.googleapis.com/fcm/send/abc:def-_1",
    "https://updates.push.services.mozilla.com/wpush/v2/gAAAA",
    "https://web.push.apple.com/QGl",
    "https://wns2-par02p.notify.windows.com/w/?token=BQY%3d",
    "https://push.example:443/x",
    "https://8.8.8.8/x",
]
WRONG = [
    "",
    "x",
    "ftp://push.example/x",
    "http://push.example/x",
    "https://push.example:8443/x",
    "https://push.example:99999/x",
    "https://user:password@push.example/x",
    "https://push.example/x#fragment",
    "https://push.example/ x",
    "https://push.example/ż",
    "https://push.example/\r\nX: 1",
    "https://push.example/" + "x" * LONGEST,
    "https://localhost/x",
    "https://ordering/internal/jwks",
    "https://127.0.0.1/x",
    "https://2130706433/x",
    "https://10.0.0.1/x",
    "https://169.254.169.254/latest/meta-data",
    "https://192.168.1.1/x",
    "https://100.64.0.1/x",
    "https://0.0.0.0/x",
    "https://224.0.0.1/x",
    "https://[::1]/x",
    "https://[fe80::1]/x",
    "https://[fd00::1]/x",
    "https://[::ffff:10.0.0.1]/x",
    "https://[64:ff9b::a00:1]/x",
    "https://[2002:a00:1::]/x",
    "https://[",
]


@pytest.mark.parametrize("endpoint", REAL)
def test_push_services_of_browsers_may_be_asked(endpoint: str) -> None:
    assert may_be_asked(endpoint, loopback=False)


@pytest.mark.parametrize("endpoint", WRONG)
def test_what_is_no_public_https_address_may_not(endpoint: str) -> None:
    assert not may_be_asked(endpoint, loopback=False)


def test_loopback_may_be_asked_in_development_only() -> None:
    for endpoint in ("http://localhost:8030/push/x", "http://127.0.0.1:8030/push/x", "http://[::1]:1/x"):
        assert may_be_asked(endpoint, loopback=True)
        assert not may_be_asked(endpoint, loopback=False)
    assert not may_be_asked("http://10.0.0.1/x", loopback=True)


@pytest.mark.parametrize("address", ["8.8.8.8", "2001:4860:4860::8888", "::ffff:8.8.8.8", "64:ff9b::808:808"])
def test_public_addresses_are(address: str) -> None:
    assert is_public(ip_address(address))


@pytest.mark.parametrize("inside", ["10.1.2.3", "127.0.0.1", "169.254.169.254", "::1", "::ffff:127.0.0.1"])
@pytest.mark.parametrize("outside", [(), ("8.8.8.8",)], ids=["alone", "among public ones"])
async def test_a_name_that_resolves_inside_is_never_connected_to(
    inside: str, outside: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    async def resolve(*_: Any, **__: Any) -> list[Any]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (each, 443)) for each in (*outside, inside)]

    monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", resolve)

    with pytest.raises(NotPublic):
        await PublicHosts(loopback=False).connect_tcp("push.example", 443)


async def test_it_connects_to_the_address_that_it_has_judged(monkeypatch: pytest.MonkeyPatch) -> None:
    tried: list[str] = []

    async def connect(self: object, host: str, *_: Any) -> httpcore.AsyncNetworkStream:
        tried.append(host)
        raise httpcore.ConnectError

    async def resolve(*_: Any, **__: Any) -> list[Any]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (each, 443)) for each in ("8.8.8.8", "8.8.4.4")]

    monkeypatch.setattr(httpcore.AnyIOBackend, "connect_tcp", connect)
    monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", resolve)

    with pytest.raises(httpcore.ConnectError):
        await PublicHosts(loopback=False).connect_tcp("push.example", 443)

    assert tried == ["8.8.8.8", "8.8.4.4"]
