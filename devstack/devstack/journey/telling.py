"""Tells a journey on the terminal while it happens: each step with its time, and what was seen."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from rich.console import Console
from rich.markup import escape
from rich.text import Text

WIDTH = 50


@dataclass
class Step:
    """One step while it runs; `saw` is shown beside its name."""

    details: list[str] = field(default_factory=list)

    def saw(self, detail: str) -> None:
        self.details.append(detail)


@dataclass
class Narrator:
    """Prints a line per step; a failed step is marked and its error goes on."""

    console: Console = field(default_factory=Console)

    @contextmanager
    def step(self, title: str) -> Iterator[Step]:
        step, begun = Step(), time.perf_counter()
        try:
            yield step
        except BaseException:
            self._line("[bold red]✗[/]", title, [], begun)
            raise
        self._line("[bold green]✓[/]", title, step.details, begun)

    def chapter(self, title: str) -> None:
        self.console.print()
        self.console.print(Text(title, style="bold cyan"))

    def _line(self, mark: str, title: str, details: list[str], begun: float) -> None:
        took = milliseconds(time.perf_counter() - begun)
        self.console.print(f" {mark} {title:{WIDTH}}[cyan]{took:>8}[/]", highlight=False)
        for detail in details:
            self.console.print(f"   [dim]{escape(detail)}[/]", highlight=False, soft_wrap=True)


def milliseconds(seconds: float) -> str:
    return f"{seconds * 1000:.0f} ms" if seconds < 10 else f"{seconds:.1f} s"
