"""Token Status List: the draft's own vectors, and what a checker must find in a token."""

import zlib
from datetime import UTC, datetime

import pytest

from issuer.status_list import compress, pack, token_claims
from servicekit.bytes import from_base64url
from tests import vectors

ONE_BIT = [1, 0, 0, 1, 1, 1, 0, 1, 1, 1, 0, 0, 0, 1, 0, 1]
TWO_BITS = [1, 2, 0, 3, 0, 1, 0, 1, 1, 2, 3, 3]


@pytest.mark.parametrize(
    ("statuses", "bits", "packed", "compressed"),
    [
        (ONE_BIT, 1, bytes([0xB9, 0xA3]), "eNrbuRgAAhcBXQ"),
        (TWO_BITS, 2, bytes([0xC9, 0x44, 0xF9]), "eNo76fITAAPfAgc"),
    ],
)
def test_the_vectors_of_the_draft_are_met(
    statuses: list[int], bits: int, packed: bytes, compressed: str
) -> None:
    made = pack(len(statuses), enumerate(statuses), bits=bits)

    assert made == packed
    assert compress(made, level=9) == compressed


@pytest.mark.parametrize(
    ("statuses", "bits", "compressed"),
    [
        (vectors.ONE_BIT_STATUSES, 1, vectors.ONE_BIT_LIST),
        (vectors.TWO_BIT_STATUSES, 2, vectors.TWO_BIT_LIST),
    ],
)
def test_the_long_vectors_of_the_draft_are_met(statuses: dict[int, int], bits: int, compressed: str) -> None:
    made = pack(vectors.LONG_LIST, statuses.items(), bits=bits)

    assert made == zlib.decompress(from_base64url(compressed))
    assert compress(made, level=9) == compressed


def test_a_list_has_its_full_size_however_few_cards_there_are() -> None:
    assert pack(4096, []) == bytes(1024)


def test_what_is_served_opens_to_what_was_packed() -> None:
    packed = pack(4096, [(0, 1), (4095, 2)])

    assert zlib.decompress(from_base64url(compress(packed))) == packed


def test_a_token_names_its_own_address_and_how_long_it_is_good() -> None:
    now = datetime(2026, 11, 22, 12, tzinfo=UTC)

    claims = token_claims(
        "https://issuer.example/t/umcs/status-lists/1", "lst", "https://issuer.example/all", now
    )

    assert claims["sub"] == "https://issuer.example/t/umcs/status-lists/1"
    assert claims["iat"] == int(now.timestamp())
    assert claims["exp"] > claims["iat"]
    assert claims["ttl"] <= 30
    assert claims["status_list"]["bits"] == 2
