"""The choice of language: a cookie that is kept for a year, set by a link that every page has."""

from typing import get_args
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from servicekit.problems import LANGUAGE_COOKIE, Language
from servicekit.signin_flow import own_path

_YEAR = 365 * 24 * 3600


def choose_language(language: Language, back: str | None, *, secure: bool) -> Response:
    """Back to where the person was, on this origin only."""
    response = RedirectResponse(own_path(back), 303)
    response.set_cookie(
        LANGUAGE_COOKIE,
        language,
        max_age=_YEAR,
        path="/",
        secure=secure,
        httponly=True,
        samesite="lax",
    )
    return response


def links(request: Request) -> dict[str, str]:
    """Where each language is chosen, with the way back to this page."""
    back = quote(address_of(request), safe="/")
    return {language: f"/language/{language}?next={back}" for language in get_args(Language)}


def address_of(request: Request) -> str:
    """Path and query of a page; what answers a form has none of its own to come back to."""
    if request.method not in ("GET", "HEAD"):
        return "/"
    return own_path(request.url.path + (f"?{request.url.query}" if request.url.query else ""))
