"""A stack that people click through outlives the loss of a part."""

from pathlib import Path
from typing import cast

import pytest

from devstack.processes import StackError
from devstack.stack import Stack
from devstack.supervision import Supervisor


class Scene:
    """A stack whose parts end as the test says, and a time that moves only when somebody sleeps."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.ended: dict[str, int] = {}
        self.failures = 0
        self.now = 100.0
        self.pauses: list[float] = []
        self.told: list[str] = []
        self.supervisor = Supervisor(
            cast(Stack, self), self.told.append, clock=lambda: self.now, sleep=self.sleep
        )

    def sleep(self, seconds: float) -> None:
        self.pauses.append(seconds)
        self.now += seconds

    def lost(self) -> dict[str, int]:
        return dict(self.ended)

    def start_again(self, name: str) -> None:
        if self.failures:
            self.failures -= 1
            raise StackError(f"{name} ended (status 3).\nits last words")
        del self.ended[name]

    def log(self, name: str) -> Path:
        return self.folder / f"{name}.log"

    def lose(self, name: str, status: int = -9) -> None:
        self.ended[name] = status
        self.supervisor.look()


@pytest.fixture
def scene(tmp_path: Path) -> Scene:
    return Scene(tmp_path)


def test_nothing_is_said_of_a_whole_stack(scene: Scene) -> None:
    assert scene.supervisor.look()
    assert scene.told == []


def test_a_lost_part_is_started_again_and_told_in_one_line(scene: Scene) -> None:
    scene.ended["issuer"] = -9

    assert not scene.supervisor.look()

    assert scene.ended == {}
    assert scene.told == ["issuer ended (SIGKILL); started again in 0.2 s"]


def test_a_part_that_fails_to_start_is_tried_again_later_each_time(scene: Scene) -> None:
    scene.failures = 3

    scene.lose("wallet", 1)

    assert scene.pauses == [0.2, 0.4, 0.8, 1.6]
    assert scene.told == ["wallet ended (status 1); started again in 3.0 s"]


def test_five_losses_in_a_minute_end_it_with_the_reason(scene: Scene) -> None:
    scene.log("wallet").write_text("no such luck")
    scene.failures = 9

    with pytest.raises(
        StackError, match=r"(?s)^wallet ended 5 times .* wallet ended \(status 3\).*no such luck"
    ):
        scene.lose("wallet")


def test_losses_long_ago_or_of_others_do_not_count(scene: Scene) -> None:
    for _ in range(9):
        for name in ("wallet", "issuer", "broker"):
            scene.lose(name)
        scene.now += 20

    assert len(scene.told) == 27


def test_it_looks_for_as_long_as_it_is_told(scene: Scene) -> None:
    began = scene.now

    assert scene.supervisor.watch(60)

    assert 60 <= scene.now - began < 61
