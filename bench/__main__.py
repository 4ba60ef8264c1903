"""`make bench`: measures everything, or the sections that are named, and keeps what came of it.

Figures go to bench/results.json and docs/benchmarks.md. With QUICK=1 everything is smaller, figures go to
bench/quick.json, and --guard fails where an order has become dearer beside its rivals.
"""

import argparse
import os
import sys
from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from datetime import UTC, datetime

from rich.console import Console
from rich.table import Table

from bench.figures import Figure, Figures, Run, keep_figures, keep_runs, read_figures, told
from bench.guard import lost_ratios
from bench.page import write_page
from bench.plan import SECTIONS, measure
from bench.sizes import FULL, QUICK, Sizes
from bench.stacks import REPOSITORY, broker_name, commit, machine
from bench.wanted import KAFKA, wanted_of
from devstack.broker import is_apache_kafka
from devstack.measuring import busy_machine
from devstack.settings import is_set

FOLDER = REPOSITORY / "bench"


def main() -> int:
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("sections", nargs="*", choices=[[], *SECTIONS], help="none: all of them")
    parser.add_argument("--tell", action="store_true", help="keep nothing")
    parser.add_argument("--guard", action="store_true", help="drain alone: fail where an order is dearer")
    given = parser.parse_args()
    quick, console = is_set("QUICK"), Console(soft_wrap=True)
    sizes = QUICK if quick else FULL
    console.print(f"{machine()}, {broker_name()}{busy_machine()}", style="dim")
    if given.guard:
        return guard(console, sizes)
    figures, runs = run(set(given.sections or SECTIONS), sizes, console)
    if not given.tell:
        keep(figures, runs, quick=quick)
    return 0


def run(names: AbstractSet[str], sizes: Sizes, console: Console) -> tuple[Figures, dict[str, Run]]:
    """What each section gave, under the names of the broker it stood on."""
    prefix = KAFKA if is_apache_kafka() else ""
    figures: Figures = {}
    runs = {}
    for measured in measure(names, sizes, lambda name: _tell(console, name)):
        named = {f"{prefix}{key}": figure for key, figure in measured.figures.items()}
        show(console, named)
        figures |= named
        runs[f"{prefix}{measured.section}"] = _run(measured.section, measured.seconds)
    return figures, runs


def _tell(console: Console, name: str) -> None:
    console.print(f"{datetime.now(UTC):%H:%M:%S} Measuring: {name}", style="dim")


def _run(section: str, seconds: float) -> Run:
    said = {name: os.environ.get(name, "") for name in ("BROKER", "QUICK")}
    settings = "".join(f"{name}={value} " for name, value in said.items() if value)
    return Run(
        commit=commit(),
        day=datetime.now(UTC).date().isoformat(),
        machine=machine(),
        broker=broker_name(),
        command=f"{settings}make bench ARGS={section}",
        seconds=round(seconds),
    )


def keep(figures: Figures, runs: Mapping[str, Run], *, quick: bool) -> None:
    """Beside what other sections gave before; the page is written anew from all of it."""
    keep_figures(FOLDER / ("quick.json" if quick else "results.json"), figures)
    if not quick:
        keep_runs(FOLDER / "runs.json", runs)
        write_page(REPOSITORY / "docs")


def show(console: Console, figures: Figures) -> None:
    table = Table("figure", "median", "least to most", "wanted")
    for name, figure in figures.items():
        spread = f"{told(figure.least)} – {told(figure.most)}"
        table.add_row(name, told(figure.value), spread, verdict(name, figure))
    console.print(table)


def verdict(name: str, figure: Figure) -> str:
    wanted = wanted_of(name)
    if wanted is None or wanted.least is None:
        return ""
    return f"{wanted.least:g}: " + ("kept" if wanted.keeps(figure.value, wanted.least) else "[red]missed[/]")


def guard(console: Console, sizes: Sizes) -> int:
    """Fails where an order is dearer than it was, twice in a row: a machine has its moods."""
    for _ in range(2):
        figures, _ = run({"drain"}, sizes, console)
        losses = lost_ratios(figures, read_figures(FOLDER / "quick.json"))
        for loss in losses:
            console.print(loss, style="red")
        if not losses:
            return 0
    return 1


if __name__ == "__main__":
    sys.exit(main())
