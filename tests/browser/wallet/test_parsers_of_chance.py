"""Whatever stands in a QR code, a card, a list or a shown code is what it should be or is refused."""

import hashlib
import json
import re
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from playwright.async_api import Page

from devstack.journey.http import Addresses
from servicekit.bytes import to_base64url
from tests.chance import JSON, PARTS

bounded = settings(deadline=None, max_examples=150)

HOSTS = st.sampled_from(
    ["HERE", "HERE@evil.example", "x:y@HERE", "HERE.evil.example", "evil.example", "", "["]
)
PATHS = st.sampled_from(["/offers/", "//offers/", "/offers/../", "/", "/OFFERS/", "/offers/%2e%2e/"])
ENDS = st.text("ab1-_/%.?#&=é \n", max_size=12)
ADDRESSES = st.builds(
    lambda *parts: "".join(parts), st.sampled_from(["http://", "//", ""]), HOSTS, PATHS, ENDS
)
CONTENTS = (
    st.text(max_size=60)
    | ADDRESSES
    | ADDRESSES.map(lambda address: f"openid-credential-offer://?credential_offer_uri={quote(address)}")
    | ADDRESSES.map(lambda address: f"openid-credential-offer://{address}&credential_offer_uri={address}")
    | ADDRESSES.map(lambda address: f"http://HERE/add#{address}")
    | JSON.map(lambda offer: f"openid-credential-offer://?credential_offer={quote(json.dumps(offer))}")
)

NAMES = st.sampled_from(["exp", "iss", "cnf", "given_name", "__proto__", "constructor", "_sd", "...", ""])
DISCLOSURES = st.lists(st.tuples(st.text(max_size=3), NAMES, JSON).map(list), max_size=3) | st.lists(JSON)


def part(value: Any) -> str:
    return to_base64url(json.dumps(value).encode())


def card_of(header: Any, claims: Any, disclosures: list[str]) -> str:
    """With digests that fit, so that what is hidden is read, too; nobody has signed it."""
    if isinstance(claims, dict):
        digests = [to_base64url(hashlib.sha256(each.encode()).digest()) for each in disclosures]
        claims = {"_sd": digests, **claims}
    return "~".join([f"{part(header)}.{part(claims)}.{to_base64url(bytes(64))}", *disclosures, ""])


@bounded
@given(content=CONTENTS)
@example(content="http://somebody:secret@HERE/offers/a-b_1?c")
async def test_any_content_of_a_qr_code_is_an_offer_of_this_service_or_is_refused(
    modules: Page, addresses: Addresses, content: str
) -> None:
    here = addresses.wallet.partition("//")[2]
    told = await modules.evaluate(
        """(text) => {
          try { return modules.openid4vci.offerAddress(text); }
          catch (error) { return [error.reason, error.message]; }
        }""",
        content.replace("HERE", here),
    )

    is_ours = isinstance(told, str) and re.fullmatch(rf"{re.escape(addresses.wallet)}/offers/[\w-]+", told)
    assert is_ours or told[0] == "not_ours", told


OFFER = {
    "credential_issuer": "https://issuer.example/t/umcs",
    "credential_configuration_ids": ["card"],
    "grants": {"urn:ietf:params:oauth:grant-type:pre-authorized_code": {"pre-authorized_code": "abc"}},
}


async def read_by_value(modules: Page, query: str) -> Any:
    return await modules.evaluate(
        """async (text) => {
          const { fetchOffer, offerAddress } = modules.openid4vci;
          try { return await fetchOffer(offerAddress(text)); } catch (error) { return error.reason; }
        }""",
        f"openid-credential-offer://?{query}",
    )


async def test_an_offer_that_stands_in_the_code_itself_is_read(modules: Page) -> None:
    told = await read_by_value(modules, f"credential_offer={quote(json.dumps(OFFER))}")

    assert told == {"issuer": OFFER["credential_issuer"], "configurationId": "card", "code": "abc"}


@pytest.mark.parametrize("name", OFFER)
async def test_an_offer_by_value_that_lacks_something_is_refused(modules: Page, name: str) -> None:
    lacking = {key: value for key, value in OFFER.items() if key != name}

    assert await read_by_value(modules, f"credential_offer={quote(json.dumps(lacking))}") == "not_ours"


async def test_an_offer_both_by_value_and_by_reference_is_refused(
    modules: Page, addresses: Addresses
) -> None:
    address = quote(f"{addresses.wallet}/offers/abc")

    query = f"credential_offer={quote(json.dumps(OFFER))}&credential_offer_uri={address}"

    assert await read_by_value(modules, query) == "not_ours"


@bounded
@given(
    header=st.fixed_dictionaries({"alg": st.just("ES256"), "typ": st.just("dc+sd-jwt")}) | JSON,
    claims=st.dictionaries(NAMES, JSON, max_size=3) | JSON,
    disclosures=DISCLOSURES,
)
@example(header={}, claims={}, disclosures=[["salt", "__proto__", {"exp": 10}]])
async def test_any_card_is_refused_or_read_and_not_believed(
    modules: Page, header: Any, claims: Any, disclosures: list[Any]
) -> None:
    told = await modules.evaluate(
        """async (text) => {
          const { readCard, isSignedByIssuer, validity } = modules["sd-jwt"];
          const card = await readCard(text).catch(() => null);
          if (!card) return null;
          const key = await crypto.subtle.generateKey({ name: "ECDSA", namedCurve: "P-256" }, true, ["sign"]);
          const jwk = await crypto.subtle.exportKey("jwk", key.publicKey);
          const signed = await isSignedByIssuer(card, [jwk]).catch(() => false);
          const own = Object.getPrototypeOf(card.claims) === Object.prototype;
          return { signed, own, validity: validity(card, 1) };
        }""",
        card_of(header, claims, [part(each) for each in disclosures]),
    )

    assert told is None or (told["signed"], told["own"]) == (False, True)


@bounded
@given(text=st.text(max_size=200) | PARTS.map(lambda parts: ".".join(map(to_base64url, parts))))
async def test_text_of_chance_is_no_card_list_or_code(modules: Page, text: str) -> None:
    told = await modules.evaluate(
        """async (text) => {
          const asked = { uri: "https://issuer.example/1", idx: 0, keys: [], now: 0, maxAge: Infinity };
          const attempts = [
            async () => modules["sd-jwt"].readCard(`${text}~`)
              .then((card) => modules["sd-jwt"].isSignedByIssuer(card, [])),
            async () => modules["status-list"].readStatus(text, asked).then(() => true),
            async () => modules.presentation.readShownCode(text) && true,
          ];
          return Promise.all(attempts.map((attempt) => attempt().catch(() => false)));
        }""",
        text,
    )

    assert told == [False, False, False]
