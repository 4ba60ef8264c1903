"""Small enough to be read: functions, and files."""

import re
from statistics import median

from tests.architecture.sources import ROOT, functions_of, lines_of, lines_of_code, production_files, shown

EVENTING = ROOT / "libs" / "eventing" / "eventing"
MODULE = re.compile(r"`(\w+\.py)`")


def test_half_of_all_functions_have_ten_lines_or_fewer() -> None:
    sizes = [lines_of(function) for path in production_files() for function in functions_of(path)]

    assert median(sizes) <= 10


def test_no_function_is_longer_than_forty_lines() -> None:
    long = [
        f"{shown(path, function.lineno)} {function.name} has {lines_of(function)}"
        for path in production_files()
        for function in functions_of(path)
        if lines_of(function) > 40
    ]

    assert long == []


def test_no_file_is_longer_than_three_hundred_lines() -> None:
    sizes = {shown(path, 1): path.read_text().count("\n") for path in production_files()}

    assert {path: lines for path, lines in sizes.items() if lines > 300} == {}


def test_the_way_of_an_event_stays_small() -> None:
    """Who reads it in an hour knows how the guarantees are kept (ADR 23)."""
    way, around = modules_by_part()

    assert sum(lines_of_code(EVENTING / name) for name in way) < 1_500
    assert sorted(way + around) == sorted({path.name for path in EVENTING.glob("*.py")} - {"__init__.py"})


def modules_by_part() -> tuple[list[str], list[str]]:
    """The two tables of `docs/eventing.md`."""
    page = (ROOT / "docs" / "eventing.md").read_text(encoding="utf-8")
    way, _, around = page.partition("**The way of an event**")[2].partition("**Around it**")
    return MODULE.findall(way), MODULE.findall(around.partition("Why it is like this")[0])
