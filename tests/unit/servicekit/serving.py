"""A small application in the frame of `create_app`, and a client for it."""

from collections.abc import Sequence
from contextlib import nullcontext
from typing import Any

import httpx
from fastapi import APIRouter, FastAPI

from servicekit.app import create_app
from servicekit.cors import CrossOrigin
from servicekit.health import Check, Readiness
from servicekit.settings import ServiceSettings

HEALTHY = Readiness({"database": Check(True)})


def development_settings(**changes: Any) -> ServiceSettings:
    return ServiceSettings(environment="development", database_url="postgresql:///unused", **changes)


def serve(
    *routers: APIRouter,
    ready: Readiness = HEALTHY,
    flowing: Readiness = HEALTHY,
    settings: ServiceSettings | None = None,
    cross_origin: Sequence[CrossOrigin] = (),
) -> FastAPI:
    async def readiness() -> Readiness:
        return ready

    return create_app(
        service="ordering",
        settings=settings or development_settings(),
        lifespan=lambda _app: nullcontext(),
        routers=routers,
        readiness=readiness,
        pipeline=lambda: flowing,
        cross_origin=cross_origin,
    )


def client(app: FastAPI) -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://localhost:8001")
