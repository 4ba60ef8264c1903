"""Every order and card walks only where the states allow, whatever is commanded and told, in any order."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from contracts import issuer, wallet
from contracts.base import Event, Party
from ordering import domain
from ordering.domain import OPEN, Order, State
from ordering.problems import (
    CardEnded,
    CardNotFrozen,
    CodeNotYetPossible,
    OrderClosed,
    OrderNotReady,
    TooManyNewCodes,
)
from servicekit.problems import Problem

NOW = datetime(2026, 10, 1, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
ORDER_ID, CREDENTIAL_ID = UUID(int=1), UUID(int=2)
PLACED = Order(ORDER_ID, "umcs", UUID(int=3), NOW, "mobile", "pl", None, None)

LEGAL: dict[State, set[State]] = {
    "PLACED": {"READY", "LOCKED", "ACTIVATED", "REJECTED", "CANCELLED"},
    "READY": {"LOCKED", "ACTIVATED", "CANCELLED", "EXPIRED"},
    "LOCKED": {"READY", "ACTIVATED", "CANCELLED", "EXPIRED"},
    "ACTIVATED": set(),
    "REJECTED": {"ACTIVATED"},
    "CANCELLED": set(),
    "EXPIRED": {"ACTIVATED"},
}


def event(event_class: type[Event], **fields: Any) -> Any:
    return event_class(
        event_id=UUID(int=9), occurred_at=NOW, institution_id="umcs", order_id=ORDER_ID, **fields
    )


def ready(generation: int = 1) -> issuer.CredentialReady:
    told: issuer.CredentialReady = event(
        issuer.CredentialReady,
        credential_id=CREDENTIAL_ID,
        generation=generation,
        offer_id="A" * 32,
        expires_at=NOW + timedelta(days=30),
        activation_code_sealed=f"sealed {generation}",
        activation_code_digest="digest",
        digest_key_id="key",
        configuration_id="configuration",
    )
    return told


def issued() -> issuer.CardIssued:
    told: issuer.CardIssued = event(
        issuer.CardIssued,
        credential_id=CREDENTIAL_ID,
        generation=1,
        holder_jwk={},
        holder_jkt="thumbprint",
        valid_until=NOW + timedelta(days=100),
        replaces=None,
        device_label="iphone",
    )
    return told


def ask_for_code(order: Order, *asked: datetime, now: datetime = NOW) -> Order:
    return domain.ask_for_code(order, now, list(asked), pause=MINUTE, a_day=10)


class OrderMachine(RuleBasedStateMachine):
    """Commands may be refused; facts never are. The issuer's own stream is told in its order."""

    def __init__(self) -> None:
        super().__init__()
        self.order = PLACED
        self.now = NOW
        self.issued = False
        self.number = 0
        self.steps: list[tuple[State, State]] = []
        self.was_cancelled = False

    def become(self, order: Order) -> None:
        self.steps.append((self.order.state, order.state))
        self.order = order

    @rule()
    def cancel(self) -> None:
        was_open = self.order.state in OPEN
        try:
            self.become(domain.cancel(self.order))
            self.was_cancelled = True
        except OrderClosed:
            assert not was_open
        else:
            assert was_open

    @rule()
    def ask_for_code(self) -> None:
        allowed = self.order.state in {"READY", "LOCKED"}
        try:
            self.become(ask_for_code(self.order))
        except (OrderClosed, OrderNotReady):
            assert not allowed
        else:
            assert allowed

    @rule(days=st.integers(0, 40))
    def expire(self, days: int) -> None:
        self.now += timedelta(days=days)
        try:
            self.become(domain.expire(self.order, self.now))
        except Problem:
            return
        assert self.now >= NOW + timedelta(days=30, hours=1)

    @precondition(lambda self: not self.issued)
    @rule()
    def tell_ready(self) -> None:
        self.become(domain.offered(self.order, ready(self.order.generation)))

    @precondition(lambda self: not self.issued)
    @rule()
    def tell_an_older_generation(self) -> None:
        before = self.order
        self.become(domain.offered(self.order, ready(1)))
        if before.offered >= 1:
            assert self.order == replace(before, credential_id=CREDENTIAL_ID)

    @precondition(lambda self: not self.order.offered)
    @rule()
    def tell_rejected(self) -> None:
        self.become(domain.rejected(self.order, event(issuer.CredentialRejected, reasons=("photo",))))

    @rule(generation=st.integers(1, 3), left=st.integers(0, 4))
    def tell_attempts(self, generation: int, left: int) -> None:
        told = wallet.ActivationFailed if left else wallet.ActivationLocked
        self.become(domain.attempted(self.order, event(told, generation=generation, attempts_left=left)))

    @rule()
    def tell_issued(self) -> None:
        self.issued = True
        self.become(domain.issued(self.order, issued()))

    @rule(holds=st.sets(st.sampled_from(["holder", "office", "system"])))
    def tell_holds(self, holds: set[Party]) -> None:
        self.number += 1
        told = event(issuer.CardSuspended, holds=tuple(sorted(holds)), by="holder", reason=None)
        self.become(domain.held(self.order, told, self.number))

    @precondition(lambda self: self.number > 0)
    @rule()
    def tell_older_holds(self) -> None:
        told = event(issuer.CardReinstated, holds=(), by="holder", reason=None)
        before = self.order
        self.become(domain.held(self.order, told, self.number))
        assert self.order == before

    @rule(end=st.sampled_from([issuer.CardRevoked, issuer.CardReplaced]))
    def tell_ended(self, end: type[Event]) -> None:
        fields = {"reason": "by_holder"} if end is issuer.CardRevoked else {}
        before = self.order.card.end
        self.become(domain.card_ended(self.order, event(end, **fields)))
        assert before is None or self.order.card.end == before

    @invariant()
    def only_legal_steps_were_taken(self) -> None:
        assert all(before == after or after in LEGAL[before] for before, after in self.steps)
        self.steps.clear()

    @invariant()
    def cancelled_is_for_ever(self) -> None:
        assert not self.was_cancelled or self.order.state == "CANCELLED"

    @invariant()
    def an_ended_order_has_no_code(self) -> None:
        assert self.order.state in OPEN or self.order.code_sealed is None

    @invariant()
    def an_issued_card_activates_unless_cancelled(self) -> None:
        assert not self.issued or self.order.state in {"ACTIVATED", "CANCELLED"}

    @invariant()
    def an_ended_card_does_not_stand(self) -> None:
        assert self.order.card.end is None or not self.order.card.stands


OrderMachine.TestCase.settings = settings(max_examples=150, stateful_step_count=30, deadline=None)
test_orders_walk_only_where_they_may = OrderMachine.TestCase


def test_a_lock_that_is_told_before_the_offer_still_locks() -> None:
    locked = domain.attempted(PLACED, event(wallet.ActivationLocked, generation=1, attempts_left=0))

    assert locked.state == "PLACED"
    assert domain.offered(locked, ready()).state == "LOCKED"


def test_a_lock_of_an_older_generation_locks_nothing() -> None:
    renewed = domain.offered(domain.offered(PLACED, ready(1)), ready(2))

    late = domain.attempted(renewed, event(wallet.ActivationLocked, generation=1, attempts_left=0))

    assert late.state == "READY"


def test_attempts_of_an_older_generation_do_not_undo_a_newer_lock() -> None:
    renewed = domain.offered(domain.offered(PLACED, ready(1)), ready(2))
    locked = domain.attempted(renewed, event(wallet.ActivationLocked, generation=2, attempts_left=0))

    late = domain.attempted(locked, event(wallet.ActivationFailed, generation=1, attempts_left=3))

    assert late.state == "LOCKED"


def test_a_new_code_bears_five_wrong_ones_whatever_was_left_of_the_older() -> None:
    tried = domain.attempted(
        domain.offered(PLACED, ready(1)), event(wallet.ActivationFailed, generation=1, attempts_left=3)
    )

    renewed = domain.offered(tried, ready(2))

    assert (tried.attempts_until_lock, renewed.attempts_until_lock) == (3, 5)


def test_an_order_does_not_expire_while_a_new_code_is_on_its_way() -> None:
    waiting = ask_for_code(domain.offered(PLACED, ready()))

    with pytest.raises(OrderNotReady):
        domain.expire(waiting, NOW + timedelta(days=31))


def test_a_withdrawn_offer_takes_its_code_along_but_not_a_newer_one() -> None:
    renewed = domain.offered(domain.offered(PLACED, ready(1)), ready(2))

    older = domain.withdrawn(renewed, event(issuer.OfferWithdrawn, generation=1, reason="renewed"))
    newest = domain.withdrawn(renewed, event(issuer.OfferWithdrawn, generation=2, reason="cancelled"))

    assert (older.code_sealed, newest.code_sealed) == ("sealed 2", None)


@pytest.mark.parametrize(
    ("asked", "seconds"), [((NOW - timedelta(seconds=59),), 1), ((NOW - timedelta(seconds=1),), 59)]
)
def test_a_new_code_too_soon_says_how_long_to_wait(asked: tuple[datetime, ...], seconds: int) -> None:
    with pytest.raises(CodeNotYetPossible) as refusal:
        ask_for_code(domain.offered(PLACED, ready()), *asked)

    assert refusal.value.headers["Retry-After"] == str(seconds)


def test_the_eleventh_code_of_a_day_waits_until_the_first_is_a_day_old() -> None:
    asked = [NOW - timedelta(hours=23 - hour) for hour in range(10)]

    with pytest.raises(TooManyNewCodes) as refusal:
        ask_for_code(domain.offered(PLACED, ready()), *asked)

    assert refusal.value.headers["Retry-After"] == "3600"


def test_unfreezing_is_refused_when_the_holder_has_not_frozen() -> None:
    card = domain.issued(PLACED, issued()).card

    with pytest.raises(CardNotFrozen):
        domain.check_change(card, "reinstate", being_frozen=False)
    domain.check_change(card, "reinstate", being_frozen=True)


def test_a_card_that_is_not_there_yet_cannot_be_changed() -> None:
    with pytest.raises(CardEnded):
        domain.check_change(PLACED.card, "revoke", being_frozen=False)
