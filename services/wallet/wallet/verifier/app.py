"""The verifier's files put together: rendered once at the start, the same for everybody."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial

from fastapi import APIRouter, FastAPI
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response

from pagekit import Csp, Pages
from servicekit.guarding import GuardRequests, SecurityHeaders
from servicekit.institutions import Institution, load_institutions
from servicekit.issuers import issuer_addresses, issuer_origins
from servicekit.metrics import metrics_response
from servicekit.observing import ObserveRequests
from servicekit.problems import LANGUAGES, Language, language_of
from servicekit.refusals import NotFound, install
from wallet.verifier.settings import VerifierSettings

SERVICE = "verifier"

_HEADERS = {
    "Referrer-Policy": "no-referrer",
    "Permissions-Policy": "camera=(self), geolocation=(), microphone=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cache-Control": "no-cache",
}
_FOR_EVER = "public, max-age=31536000, immutable"


def create_verifier(settings: VerifierSettings) -> FastAPI:
    app = FastAPI(
        title="Legitka verifier",
        openapi_url=None,
        redirect_slashes=False,
        middleware=[
            Middleware(SecurityHeaders, https=settings.verifier_public_url.startswith("https://")),
            Middleware(ObserveRequests, service=SERVICE),
            Middleware(GuardRequests),
        ],
    )
    install(app)
    app.include_router(_probes())
    app.include_router(_Site.of(settings).router())
    return app


def _probes() -> APIRouter:
    router = APIRouter()

    @router.get("/health/live")
    @router.get("/health/ready")
    async def well() -> JSONResponse:
        """What is served was made at the start: who answers has all of it."""
        return JSONResponse({"status": "ok", "checks": {}})

    @router.get("/metrics")
    async def metrics() -> Response:
        return metrics_response()

    return router


@dataclass(frozen=True, slots=True)
class _Site:
    """Every page in both languages, and what they link to."""

    pages: Pages
    texts: dict[Language, str]
    manifests: dict[Language, dict[str, object]]
    config: dict[str, object]
    headers: dict[str, str]

    @classmethod
    def of(cls, settings: VerifierSettings) -> "_Site":
        institutions = load_institutions(settings.institutions_dir)
        asked = f"{settings.wallet_public_url}/api/v1/verifications"
        addresses = issuer_addresses(institutions, settings.issuer_public_url)
        csp = Csp(connect=(asked, *issuer_origins(addresses.values())), trusted_types=True)
        pages = Pages(
            package="wallet.verifier",
            public_url=settings.verifier_public_url,
            csp=csp,
            institutions=institutions,
        )
        values = {"origin": settings.verifier_public_url, "wallet": settings.wallet_public_url}
        languages = LANGUAGES.values()
        return cls(
            pages=pages,
            texts={each: pages.text(each, "verifier.html", **values) for each in languages},
            manifests={each: json.loads(pages.text(each, "manifest.json")) for each in languages},
            config=config_of(settings, institutions, addresses),
            headers={"Content-Security-Policy": f"{csp.header()}; trusted-types 'none'", **_HEADERS},
        )

    def router(self) -> APIRouter:
        router = APIRouter()
        router.add_api_route("/", self.start)
        router.add_api_route("/config.json", self.trust)
        router.add_api_route("/static/{digest}/{name:path}", self.file)
        for language in LANGUAGES.values():
            router.add_api_route(f"/{language}", partial(self.page, language))
            router.add_api_route(f"/{language}/manifest.webmanifest", partial(self.manifest, language))
        return router

    async def start(self, request: Request) -> Response:
        """In the language of the checker's browser; nothing is remembered of it."""
        response = await self.page(language_of(request))
        response.headers["Vary"] = "Accept-Language, Cookie"
        return response

    async def page(self, language: Language) -> Response:
        return HTMLResponse(self.texts[language], headers={"Content-Language": language, **self.headers})

    async def trust(self) -> Response:
        return JSONResponse(self.config, headers={"Cache-Control": "no-cache"})

    async def manifest(self, language: Language) -> Response:
        headers = {"Cache-Control": "no-cache"}
        return JSONResponse(self.manifests[language], media_type="application/manifest+json", headers=headers)

    async def file(self, request: Request, digest: str, name: str) -> Response:
        if digest != self.pages.static.digest:
            raise NotFound
        return self.pages.file(request, name, cache=_FOR_EVER)


def config_of(
    settings: VerifierSettings, institutions: Mapping[str, Institution], addresses: Mapping[str, str]
) -> dict[str, object]:
    """Whom the page asks, and the issuers that it believes: those of our institutions, and no other."""
    issuers = {
        addresses[one.id]: {"name": {language: one.name.to(language) for language in LANGUAGES.values()}}
        for one in institutions.values()
    }
    return {"wallet": settings.wallet_public_url, "issuers": issuers}
