"""The pages of the wallet app: strict headers, nobody's data, and what is kept for lack of a network."""

import json
import re

import httpx
import pytest
from dirty_equals import IsPartialDict

from wallet.pages import OFFLINE

PAGES = [*OFFLINE, "/add"]
AS_A_BROWSER = {"Accept": "text/html", "Accept-Language": "pl"}


@pytest.mark.parametrize("path", PAGES)
async def test_a_page_runs_nothing_but_its_own_modules(http: httpx.AsyncClient, path: str) -> None:
    answer = await http.get(path, headers=AS_A_BROWSER)

    assert answer.status_code == 200
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert not re.search(r"<script(?![^>]*\ssrc=)|\sstyle=|\son\w+=", answer.text)


@pytest.mark.parametrize("path", PAGES)
async def test_a_page_is_small(http: httpx.AsyncClient, path: str) -> None:
    """With all that it links to, compressed: a first visit stays below 100 kB."""
    answer = await http.get(path, headers=AS_A_BROWSER | {"Accept-Encoding": "gzip"})
    links = set(re.findall(r'(?:src|href)="(/static/[^"]+)"', answer.text))
    files = [await http.get(link, headers={"Accept-Encoding": "gzip"}) for link in links]

    assert sum(int(file.headers["content-length"]) for file in [answer, *files]) < 100_000


async def test_scripts_may_ask_this_service_and_the_issuer_alone(http: httpx.AsyncClient) -> None:
    answer = await http.get("/add", headers=AS_A_BROWSER)

    assert "connect-src 'self' http://localhost:8002;" in answer.headers["content-security-policy"]


async def test_the_page_trusts_the_issuers_of_all_institutions(http: httpx.AsyncClient) -> None:
    page = (await http.get("/", headers=AS_A_BROWSER)).text

    found = re.search(r"data-settings='([^']+)'", page)
    assert found
    settings = json.loads(found[1])
    assert {issuer["url"] for issuer in settings["issuers"]} >= {
        "http://localhost:8002/t/umcs",
        "http://localhost:8002/t/pwr",
    }


@pytest.mark.parametrize(
    ("language", "words"),
    [("pl", "Legitymacja zaczyna się od zamówienia"), ("en", "A card begins with an order")],
)
async def test_a_wallet_that_asks_for_authorization_learns_where_the_way_in_is(
    language: str, words: str, http: httpx.AsyncClient
) -> None:
    asked = {"response_type": "code", "redirect_uri": "https://wallet.example/back", "state": "<s>"}

    answer = await http.get("/authorize", params=asked, headers=AS_A_BROWSER | {"Accept-Language": language})

    assert answer.status_code == 200
    assert words in answer.text
    assert 'href="http://localhost:8001/"' in answer.text
    assert 'href="https://wallet.example' not in answer.text


async def test_the_manifest_makes_it_an_app_in_the_language_of_the_person(http: httpx.AsyncClient) -> None:
    manifest = (await http.get("/manifest.webmanifest", headers={"Accept-Language": "en"})).json()

    assert manifest == IsPartialDict(name="Legitka Wallet", start_url="/", scope="/", display="standalone")
    for icon in manifest["icons"]:
        assert (await http.get(icon["src"])).headers["content-type"] == icon["type"]


async def test_the_service_worker_keeps_files_that_are_there(http: httpx.AsyncClient) -> None:
    answer = await http.get("/sw.js")
    kept = json.loads(answer.text.partition("const KEPT = ")[2].partition(";\n")[0])

    assert answer.headers["cache-control"] == "no-cache"
    assert "connect-src 'self'" in answer.headers["content-security-policy"]
    for address in [*kept["files"], *kept["pages"]]:
        assert (await http.get(address, headers=AS_A_BROWSER)).status_code == 200


async def test_without_a_session_adding_a_document_asks_for_a_sign_in(http: httpx.AsyncClient) -> None:
    page = (await http.get("/add", headers=AS_A_BROWSER)).text

    assert 'href="/signin?next=/add"' in page
    assert 'id="activation-code"' not in page


async def test_the_choice_of_language_is_kept(http: httpx.AsyncClient) -> None:
    await http.get("/language/en?next=/help")

    page = await http.get("/help", headers=AS_A_BROWSER)

    assert page.headers["content-language"] == "en"
