"""The life of two orders of one student, the second a swap, in any order of events."""

from dataclasses import replace
from datetime import timedelta

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from contracts.base import Party
from issuer.domain import (
    STANDING,
    Credential,
    NotYet,
    Refused,
    Stale,
    end,
    erase,
    extend,
    hold_by_office,
    issue,
    reinstate,
    renew,
    suspend,
    update,
    withdraw,
)
from tests.unit.issuer.credentials import LATER, NOW, activation, offered

ENDED = {"rejected", "withdrawn", "revoked", "replaced"}

which = st.integers(0, 1)
numbers = st.integers(1, 20)
own_parties: st.SearchStrategy[Party] = st.sampled_from(["holder", "system"])


class Lives(RuleBasedStateMachine):
    """Decisions are taken as the use cases take them: under one lock, and saved before the next."""

    def __init__(self) -> None:
        super().__init__()
        first = offered()
        self.now = NOW
        self.office_hold = False
        self.credentials = [first, offered(replaces=first.credential_id)]
        self.owners: dict[int, str] = {}

    def put(self, place: int, after: Credential) -> None:
        before = self.credentials[place]
        if before.state in ENDED:
            assert after.state == before.state
        assert after.generation >= before.generation
        assert after.revision >= before.revision
        self.credentials[place] = after

    @rule(place=which, key=st.sampled_from(["phone-1", "phone-2", "phone-3"]), behind=st.integers(0, 1))
    def ask_for_card(self, place: int, key: str, behind: int) -> None:
        own, other = self.credentials[place], self.credentials[1 - place]
        asked = activation(own, key, generation=own.generation - behind)
        standing = [other] if other.stands else []
        try:
            decision = issue(
                own,
                asked,
                standing=standing,
                office_hold=self.office_hold,
                now=self.now,
                held_by={own.holder_jkt} if own.holder_jkt else (),
            )
        except (Refused, Stale, NotYet):
            return
        if decision.replaced:
            self.put(1 - place, decision.replaced)
        self.put(place, decision.card)
        assert self.owners.setdefault(place, key) == key

    @rule(place=which, generation=st.integers(1, 5))
    def ask_for_code(self, place: int, generation: int) -> None:
        self.put(place, renew(self.credentials[place], generation, LATER))

    @rule(place=which)
    def cancel(self, place: int) -> None:
        self.put(place, end(self.credentials[place]))

    @rule(place=which)
    def expire(self, place: int) -> None:
        self.put(place, withdraw(self.credentials[place]))

    @rule(place=which, by=own_parties, number=numbers)
    def suspend(self, place: int, by: Party, number: int) -> None:
        self.put(place, suspend(self.credentials[place], by, number))

    @rule(place=which, by=own_parties, number=numbers)
    def reinstate(self, place: int, by: Party, number: int) -> None:
        self.put(place, reinstate(self.credentials[place], by, number))

    @rule(held=st.booleans())
    def hold_by_office(self, held: bool) -> None:
        self.office_hold = held
        for place, credential in enumerate(self.credentials):
            self.put(place, hold_by_office(credential, held))

    @rule(place=which, days=st.integers(1, 200))
    def extend(self, place: int, days: int) -> None:
        self.put(place, extend(self.credentials[place], LATER + timedelta(days=days)))

    @rule(place=which)
    def update(self, place: int) -> None:
        self.put(place, update(self.credentials[place]))

    @rule(days=st.integers(1, 60))
    def pass_by(self, days: int) -> None:
        self.now += timedelta(days=days)

    @rule(place=which)
    def erase(self, place: int) -> None:
        self.put(place, erase(self.credentials[place], self.now))

    @invariant()
    def at_most_one_card_stands(self) -> None:
        assert sum(each.stands for each in self.credentials) <= 1

    @invariant()
    def suspended_means_that_a_hold_stands(self) -> None:
        for each in self.credentials:
            assert (each.state == "suspended") == bool(each.holds)

    @invariant()
    def the_offices_hold_lies_on_whatever_stands(self) -> None:
        for each in self.credentials:
            assert not each.stands or ("office" in each.holds) == self.office_hold

    @invariant()
    def whatever_stands_has_a_key_and_whatever_ended_is_not_valid(self) -> None:
        for each in self.credentials:
            assert each.state not in STANDING or each.holder_jkt is not None
            assert each.state not in ("revoked", "replaced") or each.status == 1

    @invariant()
    def nothing_is_known_of_the_erased(self) -> None:
        for each in self.credentials:
            assert each.erased_at is None or replace(each, student_ref=None, holder_jkt=None) == each


TestLives = Lives.TestCase
TestLives.settings = settings(max_examples=150, stateful_step_count=30, deadline=None)
