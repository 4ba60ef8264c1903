"""The notifier put together: the only file that builds pool, event streams, senders and routes."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from functools import partial
from urllib.parse import urlsplit

import httpx
from fastapi import FastAPI

from eventing import Eventing
from notifier import api
from notifier.consumers import handlers
from notifier.contacts import Contacts
from notifier.domain import Recipient
from notifier.links import Portal
from notifier.mail import Stationery
from notifier.parts import Parts
from notifier.sender import Sender
from notifier.settings import NotifierSettings
from notifier.store.recipients import last_entries
from notifier.use_cases.remind_of_offers import remind_of_offers
from notifier.use_cases.write_alerts import Tell
from servicekit.app import Lifespan, create_app
from servicekit.cors import CrossOrigin
from servicekit.database import open_pool
from servicekit.institutions import load_institutions
from servicekit.keys import Keys
from servicekit.live import ChangeFeed
from servicekit.remote_keys import RemoteKeys
from servicekit.sealing import Sealer
from servicekit.work import BackgroundWork

SERVICE = "notifier"


def create_notifier(settings: NotifierSettings) -> FastAPI:
    """The whole service: its lifespan opens the database, hears the others, and sends mail."""
    return create_web(settings, lambda app: _serving(app, settings))


def create_web(settings: NotifierSettings, lifespan: Lifespan) -> FastAPI:
    """The routes alone, for whoever puts `Parts` on `app.state.parts`."""
    return create_app(
        service=SERVICE,
        settings=settings,
        lifespan=lifespan,
        routers=[api.router],
        cross_origin=[_portal_alone(settings)],
    )


def _portal_alone(settings: NotifierSettings) -> CrossOrigin:
    portal = urlsplit(settings.ordering_public_url)
    return CrossOrigin(
        r"/api/v1/.*",
        origins=(f"{portal.scheme}://{portal.netloc}",),
        allow=("Authorization", "Content-Type", "Last-Event-ID"),
    )


@asynccontextmanager
async def _serving(app: FastAPI, settings: NotifierSettings) -> AsyncIterator[None]:
    contacts, stationery = _contacts(settings), _stationery(settings)
    senders: list[Sender] = []
    async with await open_pool(settings, SERVICE) as pool, httpx.AsyncClient(timeout=5) as http:
        feed = ChangeFeed(pool, "notifier_inboxes", last_entries)
        tell = partial(_tell, feed, senders)
        streams = Eventing(
            service=SERVICE, pool=pool, handlers=handlers(contacts, tell), settings=settings.kafka
        )
        senders += [
            Sender(works=streams.works, contacts=contacts, stationery=stationery, settings=settings)
            for _ in range(settings.mail_senders)
        ]
        portal_keys = _portal_keys(settings, http)
        app.state.eventing = streams
        app.state.parts = Parts(settings, streams.works, feed, stationery.portal, portal_keys)
        async with feed, streams, _ended(senders), BackgroundWork() as background:
            for number, sender in enumerate(senders):
                background.run_every(0, sender.send_or_rest, name=f"sender-{number}")
            background.run_every(settings.reminder_poll, partial(_remind, streams, tell), name="reminders")
            yield


@asynccontextmanager
async def _ended(senders: Sequence[Sender]) -> AsyncIterator[None]:
    try:
        yield
    finally:
        await asyncio.gather(*(sender.stop() for sender in senders))


def _contacts(settings: NotifierSettings) -> Contacts:
    keys = Keys(settings.keys_dir, production=settings.is_production)
    return Contacts(
        incoming=Sealer(keys.ring("sealing/contact")), kept=Sealer(keys.ring("notifier/contacts"))
    )


def _stationery(settings: NotifierSettings) -> Stationery:
    institutions = load_institutions(settings.institutions_dir).values()
    names = {institution.id: institution.short_name for institution in institutions}
    return Stationery(Portal(settings.ordering_public_url), settings.mail_from, names)


def _portal_keys(settings: NotifierSettings, http: httpx.AsyncClient) -> RemoteKeys:
    cache = settings.cache_dir / "ordering-keys.json" if settings.cache_dir else None
    ordering = settings.ordering_internal_url or settings.ordering_public_url
    return RemoteKeys(f"{ordering}/internal/jwks", cache, http)


def _tell(feed: ChangeFeed[Recipient], senders: Sequence[Sender], recipients: frozenset[Recipient]) -> None:
    """Open inboxes look again, and so do senders: what was told may be mailed too."""
    for recipient in recipients:
        feed.touch(recipient)
    for sender in senders:
        sender.wake()


async def _remind(streams: Eventing, tell: Tell) -> None:
    """Stands still while facts may be on their way: the offer may have been used long ago."""
    more = True
    while more and not await streams.behind():
        async with streams.works.begin() as work:
            more = await remind_of_offers(work, tell=tell)
