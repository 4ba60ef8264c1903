"""An erased student is gone from every database at once, in the clear and behind every seal."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from uuid import UUID

import pytest

from contracts.catalogue import type_of
from contracts.issuer import CredentialReady
from contracts.ordering import CardChangeRequested, ContactChanged, OrderPlaced
from devstack.push_service import PushService
from devstack.settings import SERVICES
from devstack.stack import Stack
from servicekit.keys import Keys
from servicekit.sealing import CannotOpen, Sealer, SealingContext
from tests.journeys.databases import fetch, tables_of
from tests.journeys.private_journey import INSTITUTION, STUDENT, PrivateJourney, Seen
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
)
FIELDS = ("holder_sealed", "contact_sealed", "activation_code_sealed", "pesel", "data_key")

# Where the order's id stays: tombstones and audit, and events without what they told.
TOMBSTONES = {
    "ordering": {"tombstones"},
    "issuer": {"credentials", "status_entries", "card_audit"},
    "notifier": {"orders"},
    "wallet": {"erased_orders"},
}
NUMBERS = {"events", "streams", "streams_in"}


Tables = dict[str, list[Place]]


@dataclass(frozen=True, slots=True)
class Erased:
    """A student with a card and a stored pack, and all databases before and after the erasure."""

    seen: Seen
    order_id: UUID
    student_ref: UUID
    before: Tables
    after: Tables


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
    before = {service: await tables_of(stack, service) for service in SERVICES}
    journey.command("ordering", "erase", str(student_ref))
    await eventually(lambda: _all_have_heard(stack, order_id), 30, every=0.1)
    after = {service: await tables_of(stack, service) for service in SERVICES}
    return Erased(journey.seen, order_id, student_ref, before, after)


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
    for sealed_for, owner, field in product(SEALED_FOR, (erased.order_id, erased.student_ref), FIELDS):
        yield SealingContext(sealed_for, INSTITUTION, owner, field)


def _can_open(sealer: Sealer, sealed: str, context: SealingContext) -> bool:
    try:
        sealer.open(sealed, context)
    except CannotOpen:
        return False
    return True
