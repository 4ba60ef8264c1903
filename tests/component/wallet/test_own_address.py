"""An institution whose issuer has an address of its own: offers, tokens and pages name that one."""

import json
import re
from pathlib import Path

import httpx
import pytest

from eventing import Works
from servicekit.tokens import verify_jwt
from tests.component.wallet.conftest import NewOrder
from tests.component.wallet.scene import NOON, tell
from tests.component.wallet.steps import fetch_code, redeem
from tests.databases import Database
from tests.own_address import OWN_ADDRESS, institutions_in
from wallet.parts import Parts
from wallet.settings import WalletSettings


@pytest.fixture
def settings(wallet_database: Database, keys_dir: Path, tmp_path: Path) -> WalletSettings:
    return WalletSettings(
        environment="development",
        database_url=wallet_database.url,
        keys_dir=keys_dir,
        institutions_dir=institutions_in(tmp_path / "institutions"),
        offer_patience=0.2,
    )


async def test_offer_and_token_are_of_the_issuer_at_its_own_address(
    http: httpx.AsyncClient, works: Works, parts: Parts, new_order: NewOrder
) -> None:
    order = new_order()
    order.institution_id = "pwr"
    await tell(works, order.ready())

    offer = (await http.get(f"/offers/{order.offer_id()}")).json()
    answer = await redeem(http, await fetch_code(http, order))

    assert offer["credential_issuer"] == OWN_ADDRESS
    keys, server = parts.keys.tokens.public_keys(), parts.settings.wallet_public_url
    token = answer.json()["access_token"]
    claims = verify_jwt(token, keys, typ="at+jwt", issuer=server, audience=OWN_ADDRESS, now=NOON)
    assert claims["sub"] == str(order.order_id)


async def test_an_offer_of_an_institution_that_nobody_knows_any_more_is_unknown(
    http: httpx.AsyncClient, works: Works, new_order: NewOrder
) -> None:
    order = new_order()
    order.institution_id = "uw"
    await tell(works, order.ready())

    assert (await http.get(f"/offers/{order.offer_id()}")).status_code == 404


async def test_the_page_trusts_that_address_and_may_ask_there(http: httpx.AsyncClient) -> None:
    page = await http.get("/add", headers={"Accept": "text/html"})

    found = re.search(r"data-settings='([^']+)'", page.text)
    assert found
    assert OWN_ADDRESS in {issuer["url"] for issuer in json.loads(found[1])["issuers"]}
    assert f" {OWN_ADDRESS} http://localhost:8002;" in page.headers["content-security-policy"]
