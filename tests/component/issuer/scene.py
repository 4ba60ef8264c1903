"""Orders as ordering tells them, and wallets as they come: everything around the issuer that a test needs."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any, TypeVar
from uuid import UUID, uuid4

import httpx
from uuid_utils.compat import uuid7

from contracts.base import Event, StreamEvent
from contracts.catalogue import type_of
from contracts.issuer import CredentialReady
from contracts.ordering import CardChangeRequested, OrderPlaced
from eventing import Handlers, Received, UnitOfWork, Works
from servicekit.keys import Keys
from servicekit.sealing import Sealer, SealingContext
from servicekit.tokens import sign_jwt
from tests.component.issuer.phones import Phone
from tests.eventlog import published

E = TypeVar("E", bound=Event)
S = TypeVar("S", bound=StreamEvent)

ISSUER = "http://localhost:8002"
WALLET = "http://localhost:8004"
ORDERING = "http://localhost:8001"
PHOTO = b"\xff\xd8\xff\xe0 a portrait \xff\xd9"
NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
END_OF_SEMESTER = datetime(2027, 3, 31, 21, 59, 59, tzinfo=UTC)


@dataclass
class Clock:
    """Stands still until a test moves it."""

    now: datetime = NOON

    def __call__(self) -> datetime:
        return self.now

    def pass_by(self, span: timedelta) -> None:
        self.now += span


@dataclass(frozen=True)
class Order:
    """An order of one student."""

    student_ref: UUID = field(default_factory=uuid4)
    replaces: UUID | None = None
    institution_id: str = "umcs"
    order_id: UUID = field(default_factory=uuid7)


def holder_data(**changes: Any) -> dict[str, Any]:
    return {
        "given_names": "Zofia Świętosława",
        "family_name": "Gżegżółka-Źdźbło",
        "birth_date": "2004-02-29",
        "pesel": "04222912345",
        "student_number": "312345",
        "photo_sha256": sha256(PHOTO).hexdigest(),
        "programme": "Informatyka",
        "cycle": "first",
        "valid_until": END_OF_SEMESTER.isoformat(),
        "locale": "pl",
        **changes,
    }


class Scene:
    """Tells the issuer what ordering would, in the numbers of each order's stream."""

    def __init__(self, works: Works, handlers: Handlers, keys: Keys, clock: Clock) -> None:
        self.works = works
        self.handlers = handlers
        self.keys = keys
        self.clock = clock
        self.numbers: dict[UUID, int] = {}

    async def hear(self, *events: StreamEvent, ahead: bool = False, number: int | None = None) -> None:
        """One transaction for all; they have to be of one type, and of an order each."""
        async with self.works.begin() as work:
            await self.apply(work, *events, ahead=ahead, number=number)

    async def apply(
        self, work: UnitOfWork, *events: StreamEvent, ahead: bool = False, number: int | None = None
    ) -> None:
        received = [Received(event, number or self._next(event), ahead) for event in events]
        await self.handlers[type(events[0])](work, received)

    def _next(self, event: StreamEvent) -> int:
        self.numbers[event.order_id] = self.numbers.get(event.order_id, 0) + 1
        return self.numbers[event.order_id]

    def about(self, order: Order, event_class: type[S], **fields: Any) -> S:
        return event_class(
            event_id=uuid7(),
            occurred_at=self.clock.now,
            institution_id=order.institution_id,
            order_id=order.order_id,
            **fields,
        )

    def placed(
        self, order: Order, *, hold_version: int = 0, office_hold: bool = False, **holder: Any
    ) -> OrderPlaced:
        return self.about(
            order,
            OrderPlaced,
            student_ref=order.student_ref,
            channel="mobile",
            locale="pl",
            replaces=order.replaces,
            office_hold=office_hold,
            hold_version=hold_version,
            holder_sealed=self.sealed(order, OrderPlaced, holder_data(**holder)),
            contact_sealed="k.not-for-the-issuer",
        )

    def change(self, order: Order, change: str, by: str = "holder", **fields: Any) -> CardChangeRequested:
        nothing = dict.fromkeys(
            ("credential_id", "hold_version", "actor_ref", "reason", "valid_until", "holder_sealed")
        )
        return self.about(
            order,
            CardChangeRequested,
            **{**nothing, "student_ref": order.student_ref, "change": change, "by": by, **fields},
        )

    def sealed(self, order: Order, event_class: type[StreamEvent], data: Mapping[str, Any]) -> str:
        context = SealingContext(type_of(event_class), order.institution_id, order.order_id, "holder_sealed")
        return Sealer(self.keys.ring("sealing/holder")).seal(json.dumps(data).encode(), context)

    async def place(self, order: Order | None = None, **told: Any) -> Order:
        order = order or Order()
        await self.hear(self.placed(order, **told))
        return order

    async def told(self, order: Order, event_class: type[E]) -> list[E]:
        events = await published(self.works.pool, str(order.order_id))
        return [event for event in events if isinstance(event, event_class)]

    async def names(self, order: Order) -> list[str]:
        return [type(event).__name__ for event in await published(self.works.pool, str(order.order_id))]

    async def ready(self, order: Order) -> CredentialReady:
        """The newest offer of an order."""
        return (await self.told(order, CredentialReady))[-1]

    async def dump(self) -> str:
        """All that stands in any table, as text."""
        tables = await self.works.pool.fetch("select tablename from pg_tables where schemaname = 'public'")
        rows = [
            str(row["line"]) + str(row["bodies"])
            for table in tables
            for row in await self.works.pool.fetch(_dump_statement(table["tablename"]))
        ]
        return "\n".join(rows)

    async def state(self, order: Order) -> str:
        row = await self.works.pool.fetchrow(
            "select state from credentials where order_id = $1", order.order_id
        )
        assert row is not None
        return str(row["state"])

    async def status(self, order: Order) -> int:
        status = await self.works.pool.fetchval(
            "select status from status_entries where order_id = $1", order.order_id
        )
        return int(status)


def _dump_statement(table: str) -> str:
    """Event bodies are bytes, which PostgreSQL would print as hexadecimal digits."""
    bodies = "convert_from(body, 'UTF8')" if table == "events" else "''"
    return f'select t::text as line, {bodies} as bodies from "{table}" t'


class WalletApp:
    """A wallet with tokens of the authorization server, asking the issuer over HTTP."""

    def __init__(self, http: httpx.AsyncClient, scene: Scene) -> None:
        self.http = http
        self.scene = scene

    def token(self, ready: CredentialReady, **changes: Any) -> str:
        """An access token as the wallet service makes it; None leaves a claim out."""
        now = int(self.scene.clock.now.timestamp())
        claims = {
            "iss": WALLET,
            "aud": f"{ISSUER}/t/{ready.institution_id}",
            "sub": str(ready.order_id),
            "jti": str(uuid4()),
            "iat": now,
            "exp": now + 300,
            "generation": ready.generation,
            "credential_id": str(ready.credential_id),
            "credential_configuration_id": ready.configuration_id,
            "device_label": "android",
            **changes,
        }
        given = {name: value for name, value in claims.items() if value is not None}
        return sign_jwt(self.scene.keys.signing_keys("wallet/token").current, typ="at+jwt", claims=given)

    async def nonce(self, institution_id: str = "umcs") -> str:
        response = await self.http.post(f"/t/{institution_id}/nonce")
        return str(response.json()["c_nonce"])

    async def ask(
        self,
        token: str,
        phone: Phone,
        *,
        institution_id: str = "umcs",
        nonce: str | None = None,
        header: Mapping[str, Any] | None = None,
        claims: Mapping[str, Any] | None = None,
        body: Mapping[str, Any] | None = None,
    ) -> httpx.Response:
        """Asks for the card as a good wallet would, but for what the test says."""
        proof = phone.proof(
            audience=f"{ISSUER}/t/{institution_id}",
            nonce=nonce or await self.nonce(institution_id),
            now=self.scene.clock.now,
            header=header,
            claims=claims,
        )
        request = {
            "credential_configuration_id": "legitymacja_studencka_sd_jwt",
            "proofs": {"jwt": [proof]},
            **(body or {}),
        }
        return await self.send(token, request, institution_id)

    async def send(
        self, token: str, request: Mapping[str, Any], institution_id: str = "umcs"
    ) -> httpx.Response:
        given = {name: value for name, value in request.items() if value is not None}
        return await self.http.post(
            f"/t/{institution_id}/credential", json=given, headers={"Authorization": f"Bearer {token}"}
        )

    async def activate(self, order: Order, phone: Phone | None = None) -> httpx.Response:
        """The whole way from offer to card."""
        ready = await self.scene.ready(order)
        return await self.ask(self.token(ready), phone or Phone(), institution_id=order.institution_id)
