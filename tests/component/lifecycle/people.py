"""What a student does in the portal and with phones, by the use cases of the services."""

import secrets
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any
from uuid import UUID

import asyncpg

from eventing import UnitOfWork
from issuer.domain import CONFIGURATION_ID, Activation, NotYet, Refused, Stale
from issuer.use_cases.issue_card import CardRequest, issue_card
from issuer.use_cases.use_nonces import ProofNonce
from ordering.sealing import open_code
from ordering.store import students
from ordering.use_cases._commands import card_change, lock_own_order, record_command
from ordering.use_cases.cancel_order import cancel_order
from ordering.use_cases.expire_orders import expire_orders
from ordering.use_cases.hold_student import hold_student
from ordering.use_cases.place_order import Wish, place_order
from ordering.use_cases.request_activation_code import request_activation_code
from ordering.use_cases.request_card_change import request_card_change
from ordering.use_cases.strike_off_student import strike_off_student
from ordering.use_cases.update_cards import update_cards
from servicekit.problems import Problem
from tests.component.issuer.phones import Phone
from tests.component.lifecycle.world import Crash, World
from tests.component.ordering.scene import CONSENTS
from wallet.domain import Denial, Grant, Redemption, Refusal
from wallet.use_cases.redeem_code import redeem_code

TOKEN_LIVES = timedelta(minutes=5)


@dataclass(frozen=True)
class SeenCode:
    """QR and activation code as the portal has shown them once; whoever photographed them keeps them."""

    order_id: UUID
    offer_id: str
    generation: int
    code: str


@dataclass(frozen=True)
class Token:
    """An access token: a grant of the wallet service, for as long as the issuer takes it."""

    grant: Grant
    until: datetime


class TwoKeyPhone(Phone):
    """Asks for two instances of its card."""

    def __init__(self) -> None:
        super().__init__()
        self.second = Phone()


@dataclass
class People:
    """The student, and what they and others hold in their hands."""

    world: World
    seen: list[SeenCode] = field(default_factory=list)
    tokens: list[Token] = field(default_factory=list)
    phones: list[TwoKeyPhone] = field(default_factory=lambda: [TwoKeyPhone(), TwoKeyPhone()])
    wrong_codes: dict[str, int] = field(default_factory=dict)
    keys_of: dict[UUID, set[str]] = field(default_factory=dict)

    async def _in_ordering(self, act: Callable[[UnitOfWork], Awaitable[object]], crash: bool) -> None:
        """What is refused changes nothing; nor does what crashes."""
        try:
            async with self.world.services["ordering"].begin(crash) as work:
                await act(work)
        except (Problem, Crash):
            pass

    async def orders(self) -> list[asyncpg.Record]:
        pool = self.world.services["ordering"].works.pool
        rows: list[asyncpg.Record] = await pool.fetch(
            "select * from orders where student_ref = $1 order by placed_at, order_id", self.world.student_ref
        )
        return rows

    async def place(self, replaces: UUID | None, crash: bool) -> None:
        makings, wish = self.world.makings, Wish("web", "pl", CONSENTS, replaces)
        await self._in_ordering(
            lambda work: place_order(
                work,
                makings.sealers,
                makings.institution,
                self.world.student_ref,
                wish,
                idempotency_key=secrets.token_hex(8),
                signed_in_at=work.now,
            ),
            crash,
        )

    async def cancel(self, order_id: UUID, crash: bool) -> None:
        await self._in_ordering(lambda work: cancel_order(work, self.world.student_ref, order_id), crash)

    async def ask_for_code(self, order_id: UUID, crash: bool) -> None:
        limits = self.world.makings.institution.limits
        student = self.world.student_ref
        await self._in_ordering(lambda work: request_activation_code(work, limits, student, order_id), crash)

    async def change(self, order_id: UUID, change: Any, crash: bool) -> None:
        student = self.world.student_ref
        await self._in_ordering(
            lambda work: request_card_change(work, student, order_id, change, signed_in_at=work.now), crash
        )

    async def hold(self, hold: bool, crash: bool) -> None:
        student = self.world.student_ref
        await self._in_ordering(
            lambda work: hold_student(work, student, hold=hold, actor_ref="clerk", reason="by_the_dean"),
            crash,
        )

    async def extend(self, order_id: UUID, days: int, crash: bool) -> None:
        """As an extension of many cards asks for each; the day may lie before the one that was given last."""

        async def ask(work: UnitOfWork) -> None:
            order = await lock_own_order(work, self.world.student_ref, order_id)
            if order.card.can_be_renewed(work.now):
                until = work.now + timedelta(days=days)
                event = card_change(work, order, "extend", by="office", actor_ref="clerk", valid_until=until)
                await record_command(work, order, event, "extend")

        await self._in_ordering(ask, crash)

    async def change_name(self, crash: bool) -> None:
        """As an import does that brings another name."""

        async def update(work: UnitOfWork) -> None:
            student = await students.lock(work.connection, self.world.student_ref)
            assert student is not None
            renamed = replace(student, family_name=secrets.token_hex(4))
            await update_cards(work, self.world.makings.sealers, renamed, actor_ref="import")

        await self._in_ordering(update, crash)

    async def strike_off(self, crash: bool) -> None:
        student = self.world.student_ref
        await self._in_ordering(
            lambda work: strike_off_student(work, student, by="system", actor_ref="import"), crash
        )

    async def expire(self, crash: bool) -> None:
        await self._in_ordering(expire_orders, crash)

    async def look(self) -> None:
        """The portal shows what it has; it is remembered for ever."""
        sealers = self.world.makings.sealers
        for order in await self.orders():
            if order["code_sealed"] is None:
                continue
            code = open_code(sealers.code, order["institution_id"], order["order_id"], order["code_sealed"])
            seen = SeenCode(order["order_id"], order["offer_id"], order["offered"], code)
            if seen not in self.seen:
                self.seen.append(seen)

    async def redeem(self, seen: SeenCode, right: bool, crash: bool) -> None:
        code = seen.code if right else f"{(int(seen.code) + 1) % 10**8:08d}"
        asked = Redemption(seen.offer_id, seen.generation, code, CONFIGURATION_ID, "android", None)
        wallet = self.world.services["wallet"]
        try:
            async with wallet.begin(crash) as work:
                answer = await redeem_code(work, asked, self.world.makings.check_keys)
        except Crash:
            return
        if isinstance(answer, Grant):
            assert right, "a wrong code was taken"
            self.tokens.append(Token(answer, self.world.clock.now + TOKEN_LIVES))
        else:
            self._count(seen, answer)

    def _count(self, seen: SeenCode, answer: Denial) -> None:
        """A denial that says how many are left has compared a code."""
        assert answer.refusal is not Refusal.UNKNOWN or answer.attempts_left is None
        if answer.attempts_left is not None:
            self.wrong_codes[seen.offer_id] = self.wrong_codes.get(seen.offer_id, 0) + 1

    async def ask_for_card(self, token: Token, phone: TwoKeyPhone, crash: bool) -> None:
        """Two cards at once are held off by the database at last; that is told as what it is."""
        if self.world.clock.now > token.until:
            return
        try:
            async with self.world.services["issuer"].begin(crash) as work:
                given = await issue_card(work, self._request(token, phone), self.world.makings.vault)
        except (Crash, Refused, Stale, NotYet):
            return
        except asyncpg.UniqueViolationError as error:
            raise AssertionError("two cards of one student would stand") from error
        assert given.card.holder_jkt == phone.jkt, "a card was given to another key"
        assert [each.key for each in given.instances] == [phone.holder_key, phone.second.holder_key]
        self.keys_of.setdefault(token.grant.offer.order_id, set()).add(phone.jkt)

    def _request(self, token: Token, phone: TwoKeyPhone) -> CardRequest:
        portrait, offer = self.world.makings.portrait, token.grant.offer
        activation = Activation(
            activation_id=str(token.grant.activation_id),
            order_id=offer.order_id,
            institution_id=offer.institution_id,
            generation=offer.generation,
            credential_id=offer.credential_id,
            device_label="android",
            keys=(phone.holder_key, phone.second.holder_key),
        )
        lapses_at = self.world.clock.now + timedelta(minutes=5)
        nonce = ProofNonce(sha256(secrets.token_bytes(16)).digest(), lapses_at)
        return CardRequest(activation, [nonce], secrets.token_hex(8), portrait)
