"""Ordering put together: the only file that builds pool, event streams and routes."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import UUID

import httpx
from fastapi import FastAPI

from eventing import Eventing
from ordering import pages, store
from ordering.api import cards, clerk, extensions, internal, me, orders
from ordering.consumers import handlers
from ordering.pages.around import build_pages
from ordering.parts import Parts
from ordering.sealing import Sealers, load_sealers
from ordering.settings import OrderingSettings
from ordering.use_cases.end_rights import end_rights
from ordering.use_cases.expire_orders import expire_orders
from ordering.use_cases.feed_extensions import feed_extensions
from ordering.use_cases.forget_extensions import forget_extensions
from ordering.use_cases.forget_photos import forget_photos
from ordering.use_cases.remind_issuer import remind_issuer
from pagekit.problem_pages import install
from servicekit.app import Lifespan, create_app
from servicekit.database import Pool, open_pool
from servicekit.institutions import load_institutions
from servicekit.keys import Keys
from servicekit.live import ChangeFeed
from servicekit.remote_keys import RemoteKeys
from servicekit.sessions import delete_expired_sessions
from servicekit.signin import SignIn, signin_router
from servicekit.work import BackgroundWork

SERVICE = "ordering"
# Between two looks at what the issuer has answered of an extension, in seconds; and how often at a time.
PAUSE = 0.05
ROUNDS = 300


def create_ordering(settings: OrderingSettings) -> FastAPI:
    """The whole service: its lifespan opens the database, speaks of orders and hears what became of them."""
    return create_web(settings, lambda app: _serving(app, settings))


def create_web(settings: OrderingSettings, lifespan: Lifespan) -> FastAPI:
    """The routes alone, for whoever puts `parts` and `signin` on `app.state`."""
    shown = build_pages(settings)
    app = create_app(
        service=SERVICE,
        settings=settings,
        lifespan=lifespan,
        routers=[
            *(orders.router, cards.router, me.router, clerk.router, extensions.router),
            *(internal.router, signin_router()),
            *pages.routers,
            shown.router,
        ],
    )
    install(app, shown)
    return app


@asynccontextmanager
async def _serving(app: FastAPI, settings: OrderingSettings) -> AsyncIterator[None]:
    keys = Keys(settings.keys_dir, production=settings.is_production)
    sealers = load_sealers(keys)
    async with await open_pool(settings, SERVICE) as pool, httpx.AsyncClient(timeout=5) as http:
        changes = ChangeFeed[UUID](pool, "order_changed", store.timeline.last_numbers)
        hear = handlers(sealers.code, changes.touch)
        streams = Eventing(service=SERVICE, pool=pool, handlers=hear, settings=settings.kafka)
        app.state.eventing = streams
        app.state.parts = build_parts(settings, keys, sealers, streams, changes, http)
        app.state.signin = build_signin(settings, app.state.parts, pool, http)
        async with changes, streams, BackgroundWork() as background:
            _start_jobs(background, app.state.parts, streams)
            yield


def build_parts(
    settings: OrderingSettings,
    keys: Keys,
    sealers: Sealers,
    streams: Eventing,
    changes: ChangeFeed[UUID],
    http: httpx.AsyncClient,
) -> Parts:
    cache = settings.cache_dir / "ordering-issuer-keys.json" if settings.cache_dir else None
    issuer = settings.issuer_internal_url or settings.issuer_public_url
    return Parts(
        settings=settings,
        works=streams.works,
        institutions=load_institutions(settings.institutions_dir),
        sealers=sealers,
        tokens=keys.signing_keys("ordering/tokens"),
        issuer_keys=RemoteKeys(f"{issuer}/internal/jwks", cache, http),
        changes=changes,
    )


def build_signin(settings: OrderingSettings, parts: Parts, pool: Pool, http: httpx.AsyncClient) -> SignIn:
    return SignIn(
        service=SERVICE,
        public_url=settings.ordering_public_url,
        settings=settings,
        pool=pool,
        ring=Keys(settings.keys_dir, production=settings.is_production).ring("ordering/sessions"),
        http=http,
        clock=parts.works.clock,
        institutions=parts.institutions.keys(),
    )


def _start_jobs(background: BackgroundWork, parts: Parts, streams: Eventing) -> None:
    """What a clock decides waits until all that others told has been heard."""
    settings = parts.settings
    background.run_every(settings.expiry_interval, lambda: expire_due(parts, streams), name="expire-orders")
    background.run_every(settings.expiry_interval, lambda: end_due_rights(parts, streams), name="end-rights")
    background.run_every(settings.reminder_interval, lambda: remind_due(parts, streams), name="remind-issuer")
    background.run_every(settings.extension_interval, lambda: extend_cards(parts), name="extend-cards")
    background.run_every(settings.forgetting_interval, lambda: forget(parts, streams), name="forget")


async def expire_due(parts: Parts, streams: Eventing) -> None:
    if await streams.behind():
        return
    async with parts.works.begin() as work:
        expired = await expire_orders(work)
    for order_id in expired:
        parts.changes.touch(order_id)


async def end_due_rights(parts: Parts, streams: Eventing) -> None:
    """In small transactions, until nobody is left whose rights have ended."""
    while not await streams.behind():
        async with parts.works.begin() as work:
            if not await end_rights(work):
                return


async def remind_due(parts: Parts, streams: Eventing) -> None:
    if await streams.behind():
        return
    async with parts.works.begin() as work:
        await remind_issuer(work)


async def extend_cards(parts: Parts) -> None:
    """As fast as the issuer answers; back after half a minute at most, and called again."""
    for _ in range(ROUNDS):
        async with parts.works.begin() as work:
            fed = await feed_extensions(work)
        for order_id in fed.order_ids:
            parts.changes.touch(order_id)
        if not fed.running:
            return
        await asyncio.sleep(PAUSE)


async def forget(parts: Parts, streams: Eventing) -> None:
    """In small transactions, until nothing is left that was kept long enough."""
    async with parts.works.begin() as work:
        await delete_expired_sessions(work.connection, work.now)
        await forget_extensions(work)
    while not await streams.behind():
        async with parts.works.begin() as work:
            if not await forget_photos(work):
                return
