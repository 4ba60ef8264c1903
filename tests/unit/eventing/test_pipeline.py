"""What an operator is told of the streams: the part that is away, and no other."""

from eventing.pipeline import Backlog, broker_check, database_check, dead_letter_check


def test_a_silent_broker_is_named_with_its_cure() -> None:
    check = broker_check(47, None, database_check(1))

    assert (check.ok, check.reason) == (False, "the broker has been silent for 47 s")
    assert "start Kafka" in check.cure


def test_a_broker_is_not_blamed_for_a_database_that_is_away() -> None:
    database = database_check(47)

    assert (database.ok, database.reason) == (False, "PostgreSQL has been silent for 47 s")
    assert broker_check(47, None, database).ok


def test_dead_letters_are_told_although_the_rest_goes_on() -> None:
    check = dead_letter_check(Backlog(dead=2))

    assert (check.ok, check.reason) == (True, "2 dead letters hold their keys")
    assert "dead-letters list" in check.cure
