"""Which addresses pushes may be sent to: whoever subscribes names one, and it must not lead inside.

A name is judged when it is given, and what it resolves to at each connection.
"""

import asyncio
import socket
from collections.abc import Iterable
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from urllib.parse import SplitResult, urlsplit

import httpcore

Address = IPv4Address | IPv6Address

LONGEST = 2000
_NAT64 = IPv6Network("64:ff9b::/96")
_LOOPBACK_NAMES = {"localhost", "127.0.0.1", "::1"}


class NotPublic(httpcore.ConnectError):
    """The name leads to an address that is not public."""


def may_be_asked(endpoint: str, *, loopback: bool) -> bool:
    """Whether it is `https` on the usual port of a public host; where `loopback` is allowed, that too."""
    if len(endpoint) > LONGEST or not endpoint.isascii() or not endpoint.isprintable() or " " in endpoint:
        return False
    try:
        parts = urlsplit(endpoint)
        port = parts.port
    except ValueError:
        return False
    if not parts.hostname or parts.username is not None or parts.fragment:
        return False
    if loopback and parts.hostname in _LOOPBACK_NAMES:
        return parts.scheme in {"http", "https"}
    return parts.scheme == "https" and port in {None, 443} and _names_the_public(parts)


def _names_the_public(parts: SplitResult) -> bool:
    host = str(parts.hostname)
    try:
        return is_public(ip_address(host))
    except ValueError:
        return "." in host.rstrip(".")


def is_public(address: Address) -> bool:
    """What stands for an IPv4 address is as public as that one."""
    if isinstance(address, IPv6Address):
        meant = address.ipv4_mapped or address.sixtofour or _behind_nat64(address)
        if meant is not None:
            return is_public(meant)
    return address.is_global and not address.is_multicast


def _behind_nat64(address: IPv6Address) -> IPv4Address | None:
    return IPv4Address(int(address) & 0xFFFFFFFF) if address in _NAT64 else None


class PublicHosts(httpcore.AsyncNetworkBackend):
    """Connects to the very address that it has judged, so that a name cannot change in between."""

    def __init__(self, *, loopback: bool) -> None:
        self._loopback = loopback
        self._plain = httpcore.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 - httpcore's interface
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        addresses = await self._resolve(host, port)
        if not all(is_public(each) or (self._loopback and each.is_loopback) for each in addresses):
            raise NotPublic
        for last, address in enumerate(addresses, 1 - len(addresses)):
            try:
                return await self._plain.connect_tcp(
                    str(address), port, timeout, local_address, socket_options
                )
            except httpcore.ConnectError:
                if not last:
                    raise
        raise httpcore.ConnectError

    async def connect_unix_socket(
        self,
        path: str,  # noqa: ARG002
        timeout: float | None = None,  # noqa: ARG002, ASYNC109
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,  # noqa: ARG002
    ) -> httpcore.AsyncNetworkStream:
        raise NotPublic

    async def sleep(self, seconds: float) -> None:
        await self._plain.sleep(seconds)

    @staticmethod
    async def _resolve(host: str, port: int) -> list[Address]:
        """Without doubles. A name that is not known may be known later."""
        try:
            found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except OSError as error:
            raise httpcore.ConnectError from error
        return list(dict.fromkeys(ip_address(str(each[4][0]).partition("%")[0]) for each in found))
