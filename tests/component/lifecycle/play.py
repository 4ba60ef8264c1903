"""One play: a student, two phones, an office and four services, step by step as hypothesis chooses."""

import asyncio
from collections.abc import Callable, Coroutine
from datetime import datetime, timedelta
from typing import Any, TypeVar
from uuid import UUID

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from eventing.codec import LogRecord
from tests.component.lifecycle import rules
from tests.component.lifecycle.people import People, Token
from tests.component.lifecycle.world import Crash, World

T = TypeVar("T")
Begin = Callable[[], Coroutine[Any, Any, World]]

# What is chosen seldom would end most plays early.
CRASHES = st.sampled_from([False] * 5 + [True])
SELDOM = st.sampled_from([False] * 3 + [True])
PHONES = st.integers(0, 1)
WHICH = st.integers(0, 1_000)
SPANS = [timedelta(minutes=2), timedelta(minutes=11), timedelta(hours=26), timedelta(days=15)]


class Play(RuleBasedStateMachine):
    """Runs in a thread of its own; the services run on the loop of the test."""

    loop: asyncio.AbstractEventLoop
    begin: Begin

    def __init__(self) -> None:
        super().__init__()
        self.on_the_way: list[tuple[str, LogRecord]] = []
        self.arrived: list[tuple[str, LogRecord]] = []
        self.touched: set[str] = set()
        self.ended: dict[str, set[UUID]] = {name: set() for name in rules.ENDED}
        self.last_days: dict[UUID, datetime] = {}

    def run(self, step: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(step, self.loop).result(timeout=30)

    @initialize(begun=st.sampled_from(["offer", "card", "swap", "swapped"]))
    def enter(self, begun: str) -> None:
        self.world = self.run(type(self).begin())
        self.people = People(self.world)
        self.run(self._enter(begun))

    async def _enter(self, begun: str) -> None:
        """The student has an offer, a card, a card and an offer that replaces it, or the card of that."""
        await self._act("ordering", self.people.place(None, crash=False))
        await self._deliver_all()
        if begun != "offer":
            await self._activate(0, crash=False)
            await self._deliver_all()
        if begun in ("swap", "swapped"):
            await self._order_swap(crash=False)
            await self._deliver_all()
        if begun == "swapped":
            await self._activate(1, crash=False)

    async def _order_swap(self, crash: bool) -> None:
        orders = await self.people.orders()
        standing = [row for row in orders if row["card_issued_at"] and not row["card_end"]]
        if standing:
            await self._act("ordering", self.people.place(standing[-1]["credential_id"], crash))

    async def _act(self, name: str, act: Coroutine[Any, Any, None]) -> None:
        await act
        await self._listen(name)

    async def _listen(self, name: str) -> None:
        self.touched.add(name)
        self.on_the_way += await self.world.listen(name)

    async def _deliver(self, place: int, *, crash: bool = False) -> None:
        name, record = self.on_the_way[place]
        try:
            await self.world.services[name].hear([record], crash=crash)
        except Crash:
            return
        self.arrived.append(self.on_the_way.pop(place))
        await self._listen(name)
        if name == "ordering":
            await self.people.look()

    async def _deliver_all(self) -> None:
        while self.on_the_way:
            await self._deliver(0)

    async def _activate(self, phone: int, crash: bool) -> None:
        before = len(self.people.tokens)
        await self._act("wallet", self.people.redeem(self.people.seen[-1], True, False))
        if len(self.people.tokens) > before:
            await self._ask_for_card(self.people.tokens[-1], phone, crash)

    async def _ask_for_card(self, token: Token, phone: int, crash: bool) -> None:
        await self._act("issuer", self.people.ask_for_card(token, self.people.phones[phone], crash))

    def _in_portal(self, act: Coroutine[Any, Any, None]) -> None:
        self.run(self._act("ordering", act))

    def _newest(self) -> UUID:
        order_id: UUID = self.run(self.people.orders())[-1]["order_id"]
        return order_id

    # What travels ------------------------------------------------------------------------------

    @precondition(lambda self: self.on_the_way)
    @rule(which=WHICH, crash=CRASHES)
    def any_record_arrives(self, which: int, crash: bool) -> None:
        """Whatever was said before it, in its topic or in another."""
        self.run(self._deliver(which % len(self.on_the_way), crash=crash))

    @precondition(lambda self: self.on_the_way)
    @rule()
    def all_records_arrive(self) -> None:
        self.run(self._deliver_all())

    @precondition(lambda self: self.arrived)
    @rule(which=WHICH)
    def a_record_arrives_again(self, which: int) -> None:
        self.on_the_way.append(self.arrived[which % len(self.arrived)])
        self.run(self._deliver(len(self.on_the_way) - 1))

    # What the student and the office do ----------------------------------------------------------

    @rule(crash=CRASHES)
    def order(self, crash: bool) -> None:
        self._in_portal(self.people.place(None, crash))

    @rule(crash=CRASHES)
    def order_a_swap(self, crash: bool) -> None:
        self.run(self._order_swap(crash))

    @rule(crash=CRASHES, really=SELDOM)
    def cancel(self, crash: bool, really: bool) -> None:
        if really:
            self._in_portal(self.people.cancel(self._newest(), crash))

    @rule(crash=CRASHES)
    def ask_for_a_new_code(self, crash: bool) -> None:
        """One a minute is allowed."""
        self.world.clock.advance(timedelta(minutes=1))
        self._in_portal(self.people.ask_for_code(self._newest(), crash))

    @rule(change=st.sampled_from(["suspend", "reinstate"]), crash=CRASHES)
    def freeze_or_unfreeze(self, change: str, crash: bool) -> None:
        self._in_portal(self.people.change(self._newest(), change, crash))

    @rule(crash=CRASHES, really=SELDOM)
    def revoke(self, crash: bool, really: bool) -> None:
        if really:
            self._in_portal(self.people.change(self._newest(), "revoke", crash))

    @rule(first=st.sampled_from(["suspend", "revoke"]), really=st.booleans())
    def two_devices_ask_at_once(self, first: str, really: bool) -> None:
        if really:
            order_id = self._newest()
            for change in (first, "revoke" if first == "suspend" else "suspend"):
                self._in_portal(self.people.change(order_id, change, False))

    @rule(hold=st.booleans(), crash=CRASHES)
    def the_office_holds(self, hold: bool, crash: bool) -> None:
        self._in_portal(self.people.hold(hold, crash))

    @rule(crash=CRASHES, really=SELDOM)
    def the_student_is_struck_off(self, crash: bool, really: bool) -> None:
        if really:
            self._in_portal(self.people.strike_off(crash))

    @rule(crash=CRASHES)
    def the_office_extends_twice_and_the_nearer_day_comes_last(self, crash: bool) -> None:
        order_id = self._newest()
        for days in (300, 30):
            self._in_portal(self.people.extend(order_id, days, crash))

    @rule(crash=CRASHES)
    def the_student_gets_another_name(self, crash: bool) -> None:
        self._in_portal(self.people.change_name(crash))

    @rule(span=st.sampled_from(SPANS), crash=CRASHES)
    def time_passes(self, span: timedelta, crash: bool) -> None:
        """Orders expire only when ordering has heard everything, as its sweeper sees to."""
        self.world.clock.advance(span)
        if not any(name == "ordering" for name, _ in self.on_the_way):
            self._in_portal(self.people.expire(crash))

    # What phones do -------------------------------------------------------------------------------

    @precondition(lambda self: self.people.seen)
    @rule(which=WHICH, right=st.booleans(), crash=CRASHES)
    def a_code_is_tried(self, which: int, right: bool, crash: bool) -> None:
        seen = self.people.seen[which % len(self.people.seen)]
        self.run(self._act("wallet", self.people.redeem(seen, right, crash)))

    @precondition(lambda self: self.people.seen)
    @rule()
    def wrong_codes_are_tried_one_after_another(self) -> None:
        for _ in range(rules.MOST_ATTEMPTS + 1):
            self.run(self._act("wallet", self.people.redeem(self.people.seen[-1], False, False)))

    @precondition(lambda self: self.people.seen)
    @rule(phone=PHONES, crash=CRASHES)
    def the_newest_code_is_used(self, phone: int, crash: bool) -> None:
        self.run(self._activate(phone, crash))

    @precondition(lambda self: self.people.tokens)
    @rule(which=WHICH, phone=PHONES, crash=CRASHES)
    def a_phone_asks_for_its_card(self, which: int, phone: int, crash: bool) -> None:
        token = self.people.tokens[which % len(self.people.tokens)]
        self.run(self._ask_for_card(token, phone, crash))

    # What holds -------------------------------------------------------------------------------------

    @invariant()
    def the_rules_hold(self) -> None:
        if hasattr(self, "world"):
            self.run(self._check())

    async def _check(self) -> None:
        """Only of the services that something was done to: nothing else can have changed."""
        orders = {record.key for _, record in self.arrived if record.key}
        known = [UUID(key.decode()) for key in orders]
        for name in self.touched:
            ended = await rules.cards_ended(self.world, name, known)
            assert self.ended[name] <= ended, "a card that had ended came back"
            self.ended[name] = ended
        if "issuer" in self.touched:
            rows = await rules.cards(self.world)
            rules.at_most_one_stands(self.world, rows)
            rules.the_list_says_what_the_rows_say(await rules.lists(self.world, rows), rows)
            rules.every_card_has_one_accepted_activation(self.people, rows)
            self.last_days = rules.no_end_comes_nearer(self.last_days, rows)
        if "wallet" in self.touched:
            await rules.attempts_stay_within_the_limit(self.people)
        self.touched.clear()

    def teardown(self) -> None:
        if hasattr(self, "world"):
            self.run(self._end())

    async def _end(self) -> None:
        """Everything arrives at last."""
        await self._deliver_all()
        await self._check()
        await rules.everybody_agrees(self.world, await rules.cards(self.world))
