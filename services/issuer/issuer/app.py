"""The issuer put together: the only file that builds pool, event streams and routes."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
from fastapi import FastAPI

from eventing import Eventing, Works
from issuer.access import AccessTokens
from issuer.api import routers
from issuer.consumers import handlers
from issuer.encryption import Encryption
from issuer.own_addresses import OwnAddresses
from issuer.parts import Parts
from issuer.photos import Photos
from issuer.published_lists import PublishedLists
from issuer.settings import IssuerSettings
from issuer.tenants import open_tenants
from issuer.use_cases.forget_holders import forget_holders
from issuer.use_cases.forget_lapsed import forget_lapsed
from issuer.use_cases.open_status_lists import open_status_lists
from issuer.vault import Vault
from issuer.workshop import Workshop
from servicekit.app import Lifespan, create_app
from servicekit.cors import wallet_facing
from servicekit.database import open_pool
from servicekit.dpop_rules import DpopRules
from servicekit.institutions import load_institutions
from servicekit.issuers import issuer_addresses
from servicekit.keys import Keys
from servicekit.limits import FixedWindow, RefusedRequests
from servicekit.maker_tokens import read_anchors
from servicekit.remote_keys import RemoteKeys
from servicekit.work import BackgroundWork

SERVICE = "issuer"
OPENING_PAUSE = 60.0
FORGETTING_PAUSE = 300.0


def create_issuer(settings: IssuerSettings) -> FastAPI:
    """The whole service: its lifespan opens the database, hears ordering and tells of credentials."""
    return create_web(settings, lambda app: _serving(app, settings))


def create_web(settings: IssuerSettings, lifespan: Lifespan) -> FastAPI:
    """The routes alone, for whoever puts `Parts` on `app.state.parts`."""
    institutions = load_institutions(settings.institutions_dir)
    app = create_app(
        service=SERVICE,
        settings=settings,
        lifespan=lifespan,
        routers=routers,
        cross_origin=[wallet_facing(r"/\.well-known/[a-z-]+/t/[^/]+|/t/.+")],
    )
    # Outermost: all others see the path that a route has.
    app.add_middleware(OwnAddresses, addresses=issuer_addresses(institutions, settings.issuer_public_url))
    return app


@asynccontextmanager
async def _serving(app: FastAPI, settings: IssuerSettings) -> AsyncIterator[None]:
    keys = Keys(settings.keys_dir, production=settings.is_production)
    workshop = Workshop(load_institutions(settings.institutions_dir), Vault(keys))
    async with (
        await open_pool(settings, SERVICE) as pool,
        httpx.AsyncClient(timeout=settings.photo_timeout) as http,
    ):
        streams = Eventing(service=SERVICE, pool=pool, handlers=handlers(workshop), settings=settings.kafka)
        app.state.eventing = streams
        app.state.parts = make_parts(settings, keys, workshop, streams.works, http)
        await _open_lists(streams.works, workshop, settings)
        async with streams, BackgroundWork() as background:
            _plan(background, streams, workshop, settings)
            yield


def make_parts(
    settings: IssuerSettings, keys: Keys, workshop: Workshop, works: Works, http: httpx.AsyncClient
) -> Parts:
    service_keys = keys.signing_keys("issuer/service")
    nonces = keys.ring("issuer/nonce")
    dpop = DpopRules(nonces, settings.issuer_public_url, settings.dpop_required, settings.dpop_nonce_required)
    return Parts(
        works=works,
        tenants=open_tenants(
            workshop.institutions,
            keys,
            addresses=issuer_addresses(workshop.institutions, settings.issuer_public_url),
            wallet_url=settings.wallet_public_url,
            attesters=read_anchors(settings.key_attesters),
            attestation_required=settings.key_attestation_required,
        ),
        vault=workshop.vault,
        nonces=nonces,
        dpop=dpop,
        encryption=Encryption(keys.signing_keys("issuer/encryption"), settings.encryption_required),
        service_keys=service_keys,
        access=AccessTokens(_wallet_keys(settings, http), settings.wallet_public_url, dpop),
        photos=Photos(
            http,
            issuer=settings.issuer_public_url,
            ordering=settings.ordering_public_url,
            ordering_internal=settings.ordering_internal_url or settings.ordering_public_url,
            key=service_keys.current,
            clock=works.clock,
        ),
        lists=PublishedLists(works, settings),
        refused=RefusedRequests(),
        good=FixedWindow(),
        trusted_proxies=settings.trusted_proxies,
    )


def _wallet_keys(settings: IssuerSettings, http: httpx.AsyncClient) -> RemoteKeys:
    url = f"{settings.wallet_internal_url or settings.wallet_public_url}/jwks"
    return RemoteKeys(url, settings.cache_dir / "wallet-jwks.json" if settings.cache_dir else None, http)


def _plan(
    background: BackgroundWork, streams: Eventing, workshop: Workshop, settings: IssuerSettings
) -> None:
    works = streams.works
    background.run_every(
        OPENING_PAUSE, lambda: _open_lists(works, workshop, settings), name="open-status-lists"
    )
    background.run_every(FORGETTING_PAUSE, lambda: _forget(works), name="forget-lapsed")
    background.run_every(settings.forgetting_interval, lambda: forget(streams), name="forget-holders")


async def _open_lists(works: Works, workshop: Workshop, settings: IssuerSettings) -> None:
    async with works.begin() as work:
        await open_status_lists(work, sorted(workshop.institutions), settings.status_list_size)


async def _forget(works: Works) -> None:
    async with works.begin() as work:
        await forget_lapsed(work)


async def forget(streams: Eventing) -> None:
    """In small transactions, until nobody is left whose offer or card has ended."""
    while not await streams.behind():
        async with streams.works.begin() as work:
            if not await forget_holders(work):
                return
