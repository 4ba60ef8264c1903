"""What a request may look like before any route sees it: size, type, and text that is text.

Refusals are 400, 413 and 415, never 500.
"""

import json
import re
from urllib.parse import unquote_to_bytes

from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from servicekit.accepting import FORM, JSON, Accepted, accepted_by
from servicekit.problems import problem_response
from servicekit.refusals import UnreadableRequest

_NUL = re.compile(r"(?<!\\)(?:\\\\)*\\u0000")


class GuardRequests:
    """Refuses what no route could handle; bodies are read whole, up to the limit of their route."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        if not _address_is_readable(scope):
            response = problem_response(Request(scope), UnreadableRequest())
            await response(scope, receive, send)
            return
        await self._app(scope, _Body(scope, receive).receive, send)


def _address_is_readable(scope: Scope) -> bool:
    raw = scope.get("raw_path") or scope["path"].encode()
    return all(_is_text(unquote_to_bytes(part)) for part in (raw, scope["query_string"].replace(b"+", b" ")))


def _is_text(data: bytes) -> bool:
    try:
        return "\0" not in data.decode()
    except UnicodeDecodeError:
        return False


class _Body:
    """The body in one message, checked; what comes after it (a disconnect) is passed on."""

    def __init__(self, scope: Scope, receive: Receive) -> None:
        self._scope = scope
        self._receive = receive
        self._read = False

    async def receive(self) -> Message:
        if self._read:
            return await self._receive()
        self._read = True
        accepted = accepted_by(self._scope)
        body = bytearray()
        more = True
        while more:
            message = await self._receive()
            if message["type"] != "http.request":
                return message
            body += message.get("body", b"")
            more = message.get("more_body", False)
            if len(body) > accepted.limit:
                raise HTTPException(413)
        if body:
            _check(bytes(body), _kind(Headers(scope=self._scope), accepted))
        return {"type": "http.request", "body": bytes(body), "more_body": False}


async def refuse_other_content_types(request: Request) -> None:
    """A dependency of every route, for those that would never read a body of the wrong type."""
    has_body = request.headers.get("content-length", "0") != "0" or "transfer-encoding" in request.headers
    if has_body and request.method not in ("GET", "HEAD"):
        _kind(request.headers, accepted_by(request.scope))


def _kind(headers: Headers, accepted: Accepted) -> str:
    kind = headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind not in accepted.media_types:
        raise HTTPException(415)
    return kind


def _check(body: bytes, kind: str) -> None:
    if kind == JSON:
        check_json(body)
    elif kind == FORM and not _is_text(unquote_to_bytes(body)):
        raise HTTPException(400)


def check_json(body: bytes) -> None:
    """PostgreSQL stores neither NUL nor half a surrogate pair, which JSON can spell as escapes."""
    if not _is_text(body):
        raise HTTPException(400)
    if b"\\u" not in body:
        return
    try:
        text = json.dumps(json.loads(body), ensure_ascii=False)
        text.encode()
    except (ValueError, RecursionError):
        raise HTTPException(400) from None
    if _NUL.search(text):
        raise HTTPException(400)


class SecurityHeaders:
    """Careful defaults for every answer that does not set its own."""

    def __init__(self, app: ASGIApp, *, https: bool) -> None:
        self._app = app
        self._defaults = {
            "X-Content-Type-Options": "nosniff",
            "Referrer-Policy": "same-origin",
            "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
        }
        if https:
            self._defaults["Strict-Transport-Security"] = "max-age=31536000"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(raw=message["headers"])
                for name, value in self._defaults.items():
                    headers.setdefault(name, value)
                if "cache-control" not in headers and "etag" not in headers:
                    headers["Cache-Control"] = "no-store"
            await send(message)

        await self._app(scope, receive, send_with_headers if scope["type"] == "http" else send)
