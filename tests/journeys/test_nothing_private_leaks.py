"""Nothing private of a whole journey is found where it does not belong, errors of every service included."""

import threading
from collections.abc import Iterator
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx
import pytest
from aiokafka import ConsumerRecord

from contracts.catalogue import type_of
from contracts.issuer import CredentialReady
from devstack.ports import HOST, free_ports
from devstack.push_service import PushService
from devstack.settings import SERVICES, Places
from devstack.stack import Stack
from tests.journeys.conftest import REPOSITORY
from tests.journeys.databases import fetch, tables_of
from tests.journeys.private_journey import INSTITUTION, STUDENT, PrivateJourney, Seen
from tests.journeys.spoilt_records import send_spoilt_records
from tests.journeys.topics import all_records, place_of
from tests.leaks import Place, Secret, leaks
from tests.waiting import eventually

pytestmark = pytest.mark.timeout(180)

# Events as they were made or came, those that could not be applied among them: what they hold in the clear
# is an offer's id, in CredentialReady.
RECORDS = {("offer id", table) for table in ("events", "waiting", "unreadable")}
# What a database may hold in the clear: kinds of secrets, and the tables.
KNOWN = {
    "ordering": {
        *((kind, "students") for kind in ("first name", "other names", "birth date", "e-mail")),
        *((kind, "students") for kind in ("student number", "subject")),
        *(("portrait", "photos"), ("offer id", "orders"), *RECORDS),
    },
    "issuer": RECORDS,
    "notifier": RECORDS,
    "wallet": {("offer id", "offers"), ("presentation handle", "presentations"), *RECORDS},
}


class TalkativeStack(Stack):
    """Tells all that it can tell: debug logs, every span, and records that fail are soon dead letters."""

    traces_to = ""

    def _settings(self, service: str) -> dict[str, str]:
        return super()._settings(service) | {
            "LOG_LEVEL": "debug",
            "OTLP_ENDPOINT": self.traces_to,
            "OTEL_BSP_SCHEDULE_DELAY": "200",
            "KAFKA__ATTEMPTS": "2",
            "KAFKA__RETRY_FIRST": "0.1",
        }


@pytest.fixture(scope="module")
def spans() -> Iterator[tuple[str, list[bytes]]]:
    """The address of a collector of traces, and what has been sent there."""
    received: list[bytes] = []

    class Collector(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            received.append(self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer((HOST, 0), Collector)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://{HOST}:{server.server_port}", received
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="module")
def talkative(
    tmp_path_factory: pytest.TempPathFactory, spans: tuple[str, list[bytes]]
) -> Iterator[TalkativeStack]:
    stack = TalkativeStack(
        Places(REPOSITORY, tmp_path_factory.mktemp("talkative")), free_ports(), durable=False
    )
    stack.traces_to = spans[0]
    with stack:
        yield stack


@pytest.fixture(scope="module")
async def seen(
    talkative: TalkativeStack, tmp_path_factory: pytest.TempPathFactory, push_service: PushService
) -> Seen:
    journey = PrivateJourney(talkative, tmp_path_factory.mktemp("enrolment"), push_service)
    await journey.enrol()
    await journey.walk()
    offer_id = next(str(each.value) for each in journey.seen.secrets if each.kind == "offer id")
    count = await send_spoilt_records(
        f"{HOST}:{talkative.ports.broker}", talkative.places.keys, INSTITUTION, STUDENT, offer_id
    )
    await eventually(lambda: _dead_letters(talkative, count), 30)
    journey.command("wallet", "dead-letters", "list")
    return journey.seen


async def _dead_letters(stack: Stack, count: int) -> bool:
    found = [
        row
        for service in SERVICES
        for row in await fetch(stack, service, "select 1 from waiting where dead_at is not null")
    ]
    return len(found) >= count


def test_no_log_tells_anything_private(talkative: TalkativeStack, seen: Seen) -> None:
    logs = [Place(path.name, path.read_bytes()) for path in talkative.places.data.rglob("*.log")]

    assert {"ordering.log", "wallet.log", "postgres.log", "commands.log"} <= {log.name for log in logs}
    assert leaks(logs, [Secret("order", seen.order_id)]) >= {("order", "issuer.log")}
    assert leaks(logs, seen.secrets) == set()


async def test_no_metric_tells_anything_private(talkative: TalkativeStack, seen: Seen) -> None:
    async with httpx.AsyncClient() as http:
        answers = {name: await http.get(f"{talkative.url(name)}/metrics") for name in SERVICES}
    metrics = [Place(name, answer.content) for name, answer in answers.items()]

    assert b"wallet_activations_total" in answers["wallet"].content
    assert leaks(metrics, [*seen.secrets, Secret("order", seen.order_id)]) == set()


async def test_no_trace_tells_anything_private(spans: tuple[str, list[bytes]], seen: Seen) -> None:
    await eventually(lambda: any(b"CredentialReady" in each for each in spans[1]))
    traces = [Place("spans", b"\n".join(spans[1]))]

    assert leaks(traces, [Secret("route", "/api/v1/orders/{order_id}")]) == {("route", "spans")}
    assert leaks(traces, [*seen.secrets, Secret("order", seen.order_id)]) == set()


def test_no_refusal_repeats_anything_private(seen: Seen) -> None:
    refusals = [Place(f"refusal {number}", body) for number, body in enumerate(seen.refusals)]

    assert len(refusals) > 100
    assert leaks(refusals, seen.secrets) == set()


def test_an_email_tells_its_reader_alone_who_it_is_for(talkative: TalkativeStack, seen: Seen) -> None:
    mails = [Place(file.name, _as_read(file)) for file in (talkative.places.data / "mail").glob("*.eml")]

    assert len(mails) >= 6
    assert {kind for kind, _ in leaks(mails, seen.secrets)} == {"first name", "e-mail"}


def test_a_push_tells_nothing_private_to_its_service_nor_on_a_locked_screen(
    push_service: PushService, seen: Seen
) -> None:
    pushes = [
        Place(f"push {number}", b"\n".join([each.text, repr(dict(each.headers)).encode()]))
        for number, each in enumerate(push_service.pushed)
    ]

    assert leaks(pushes, [Secret("order", seen.order_id)])
    assert leaks(pushes, seen.secrets) == set()


def _as_read(file: Path) -> bytes:
    message = message_from_bytes(file.read_bytes(), policy=default)
    assert isinstance(message, EmailMessage)
    parts = [str(part.get_content()) for part in message.walk() if part.get_content_maintype() == "text"]
    return "\n".join([*(f"{name}: {value}" for name, value in message.items()), *parts]).encode()


async def test_no_record_of_any_topic_tells_anything_private(talkative: TalkativeStack, seen: Seen) -> None:
    records = await all_records(f"{HOST}:{talkative.ports.broker}")
    with_offers = [place_of(each) for each in records if _may_hold_an_offer_id(each)]
    others = [place_of(each) for each in records if not _may_hold_an_offer_id(each)]

    assert leaks(others, [Secret("order", seen.order_id)])
    assert {kind for kind, _ in leaks(with_offers, seen.secrets)} == {"offer id"}
    assert leaks(others, seen.secrets) == set()


def _may_hold_an_offer_id(record: ConsumerRecord) -> bool:
    """CredentialReady, and copies of records in which nothing but the body could be read."""
    kind = dict(record.headers).get("ce_type", b"").decode()
    return kind == type_of(CredentialReady) or (not kind and record.topic.startswith("issuer.credentials"))


@pytest.mark.parametrize("service", SERVICES)
async def test_a_database_holds_in_the_clear_what_its_service_must_know(
    talkative: TalkativeStack, seen: Seen, service: str
) -> None:
    tables = await tables_of(talkative, service)

    assert ("order", "events") in leaks(tables, [Secret("order", seen.order_id)])
    assert leaks(tables, seen.secrets) <= KNOWN[service]
