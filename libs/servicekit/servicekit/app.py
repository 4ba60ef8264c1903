"""The FastAPI application of a service: probes, metrics, docs, errors and guards around its own routes."""

import asyncio
import ssl
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Any

import uvicorn
from fastapi import APIRouter, Depends, FastAPI
from fastapi.telemetry import TelemetryConfig
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from contracts.asyncapi import asyncapi_of
from servicekit.api_page import api_page
from servicekit.cors import AllowCrossOrigin, CrossOrigin
from servicekit.guarding import GuardRequests, SecurityHeaders, refuse_other_content_types
from servicekit.health import CheckLike, Probes, Report
from servicekit.logs import configure_logging
from servicekit.metrics import metrics_response
from servicekit.observing import ObserveRequests
from servicekit.openapi import describe
from servicekit.refusals import install
from servicekit.server import Server
from servicekit.settings import ServiceSettings, is_loopback
from servicekit.telemetry import configure_telemetry, stop_telemetry
from servicekit.tls import server_context
from servicekit.welcome import welcome_router

Lifespan = Callable[[FastAPI], AbstractAsyncContextManager[Any]]

_NO_TELEMETRY: TelemetryConfig = {
    "tracing": False,
    "metrics": False,
    "logs": False,
    "operation_spans": False,
    "auto_configure": False,
}


def create_app(
    *,
    service: str,
    settings: ServiceSettings,
    lifespan: Lifespan,
    routers: Sequence[APIRouter],
    cross_origin: Sequence[CrossOrigin] = (),
    readiness: Callable[[], Awaitable[Report]] | None = None,
    pipeline: Callable[[], Report] | None = None,
) -> FastAPI:
    """Nothing is opened here: pools and consumers belong to `lifespan`, which puts them on `app.state`.

    The probes ask `app.state.eventing` and its database, if they are not told whom to ask.
    """
    app = FastAPI(
        title=f"Legitka {service}",
        lifespan=lifespan,
        redirect_slashes=False,
        docs_url=None,
        redoc_url=None,
        middleware=[
            Middleware(SecurityHeaders, https=_is_always_https(service, settings)),
            Middleware(AllowCrossOrigin, rules=cross_origin),
            Middleware(ObserveRequests, service=service),
            Middleware(GuardRequests),
        ],
        # Its own would record messages and inputs of failed requests.
        telemetry=_NO_TELEMETRY,
        dependencies=[Depends(refuse_other_content_types)],
    )
    install(app)
    describe(app)
    probes = Probes(app, service)
    app.include_router(_probes(readiness or probes.readiness, pipeline or probes.pipeline))
    app.include_router(_documents(app, service))
    for router in (*routers, welcome_router(service)):
        app.include_router(router)
    return app


def _is_always_https(service: str, settings: ServiceSettings) -> bool:
    """Not so on one's own machine: browsers would remember it of all that listens there."""
    url = str(getattr(settings, f"{service}_public_url", ""))
    return url.startswith("https://") and not is_loopback(url)


def _probes(readiness: Callable[[], Awaitable[Report]], pipeline: Callable[[], Report]) -> APIRouter:
    router = APIRouter(include_in_schema=False)

    @router.api_route("/health/live", methods=["GET", "HEAD"])
    async def live() -> JSONResponse:
        return JSONResponse({"status": "ok", "checks": {}})

    @router.api_route("/health/ready", methods=["GET", "HEAD"])
    async def ready() -> JSONResponse:
        return health_response(await readiness())

    @router.api_route("/health/pipeline", methods=["GET", "HEAD"])
    async def flowing() -> JSONResponse:
        return health_response(pipeline())

    return router


def health_response(report: Report) -> JSONResponse:
    """200 or 503; every check says what it has to say: how it is, and if something is to be done, what."""
    checks = {
        name: {"ok": check.ok} | {word: said for word, said in _said(check).items() if said}
        for name, check in report.checks.items()
    }
    body = {"status": "ok" if report.healthy else "failing", "checks": checks}
    return JSONResponse(body, 200 if report.healthy else 503)


def _said(check: CheckLike) -> dict[str, str]:
    return {"reason": check.reason, "cure": check.cure}


def _documents(app: FastAPI, service: str) -> APIRouter:
    router = APIRouter(include_in_schema=False)

    @router.get("/metrics")
    async def metrics() -> Response:
        return metrics_response()

    @router.get("/docs")
    async def docs() -> Response:
        return api_page(app.openapi())

    @router.get("/asyncapi")
    async def asyncapi(_request: Request) -> JSONResponse:
        return JSONResponse(asyncapi_of(service))

    return router


def run(app: FastAPI, settings: ServiceSettings, *, service: str) -> None:
    """Serve until SIGTERM or SIGINT; requests under way have ten seconds to end."""
    configure_logging(service, settings.log_level)
    configure_telemetry(service, settings.otlp_endpoint)
    config = uvicorn.Config(
        app,
        host=settings.http_host,
        port=settings.http_port,
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,  # servicekit.limits believes only the proxies of the settings
        timeout_graceful_shutdown=10,
        timeout_keep_alive=65,
        ssl_context_factory=_tls(settings),
    )
    server = Server(config)
    try:
        with asyncio.Runner(loop_factory=config.get_loop_factory()) as runner:  # uvloop, where it is there
            runner.run(server.serve())
    finally:
        stop_telemetry()
    if not server.started:
        raise SystemExit(3)


def _tls(settings: ServiceSettings) -> Callable[..., ssl.SSLContext] | None:
    certificate, key = settings.tls_certificate, settings.tls_key
    if certificate is None or key is None:
        return None
    return lambda *_: server_context(certificate, key)
