"""A photo comes from ordering alone, whole, and as the order names it; anything else is no photo."""

from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from uuid import uuid4

import httpx
import pytest

from issuer.photos import MAX_PHOTO, Photos, PhotoUnavailable
from servicekit.keys import Keys

PHOTO = b"\xff\xd8\xff a portrait"
DIGEST = sha256(PHOTO).hexdigest()
ORDERING = "http://ordering.test"

Answer = Callable[[httpx.Request], httpx.Response]


async def fetch(keys_dir: Path, answer: Answer, digest: str = DIGEST) -> tuple[bytes | None, list[str]]:
    """What came of it, and who was asked."""
    asked: list[str] = []

    def watched(request: httpx.Request) -> httpx.Response:
        asked.append(str(request.url))
        return answer(request)

    async with httpx.AsyncClient(transport=httpx.MockTransport(watched), follow_redirects=True) as http:
        photos = Photos(
            http,
            issuer="http://issuer.test",
            ordering=ORDERING,
            ordering_internal=ORDERING,
            key=Keys(keys_dir).signing_keys("issuer/service").current,
            clock=lambda: datetime(2026, 10, 1, tzinfo=UTC),
        )
        try:
            return await photos.fetch(uuid4(), digest), asked
        except PhotoUnavailable:
            return None, asked


async def test_the_photo_of_the_order_is_taken(keys_dir: Path) -> None:
    photo, asked = await fetch(keys_dir, lambda _: httpx.Response(200, content=PHOTO))

    assert (photo, asked) == (PHOTO, [f"{ORDERING}/internal/photos/{DIGEST}"])


async def test_nobody_is_asked_whom_an_answer_names(keys_dir: Path) -> None:
    elsewhere = {"Location": "http://169.254.169.254/latest/meta-data"}

    photo, asked = await fetch(keys_dir, lambda _: httpx.Response(302, headers=elsewhere))

    assert (photo, len(asked)) == (None, 1)


async def test_another_photo_is_none(keys_dir: Path) -> None:
    photo, _ = await fetch(keys_dir, lambda _: httpx.Response(200, content=b"another"))

    assert photo is None


async def test_an_endless_answer_is_not_read_to_its_end(keys_dir: Path) -> None:
    sent = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal sent
        while True:
            sent += 1
            yield bytes(4096)

    photo, _ = await fetch(keys_dir, lambda _: httpx.Response(200, content=endless()))

    assert photo is None
    assert sent <= MAX_PHOTO // 4096 + 2


@pytest.mark.parametrize("error", [httpx.ConnectError, httpx.ReadTimeout])
async def test_a_peer_that_does_not_answer_is_no_fault_of_ours(
    keys_dir: Path, error: type[httpx.TransportError]
) -> None:
    def away(_: httpx.Request) -> httpx.Response:
        raise error("away")

    photo, _ = await fetch(keys_dir, away)

    assert photo is None
