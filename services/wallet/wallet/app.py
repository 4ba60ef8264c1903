"""The wallet service put together: the only file that builds pool, event streams and routes."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
from fastapi import FastAPI

from eventing import Eventing, Works
from pagekit.problem_pages import install as install_pages
from servicekit.app import Lifespan, create_app
from servicekit.cors import CrossOrigin, wallet_facing
from servicekit.database import open_pool
from servicekit.institutions import load_institutions
from servicekit.issuers import issuer_addresses
from servicekit.keys import Keys
from servicekit.limits import FixedWindow, RefusedRequests
from servicekit.maker_tokens import read_anchors
from servicekit.sessions import delete_expired_sessions
from servicekit.signin import SignIn, signin_router
from servicekit.work import BackgroundWork
from wallet import pages
from wallet.api import activation, presentations, terms
from wallet.codes import hash_subject
from wallet.consumers import HANDLERS
from wallet.parts import Parts, dpop_rules, read_keys
from wallet.settings import WalletSettings
from wallet.use_cases.forget_presentations import forget_presentations
from wallet.use_cases.forget_proofs import forget_proofs
from wallet.use_cases.forget_refresh_tokens import forget_refresh_tokens

SERVICE = "wallet"
FORGETTING_PAUSE = 3600.0


def create_wallet(settings: WalletSettings) -> FastAPI:
    """The whole service: its lifespan opens the database, hears the issuer and tells of activations."""
    return create_web(settings, lambda app: _serving(app, settings))


def create_web(settings: WalletSettings, lifespan: Lifespan) -> FastAPI:
    """The routes alone, for whoever puts `Parts` on `app.state.parts`."""
    wallet_pages = pages.wallet_pages(settings, load_institutions(settings.institutions_dir))
    app = create_app(
        service=SERVICE,
        settings=settings,
        lifespan=lifespan,
        routers=[
            activation.router,
            presentations.router,
            terms.router,
            signin_router(),
            pages.router,
            wallet_pages.router,
        ],
        cross_origin=[
            wallet_facing(r"/\.well-known/oauth-authorization-server|/jwks|/offers/[^/]+|/token"),
            CrossOrigin(r"/api/v1/verifications", origins=(settings.verifier_public_url,)),
        ],
    )
    install_pages(app, wallet_pages)
    return app


@asynccontextmanager
async def _serving(app: FastAPI, settings: WalletSettings) -> AsyncIterator[None]:
    keys = Keys(settings.keys_dir, production=settings.is_production)
    read_keys(keys)  # a key that cannot serve is told before anybody else is asked for anything
    async with (
        await open_pool(settings, SERVICE) as pool,
        httpx.AsyncClient(timeout=10) as http,
    ):
        streams = Eventing(service=SERVICE, pool=pool, handlers=HANDLERS, settings=settings.kafka)
        app.state.eventing = streams
        app.state.parts = make_parts(settings, keys, streams.works)
        app.state.signin = sign_in(settings, keys, streams.works, http)
        async with streams, BackgroundWork() as background:
            background.run_every(FORGETTING_PAUSE, lambda: _forget(streams), name="forget")
            yield


def make_parts(settings: WalletSettings, keys: Keys, works: Works) -> Parts:
    wallet_keys = read_keys(keys)
    institutions = load_institutions(settings.institutions_dir)
    return Parts(
        settings=settings,
        works=works,
        keys=wallet_keys,
        refused=RefusedRequests(),
        good=FixedWindow(),
        dpop=dpop_rules(settings, wallet_keys),
        attesters=read_anchors(settings.wallet_attesters),
        issuers=issuer_addresses(institutions, settings.issuer_public_url),
    )


def sign_in(settings: WalletSettings, keys: Keys, works: Works, http: httpx.AsyncClient) -> SignIn:
    """Sessions end within 12 hours, and know their person by a keyed hash only."""
    subjects = keys.ring("wallet/subjects")
    return SignIn(
        service=SERVICE,
        public_url=settings.wallet_public_url,
        settings=settings,
        pool=works.pool,
        ring=keys.ring("wallet/sessions"),
        http=http,
        clock=works.clock,
        institutions=frozenset(load_institutions(settings.institutions_dir)),
        subject_of=lambda institution_id, subject: hash_subject(subjects, institution_id, subject),
    )


async def _forget(streams: Eventing) -> None:
    async with streams.works.begin() as work:
        await delete_expired_sessions(work.connection, work.now)
        await forget_proofs(work)
        # An extension may be on its way: what the clock decides of cards waits until all has been heard.
        if not await streams.behind():
            await forget_presentations(work)
            await forget_refresh_tokens(work)
