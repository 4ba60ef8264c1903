"""Renders the templates of a service, and serves what they link to."""

import importlib
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query
from jinja2 import ChoiceLoader, Environment, FileSystemLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from pagekit.csp import Csp
from pagekit.language import address_of, choose_language, links
from pagekit.moments import Moments
from pagekit.static_files import StaticFiles
from pagekit.words import Words
from servicekit.institutions import Institution
from servicekit.problems import LANGUAGES, Language, language_of
from servicekit.refusals import NotFound

HERE = Path(__file__).parent
FOR_EVER = "public, max-age=31536000, immutable"
MODULES = (".js", ".mjs")
VARY = "Accept-Language, Cookie"

Back = Annotated[str | None, Query(alias="next", max_length=1000)]


def now() -> datetime:
    return datetime.now(UTC)


class Pages:
    """The pages of one service. `folders`: more static files; `frame`: the template around a refusal.

    Every page has `shared(request)` beside its own values: what the header shows on all of them.
    """

    def __init__(
        self,
        *,
        package: str,
        public_url: str,
        csp: Csp,
        institutions: Mapping[str, Institution] | None = None,
        folders: Sequence[Path] = (),
        made: Mapping[str, bytes] | None = None,
        frame: str = "base.html",
        shared: Callable[[Request], Mapping[str, Any]] | None = None,
        clock: Callable[[], datetime] = now,
    ) -> None:
        homes = [home_of(package), HERE]
        words = Words([home / "locales" for home in homes])
        drawn = {"css/institutions.css": institution_colours(institutions or {})}
        self.static = StaticFiles(
            [*(home / "static" for home in homes), *folders], words.files() | drawn | dict(made or {})
        )
        self._secure = public_url.startswith("https://")
        self._csp = csp.header()
        self._shared = shared
        loader = ChoiceLoader([FileSystemLoader(home / "templates") for home in homes])
        self._environments = {
            language: _environment(
                language, loader, words, {"static": self.static.url, "frame": frame}, clock
            )
            for language in LANGUAGES.values()
        }

    @property
    def router(self) -> APIRouter:
        """`/static/{digest}/{path}` and `/language/{language}`."""
        router = APIRouter(include_in_schema=False)
        router.add_api_route("/static/{digest}/{name:path}", self._serve, methods=["GET", "HEAD"])
        router.add_api_route("/language/{language}", self.choose_language, methods=["GET"])
        return router

    def render(
        self,
        request: Request,
        template: str,
        *,
        status: int = 200,
        headers: Mapping[str, str] | None = None,
        **values: object,
    ) -> HTMLResponse:
        language = language_of(request)
        text = self.text(language, template, **_around(request), **self._of_service(request), **values)
        return HTMLResponse(text, status, headers={**self._headers(language), **(headers or {})})

    def text(self, language: Language, template: str, **values: object) -> str:
        """A template without a request: a manifest, a service worker, a page of a static site."""
        return self._environments[language].get_template(template).render(language=language, **values)

    def file(self, request: Request, name: str, *, cache: str = "no-cache") -> Response:
        """A static file at an address of its own, such as a service worker's."""
        found = self.static.find(name)
        if found is None:
            raise NotFound
        return found.response(request, cache)

    async def choose_language(self, language: Language, back: Back = None) -> Response:
        return choose_language(language, back, secure=self._secure)

    async def _serve(self, request: Request, digest: str, name: str) -> Response:
        """Under another digest stood, or will stand, another version, as while replicas are upgraded in turn.

        A page then has the looks of the one that answers, and no browser keeps them; modules of two versions
        would be a program that nobody has tried.
        """
        if digest == self.static.digest:
            return self.file(request, name, cache=FOR_EVER)
        if name.endswith(MODULES):
            raise NotFound
        return self.file(request, name, cache="no-store")

    def _of_service(self, request: Request) -> Mapping[str, Any]:
        return self._shared(request) if self._shared else {}

    def _headers(self, language: Language) -> dict[str, str]:
        return {
            "Content-Security-Policy": self._csp,
            "Content-Language": language,
            "Cache-Control": "no-store",
            "Vary": VARY,
        }


def _around(request: Request) -> dict[str, object]:
    return {"address": address_of(request), "language_links": links(request)}


def home_of(package: str) -> Path:
    file = importlib.import_module(package).__file__
    if file is None:
        raise ValueError(f"{package} is no package with files")
    return Path(file).parent


def institution_colours(institutions: Mapping[str, Institution]) -> bytes:
    """No style may stand in a page: a class for each institution instead."""
    rules = [f".of-{one.id} {{ --institution: {one.colour}; }}\n" for one in institutions.values()]
    return "".join(rules).encode()


def _environment(
    language: Language,
    loader: ChoiceLoader,
    words: Words,
    values: Mapping[str, object],
    clock: Callable[[], datetime],
) -> Environment:
    environment = Environment(
        loader=loader,
        autoescape=True,
        auto_reload=False,  # looks at the file of each template for each page
        undefined=StrictUndefined,
        extensions=["jinja2.ext.i18n", "jinja2.ext.do"],
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.install_gettext_translations(words.of(language), newstyle=True)  # type: ignore[attr-defined]  # by the extension
    moments = Moments(language, clock)
    environment.filters |= {
        "exact": moments.exact,
        "minute": moments.to_the_minute,
        "day": moments.day,
        "clock": moments.clock,
        "relative": moments.relative,
        "lasts": moments.lasts,
    }
    environment.globals |= {"language": language, "institution": None, "signed_in": False, "navigation": None}
    environment.globals |= values
    return environment


async def _pages_of(request: Request) -> Pages:  # a plain function would be taken to a thread
    pages: Pages = request.app.state.pages
    return pages


ThePages = Annotated[Pages, Depends(_pages_of)]
