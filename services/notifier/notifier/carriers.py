"""How a delivery leaves, by channel: what is private is opened here and now, and goes no further."""

from collections.abc import Mapping
from typing import Protocol

import structlog

from eventing import Works
from notifier import mail, push
from notifier.contacts import Contacts
from notifier.domain import Channel, Delivery, Outcome
from notifier.mail import Stationery
from notifier.push_line import PushLine
from notifier.settings import NotifierSettings
from notifier.smtp import Line
from notifier.subscriptions import Subscriptions
from servicekit.keys import SigningKey
from servicekit.sealing import CannotOpen

log = structlog.get_logger()


class Carrier(Protocol):
    """Sends one delivery at a time."""

    channel: Channel

    async def carry(self, delivery: Delivery) -> Outcome: ...

    def close(self) -> None:
        """Hang up, also after something unexpected."""


class MailCarrier:
    """One line to the mail server."""

    channel: Channel = "email"

    def __init__(
        self, *, works: Works, contacts: Contacts, stationery: Stationery, settings: NotifierSettings
    ) -> None:
        self._works = works
        self._contacts = contacts
        self._stationery = stationery
        self._line = Line(settings)

    async def carry(self, delivery: Delivery) -> Outcome:
        try:
            contact = self._contacts.open(delivery)
        except CannotOpen:
            log.warning("contact_not_opened", alert_id=str(delivery.alert_id))
            return Outcome("unavailable")
        if contact.email is None:
            return Outcome("unwanted")
        if not mail.is_address(contact.email):
            return Outcome("refused")
        letter = mail.compose(delivery, contact, contact.email, self._stationery, self._works.clock())
        return Outcome(await self._line.send(letter))

    def close(self) -> None:
        self._line.close()


class PushCarrier:
    """All push services; `keys` are ours by their ids, and a subscription trusts one of them."""

    channel: Channel = "push"

    def __init__(
        self,
        *,
        works: Works,
        subscriptions: Subscriptions,
        keys: Mapping[str, SigningKey],
        contact: str,
        line: PushLine,
    ) -> None:
        self._works = works
        self._subscriptions = subscriptions
        self._keys = keys
        self._contact = contact
        self._line = line

    async def carry(self, delivery: Delivery) -> Outcome:
        kept = delivery.subscription
        key = self._keys.get(kept.key_id) if kept else None
        if kept is None or key is None:
            return Outcome("gone")
        try:
            subscription = self._subscriptions.open(delivery, kept)
        except CannotOpen:
            log.warning("subscription_not_opened", alert_id=str(delivery.alert_id))
            return Outcome("unavailable")
        now = self._works.clock()
        return await self._line.send(push.compose(delivery, subscription, key, self._contact, now))

    def close(self) -> None:
        """The connections belong to all."""
