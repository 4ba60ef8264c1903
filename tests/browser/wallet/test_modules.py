"""The shared modules in a browser: what they make is what others make, and what is not true is refused."""

import os
import time
from datetime import UTC, datetime
from typing import Any

import pytest
import qrcode
from joserfc.jwk import ECKey
from playwright.async_api import Page

from issuer import status_list
from issuer.es256 import Signer, signer
from issuer.sd_jwt import sign_sd_jwt
from servicekit.keys import SigningKey

ISSUER = "https://issuer.example/t/umcs"
LIST = f"{ISSUER}/status-lists/1"
NOW = int(time.time())


@pytest.mark.parametrize("length", [1, 14, 15, 180, 181, 213, 500, 2331])
async def test_a_qr_code_is_the_same_as_pythons(modules: Page, length: int) -> None:
    text = f"z{os.urandom(length).hex()}"[:length]  # Python would spell digits alone in a shorter way
    theirs = qrcode.QRCode(error_correction=qrcode.constants.ERROR_CORRECT_M, mask_pattern=0, border=0)
    theirs.add_data(text.encode(), optimize=0)
    theirs.make(fit=True)

    ours = await modules.evaluate("text => modules.qr.encodeQr(text)", text)

    assert ours == [[bool(module) for module in row] for row in theirs.modules]


async def test_too_long_a_text_is_refused(modules: Page) -> None:
    told = await modules.evaluate(
        "() => { try { modules.qr.encodeQr('x'.repeat(2332)); } catch (error) { return error.name; } }"
    )

    assert told == "RangeError"


class Issuing:
    """An issuer's key, and what it signs."""

    def __init__(self) -> None:
        self.key = ECKey.generate_key("P-256")
        self.kid = self.key.thumbprint()
        self.keys = [{**self.key.as_dict(private=False), "kid": self.kid}]

    def signer(self, typ: str) -> Signer:
        return signer(SigningKey(self.kid, self.key), typ=typ)

    def card(self, typ: str = "dc+sd-jwt") -> str:
        plain = {
            "iss": ISSUER,
            "nbf": NOW - 60,
            "exp": NOW + 3600,
            "status": {"status_list": {"idx": 5, "uri": LIST}},
        }
        hidden = {"given_name": "Zażółć <b>gęślą</b> 😀", "pesel": "44051401359", "portrait": "x" * 20_000}
        return sign_sd_jwt(self.signer(typ), plain, hidden, os.urandom)

    def status_list(self, status: int, typ: str = status_list.TYP, at: int = NOW) -> str:
        compressed = status_list.compress(status_list.pack(1000, [(5, status)]))
        claims = status_list.token_claims(LIST, compressed, ISSUER, datetime.fromtimestamp(at, UTC))
        return self.signer(typ).sign(claims)


@pytest.fixture
def issuing() -> Issuing:
    return Issuing()


async def read(modules: Page, sd_jwt: str, keys: list[Any]) -> dict[str, Any]:
    """What is claimed, and whether the issuer has signed it; or the error."""
    told: dict[str, Any] = await modules.evaluate(
        """async ([text, keys]) => {
          const { readCard, isSignedByIssuer } = modules["sd-jwt"];
          try {
            const card = await readCard(text);
            return { claims: card.claims, signed: await isSignedByIssuer(card, keys) };
          } catch (error) { return { error: error.message }; }
        }""",
        [sd_jwt, keys],
    )
    return told


async def test_a_card_of_the_issuer_is_read_and_believed(modules: Page, issuing: Issuing) -> None:
    told = await read(modules, issuing.card(), issuing.keys)

    assert told["signed"] is True
    assert told["claims"]["given_name"] == "Zażółć <b>gęślą</b> 😀"
    assert "_sd" not in told["claims"]


async def test_a_card_of_another_key_or_kind_is_not_believed(modules: Page, issuing: Issuing) -> None:
    assert (await read(modules, issuing.card(), Issuing().keys))["signed"] is False
    assert (await read(modules, issuing.card("jwt"), issuing.keys))["signed"] is False


async def test_a_disclosure_of_another_card_is_refused(modules: Page, issuing: Issuing) -> None:
    token, *_ = issuing.card().split("~")
    _, *foreign = issuing.card().split("~")

    told = await read(modules, "~".join([token, *foreign]), issuing.keys)

    assert told["error"] == "a disclosure does not belong to the card"


async def test_a_card_tells_only_what_it_is_asked_for(modules: Page, issuing: Issuing) -> None:
    told = await modules.evaluate(
        """async (text) => {
          const { readCard, withDisclosures } = modules["sd-jwt"];
          return withDisclosures(await readCard(text), ["given_name"]);
        }""",
        issuing.card(),
    )

    assert (await read(modules, told, issuing.keys))["claims"].keys() >= {"given_name", "iss"}
    assert "pesel" not in (await read(modules, told, issuing.keys))["claims"]


async def status(modules: Page, text: str, keys: list[Any], **asked: Any) -> Any:
    return await modules.evaluate(
        """([text, asked]) => modules["status-list"].readStatus(text, asked)
          .then((told) => told.status, (error) => error.message)""",
        [text, {"uri": LIST, "idx": 5, "keys": keys, "now": NOW, "maxAge": 60} | asked],
    )


@pytest.mark.parametrize(("number", "word"), [(0, "valid"), (1, "revoked"), (2, "suspended")])
async def test_a_status_list_tells_the_state_of_a_card(
    modules: Page, issuing: Issuing, number: int, word: str
) -> None:
    assert await status(modules, issuing.status_list(number), issuing.keys) == word


async def test_a_status_list_that_is_old_foreign_or_something_else_is_refused(
    modules: Page, issuing: Issuing
) -> None:
    not_fresh = "this is not a fresh status list of that address"
    not_signed = "the status list is not signed by the issuer"

    assert await status(modules, issuing.status_list(0, at=NOW - 61), issuing.keys) == not_fresh
    assert await status(modules, issuing.status_list(0), issuing.keys, uri=f"{LIST}0") == not_fresh
    assert await status(modules, issuing.status_list(0), Issuing().keys) == not_signed
    assert await status(modules, issuing.status_list(0, typ="jwt"), issuing.keys) == not_signed
    assert "status list" in await status(modules, issuing.status_list(0), issuing.keys, idx=5000)


async def test_another_algorithm_is_never_believed(modules: Page, issuing: Issuing) -> None:
    told = await modules.evaluate(
        """async ([text, keys]) => {
          const { readToken, isSignedBy } = modules.jwt;
          const token = readToken(text);
          const algorithms = ["none", "HS256", undefined];
          return Promise.all(algorithms.map((alg) =>
            isSignedBy({ ...token, header: { ...token.header, alg } }, keys)));
        }""",
        [issuing.status_list(0), issuing.keys],
    )

    assert told == [False, False, False]
