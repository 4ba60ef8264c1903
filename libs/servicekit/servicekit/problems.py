"""Errors as RFC 9457 problem details with a stable `code`, in the caller's language.

Nothing here repeats what the caller sent: it may be private.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

Language = Literal["pl", "en"]
LANGUAGES: Mapping[str, Language] = {"pl": "pl", "en": "en"}
LANGUAGE_COOKIE = "legitka-language"


@dataclass(frozen=True, slots=True)
class Text:
    """The same words in both languages."""

    pl: str
    en: str

    def to(self, language: Language) -> str:
        return self.pl if language == "pl" else self.en


class Problem(Exception):
    """A refusal that tells its cure. Subclasses set the class attributes.

    `extras` become members of the answer beside `code`, `title` and `detail`; `headers` go with it.
    """

    status: int = 400
    code: ClassVar[str] = "BAD_REQUEST"
    title: ClassVar[Text] = Text("Nieprawidłowe żądanie", "Bad request")
    detail: Text = Text(
        "Popraw żądanie i wyślij je ponownie.",
        "Correct the request and send it again.",
    )

    def __init__(
        self, detail: Text | None = None, *, headers: Mapping[str, str] | None = None, **extras: Any
    ) -> None:
        super().__init__(self.code)
        if detail is not None:
            self.detail = detail
        self.headers = dict(headers or {})
        self.extras: dict[str, Any] = extras


def language_of(request: Request) -> Language:
    """The language that was chosen here, else the first accepted one of ours; Polish when none is named."""
    chosen = request.cookies.get(LANGUAGE_COOKIE)
    if chosen is not None and chosen in LANGUAGES:
        return LANGUAGES[chosen]
    wishes = [_wish(part) for part in request.headers.get("accept-language", "").split(",")]
    for weight, language in sorted(wishes, key=lambda wish: -wish[0]):
        if weight > 0 and language in LANGUAGES:
            return LANGUAGES[language]
    return "pl"


def _wish(part: str) -> tuple[float, str]:
    tag, _, quality = part.replace(" ", "").partition(";q=")
    try:
        weight = float(quality) if quality else 1.0
    except ValueError:
        weight = 0.0
    return weight, tag.partition("-")[0].lower()


def problem_response(request: Request, problem: Problem) -> Response:
    """As a page, where the application has pages (`app.state.problem_page`) and a browser asks for one."""
    app = request.scope.get("app")
    page: Callable[[Request, Problem], Response | None] | None = getattr(
        getattr(app, "state", None), "problem_page", None
    )
    return (page and page(request, problem)) or _problem_details(request, problem)


def _problem_details(request: Request, problem: Problem) -> JSONResponse:
    language = language_of(request)
    body = {
        "type": f"urn:legitka:problem:{problem.code}",
        "status": problem.status,
        "code": problem.code,
        "title": problem.title.to(language),
        "detail": problem.detail.to(language),
        **{name: in_language(value, language) for name, value in problem.extras.items()},
    }
    headers = {"Content-Language": language, "Vary": "Accept-Language, Cookie", "Cache-Control": "no-store"}
    return JSONResponse(
        body, problem.status, headers | problem.headers, media_type="application/problem+json"
    )


def in_language(value: Any, language: Language) -> Any:
    """Extras may hold texts at any depth."""
    match value:
        case Text():
            return value.to(language)
        case dict():
            return {name: in_language(item, language) for name, item in value.items()}
        case list() | tuple():
            return [in_language(item, language) for item in value]
        case _:
            return value
