"""What a page carries beside its words: policy, language, files that may be kept for good."""

import gzip
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI, Request
from starlette.responses import Response

from pagekit import Csp, Pages
from pagekit.moments import Moments
from pagekit.pages import HERE
from pagekit.problem_pages import install
from servicekit.institutions import load_institutions
from servicekit.problems import Problem, Text
from servicekit.refusals import NotSignedIn
from servicekit.refusals import install as install_refusals

INSTITUTIONS = load_institutions(Path(__file__).parents[3] / "institutions")
NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)


class OnPurpose(Problem):
    status = 409
    code = "ON_PURPOSE"
    title = Text("Tytuł <b>", "Title <b>")
    detail = Text("Lekarstwo", "The cure")


@pytest.fixture
def pages() -> Pages:
    return Pages(
        package="pagekit",
        public_url="https://portal.example",
        csp=Csp(connect=("https://elsewhere.example",), form_action=("https://signin.example",)),
        institutions=INSTITUTIONS,
    )


@pytest.fixture
def browser(pages: Pages) -> httpx.AsyncClient:
    app = FastAPI()
    install_refusals(app)
    install(app, pages)
    app.include_router(pages.router)

    @app.get("/broken")
    @app.post("/broken")
    @app.get("/api/broken")
    async def broken() -> None:
        raise OnPurpose

    @app.get("/private")
    @app.post("/private")
    async def private() -> None:
        raise NotSignedIn

    @app.get("/hello")
    async def hello(request: Request) -> Response:
        return pages.render(request, "problem.html", title="<i>", detail="", reasons=[], cure="", href="/")

    transport = httpx.ASGITransport(app)
    return httpx.AsyncClient(
        transport=transport,
        base_url="https://portal.example",
        headers={"accept": "text/html", "accept-language": "en"},
    )


async def test_a_page_allows_no_inline_code_and_no_stranger(browser: httpx.AsyncClient) -> None:
    policy = (await browser.get("/hello")).headers["content-security-policy"]

    assert "unsafe" not in policy
    assert policy.startswith("default-src 'none'; script-src 'self'; style-src 'self'; ")
    assert "connect-src 'self' https://elsewhere.example;" in policy
    assert "form-action 'self' https://signin.example;" in policy
    assert "base-uri 'none'" in policy
    assert "frame-ancestors 'none'" in policy


async def test_a_page_has_neither_inline_style_nor_inline_script(browser: httpx.AsyncClient) -> None:
    page = (await browser.get("/hello")).text

    assert not re.search(r"<style|style=|<script(?![^>]*src=)|\son\w+=", page)


async def test_a_page_is_never_kept(browser: httpx.AsyncClient) -> None:
    headers = (await browser.get("/hello")).headers

    assert headers["cache-control"] == "no-store"
    assert headers["vary"] == "Accept-Language, Cookie"


async def test_values_are_escaped(browser: httpx.AsyncClient) -> None:
    page = (await browser.get("/hello")).text

    assert "<h1>&lt;i&gt;</h1>" in page


async def test_a_refusal_is_a_page_for_people_and_a_document_for_programs(browser: httpx.AsyncClient) -> None:
    page = await browser.get("/broken")
    for_programs = await browser.get("/broken", headers={"accept": "application/json"})
    api = await browser.get("/api/broken")

    assert (page.status_code, page.headers["content-type"]) == (409, "text/html; charset=utf-8")
    assert "Title &lt;b&gt;" in page.text
    assert for_programs.json()["code"] == api.json()["code"] == "ON_PURPOSE"


async def test_a_refused_form_leads_back_to_its_page(browser: httpx.AsyncClient) -> None:
    answer = await browser.post("/broken", headers={"referer": "https://portal.example/order?x=1"})
    foreign = await browser.post("/broken", headers={"referer": "https://evil.example/order"})

    assert 'href="/order?x=1"' in answer.text
    assert "evil" not in foreign.text


@pytest.mark.parametrize(
    ("method", "path", "referer", "location"),
    [
        ("GET", "/private?a=b", "", "/signin?next=/private%3Fa%3Db"),
        ("POST", "/private", "https://portal.example/order", "/signin?next=/order"),
        ("POST", "/private", "https://evil.example/order", "/signin?next=/"),
        ("GET", "//evil.example/", "", None),
    ],
)
async def test_who_must_sign_in_comes_back_to_where_they_were(
    browser: httpx.AsyncClient, method: str, path: str, referer: str, location: str | None
) -> None:
    url = f"https://portal.example{path}"
    answer = await browser.request(method, url, headers={"referer": referer})

    assert answer.headers.get("location") == location


async def test_an_unknown_page_is_told_in_words(browser: httpx.AsyncClient) -> None:
    answer = await browser.get("/nothing")

    assert answer.status_code == 404
    assert "There is no such page" in answer.text


async def test_the_language_that_was_chosen_is_kept_for_a_year(browser: httpx.AsyncClient) -> None:
    chosen = await browser.get("/language/pl?next=/hello")

    cookie = chosen.headers["set-cookie"]
    assert chosen.headers["location"] == "/hello"
    assert re.search(r"legitka-language=pl; HttpOnly; Max-Age=31536000; Path=/; SameSite=lax; Secure", cookie)
    assert '<html lang="pl">' in (await browser.get("/hello")).text


@pytest.mark.parametrize(
    "next_page", ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:1"]
)
async def test_a_choice_of_language_leads_nowhere_else(browser: httpx.AsyncClient, next_page: str) -> None:
    answer = await browser.get("/language/en", params={"next": next_page})

    assert answer.headers["location"] == "/"


async def test_there_are_two_languages(browser: httpx.AsyncClient) -> None:
    assert (await browser.get("/language/de")).status_code == 422


async def test_files_are_kept_for_good_at_the_address_of_their_content(
    browser: httpx.AsyncClient, pages: Pages
) -> None:
    answer = await browser.get(pages.static.url("css/base.css"))

    assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert answer.headers["content-encoding"] == "gzip"
    assert answer.text == (HERE / "static" / "css" / "base.css").read_text()


async def test_a_page_of_another_version_has_looks_and_no_mixed_program(
    browser: httpx.AsyncClient, pages: Pages
) -> None:
    module = next(name for name in pages.static.names() if name.endswith(".js"))
    folder = f"/static/{'0' * 16}"

    style = await browser.get(f"{folder}/css/base.css")
    program = await browser.get(f"{folder}/{module}")

    assert (style.status_code, style.headers["cache-control"]) == (200, "no-store")
    assert style.text == (HERE / "static" / "css" / "base.css").read_text()
    assert program.status_code == 404


async def test_a_client_without_gzip_gets_plain_files(browser: httpx.AsyncClient, pages: Pages) -> None:
    answer = await browser.get(pages.static.url("css/base.css"), headers={"accept-encoding": "identity"})

    assert "content-encoding" not in answer.headers
    assert answer.content == (HERE / "static" / "css" / "base.css").read_bytes()


def test_another_content_is_another_address(tmp_path: Path, pages: Pages) -> None:
    more = Pages(package="pagekit", public_url="http://localhost", csp=Csp(), made={"new.txt": b"new"})

    assert more.static.digest != pages.static.digest
    assert gzip.decompress(more.static.find("new.txt").packed or b"") == b"new"  # type: ignore[union-attr]


def test_a_link_to_a_file_that_is_not_there_is_an_error(pages: Pages) -> None:
    with pytest.raises(KeyError):
        pages.static.url("css/missing.css")


def test_every_institution_has_its_colour(pages: Pages) -> None:
    found = pages.static.find("css/institutions.css")

    assert found is not None
    assert b".of-umcs { --institution: #7b1e3b; }" in found.body


@pytest.mark.parametrize(
    ("later", "polish", "english"),
    [
        (timedelta(seconds=-3), "3 sekundy temu", "3 seconds ago"),
        (timedelta(minutes=-2), "2 minuty temu", "2 minutes ago"),
        (timedelta(days=30), "za 30 dni", "in 30 days"),
        (timedelta(hours=5), "za 5 godzin", "in 5 hours"),
    ],
)
def test_times_are_told_as_people_say_them(later: timedelta, polish: str, english: str) -> None:
    assert Moments("pl", lambda: NOON).relative(NOON + later) == polish
    assert Moments("en", lambda: NOON).relative(NOON + later) == english


def test_what_is_evidence_is_told_exactly_in_polish_time() -> None:
    assert Moments("pl", lambda: NOON).exact(NOON) == "22.11.2026 13:00:00"
    assert Moments("en", lambda: NOON).to_the_minute(NOON) == "22 November 2026, 13:00"
    assert Moments("pl", lambda: NOON).clock(NOON) == "13:00:00"
    assert Moments("pl", lambda: NOON + timedelta(days=1)).clock(NOON) == "22 listopada 2026, 13:00"
