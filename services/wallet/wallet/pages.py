"""The screens of the wallet app. What they show of a card comes from the device: the pages know no person."""

import json
from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from starlette.responses import HTMLResponse, JSONResponse, Response

from pagekit import Csp, Pages, ThePages
from servicekit.institutions import Institution
from servicekit.issuers import issuer_addresses, issuer_origins
from servicekit.problems import Language, Text, language_of
from servicekit.signin import Person, optional_person
from wallet import terms
from wallet.settings import WalletSettings

router = APIRouter(include_in_schema=False)

# What works without a network: kept by the service worker in both languages.
OFFLINE = {
    "/": "home.html",
    "/card": "card.html",
    "/show": "show.html",
    "/showings": "showings.html",
    "/help": "help.html",
    "/privacy": "privacy.html",
    "/accessibility": "accessibility.html",
    "/offline": "offline.html",
}
_NAME = Text("Portfel Legitka", "Legitka Wallet")
_THEME = "#14202b"

Visitor = Annotated[Person | None, Depends(optional_person)]


def wallet_pages(settings: WalletSettings, institutions: Mapping[str, Institution]) -> Pages:
    """Scripts may talk to this service and to issuers; signing out leads to the identity provider."""
    addresses = issuer_addresses(institutions, settings.issuer_public_url)
    return Pages(
        package="wallet",
        public_url=settings.wallet_public_url,
        csp=Csp(
            connect=issuer_origins(addresses.values()), form_action=issuer_origins([settings.oidc_issuer])
        ),
        institutions=institutions,
        shared=lambda request: {
            "app": "wallet",
            "institutions": list(institutions.values()),
            "settings": _settings(settings, institutions, addresses, language_of(request)),
            "development": not settings.is_production,
        },
    )


def _settings(
    settings: WalletSettings,
    institutions: Mapping[str, Institution],
    addresses: Mapping[str, str],
    language: Language,
) -> dict[str, Any]:
    """What the modules in the page work with: above all the issuers that this wallet trusts."""
    issuers = [
        {
            "url": addresses[institution.id],
            "id": institution.id,
            "name": institution.name.to(language),
            "short_name": institution.short_name,
        }
        for institution in institutions.values()
    ]
    return {
        "issuers": issuers,
        "verifier": settings.verifier_public_url,
        "portal": settings.ordering_public_url,
        "language": language,
    }


async def _show(request: Request, person: Visitor, pages: ThePages) -> HTMLResponse:
    template = OFFLINE[request.url.path]
    return pages.render(request, template, signed_in=person is not None)


for path in OFFLINE:
    router.add_api_route(path, _show, methods=["GET", "HEAD"])


@router.get("/add")
async def add(request: Request, person: Visitor, pages: ThePages) -> HTMLResponse:
    """Adding a document needs a sign-in; the offer in the address stays in the browser."""
    return pages.render(
        request,
        "add.html",
        signed_in=person is not None,
        terms_version=terms.VERSION,
        terms_since=date.fromisoformat(terms.VERSION),
        terms_text=terms.TEXT.to(language_of(request)),
    )


@router.get("/authorize")
async def authorize(request: Request, person: Visitor, pages: ThePages) -> HTMLResponse:
    """The authorization endpoint that wallets look for: a card is not given here, and the page says where.

    Whatever the wallet sent along is ignored: nobody is led back to an address from a link.
    """
    return pages.render(request, "authorize.html", signed_in=person is not None)


@router.get("/manifest.webmanifest")
async def show_manifest(request: Request, pages: ThePages) -> JSONResponse:
    language = language_of(request)
    icons = [
        {"src": pages.static.url("wallet/icon.svg"), "sizes": "any", "type": "image/svg+xml"},
        *(_png(pages, size, purpose) for size in (192, 512) for purpose in ("any", "maskable")),
    ]
    manifest = {
        "id": "/",
        "name": _NAME.to(language),
        "short_name": "Legitka",
        "lang": language,
        "start_url": "/",
        "scope": "/",
        "display": "standalone",
        "background_color": "#f3f5f7",
        "theme_color": _THEME,
        "icons": icons,
    }
    headers = {"Cache-Control": "no-cache", "Vary": "Accept-Language, Cookie"}
    return JSONResponse(manifest, headers=headers, media_type="application/manifest+json")


def _png(pages: Pages, size: int, purpose: str) -> dict[str, str]:
    source = pages.static.url(f"wallet/icon-{size}.png")
    return {"src": source, "sizes": f"{size}x{size}", "type": "image/png", "purpose": purpose}


@router.get("/sw.js")
async def show_service_worker(pages: ThePages) -> Response:
    """New with every version of the files that it keeps, so that browsers take it anew."""
    kept = {"version": pages.static.digest, "files": _kept_files(pages), "pages": list(OFFLINE)}
    head = f"const KEPT = {json.dumps(kept)};\n"
    worker = pages.static.find("wallet/service-worker.js")
    body = head.encode() + (worker.body if worker else b"")
    policy = "default-src 'none'; connect-src 'self'; frame-ancestors 'none'"
    headers = {"Cache-Control": "no-cache", "Content-Security-Policy": policy}
    return Response(body, headers=headers, media_type="text/javascript; charset=utf-8")


def _kept_files(pages: Pages) -> list[str]:
    """What pages link to; the decoder of QR codes is left out, since adding a document needs a network."""
    names = [name for name in pages.static.names() if name.startswith(("css/", "js/", "wallet/"))]
    return [pages.static.url(name) for name in names if name != "wallet/service-worker.js"]
