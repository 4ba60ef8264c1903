"""Requests that no honest client sends, to every route of a service: none may be answered as a fault."""

import asyncio
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import httpx

JSON = "application/json"
FORM = "application/x-www-form-urlencoded"

# What stands in the place of an id: no text, another path, too long, no id, and one that nobody has.
PLACES = (
    "%00",
    "%ff",
    "..%2f..%2fetc%2fpasswd",
    "%F0%9F%92%A5",
    "x" * 5000,
    "-1",
    "9" * 30,
    "'%20or%201=1--",
    "00000000-0000-0000-0000-000000000001",
    "AAAAAAAAAAAAAAAAAAAAAA",
    "a" * 64,
)
BODIES = (
    (b"", JSON),
    (b"{", JSON),
    (b"{} more", JSON),
    (b"null", JSON),
    (b"[]", JSON),
    (b"[" * 30_000, JSON),
    (b'{"a":' * 9_000 + b"1" + b"}" * 9_000, JSON),
    (b'{"version": 1e999, "time": NaN, "handle": Infinity}', JSON),
    (b'{"time": ' + b"9" * 5_000 + b"}", JSON),
    (b'{"version": "\\u0000"}', JSON),
    (b'{"version": "\\ud800", "\\ud800": 1}', JSON),
    (b'{"version": "\xff"}', JSON),
    (b'{"version": {}, "locale": [], "consents": {"a": 1}, "quiet_hours": [7]}', JSON),
    (b" " * 100_000, JSON),
    (b"grant_type=%00&a=%ff", FORM),
    (b"&".join([b"a=1"] * 5_000), FORM),
    (b"--x\r\n", "multipart/form-data; boundary=x"),
    (b"\0\xff", "application/octet-stream"),
    (b"<a/>", ""),
)
HEADERS = (
    {"Accept-Language": "\xff;q=nan, pl;q=1e999, ;;;,"},
    {"Authorization": "Bearer \xff.\xff.\xff"},
    {"Authorization": "Bearer W1tb.W1tb.AAAA"},
    {"Authorization": "DPoP"},
    {"Cookie": "a=\xff; legitka-ordering=%00; legitka-wallet=x; ="},
    {"Idempotency-Key": "\xff" * 100},
    {"Last-Event-ID": "9" * 18},
    {"Presentation-Proof": "W1tb.W1tb.AAAA"},
    {"X-Forwarded-For": "::1, \xff, 999.1.1.1"},
    {"traceparent": "00-\xff"},
)


@dataclass(frozen=True)
class Request:
    """One of them, printed without its body."""

    method: str
    path: str
    headers: Mapping[str, str]
    content: bytes = field(default=b"", repr=False)


def hostile_requests(paths: Mapping[str, Mapping[str, object]]) -> Iterator[Request]:
    """`paths` of an OpenAPI document. Streams, which would not end, are left out."""
    for template, operations in paths.items():
        if template.endswith("/events"):
            continue
        for method in operations:
            yield from _to(method.upper(), template)


def _to(method: str, template: str) -> Iterator[Request]:
    if "{" in template:
        yield from (Request(method, _filled(template, place), {}) for place in PLACES)
    path = _filled(template, PLACES[-3])
    yield from (Request(method, path, headers) for headers in HEADERS)
    yield Request(method, f"{path}?before=%00&limit=%ff&last_event_id=x&access_token=x", {})
    if method in ("POST", "PUT", "PATCH"):
        yield from (Request(method, path, {"Content-Type": kind}, body) for body, kind in BODIES)


def _filled(template: str, place: str) -> str:
    parts = [place if part.startswith("{") else part for part in template.split("/")]
    return "/".join(parts)


async def faults(client: httpx.AsyncClient, headers: Mapping[str, str] | None = None) -> list[str]:
    """The requests that were answered by 500, or by nothing."""
    document = (await client.get("/openapi.json")).json()
    requests = list(hostile_requests(document["paths"]))
    assert requests
    answers = [await _answer(client, request, headers or {}) for request in requests]
    return [
        f"{status} {request}" for request, status in zip(requests, answers, strict=True) if status in (0, 500)
    ]


async def _answer(client: httpx.AsyncClient, request: Request, headers: Mapping[str, str]) -> int:
    raw = [(name.encode(), value.encode("latin-1")) for name, value in {**headers, **request.headers}.items()]
    try:
        async with asyncio.timeout(5):
            answer = await client.request(request.method, request.path, headers=raw, content=request.content)
    except TimeoutError:
        return 0
    return answer.status_code
