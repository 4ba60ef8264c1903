"""The verifier's files: strict headers, a list of trusted issuers, and nothing that differs by person."""

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from tests.own_address import OWN_ADDRESS, institutions_in
from wallet.verifier.app import create_verifier
from wallet.verifier.settings import VerifierSettings

URL = "http://localhost:8006"


def settings(**changes: str) -> VerifierSettings:
    return VerifierSettings(environment="development", **changes)  # type: ignore[arg-type]  # fields of all kinds


@pytest.fixture
async def http() -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(create_verifier(settings()))
    async with httpx.AsyncClient(transport=transport, base_url=URL) as client:
        yield client


async def test_the_page_may_do_nothing_but_check(http: httpx.AsyncClient) -> None:
    page = await http.get("/")

    policy = dict(part.partition(" ")[::2] for part in page.headers["content-security-policy"].split("; "))
    assert policy["default-src"] == "'none'"
    assert policy["script-src"] == policy["style-src"] == "'self'"
    assert policy["connect-src"] == (
        "'self' http://localhost:8004/api/v1/verifications http://localhost:8002"
    )
    assert policy["require-trusted-types-for"] == "'script'"
    assert policy["trusted-types"] == policy["frame-ancestors"] == policy["base-uri"] == "'none'"
    assert page.headers["permissions-policy"].startswith("camera=(self)")
    assert page.headers["referrer-policy"] == "no-referrer"


@pytest.mark.parametrize("path", ["/", "/pl", "/en", "/config.json", "/en/manifest.webmanifest"])
async def test_nobody_is_given_a_cookie(http: httpx.AsyncClient, path: str) -> None:
    answer = await http.get(path)

    assert answer.status_code == 200
    assert "set-cookie" not in answer.headers


@pytest.mark.parametrize(("asked", "given"), [("en-US,en", "en"), ("de", "pl"), ("pl", "pl")])
async def test_the_first_page_speaks_the_language_of_the_browser(
    http: httpx.AsyncClient, asked: str, given: str
) -> None:
    page = await http.get("/", headers={"Accept-Language": asked})

    assert page.headers["content-language"] == given
    assert f'<html lang="{given}">' in page.text


async def test_only_the_issuers_of_our_institutions_are_trusted(http: httpx.AsyncClient) -> None:
    config = (await http.get("/config.json")).json()

    assert config["wallet"] == "http://localhost:8004"
    assert config["issuers"].keys() == {"http://localhost:8002/t/umcs", "http://localhost:8002/t/pwr"}


@pytest.mark.parametrize(
    "path", ["/de", "/static/0/css/base.css", "/openapi.json", "/docs", "/api/v1/orders"]
)
async def test_there_is_nothing_else(http: httpx.AsyncClient, path: str) -> None:
    assert (await http.get(path)).status_code == 404


async def test_files_are_kept_for_good_under_the_name_of_their_content(http: httpx.AsyncClient) -> None:
    page = (await http.get("/")).text
    style = page.partition('rel="stylesheet" href="')[2].partition('"')[0]

    answer = await http.get(style)

    assert answer.status_code == 200
    assert "immutable" in answer.headers["cache-control"]


async def test_over_tls_browsers_are_told_to_stay_there() -> None:
    app = create_verifier(settings(verifier_public_url="https://check.university.example"))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=URL) as client:
        assert "max-age" in (await client.get("/")).headers["strict-transport-security"]


async def test_an_issuer_with_an_address_of_its_own_is_trusted_and_may_be_asked(tmp_path: Path) -> None:
    folder = institutions_in(tmp_path / "institutions")
    transport = httpx.ASGITransport(create_verifier(settings(institutions_dir=str(folder))))
    async with httpx.AsyncClient(transport=transport, base_url=URL) as http:
        config, page = (await http.get("/config.json")).json(), await http.get("/en")

    assert config["issuers"].keys() == {OWN_ADDRESS, "http://localhost:8002/t/umcs"}
    assert f" {OWN_ADDRESS} http://localhost:8002;" in page.headers["content-security-policy"]
