"""Cross-origin rules by path: endpoints that any page may read, and pages of ours that call another service.

Never with credentials: sessions stay on their own origin.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_METHODS = "GET, HEAD, POST, PUT, DELETE, OPTIONS"


@dataclass(frozen=True, slots=True)
class CrossOrigin:
    """`paths` is a regular expression for whole paths; no `origins` means any origin."""

    paths: str
    origins: tuple[str, ...] = ()
    allow: tuple[str, ...] = ("Authorization", "Content-Type")
    expose: tuple[str, ...] = ("Date", "ETag", "Retry-After")

    def allows(self, path: str, origin: str) -> bool:
        return re.fullmatch(self.paths, path) is not None and (not self.origins or origin in self.origins)


def wallet_facing(paths: str) -> CrossOrigin:
    """The endpoints that wallets of others call from their own pages (protocol 4)."""
    return CrossOrigin(
        paths,
        allow=(
            "Authorization",
            "DPoP",
            "Content-Type",
            "OAuth-Client-Attestation",
            "OAuth-Client-Attestation-PoP",
        ),
        expose=("DPoP-Nonce", "WWW-Authenticate", "Date", "ETag", "Retry-After"),
    )


class AllowCrossOrigin:
    """Answers preflights and names the allowed origin, for the paths of the rules only."""

    def __init__(self, app: ASGIApp, *, rules: Sequence[CrossOrigin]) -> None:
        self._app = app
        self._rules = rules

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        rule = self._rule(scope) if scope["type"] == "http" else None
        if rule is None:
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        allowed = _allowed(rule, headers.get("origin", ""))
        if scope["method"] == "OPTIONS" and "access-control-request-method" in headers:
            preflight = {
                "Access-Control-Allow-Methods": _METHODS,
                "Access-Control-Allow-Headers": ", ".join(rule.allow),
                "Access-Control-Max-Age": "600",
            }
            varies = {"Vary": "Origin"} if rule.origins else {}
            await Response(status_code=204, headers=allowed | preflight | varies)(scope, receive, send)
            return

        async def send_allowed(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(raw=message["headers"])
                headers.update(allowed)
                if rule.origins:
                    headers.add_vary_header("Origin")
            await send(message)

        await self._app(scope, receive, send_allowed)

    def _rule(self, scope: Scope) -> CrossOrigin | None:
        origin = Headers(scope=scope).get("origin", "")
        return next((rule for rule in self._rules if rule.allows(scope["path"], origin)), None)


def _allowed(rule: CrossOrigin, origin: str) -> dict[str, str]:
    return {
        "Access-Control-Allow-Origin": origin if rule.origins else "*",
        "Access-Control-Expose-Headers": ", ".join(rule.expose),
    }
