"""What events tell students, and which questions they answer."""

from uuid import UUID

import pytest

from contracts.base import StreamEvent
from contracts.catalogue import TOPICS
from contracts.examples import example_of
from contracts.issuer import CardReinstated, CardRevoked, CardSuspended, CredentialReady
from ordering.domain import Order, offered
from ordering.timeline import QUESTIONS, answered_by, entry_of, kind_of
from tests.unit.ordering.test_order_states import PLACED, ready

EVENTS = [event for topic in TOPICS if topic.numbered for event in topic.events]
SECRETS = {
    "offer_id",
    "activation_code_sealed",
    "activation_code_digest",
    "digest_key_id",
    "holder_sealed",
    "contact_sealed",
    "holder_jwk",
    "holder_jkt",
    "activation_id",
    "alert_id",
    "student_ref",
    "actor_ref",
}


@pytest.mark.parametrize("event_class", EVENTS, ids=lambda event: event.__name__)
def test_no_entry_tells_a_secret_or_somebody(event_class: type[StreamEvent]) -> None:
    event = example_of(event_class)
    assert isinstance(event, StreamEvent)

    details = entry_of(event, 1, "PLACED").details

    assert not SECRETS & details.keys()


def test_a_kind_is_the_name_of_the_event() -> None:
    event = example_of(CredentialReady)
    assert isinstance(event, StreamEvent)

    assert kind_of(event) == "credential_ready"


def test_an_older_offer_does_not_answer_for_a_newer_code() -> None:
    asked = Order(UUID(int=1), "umcs", UUID(int=3), PLACED.placed_at, "web", "pl", None, None, generation=2)

    first = offered(asked, ready(1))
    second = offered(first, ready(2))

    assert answered_by(ready(1), first) == ()
    assert answered_by(ready(2), second) == ("offer",)


def test_holds_answer_who_set_or_lifted_them() -> None:
    frozen = example_of(CardSuspended).model_copy(update={"holds": ("holder",)})
    thawed = example_of(CardReinstated).model_copy(update={"holds": ()})
    assert isinstance(frozen, CardSuspended)
    assert isinstance(thawed, CardReinstated)

    assert set(answered_by(frozen, PLACED)) == {"suspend:holder", "reinstate:office", "reinstate:system"}
    assert set(answered_by(thawed, PLACED)) == {"reinstate:holder", "reinstate:office", "reinstate:system"}


def test_the_end_of_a_card_answers_everything() -> None:
    revoked = example_of(CardRevoked)
    assert isinstance(revoked, CardRevoked)

    assert answered_by(revoked, PLACED) == QUESTIONS
