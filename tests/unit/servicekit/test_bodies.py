"""What may come in: readable text, of the right kind, and not too much."""

from collections.abc import AsyncIterator

import pytest

from servicekit.accepting import BYTES, FORM, JSON
from tests.unit.servicekit.made_up_service import http, post


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b"[]garbage",
        b'[{"kind": "\xff"}]',
        b'[{"kind": "\x00"}]',
        b'[{"text": "\\u0000"}]',
        b'[{"text": "\\\\\\u0000"}]',
        b'[{"text": "\\ud800"}]',
        b"[" * 30_000,
    ],
)
async def test_a_body_that_cannot_be_read_is_400(body: bytes) -> None:
    answer = await post(body)

    assert (answer.status_code, answer.json()["code"]) == (400, "UNREADABLE_REQUEST")


async def test_a_backslash_before_u0000_is_text() -> None:
    answer = await post(b'[{"kind": "card_terms", "text": "\\\\u0000"}]')

    assert answer.status_code == 200


@pytest.mark.parametrize("kind", ["text/plain", FORM, "application/jsonp", "", "text/html;charset=utf-8"])
async def test_another_content_type_is_415_and_names_the_right_one(kind: str) -> None:
    answer = await post(b"[]", kind)

    assert (answer.status_code, answer.json()["accepted"]) == (415, [JSON])


async def test_a_body_over_the_limit_is_413() -> None:
    answer = await post(b" " * (64 * 1024) + b"[]")

    assert (answer.status_code, answer.json()["limit_bytes"]) == (413, 65536)


async def test_a_body_without_length_is_limited_too() -> None:
    async def endless() -> AsyncIterator[bytes]:
        while True:
            yield b" " * 4096

    async with http() as browser:
        answer = await browser.post("/api/v1/consents", content=endless(), headers={"Content-Type": JSON})

    assert answer.status_code == 413


async def test_an_endpoint_may_take_bytes_with_a_limit_of_its_own() -> None:
    async with http() as phone:
        fits = await phone.put("/api/v1/packs/h", content=b"\0\xff" * 50, headers={"Content-Type": BYTES})
        over = await phone.put("/api/v1/packs/h", content=b"\0\xff" * 51, headers={"Content-Type": BYTES})
        json = await phone.put("/api/v1/packs/h", json={})

    assert [fits.status_code, over.status_code, json.status_code] == [200, 413, 415]


@pytest.mark.parametrize("path", ["/api/v1/%00", "/api/v1/%ff", "/api/v1/early?x=%00", "/api/v1/early?x=%c3"])
async def test_an_address_that_is_no_text_is_400(path: str) -> None:
    async with http() as browser:
        answer = await browser.get(path)

    assert (answer.status_code, answer.json()["code"]) == (400, "UNREADABLE_REQUEST")
