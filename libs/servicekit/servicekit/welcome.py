"""`/` of a service, for whoever opens its address in a browser: what it is, and where to go from here."""

from html import escape

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import HTMLResponse

from servicekit.problems import Language, Text, language_of

_CSP = "default-src 'none'; base-uri 'none'; frame-ancestors 'none'"
_WHAT = {
    "ordering": Text("zamówienia i karty studentów", "orders and cards of students"),
    "issuer": Text("wydaje mLegitymacje", "issues the cards"),
    "notifier": Text("powiadamia studentów", "alerts students"),
    "wallet": Text("aktywacja kart i ich sprawdzanie", "activates cards, and checks them"),
}
_LINKS = {
    "/signin": Text("Zaloguj się", "Sign in"),
    "/docs": Text("Opis interfejsu (API)", "The API"),
    "/asyncapi": Text("Zdarzenia (AsyncAPI)", "The events (AsyncAPI)"),
    "/health/pipeline": Text("Czy wszystko działa", "Whether all is well"),
}


def welcome_router(service: str) -> APIRouter:
    router = APIRouter(include_in_schema=False)

    @router.get("/")
    async def welcome(request: Request) -> HTMLResponse:
        language, people_sign_in = language_of(request), hasattr(request.app.state, "signin")
        headers = {"Content-Security-Policy": _CSP, "Vary": "Accept-Language"}
        return HTMLResponse(_page(service, language, people_sign_in=people_sign_in), headers=headers)

    return router


def _page(service: str, language: Language, *, people_sign_in: bool) -> str:
    links = "".join(
        f'<li><a href="{path}">{escape(text.to(language))}</a></li>'
        for path, text in _LINKS.items()
        if people_sign_in or path != "/signin"
    )
    return (
        f'<!doctype html><html lang="{language}"><meta charset="utf-8"><title>Legitka {service}</title>'
        f'<meta name="viewport" content="width=device-width"><meta name="color-scheme" content="light dark">'
        f"<h1>Legitka {service}</h1><p>{escape(_WHAT[service].to(language))}</p><ul>{links}</ul></html>"
    )
