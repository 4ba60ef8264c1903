"""What the browser reads agrees with the examples of the specifications."""

from datetime import UTC, datetime
from typing import Any

import pytest
from joserfc.jwk import ECKey
from playwright.async_api import Page

from issuer import status_list
from issuer.es256 import signer
from servicekit.keys import SigningKey
from tests import vectors

LIST = "https://issuer.example/t/umcs/status-lists/1"
NOW = 1_795_000_000


async def test_the_card_of_the_draft_is_read_and_believed(modules: Page) -> None:
    told = await modules.evaluate(
        """async ([text, key]) => {
          const { readCard, isSignedByIssuer } = modules["sd-jwt"];
          const card = await readCard(text);
          return { claims: card.claims, signed: await isSignedByIssuer(card, [key]) };
        }""",
        [vectors.SD_JWT_VC, vectors.SD_JWT_VC_KEY],
    )

    assert told["signed"] is True
    assert told["claims"]["is_over_65"] is True
    assert told["claims"]["address"]["locality"] == "Anytown"


@pytest.mark.parametrize(
    ("issuer", "place"),
    [
        ("https://mleg.example", "https://mleg.example/.well-known/jwt-vc-issuer"),
        ("https://issuer.example/t/umcs", "https://issuer.example/.well-known/jwt-vc-issuer/t/umcs"),
    ],
)
async def test_the_well_known_part_follows_the_host_whether_a_path_does_or_not(
    modules: Page, issuer: str, place: str
) -> None:
    assert await modules.evaluate("url => modules.issuer.wellKnown(url, 'jwt-vc-issuer')", issuer) == place


async def test_the_thumbprint_is_that_of_the_rfc(modules: Page) -> None:
    key = {"kid": "1", **vectors.JWK}

    assert await modules.evaluate("key => modules.es256.thumbprint(key)", key) == vectors.THUMBPRINT


async def test_the_hash_of_a_token_is_that_of_the_rfc(modules: Page) -> None:
    told = await modules.evaluate(
        "async (text) => { const { sha256, toBase64url, toUtf8 } = modules.bytes; "
        "return toBase64url(await sha256(toUtf8(text))); }",
        vectors.ACCESS_TOKEN,
    )

    assert told == vectors.TOKEN_HASH


@pytest.mark.parametrize(
    ("bits", "compressed", "statuses"),
    [
        (1, vectors.ONE_BIT_LIST, vectors.ONE_BIT_STATUSES),
        (2, vectors.TWO_BIT_LIST, vectors.TWO_BIT_STATUSES),
    ],
)
async def test_the_long_lists_of_the_draft_are_read(
    modules: Page, bits: int, compressed: str, statuses: dict[int, int]
) -> None:
    words = {0: "valid", 1: "revoked", 2: "suspended", 3: "the status list says something unknown"}
    asked = sorted({place for index in statuses for place in (index, index + 1)} | {vectors.LONG_LIST - 1})

    told = await statuses_at(modules, asked, bits, compressed)

    assert told == [words[statuses.get(index, 0)] for index in asked]


async def statuses_at(modules: Page, asked: list[int], bits: int, compressed: str) -> Any:
    key = ECKey.generate_key("P-256")
    claims = status_list.token_claims(LIST, compressed, LIST, datetime.fromtimestamp(NOW, UTC))
    claims["status_list"]["bits"] = bits
    token = signer(SigningKey("1", key), typ=status_list.TYP).sign(claims)
    keys = [{**key.as_dict(private=False), "kid": "1"}]
    return await modules.evaluate(
        """([text, asked, given]) => Promise.all(asked.map((idx) =>
          modules["status-list"].readStatus(text, { ...given, idx })
            .then((told) => told.status, (error) => error.message)))""",
        [token, asked, {"uri": LIST, "keys": keys, "now": NOW, "maxAge": 60}],
    )
