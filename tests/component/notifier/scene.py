"""One order's life as the notifier hears of it, and a mail server that does as the test says."""

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from itertools import count
from typing import Any, TypeVar, cast
from uuid import UUID, uuid4

from aiosmtpd.smtp import SMTP, Envelope, Session
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from contracts import issuer, ordering, wallet
from contracts.base import StreamEvent
from contracts.catalogue import topic_of, type_of
from contracts.examples import example_of
from eventing import Handlers, Received, Works
from notifier.domain import Recipient
from notifier.store import subscriptions
from notifier.subscriptions import Subscription, Subscriptions
from servicekit.bytes import to_base64url
from servicekit.keys import Keys
from servicekit.sealing import Sealer, SealingContext
from tests.databases import Database

E = TypeVar("E", bound=StreamEvent)

NOON = datetime(2026, 10, 1, 12, tzinfo=UTC)
EXPIRES_AT = NOON + timedelta(days=30)
AUTH = "A" * 22
EMAIL = "anna.nowak@student.umcs.example"


@dataclass
class Clock:
    """Time that moves only when told to."""

    now: datetime = NOON

    def __call__(self) -> datetime:
        return self.now

    def advance(self, **by: float) -> None:
        self.now += timedelta(**by)


@dataclass
class Order:
    """Makes the events about one order, numbered in each topic as they are made."""

    ordering_seal: Sealer
    institution_id: str = "umcs"
    order_id: UUID = field(default_factory=uuid4)
    student_ref: UUID = field(default_factory=uuid4)
    credential_id: UUID = field(default_factory=uuid4)
    numbers: dict[str, "count[int]"] = field(default_factory=dict)

    @property
    def recipient(self) -> Recipient:
        return Recipient(self.institution_id, self.student_ref)

    def placed(self, **contact: Any) -> Received[ordering.OrderPlaced]:
        locale = contact.pop("locale", "pl")
        sealed = self._seal(ordering.OrderPlaced, contact)
        return self.told(
            ordering.OrderPlaced, student_ref=self.student_ref, locale=locale, contact_sealed=sealed
        )

    def contact_changed(self, locale: str = "pl", **contact: Any) -> Received[ordering.ContactChanged]:
        sealed = self._seal(ordering.ContactChanged, contact)
        return self.told(ordering.ContactChanged, locale=locale, contact_sealed=sealed)

    def ready(
        self, generation: int = 1, expires_at: datetime = EXPIRES_AT
    ) -> Received[issuer.CredentialReady]:
        return self.told(
            issuer.CredentialReady,
            credential_id=self.credential_id,
            generation=generation,
            expires_at=expires_at,
        )

    def issued(self, device: str = "iphone") -> Received[issuer.CardIssued]:
        return self.told(issuer.CardIssued, credential_id=self.credential_id, device_label=device)

    def rejected(self, *reasons: str) -> Received[issuer.CredentialRejected]:
        return self.told(issuer.CredentialRejected, reasons=reasons or ("validity_ended",))

    def suspended(self, by: str = "holder") -> Received[issuer.CardSuspended]:
        return self.told(issuer.CardSuspended, by=by, holds=(by,))

    def reinstated(self, by: str = "holder", holds: tuple[str, ...] = ()) -> Received[issuer.CardReinstated]:
        return self.told(issuer.CardReinstated, by=by, holds=holds)

    def revoked(self) -> Received[issuer.CardRevoked]:
        return self.told(issuer.CardRevoked)

    def extended(self) -> Received[issuer.CardExtended]:
        until = datetime(2027, 3, 31, 21, 59, 59, tzinfo=UTC)
        return self.told(issuer.CardExtended, valid_until=until)

    def locked(self, generation: int = 1) -> Received[wallet.ActivationLocked]:
        return self.told(wallet.ActivationLocked, generation=generation)

    def cancelled(self, reason: str = "student") -> Received[ordering.OrderCancelled]:
        return self.told(ordering.OrderCancelled, reason=reason)

    def expired(self) -> Received[ordering.OrderExpired]:
        return self.told(ordering.OrderExpired)

    def withdrawn(self, generation: int = 1) -> Received[issuer.OfferWithdrawn]:
        return self.told(issuer.OfferWithdrawn, generation=generation)

    def erased(self) -> Received[ordering.OrderErased]:
        return self.told(ordering.OrderErased)

    def told(self, event_class: type[E], **facts: Any) -> Received[E]:
        stream = {
            "event_id": uuid4(),
            "occurred_at": NOON,
            "institution_id": self.institution_id,
            "order_id": self.order_id,
        }
        event = example_of(event_class).model_copy(update=stream | facts)
        return Received(event, next(self.numbers.setdefault(topic_of(event_class).name, count(1))))

    def _seal(self, event_class: type[StreamEvent], contact: dict[str, Any]) -> str:
        known = {"subject": "sub-of-anna", "first_name": "Anna", "email": EMAIL} | contact
        context = SealingContext(type_of(event_class), self.institution_id, self.order_id, "contact_sealed")
        return self.ordering_seal.seal(json.dumps(known).encode(), context)


async def tell(works: Works, handlers: Handlers, *told: Received[Any]) -> None:
    """Let the notifier hear events, one transaction each."""
    for each in told:
        async with works.begin() as work:
            await handlers[type(each.event)](work, [each])


@dataclass
class Mailbox:
    """Takes mail, or answers as it is told to: each answer in `refusals` is given once."""

    port: int = 0
    letters: list[EmailMessage] = field(default_factory=list)
    raw: list[bytes] = field(default_factory=list)
    refusals: dict[str, list[str]] = field(default_factory=dict)
    connections: int = 0

    def refuse(self, command: str, answers: Iterable[str]) -> None:
        self.refusals[command] = list(answers)

    async def handle_EHLO(  # noqa: N802 - aiosmtpd's name
        self, server: SMTP, session: Session, envelope: Envelope, hostname: str, responses: list[str]
    ) -> list[str]:
        self.connections += 1
        session.host_name = hostname
        return responses

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's name
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if answer := self._answer("RCPT"):
            return answer
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(  # noqa: N802 - aiosmtpd's name
        self, server: SMTP, session: Session, envelope: Envelope
    ) -> str:
        if answer := self._answer("DATA"):
            return answer
        content = cast(bytes, envelope.content)
        self.raw.append(content)
        self.letters.append(message_from_bytes(content, policy=default))
        return "250 OK"

    def _answer(self, command: str) -> str | None:
        answers = self.refusals.get(command)
        return answers.pop(0) if answers else None


def part(letter: EmailMessage, kind: str) -> str:
    body = letter.get_body(preferencelist=(kind,))
    assert body is not None
    return str(body.get_content())


async def turn_pushes_on(database: Database, order: Order, keys: Keys) -> None:
    """As a browser of the order's student does."""
    public = ec.generate_private_key(ec.SECP256R1()).public_key()
    point = public.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    browser = Subscription(endpoint="https://push.example/1", p256dh=to_base64url(point), auth=AUTH)
    sealer = Sealer(keys.ring("notifier/contacts"))
    kept = Subscriptions(sealer).seal(browser, order.institution_id, "vapid")
    async with database.pool.acquire() as connection:
        await subscriptions.save(connection, Recipient(order.institution_id, order.student_ref), kept, NOON)
