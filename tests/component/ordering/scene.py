"""Students of a test, and the life of an order as the other services tell it."""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from itertools import count
from typing import Any
from unittest.mock import Mock
from uuid import UUID, uuid4

from contracts import issuer, notifier, wallet
from contracts.base import Event, Party
from contracts.catalogue import topic_of, type_of
from eventing import Received, Works
from ordering.consumers import handlers
from ordering.sealing import Sealers, seal_pesel
from servicekit.sealing import SealingContext

NOON = datetime(2026, 10, 1, 12, tzinfo=UTC)
NEXT_MONTH = NOON + timedelta(days=30)
SEMESTER_END = datetime(2026, 10, 31, 22, 59, 59, tzinfo=UTC)
CODE = "31415926"
PESEL = "02270803624"
PHOTO = b"\xff\xd8\xff portrait"
PHOTO_SHA256 = "ab" * 32
HANDLERS = handlers(Mock(), Mock())  # that codes are opened on arrival is a test of its own
CONSENTS = {"card_terms": "2026-11", "data_to_wallet": "2026-10"}


@dataclass
class Clock:
    """Time that moves only when told to."""

    now: datetime = NOON

    def __call__(self) -> datetime:
        return self.now

    def advance(self, **by: float) -> None:
        self.now += timedelta(**by)


async def add_student(
    works: Works, sealers: Sealers, subject: str = "anna", institution: str = "umcs", **changes: Any
) -> UUID:
    """An eligible student, unless a change says otherwise."""
    row = student_row(sealers, subject, institution) | changes
    await _insert(works, institution, [row])
    return UUID(str(row["student_ref"]))


async def add_students(works: Works, sealers: Sealers, number: int) -> list[UUID]:
    rows = [student_row(sealers, f"student-{index}", "umcs") for index in range(number)]
    await _insert(works, "umcs", rows)
    return [UUID(str(row["student_ref"])) for row in rows]


def student_row(sealers: Sealers, subject: str, institution: str) -> dict[str, Any]:
    student_ref = uuid4()
    return {
        "student_ref": student_ref,
        "institution_id": institution,
        "subject": subject,
        "student_number": f"{subject}-1",
        "given_names": "Anna Maria",
        "family_name": "Wójcik-Żak",
        "birth_date": date(2002, 7, 8),
        "pesel_sealed": seal_pesel(sealers.students, institution, student_ref, PESEL),
        "email": f"{subject}@{institution}.example",
        "status": "active",
        "programme": "Informatyka",
        "cycle": "first",
        "study_kind": "full_time",
        "plastic_card_valid_until": None,
        "data_changed_at": None,
        "photo_sha256": PHOTO_SHA256,
        "card_valid_until": None,
        "imported_at": NOON,
    }


async def _insert(works: Works, institution: str, rows: list[dict[str, Any]]) -> None:
    columns = ", ".join(rows[0])
    places = ", ".join(f"${place}" for place in range(1, len(rows[0]) + 1))
    photo = (institution, PHOTO_SHA256, PHOTO, NOON)
    async with works.begin() as work:
        await work.connection.execute(
            "insert into photos values ($1, $2, $3, $4) on conflict do nothing", *photo
        )
        await work.connection.executemany(
            f"insert into students ({columns}) values ({places})", [tuple(row.values()) for row in rows]
        )


@dataclass
class Story:
    """What others tell of one order, numbered per topic as they would."""

    order_id: UUID
    sealers: Sealers
    clock: Clock
    institution_id: str = "umcs"
    credential_id: UUID = field(default_factory=uuid4)
    numbers: dict[str, Any] = field(default_factory=dict)

    def _told(self, event_class: type[Event], **fields: Any) -> Received[Any]:
        event = event_class(
            event_id=uuid4(),
            occurred_at=self.clock.now,
            institution_id=self.institution_id,
            order_id=self.order_id,
            **fields,
        )
        number = next(self.numbers.setdefault(topic_of(event_class).name, count(1)))
        return Received(event, number)

    def ready(
        self, generation: int = 1, code: str = CODE, expires_at: datetime = NEXT_MONTH
    ) -> Received[Any]:
        context = SealingContext(
            type_of(issuer.CredentialReady), self.institution_id, self.order_id, "activation_code_sealed"
        )
        return self._told(
            issuer.CredentialReady,
            credential_id=self.credential_id,
            generation=generation,
            offer_id=f"{generation:x}".rjust(32, "A"),
            expires_at=expires_at,
            activation_code_sealed=self.sealers.code.seal(code.encode(), context),
            activation_code_digest="digest",
            digest_key_id="key",
            configuration_id="legitymacja_studencka_sd_jwt",
        )

    def rejected(self, *reasons: str) -> Received[Any]:
        return self._told(issuer.CredentialRejected, reasons=reasons)

    def withdrawn(self, generation: int = 1) -> Received[Any]:
        return self._told(issuer.OfferWithdrawn, generation=generation, reason="order_cancelled")

    def issued(self, generation: int = 1, replaces: UUID | None = None) -> Received[Any]:
        return self._told(
            issuer.CardIssued,
            credential_id=self.credential_id,
            generation=generation,
            holder_jwk={"kty": "EC"},
            holder_jkt="thumbprint",
            valid_until=SEMESTER_END,
            replaces=replaces,
            device_label="android",
        )

    def suspended(self, *holds: Party, by: Party = "holder") -> Received[Any]:
        return self._told(issuer.CardSuspended, holds=holds, by=by, reason=None)

    def reinstated(self, *holds: Party, by: Party = "holder") -> Received[Any]:
        return self._told(issuer.CardReinstated, holds=holds, by=by, reason=None)

    def revoked(self) -> Received[Any]:
        return self._told(issuer.CardRevoked, reason="by_holder")

    def replaced(self) -> Received[Any]:
        return self._told(issuer.CardReplaced)

    def extended(self, valid_until: datetime) -> Received[Any]:
        return self._told(issuer.CardExtended, valid_until=valid_until)

    def erased(self) -> Received[Any]:
        return self._told(issuer.CredentialErased)

    def accepted(self, generation: int = 1) -> Received[Any]:
        return self._told(
            wallet.ActivationAccepted,
            generation=generation,
            activation_id=uuid4(),
            attempts_used=0,
            device_label="android",
            terms_version=None,
        )

    def failed(self, attempts_left: int, generation: int = 1) -> Received[Any]:
        return self._told(wallet.ActivationFailed, generation=generation, attempts_left=attempts_left)

    def locked(self, generation: int = 1) -> Received[Any]:
        return self._told(wallet.ActivationLocked, generation=generation, attempts_left=0)

    def alerted(self, kind: str = "ready", channel: notifier.AlertChannel = "email") -> Received[Any]:
        return self._told(
            notifier.AlertDelivered, alert_id=uuid4(), kind=kind, channel=channel, attempt=1, reason=None
        )


async def tell(works: Works, *told: Received[Any]) -> None:
    """One call of a handler each, as if they arrived one by one."""
    for one in told:
        async with works.begin() as work:
            await HANDLERS[type(one.event)](work, [one])
