"""Measured numbers by flat names: kept in a file beside what is known of the run that gave them."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from typing import Self


@dataclass(frozen=True, slots=True)
class Figure:
    """The median of some rounds, with the least and the most of them."""

    value: float
    least: float
    most: float
    rounds: int = 1

    @classmethod
    def of(cls, *rounds: float) -> Self:
        return cls(median(rounds), min(rounds), max(rounds), len(rounds))


Figures = dict[str, Figure]


def told(value: float) -> str:
    """Four digits at least, and never a power of ten."""
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.4g}"


def percentile(seconds: Sequence[float], percent: float) -> float:
    """The smallest value that so many percent of all do not exceed."""
    ordered = sorted(seconds)
    return ordered[max(0, -(-len(ordered) * percent // 100).__int__() - 1)]


def milliseconds(seconds: Sequence[float], percent: float) -> Figure:
    return Figure.of(1000 * percentile(seconds, percent))


@dataclass(frozen=True, slots=True)
class Run:
    """Where, when and on what a section was measured."""

    commit: str
    day: str
    machine: str
    broker: str
    command: str
    seconds: int


def read_results(file: Path) -> dict[str, float]:
    return dict(json.loads(file.read_text())) if file.exists() else {}


def read_figures(file: Path) -> Figures:
    numbers = read_results(file)
    ends = ("_least", "_most", "_rounds")
    return {
        name: Figure(value, numbers[f"{name}_least"], numbers[f"{name}_most"], int(numbers[f"{name}_rounds"]))
        for name, value in numbers.items()
        if not name.endswith(ends)
    }


def keep_figures(file: Path, figures: Figures) -> None:
    """Adds to what the file has, or takes its place: a flat name, one number each."""
    numbers = {f"{name}{end}": value for name, each in figures.items() for end, value in _numbers(each)}
    _write(file, read_results(file) | numbers)


def _numbers(figure: Figure) -> list[tuple[str, float]]:
    named = (("", figure.value), ("_least", figure.least), ("_most", figure.most))
    return [(end, float(f"{value:.4g}")) for end, value in named] + [("_rounds", figure.rounds)]


def read_runs(file: Path) -> dict[str, Run]:
    """By section, with the broker before it where that is not the embedded one."""
    return {name: Run(**run) for name, run in json.loads(file.read_text()).items()} if file.exists() else {}


def keep_runs(file: Path, runs: Mapping[str, Run]) -> None:
    _write(file, {name: asdict(run) for name, run in (read_runs(file) | dict(runs)).items()})


def _write(file: Path, content: Mapping[str, object]) -> None:
    file.write_text(json.dumps(dict(sorted(content.items())), indent=1, ensure_ascii=False) + "\n")
