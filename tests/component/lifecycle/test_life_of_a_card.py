"""The life of a card through the use cases of all services: reordered, doubled, and with crashes between."""

import asyncio

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.component.lifecycle.conftest import BeginPlay
from tests.component.lifecycle.mutants import MUTANTS
from tests.component.lifecycle.play import Play
from tests.mutants import holds_against

PLAYS = 40
# A broken rule ends its test at the first play that notices it. Which play does changes with all code that is
# loaded, since hypothesis tries the numbers that it finds there.
PLAYS_TO_NOTICE = 400
STEPS = 45

THE_SAME_EACH_TIME = settings(
    max_examples=PLAYS,
    stateful_step_count=STEPS,
    deadline=None,
    derandomize=True,
    database=None,
    phases=[Phase.generate],
    report_multiple_bugs=False,
    suppress_health_check=list(HealthCheck),
)


@pytest.mark.timeout(180)
@holds_against(*MUTANTS)
async def test_a_card_lives_by_the_rules_whatever_comes_in_between(
    begin_play: BeginPlay, mutated: str | None
) -> None:
    """`rules` are asserted after each step of each play."""
    plays = settings(THE_SAME_EACH_TIME, max_examples=PLAYS_TO_NOTICE if mutated else PLAYS)
    this = {"loop": asyncio.get_running_loop(), "begin": staticmethod(begin_play)}
    play = type("PlayOnThisLoop", (Play,), this)

    await asyncio.to_thread(run_state_machine_as_test, play, settings=plays)
