"""The wallet service put together: the only file that builds pool, event streams and routes."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path

from fastapi import FastAPI

import eventing
import servicekit
from eventing import Eventing
from servicekit.app import create_app
from servicekit.cors import CrossOrigin, wallet_facing
from servicekit.database import open_pool
from servicekit.health import Readiness, Report, database_check
from servicekit.keys import Keys
from servicekit.limits import RefusedRequests
from servicekit.work import BackgroundWork
from wallet.api import activation, presentations
from wallet.consumers import HANDLERS
from wallet.parts import Parts, read_keys
from wallet.settings import WalletSettings
from wallet.use_cases.forget_presentations import forget_presentations

SERVICE = "wallet"
MIGRATIONS = tuple(
    Path(package).parent / "migrations" for package in (eventing.__file__, servicekit.__file__, __file__)
)
FORGETTING_PAUSE = 3600.0


def create_wallet(settings: WalletSettings) -> FastAPI:
    """The whole service: its lifespan opens the database, hears the issuer and tells of activations."""
    app = create_web(
        settings,
        lifespan=lambda app: _serving(app, settings),
        readiness=lambda: _readiness(app),
        pipeline=lambda: _pipeline(app),
    )
    return app


def create_web(
    settings: WalletSettings,
    *,
    lifespan: Callable[[FastAPI], AbstractAsyncContextManager[None]],
    readiness: Callable[[], Awaitable[Report]],
    pipeline: Callable[[], Report],
) -> FastAPI:
    """The routes alone, for whoever puts `Parts` on `app.state.parts`."""
    return create_app(
        service=SERVICE,
        settings=settings,
        lifespan=lifespan,
        routers=[activation.router, presentations.router],
        readiness=readiness,
        pipeline=pipeline,
        cross_origin=[
            wallet_facing(r"/\.well-known/oauth-authorization-server|/jwks|/offers/[^/]+|/token"),
            CrossOrigin(r"/api/v1/verifications", origins=(settings.verifier_public_url,)),
        ],
    )


@asynccontextmanager
async def _serving(app: FastAPI, settings: WalletSettings) -> AsyncIterator[None]:
    keys = read_keys(Keys(settings.keys_dir, production=settings.is_production))
    pool = await open_pool(settings, SERVICE)
    streams = Eventing(service=SERVICE, pool=pool, handlers=HANDLERS, settings=settings.kafka)
    app.state.eventing = streams
    app.state.parts = Parts(settings, streams.works, keys, RefusedRequests())
    try:
        await streams.start()
        async with BackgroundWork() as background:
            background.run_every(FORGETTING_PAUSE, lambda: _forget(streams), name="forget-presentations")
            yield
    finally:
        await streams.stop()
        await pool.close()


async def _forget(streams: Eventing) -> None:
    """An extension may be on its way: what the clock decides waits until all has been heard."""
    if streams.behind():
        return
    async with streams.works.begin() as work:
        await forget_presentations(work)


async def _readiness(app: FastAPI) -> Report:
    return Readiness(await database_check(app.state.parts.works.pool, *MIGRATIONS))


def _pipeline(app: FastAPI) -> Report:
    streams: Eventing = app.state.eventing
    return streams.pipeline()
