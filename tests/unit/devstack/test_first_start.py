"""What a first start draws, and what becomes of it when two stacks start for the first time at once."""

from pathlib import Path

import pytest

from devstack import first_start
from devstack.first_start import drawn_samples
from devstack.settings import Places


@pytest.fixture
def places(tmp_path: Path) -> Places:
    return Places(tmp_path, tmp_path / "data")


def draw(folder: Path) -> None:
    folder.mkdir(parents=True)
    (folder / "students.csv").write_text("drawn")


def test_samples_are_drawn_once(places: Places, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(first_start, "write_samples", draw)
    first = drawn_samples(places)
    (first / "students.csv").write_text("kept")

    assert (drawn_samples(places) / "students.csv").read_text() == "kept"


def test_of_two_that_draw_at_once_the_first_counts_and_nothing_else_is_left(
    places: Places, monkeypatch: pytest.MonkeyPatch
) -> None:
    def draw_slowly(folder: Path) -> None:
        draw(folder)
        monkeypatch.setattr(first_start, "write_samples", draw)
        (drawn_samples(places) / "students.csv").write_text("the faster one's")

    monkeypatch.setattr(first_start, "write_samples", draw_slowly)

    folder = drawn_samples(places)

    assert (folder / "students.csv").read_text() == "the faster one's"
    assert list(places.cache.iterdir()) == [folder]
