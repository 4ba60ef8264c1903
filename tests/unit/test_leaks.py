"""The search that other tests rely on finds what is there, and nothing that is not."""

import base64
import json
from html import escape
from urllib.parse import quote

import pytest

from tests.leaks import Place, Secret, leaks

NAME = "Żółkiewska & Syn"
HANDLE = bytes(range(200, 216))


@pytest.mark.parametrize(
    "content",
    [
        f"hello {NAME}!".encode(),
        NAME.upper().encode(),
        json.dumps({"name": NAME}).encode(),
        f"/people?name={quote(NAME)}".encode(),
        escape(NAME).encode(),
        str(NAME.encode()).encode(),
        NAME.encode().hex().upper().encode(),
        *(base64.b64encode(before + NAME.encode() + b"after") for before in (b"", b"1", b"12", b"123")),
        *(base64.urlsafe_b64encode(before + NAME.encode()) for before in (b"", b"1", b"12", b"123")),
    ],
)
def test_a_name_is_found_in_every_disguise(content: bytes) -> None:
    assert leaks([Place("log", content)], [Secret("name", NAME)]) == {("name", "log")}


@pytest.mark.parametrize(
    "content",
    [
        b"x" + HANDLE + b"x",
        HANDLE.hex().encode(),
        base64.urlsafe_b64encode(b"?" + HANDLE),
        str([HANDLE]).encode(),
    ],
)
def test_bytes_are_found_in_every_disguise(content: bytes) -> None:
    assert leaks([Place("table", content)], [Secret("handle", HANDLE)]) == {("handle", "table")}


def test_a_short_number_counts_only_when_it_stands_alone() -> None:
    places = [Place("id", b"a12345678b"), Place("time", b"112345678"), Place("code", b'{"code":12345678}')]

    assert leaks(places, [Secret("code", "12345678")]) == {("code", "code")}


def test_what_is_not_there_is_not_found() -> None:
    assert (
        leaks([Place("log", b"nothing of note")], [Secret("name", NAME), Secret("handle", HANDLE)]) == set()
    )
