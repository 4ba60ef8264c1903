import asyncio
import threading
import time

import pytest
from structlog.testing import capture_logs

from servicekit.work import BackgroundWork, _pause
from tests.waiting import eventually


async def test_a_job_runs_again_and_again() -> None:
    runs = []

    async def job() -> None:
        runs.append(1)

    async with BackgroundWork() as background:
        background.run_every(0.001, job, name="count")
        await eventually(lambda: len(runs) > 3)


async def test_a_failing_job_is_tried_again_and_told() -> None:
    runs = []

    async def job() -> None:
        runs.append(1)
        if len(runs) == 1:
            raise ValueError("private")

    with capture_logs() as logs:
        async with BackgroundWork() as background:
            background.run_every(0, job, name="sweep")
            await eventually(lambda: len(runs) > 1)

    assert [(log["event"], log["job"], log["failures"]) for log in logs] == [("job_failed", "sweep", 1)]


def test_a_failing_job_waits_ever_longer_up_to_a_minute() -> None:
    pauses = [_pause(1, failures) for failures in range(12)]

    assert pauses[0] == 1
    assert 1.6 <= pauses[1] <= 2.4
    assert 6.4 <= pauses[3] <= 9.6
    assert 48 <= pauses[11] <= 72


def test_a_slow_rhythm_is_not_sped_up_by_failing() -> None:
    assert _pause(3600, 1) >= 2880


async def test_leaving_ends_the_jobs() -> None:
    ended = []

    async def job() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            ended.append(1)

    async with BackgroundWork() as background:
        background.run_every(1, job, name="wait")
        await asyncio.sleep(0)
        await asyncio.sleep(0)

    assert ended == [1]


async def test_a_job_that_never_comes_back_ends_the_process() -> None:
    wedged = threading.Event()

    async def job() -> None:
        await asyncio.Event().wait()

    async with BackgroundWork(wedged_after=0.3, when_wedged=wedged.set) as background:
        background.run_every(1, job, name="stuck")
        await eventually(wedged.is_set)
        assert background.stuck() == "stuck"


async def test_a_loop_that_does_not_turn_ends_the_process() -> None:
    wedged = threading.Event()

    async with BackgroundWork(wedged_after=0.1, when_wedged=wedged.set):
        deadline = time.monotonic() + 5
        while not wedged.is_set() and time.monotonic() < deadline:
            time.sleep(0.01)  # noqa: ASYNC251 - blocking the loop is the point

    assert wedged.is_set()


@pytest.mark.parametrize("wedged_after", [0.2])
async def test_a_quiet_process_is_not_ended(wedged_after: float) -> None:
    async def job() -> None:
        pass

    async with BackgroundWork(wedged_after=wedged_after, when_wedged=lambda: None) as background:
        background.run_every(60, job, name="rare")
        await eventually(lambda: not background._busy_since)

        assert background.stuck() is None
