"""Rules of a card's life broken on purpose."""

from dataclasses import replace
from datetime import datetime
from typing import Any

from issuer import domain as cards
from issuer.domain import issue
from issuer.store import status
from issuer.use_cases import _make_card, change_cards
from ordering import consumers
from tests.mutants import Mutant
from wallet.store import offers
from wallet.store.offers import take_attempt


def _suspend_whatever_it_is(card: cards.Credential, by: Any, _number: int) -> cards.Credential:
    return cards.with_holds(card, {*card.holds, by}) if card.holder_jkt else card


async def _set_the_first_alone(conn: Any, statuses: Any) -> None:
    """The other instance stays as it was."""
    await conn.executemany(
        "update status_entries set status = $2 where order_id = $1 and instance = 0", list(statuses.items())
    )


async def _take_the_first_again(conn: Any, offer_id: str, *key_and_time: Any) -> Any:
    await conn.execute("update offers set attempts = 0 where offer_id = $1", offer_id)
    return await take_attempt(conn, offer_id, *key_and_time)


def _give_to_any_key(credential: Any, activation: Any, **told: Any) -> cards.Issue:
    if credential.stands:
        card = replace(credential, holder_jkt=activation.keys[0].jkt)
        return cards.Issue(card, activation.keys, is_new=False, replaced=None)
    return issue(credential, activation, **told)


async def _forget(_work: Any, _received: Any) -> None:
    """What was told is not written down."""


def _shorten(credential: cards.Credential, valid_until: datetime) -> cards.Credential:
    return replace(credential, valid_until=valid_until) if credential.stands else credential


MUTANTS: dict[str, Mutant] = {
    "a_later_day_is_forgotten": [(change_cards, "extend", _shorten)],
    "ended_cards_are_suspended": [(change_cards, "suspend", _suspend_whatever_it_is)],
    "the_old_card_stays": [(cards, "_switched_off", lambda *_, **__: None)],
    "any_key_has_the_card": [(_make_card, "issue", _give_to_any_key)],
    "an_instance_outlives_its_card": [(status, "set_statuses", _set_the_first_alone)],
    "attempts_begin_anew": [(offers, "take_attempt", _take_the_first_again)],
    "ends_are_not_written": [(consumers, "on_card_ended", _forget)],
}
