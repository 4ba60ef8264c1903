"""An erased student is gone from every database at once, and from the log once its retention has passed.

The scan opens whatever the platform's keys open; before the erasure it finds the student everywhere.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import product
from uuid import UUID

import pytest
from aiokafka import ConsumerRecord

from contracts.catalogue import RETENTION, SEGMENT, TOPICS, type_of
from contracts.issuer import CredentialReady
from contracts.ordering import CardChangeRequested, ContactChanged, OrderPlaced
from devstack.ports import HOST
from devstack.push_service import PushService
from devstack.settings import SERVICES
from devstack.stack import Stack
from servicekit.keys import Keys
from servicekit.sealing import CannotOpen, Sealer, SealingContext
from tests.journeys.databases import fetch, tables_of
from tests.journeys.private_journey import INSTITUTION, STUDENT, PrivateJourney, Seen
from tests.journeys.spoilt_records import send_early_record
from tests.journeys.topics import all_records, place_of
from tests.leaks import Place, Secret, leaks
from tests.waiting import eventually

pytestmark = pytest.mark.timeout(120)

SEALED = re.compile(rb"[A-Za-z0-9_-]{1,40}\.[A-Za-z0-9_-]{38,}")
RINGS = (
    *("sealing/holder", "sealing/contact", "sealing/code"),
    *("ordering/students", "issuer/cards", "notifier/contacts"),
)
SEALED_FOR = (
    *(type_of(event) for event in (OrderPlaced, CardChangeRequested, ContactChanged, CredentialReady)),
    *("students", "legitka.issuer.card", "pl.legitka.notifier.Contact"),
    "pl.legitka.notifier.PushSubscription",
)
FIELDS = (
    *("holder_sealed", "contact_sealed", "activation_code_sealed"),
    *("pesel", "data_key", "push_subscription"),
)

# Where the order's id stays: tombstones and audit, and events without what they told.
TOMBSTONES = {
    "ordering": {"tombstones", "audit_lines"},
    "issuer": {"credentials", "status_entries", "card_audit"},
    "notifier": {"orders"},
    "wallet": {"erased_orders"},
}
NUMBERS = {"events", "waiting", "streams", "streams_in"}


Tables = dict[str, list[Place]]


@dataclass(frozen=True, slots=True)
class Erased:
    """A student with a card, a stored pack and a record that waits; all databases before and after."""

    journey: PrivateJourney
    order_id: UUID
    student_ref: UUID
    subscription_id: UUID
    before: Tables
    after: Tables
    at: datetime

    @property
    def seen(self) -> Seen:
        return self.journey.seen

    @property
    def secrets(self) -> list[Secret]:
        """Those of the person: what an offer is called is in the clear in the log, and leads to nobody."""
        return [each for each in self.seen.secrets if each.kind != "offer id"]


@pytest.fixture(scope="module")
async def erased(stack: Stack, tmp_path_factory: pytest.TempPathFactory, push_service: PushService) -> Erased:
    journey = PrivateJourney(stack, tmp_path_factory.mktemp("enrolment"), push_service)
    await journey.enrol()
    async with journey.clients() as (_, student, phone, _):
        await journey.order(student)
        await journey.turn_push_on(student)
        await journey.lock(student, phone)
        await journey.activate(student, phone)
        await journey.read_alerts(student, last="activated", mails=4)
    order_id, student_ref = UUID(journey.seen.order_id), await _student_ref(stack)
    ((subscription_id,),) = await fetch(stack, "notifier", "select id from push_subscriptions")
    broker, keys = f"{HOST}:{stack.ports.broker}", stack.places.keys
    await send_early_record(broker, keys, INSTITUTION, STUDENT, order_id)
    await eventually(lambda: _waits(stack, order_id), 30, every=0.1)
    before = {service: await tables_of(stack, service) for service in SERVICES}
    journey.command("ordering", "erase", str(student_ref))
    await eventually(lambda: _all_have_heard(stack, order_id), 30, every=0.1)
    after = {service: await tables_of(stack, service) for service in SERVICES}
    ids = order_id, student_ref, UUID(str(subscription_id))
    return Erased(journey, *ids, before, after, at=datetime.now(UTC))


@pytest.mark.parametrize("service", SERVICES)
def test_nothing_private_is_left_in_the_clear(erased: Erased, service: str) -> None:
    assert leaks(erased.before[service], erased.seen.secrets) or service == "notifier"

    assert leaks(erased.after[service], erased.seen.secrets) == set()


def test_no_key_of_the_platform_opens_anything_of_the_person(stack: Stack, erased: Erased) -> None:
    opened = {service for service in SERVICES if _opens(stack, erased, erased.before[service])}
    assert opened == {"ordering", "issuer", "notifier"}

    assert not [service for service in SERVICES if _opens(stack, erased, erased.after[service])]


@pytest.mark.parametrize("service", SERVICES)
def test_only_tombstones_numbers_and_audit_know_that_there_was_an_order(erased: Erased, service: str) -> None:
    of_order = leaks(erased.after[service], [Secret("order", str(erased.order_id))])
    of_student = leaks(erased.after[service], [Secret("student", str(erased.student_ref))])

    assert {table for _, table in of_order} - NUMBERS == TOMBSTONES[service]
    assert {table for _, table in of_student} <= {"audit_lines", "card_audit"}


async def test_the_log_holds_the_person_sealed_until_its_retention_and_nothing_after(
    stack: Stack, erased: Erased
) -> None:
    """Even where all of it is asked for once more. The embedded broker deletes nothing by itself."""
    records = await _log_after_a_replay(stack, erased)
    at_once = [place_of(each) for each in records]
    later = [place_of(each) for each in records if _is_late(each, erased)]

    assert _opens(stack, erased, at_once)
    assert leaks(at_once, erased.secrets) == set()
    assert leaks(later, [Secret("order", str(erased.order_id))])
    assert not _opens(stack, erased, later)
    assert leaks(later, erased.seen.secrets) == set()
    assert leaks(later, [Secret("student", str(erased.student_ref))]) == set()


def test_no_log_tells_of_the_person(stack: Stack, erased: Erased) -> None:
    logs = [Place(path.name, path.read_bytes()) for path in stack.places.logs.glob("*.log")]

    assert leaks(logs, [Secret("order", str(erased.order_id))])
    assert leaks(logs, erased.seen.secrets) == set()
    assert not _opens(stack, erased, logs)


async def _log_after_a_replay(stack: Stack, erased: Erased) -> list[ConsumerRecord]:
    """The whole log, after each owner was asked to send everything of the order again, and has."""
    topics = [topic.name for topic in TOPICS if topic.numbered]
    for topic in topics:
        erased.journey.command("ordering", "replay", topic, "--key", str(erased.order_id))
    await eventually(lambda: _was_sent_again(stack, erased, topics), 60, every=0.5)
    return await all_records(f"{HOST}:{stack.ports.broker}")


async def _was_sent_again(stack: Stack, erased: Erased, topics: list[str]) -> bool:
    records = await all_records(f"{HOST}:{stack.ports.broker}")
    again = {each.topic for each in records if _is_first_of(each, erased.order_id) and _is_late(each, erased)}
    return again == set(topics)


def _is_first_of(record: ConsumerRecord, order_id: UUID) -> bool:
    return record.key == str(order_id).encode() and ("ce_sequence", b"1") in record.headers


def _is_late(record: ConsumerRecord, erased: Erased) -> bool:
    """Still there when the retention has passed since the erasure, by the time that Kafka goes by."""
    clock = erased.at + RETENTION + SEGMENT
    return bool(record.timestamp / 1000 > (clock - RETENTION - SEGMENT).timestamp())


async def _waits(stack: Stack, order_id: UUID) -> bool:
    """In both services that hear of orders, and with what is sealed in it."""
    parked = f"select 1 from waiting where key = '{order_id}' and number = 900"
    return all([await fetch(stack, service, parked) for service in ("issuer", "notifier")])


async def _student_ref(stack: Stack) -> UUID:
    rows = await fetch(stack, "ordering", "select subject, student_ref from students")
    (ref,) = [row["student_ref"] for row in rows if row["subject"] == STUDENT["subject"]]
    return UUID(str(ref))


async def _all_have_heard(stack: Stack, order_id: UUID) -> bool:
    statements = {
        "ordering": "select order_id from tombstones where confirmed_at is not null",
        "issuer": "select order_id from credentials where erased_at is not null",
        "notifier": "select id from orders where erased_at is not null",
        "wallet": "select order_id from erased_orders",
    }
    return all([order_id in {row[0] for row in await fetch(stack, *each)} for each in statements.items()])


def _opens(stack: Stack, erased: Erased, tables: list[Place]) -> list[str]:
    """The sealed values that the platform's keys open as something of this person."""
    keys = Keys(stack.places.keys, production=False)
    ways = list(product([Sealer(keys.ring(name)) for name in RINGS], _contexts(erased)))
    found = {each.decode() for table in tables for each in SEALED.findall(table.content)}
    return [each for each in found if any(_can_open(sealer, each, context) for sealer, context in ways)]


def _contexts(erased: Erased) -> Iterator[SealingContext]:
    owners = erased.order_id, erased.student_ref, erased.subscription_id
    for sealed_for, owner, field in product(SEALED_FOR, owners, FIELDS):
        yield SealingContext(sealed_for, INSTITUTION, owner, field)


def _can_open(sealer: Sealer, sealed: str, context: SealingContext) -> bool:
    try:
        sealer.open(sealed, context)
    except CannotOpen:
        return False
    return True
