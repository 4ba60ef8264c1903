"""The notifier put together: the only file that builds pool, event streams, senders and routes."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta
from functools import partial
from urllib.parse import urlsplit

import httpx
from fastapi import FastAPI

from eventing import Eventing, Works
from notifier import api
from notifier.carriers import MailCarrier, PushCarrier
from notifier.consumers import handlers
from notifier.contacts import Contacts
from notifier.domain import Channel, Recipient
from notifier.links import Portal
from notifier.mail import Letterhead, Stationery
from notifier.parts import Parts
from notifier.push_line import PushLine
from notifier.sender import Bell, Pace, Sender
from notifier.settings import NotifierSettings
from notifier.store.recipients import last_entries
from notifier.subscriptions import Subscriptions
from notifier.use_cases.remind_of_offers import remind_of_offers
from notifier.use_cases.write_alerts import News, Tell
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
    """The whole service: its lifespan opens the database, hears the others, and sends."""
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
    keys = Keys(settings.keys_dir, production=settings.is_production)
    contacts, stationery = load_contacts(keys), _stationery(settings)
    bells: dict[Channel, Bell] = {"email": Bell(), "push": Bell()}
    async with (
        await open_pool(settings, SERVICE) as pool,
        httpx.AsyncClient(timeout=5) as http,
        _push_line(settings) as line,
    ):
        feed = ChangeFeed(pool, "notifier_inboxes", last_entries)
        tell = partial(_tell, feed, bells)
        streams = Eventing(
            service=SERVICE, pool=pool, handlers=handlers(contacts, tell), settings=settings.kafka
        )
        senders = [
            *_mail_senders(settings, streams.works, contacts, stationery, bells["email"]),
            *_push_senders(settings, streams.works, keys, line, bells["push"]),
        ]
        app.state.eventing = streams
        app.state.parts = Parts(
            settings,
            streams.works,
            feed,
            stationery.portal,
            _portal_keys(settings, http),
            load_subscriptions(keys),
            keys.signing_keys("notifier/vapid"),
        )
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


def load_contacts(keys: Keys) -> Contacts:
    return Contacts(
        incoming=Sealer(keys.ring("sealing/contact")), kept=Sealer(keys.ring("notifier/contacts"))
    )


def load_subscriptions(keys: Keys) -> Subscriptions:
    return Subscriptions(Sealer(keys.ring("notifier/contacts")))


def _push_line(settings: NotifierSettings) -> PushLine:
    return PushLine(timeout=settings.push_timeout, loopback=settings.asks_push_services_on_loopback)


def _mail_senders(
    settings: NotifierSettings, works: Works, contacts: Contacts, stationery: Stationery, bell: Bell
) -> list[Sender]:
    pace = Pace(timedelta(seconds=settings.mail_lease), settings.mail_attempts, settings.mail_poll)
    carriers = [
        MailCarrier(works=works, contacts=contacts, stationery=stationery, settings=settings)
        for _ in range(settings.mail_senders)
    ]
    return [Sender(works=works, carrier=carrier, pace=pace, bell=bell) for carrier in carriers]


def _push_senders(
    settings: NotifierSettings, works: Works, keys: Keys, line: PushLine, bell: Bell
) -> list[Sender]:
    pace = Pace(timedelta(seconds=settings.push_lease), settings.push_attempts, settings.push_poll)
    carrier = PushCarrier(
        works=works,
        subscriptions=load_subscriptions(keys),
        keys={key.kid: key for key in keys.signing_keys("notifier/vapid").all},
        contact=settings.push_contact or f"mailto:{settings.mail_from}",
        line=line,
    )
    return [Sender(works=works, carrier=carrier, pace=pace, bell=bell) for _ in range(settings.push_senders)]


def _stationery(settings: NotifierSettings) -> Stationery:
    institutions = load_institutions(settings.institutions_dir).values()
    heads = {each.id: Letterhead(each.short_name, each.colour) for each in institutions}
    return Stationery(Portal(settings.ordering_public_url), settings.mail_from, heads)


def _portal_keys(settings: NotifierSettings, http: httpx.AsyncClient) -> RemoteKeys:
    cache = settings.cache_dir / "ordering-keys.json" if settings.cache_dir else None
    ordering = settings.ordering_internal_url or settings.ordering_public_url
    return RemoteKeys(f"{ordering}/internal/jwks", cache, http)


def _tell(feed: ChangeFeed[Recipient], bells: Mapping[Channel, Bell], news: News) -> None:
    """Open inboxes look again, and senders where there may be something to send."""
    for recipient in news.recipients:
        feed.touch(recipient)
    for channel in news.channels:
        bells[channel].ring()


async def _remind(streams: Eventing, tell: Tell) -> None:
    """Stands still while facts may be on their way: the offer may have been used long ago."""
    more = True
    while more and not await streams.behind():
        async with streams.works.begin() as work:
            more = await remind_of_offers(work, tell=tell)
