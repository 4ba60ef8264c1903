"""Decisions about offers and cards."""

from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from issuer.card_credential import card_number
from issuer.domain import (
    Credential,
    Issue,
    NotYet,
    Refused,
    Stale,
    Student,
    end,
    erase,
    extend,
    hold_by_office,
    issue,
    newest_holds,
    offer_ends_at,
    reinstate,
    renew,
    suspend,
    update,
    withdraw,
)
from tests.unit.issuer.credentials import LATER, NOW, activation, active, offered

ENDED = ["rejected", "withdrawn", "revoked", "replaced"]


def decide(credential: Credential, key: str = "phone-1", **around: Any) -> Issue:
    changes = around.pop("changes", {})
    held_by = {credential.holder_jkt} - {None}
    given = {"standing": [], "office_hold": False, "now": NOW, "held_by": held_by, **around}
    return issue(credential, activation(credential, key, **changes), **given)


def test_the_first_key_gets_the_card() -> None:
    decision = decide(offered())

    assert decision.is_new
    assert decision.card.state == "active"
    assert decision.card.holder_jkt == "phone-1"


def test_the_same_key_gets_the_same_card_again() -> None:
    card = active()

    decision = decide(card)

    assert (decision.card, decision.is_new, decision.replaced) == (card, False, None)


def test_several_keys_at_once_have_the_card_together() -> None:
    decision = decide(offered(), "phone-1 phone-2")

    assert decision.card.holder_jkt == "phone-1"
    assert [key.jkt for key in decision.keys] == ["phone-1", "phone-2"]


def test_of_the_keys_that_ask_again_those_get_the_card_that_have_it() -> None:
    decision = decide(active(), "phone-3 phone-2", held_by={"phone-1", "phone-2"})

    assert not decision.is_new
    assert [key.jkt for key in decision.keys] == ["phone-2"]


def test_a_card_that_waits_for_keys_is_made_for_no_other() -> None:
    decision = decide(offered(), "phone-3 phone-2", held_by={"phone-1", "phone-2"})

    assert [key.jkt for key in decision.keys] == ["phone-2"]
    with pytest.raises(Refused):
        decide(offered(), "phone-3", held_by={"phone-1", "phone-2"})


def test_another_key_is_refused() -> None:
    with pytest.raises(Refused):
        decide(active(), "phone-2")


@pytest.mark.parametrize("state", ENDED)
def test_nothing_is_given_for_what_has_ended(state: str) -> None:
    with pytest.raises(Refused):
        decide(offered(state=state, holder_jkt="phone-1"))


@pytest.mark.parametrize(
    "changes", [{"generation": 1}, {"credential_id": uuid4()}, {"institution_id": "pwr"}]
)
def test_a_token_of_another_generation_card_or_institution_is_stale(changes: dict[str, Any]) -> None:
    with pytest.raises(Stale):
        decide(offered(generation=2), changes=changes)


def test_a_card_that_would_be_past_its_end_is_not_made() -> None:
    with pytest.raises(Refused):
        decide(offered(valid_until=NOW))


def test_the_offices_hold_lies_on_a_new_card_from_the_start() -> None:
    card = decide(offered(), office_hold=True).card

    assert card.state == "suspended"
    assert card.holds == ("office",)


def test_the_named_card_is_replaced_in_the_same_decision() -> None:
    old = active(holds=("holder",), state="suspended")
    decision = decide(offered(replaces=old.credential_id), standing=[old])

    assert decision.card.state == "active"
    assert decision.replaced == replace(old, state="replaced", holds=())


def test_a_card_past_its_end_is_replaced_named_or_not() -> None:
    old = active(valid_until=NOW - timedelta(days=1))

    assert decide(offered(), standing=[old]).replaced == replace(old, state="replaced")


def test_a_card_that_still_stands_has_to_end_first() -> None:
    with pytest.raises(NotYet):
        decide(offered(), standing=[active()])


def test_the_new_card_comes_alone_when_the_named_one_has_ended() -> None:
    assert decide(offered(replaces=uuid4())).replaced is None


def test_a_newer_generation_takes_the_place_of_the_offer() -> None:
    assert renew(offered(), 2, LATER).generation == 2


@pytest.mark.parametrize("credential", [offered(generation=3), active(), offered(state="withdrawn")])
def test_an_old_request_for_a_code_changes_nothing(credential: Credential) -> None:
    assert renew(credential, 3, LATER) == credential


def test_cancelling_withdraws_an_offer_and_revokes_a_card() -> None:
    assert end(offered()).state == "withdrawn"
    assert end(active()).state == "revoked"
    assert end(active(state="suspended", holds=("office",))).holds == ()


@pytest.mark.parametrize("state", ENDED)
def test_what_has_ended_stays_as_it_is(state: str) -> None:
    ended = offered(state=state)

    assert (
        end(ended) == withdraw(ended) == suspend(ended, "holder", 9) == reinstate(ended, "holder", 9) == ended
    )
    assert hold_by_office(ended, True) == extend(ended, LATER) == update(ended) == ended


def test_an_expired_order_leaves_a_card_that_was_made() -> None:
    card = active()

    assert withdraw(card) == card


def test_each_party_lifts_only_its_own_hold() -> None:
    card = suspend(suspend(active(), "holder", 2), "system", 3)

    assert reinstate(card, "holder", 4).holds == ("system",)
    assert reinstate(card, "holder", 4).state == "suspended"
    assert reinstate(reinstate(card, "holder", 4), "system", 5).state == "active"


def test_a_reinstatement_from_before_the_suspension_does_not_lift_it() -> None:
    ahead = suspend(active(), "holder", 6)

    assert reinstate(ahead, "holder", 5).state == "suspended"
    assert reinstate(ahead, "holder", 7).state == "active"


def test_one_partys_suspension_does_not_shield_anothers_hold() -> None:
    card = suspend(suspend(active(), "system", 2), "holder", 6)

    assert reinstate(card, "system", 3).holds == ("holder",)


def test_a_suspension_met_again_in_its_turn_changes_nothing() -> None:
    ahead = suspend(active(), "holder", 6)

    assert suspend(ahead, "holder", 6) == ahead


def test_the_office_holds_and_lets_go() -> None:
    held = hold_by_office(active(), True)

    assert held.holds == ("office",)
    assert hold_by_office(held, False).state == "active"


def test_the_newest_version_of_a_hold_wins_whatever_the_order() -> None:
    student = uuid4()
    told = [Student("umcs", student, held, version) for held, version in [(True, 3), (False, 4), (True, 2)]]

    assert newest_holds(told) == newest_holds(reversed(told)) == [Student("umcs", student, False, 4)]


def test_an_offer_ends_with_the_card_it_would_become_at_the_latest() -> None:
    assert offer_ends_at(NOW, 30, LATER) == NOW + timedelta(days=30)
    assert offer_ends_at(NOW, 30, NOW + timedelta(days=3)) == NOW + timedelta(days=3)


def test_an_update_makes_a_new_revision_of_a_card_and_of_one_to_come() -> None:
    assert update(active()).revision == 2
    assert update(offered()).revision == 2


def test_erasure_leaves_nothing_that_leads_to_a_person() -> None:
    erased = erase(active(notification_id="n"), NOW)

    assert erased.state == "revoked"
    assert (erased.student_ref, erased.holder_jkt, erased.notification_id) == (None, None, None)
    assert erase(erased, LATER) == erased


def test_the_status_says_what_the_state_is() -> None:
    states = ["offered", "active", "suspended", "revoked", "replaced"]

    assert [offered(state=state).status for state in states] == [0, 0, 2, 1, 1]


def test_card_numbers_have_sixteen_digits() -> None:
    assert card_number(UUID(int=7)) == "0000000000000007"
    assert len(card_number(uuid4())) == 16
