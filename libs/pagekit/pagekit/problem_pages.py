"""Refusals as pages, for people: what is wrong, and one way on. Programs go on getting problem details."""

from collections.abc import Callable
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from pagekit.language import address_of
from pagekit.pages import Pages
from servicekit.problems import Problem, Text, in_language, language_of
from servicekit.refusals import MethodNotAllowed, NotFound, NotSignedIn
from servicekit.signin_flow import own_path

_FOR_PROGRAMS = ("/api/", "/internal/", "/health/", "/static/")
_NO_PAGE = Text("Nie ma takiej strony", "There is no such page")
_CHECK_ADDRESS = Text(
    "Sprawdź adres albo przejdź do strony głównej.", "Check the address, or go to the start page."
)
_BACK = Text("Wróć", "Go back")
_START = Text("Strona główna", "Start page")
_SIGN_IN = Text("Zaloguj się ponownie", "Sign in again")
_AGAIN = Text("Spróbuj ponownie", "Try again")

ProblemPage = Callable[[Request, Problem], Response | None]


def install(app: FastAPI, pages: Pages) -> None:
    """`app.state.pages` for the routes, and refusals as pages wherever a browser asks for one."""
    app.state.pages = pages
    app.state.problem_page = problem_page(pages)


def problem_page(pages: Pages) -> ProblemPage:
    def answer(request: Request, problem: Problem) -> Response | None:
        if not wants_page(request):
            return None
        if isinstance(problem, NotSignedIn):
            return RedirectResponse(_signin(next=place_of(request)), 303)
        return pages.render(
            request,
            "problem.html",
            status=problem.status,
            headers=problem.headers,
            **_values(request, problem),
        )

    return answer


def wants_page(request: Request) -> bool:
    if request.url.path.startswith(_FOR_PROGRAMS):
        return False
    return "text/html" in request.headers.get("accept", "")


def place_of(request: Request) -> str:
    """Where the person is: this page, or the one whose form this answers."""
    if request.method in ("GET", "HEAD"):
        return address_of(request)
    came_from = urlsplit(request.headers.get("referer", ""))
    same_site = came_from.netloc == request.url.netloc
    return own_path(came_from.path + (f"?{came_from.query}" if came_from.query else "")) if same_site else "/"


def _values(request: Request, problem: Problem) -> dict[str, Any]:
    language = language_of(request)
    title, detail = problem.title, problem.detail
    if isinstance(problem, NotFound | MethodNotAllowed):
        title, detail = _NO_PAGE, _CHECK_ADDRESS
    cure, href = _way_on(request, problem)
    return {
        "title": title.to(language),
        "detail": detail.to(language),
        "reasons": in_language(problem.extras.get("reasons", ()), language),
        "cure": cure.to(language),
        "href": href,
    }


def _way_on(request: Request, problem: Problem) -> tuple[Text, str]:
    if "max_age" in problem.extras:
        return _SIGN_IN, _signin(max_age=problem.extras["max_age"], next=place_of(request))
    if "again" in problem.extras:
        return _AGAIN, problem.extras["again"]
    if problem.status == 503:
        return _AGAIN, place_of(request)
    if request.method == "POST" and place_of(request) != "/":
        return _BACK, place_of(request)
    return _START, "/"


def _signin(**query: object) -> str:
    return f"/signin?{urlencode(query, safe='/', quote_via=quote)}"
