"""Institutions with an issuer address of their own: what is asked there is asked below `/t/{id}`.

Nothing else can be reached at such an address: neither another institution nor what is for operators.
"""

import re
from collections.abc import Mapping
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from servicekit.issuers import issuer_path

_USUAL_PORTS = {"http": 80, "https": 443}


class OwnAddresses:
    """Goes by the header `Host` alone, which a gateway passes on; other hosts go on as they come."""

    def __init__(self, app: ASGIApp, *, addresses: Mapping[str, str]) -> None:
        """`addresses`: the issuer's of each institution, also of those without one of their own."""
        self._app = app
        own = {issuer_path(institution_id): urlsplit(url) for institution_id, url in addresses.items()}
        self._paths = {
            host: path
            for path, place in own.items()
            if not place.path
            for host in (place.netloc, f"{place.hostname}:{place.port or _USUAL_PORTS[place.scheme]}")
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        below = self._below(scope)
        if below is not None:
            path, raw = (_moved(each, below) for each in (scope["path"], _raw(scope)))
            scope = {**scope, "path": path, "raw_path": raw.encode("latin-1")}
        await self._app(scope, receive, send)

    def _below(self, scope: Scope) -> str | None:
        if scope["type"] != "http" or not self._paths:
            return None
        return self._paths.get(Headers(scope=scope).get("host", "").lower())


def _raw(scope: Scope) -> str:
    raw: bytes = scope.get("raw_path") or scope["path"].encode()
    return raw.decode("latin-1")


def _moved(path: str, below: str) -> str:
    """A well-known part stays in front, and the institution's path follows (RFC 8615)."""
    known = re.match(r"/\.well-known/[^/]+", path)
    front = known[0] if known else ""
    return front + below + path[len(front) :]
