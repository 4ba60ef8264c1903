"""docs/benchmarks.md and its charts, from the figures that are kept."""

from collections.abc import Iterator, Mapping
from pathlib import Path

from bench.charts import Bar, bar_chart
from bench.figures import Figure, Figures, Run, read_figures, read_runs, told
from bench.wanted import KAFKA, ON_KAFKA, WANTED, Wanted

INTRODUCTION = """\
# Benchmarks

Written by `make bench`; do not edit. Medians, with the least and the most of the rounds in brackets; in
bold what misses what is wanted at least. The numbers stand in
[`bench/results.json`](../bench/results.json), too, and [performance.md](performance.md) explains where
the time goes. Processor seconds are those of all processes, PostgreSQL and broker included. Who drives
the load is a process of its own on the same machine and is not counted; it sends on time whatever became
of earlier requests. Mail is sent in latency, mail and rest alone.

* *naive* is the pipeline as FastStream's documentation shows it: one message per handler, defaults, one
  insert each; what it loses when it dies stays lost. *bare* is the least that can be done: raw aiokafka
  and one insert per batch and hop, without outbox, numbers, status or seals. Both handle the same
  payloads on the same broker and PostgreSQL, in turns with ours.
* In *growth* two stacks take turns, one with millions of orders in its tables. In *scaling* each issuer
  is stopped nine tenths of the time, so that it is what limits.
"""
CHARTS = {
    "drain-rate": ("Orders a second, from a backlog", "/s", ("drain", "bare", "naive"), "{}_orders_per_s"),
    "drain-cost": (
        "Processor seconds per 1,000 orders",
        "s",
        ("drain", "bare", "naive"),
        "{}_cpu_s_per_1000",
    ),
    "drain-by-process": (
        "Of these, by process",
        "s",
        ("ordering", "issuer", "notifier", "wallet", "broker", "postgresql"),
        "drain_cpu_s_per_1000_{}",
    ),
    "load": ("From the due time to READY, 99 of 100", "ms", ("200", "700"), "load_{}_p99_ms"),
    "scaling": ("Orders a second by number of issuers", "/s", ("1", "2", "3"), "issuers_{}_orders_per_s"),
}
LABELS = {"drain": "ours"}


def write_page(docs: Path, kept: Path | None = None) -> None:
    folder = kept or docs.parent / "bench"
    figures, runs = read_figures(folder / "results.json"), read_runs(folder / "runs.json")
    (docs / "benchmarks").mkdir(exist_ok=True)
    shown = list(_write_charts(docs / "benchmarks", figures))
    parts = [INTRODUCTION, _wanted_table(figures), _charts(shown), _others(figures), _runs(runs)]
    (docs / "benchmarks.md").write_text("\n".join(part for part in parts if part))


def _wanted_table(figures: Figures) -> str:
    rows = [_wanted_row(name, wanted, figures) for name, wanted in WANTED.items()]
    head = "| figure | what | unit | embedded | at least | aim | Apache Kafka | at least | aim |"
    return "\n".join(["## What is wanted", "", head, "|" + "---|" * 9, *rows, ""])


def _wanted_row(name: str, wanted: Wanted, figures: Figures) -> str:
    here, there = figures.get(name), figures.get(KAFKA + name)
    real = ON_KAFKA[name]
    cells = [f"`{name}`", wanted.text, wanted.unit, _judged(here, wanted), *_limits(wanted)]
    return "| " + " | ".join([*cells, _judged(there, real), *_limits(real)]) + " |"


def _limits(wanted: Wanted) -> tuple[str, str]:
    return f"{wanted.least:g}", f"{wanted.aim:g}"


def _judged(figure: Figure | None, wanted: Wanted) -> str:
    """In bold where it is not kept."""
    if figure is None:
        return ""
    words = _told(figure)
    return words if wanted.keeps(figure.value, wanted.least) else f"**{words}**"


def _told(figure: Figure) -> str:
    spread = f" ({told(figure.least)}–{told(figure.most)})" if figure.rounds > 1 else ""
    return told(figure.value) + spread


def _write_charts(folder: Path, figures: Figures) -> Iterator[str]:
    for broker in ("", KAFKA):
        for name, (title, unit, rows, key) in CHARTS.items():
            bars = [
                _bar(row, figures[broker + key.format(row)])
                for row in rows
                if broker + key.format(row) in figures
            ]
            if bars:
                named = f"{'kafka-' if broker else ''}{name}"
                heading = f"{title} ({'Apache Kafka' if broker else 'embedded broker'})"
                (folder / f"{named}.svg").write_text(bar_chart(heading, unit, bars))
                yield named


def _bar(row: str, figure: Figure) -> Bar:
    return Bar(LABELS.get(row, row), figure.value, figure.least, figure.most)


def _charts(names: list[str]) -> str:
    return "\n".join(["## Charts", "", *(f"![{name}](benchmarks/{name}.svg)\n" for name in names)])


def _others(figures: Figures) -> str:
    named = sorted({name.removeprefix(KAFKA) for name in figures} - WANTED.keys())
    rows = [f"| `{name}` | {_cell(figures, name)} | {_cell(figures, KAFKA + name)} |" for name in named]
    return "\n".join(
        ["## Further figures", "", "| figure | embedded | Apache Kafka |", "|---|---|---|", *rows, ""]
    )


def _cell(figures: Figures, name: str) -> str:
    return _told(figures[name]) if name in figures else ""


def _runs(runs: Mapping[str, Run]) -> str:
    rows = [
        f"| {name.removeprefix(KAFKA)} | {run.broker} | `{run.command}` | {run.commit} | {run.day} "
        f"| {run.seconds} s | {run.machine} |"
        for name, run in runs.items()
    ]
    head = [
        "## Where and when",
        "",
        "| section | broker | command | commit | day | took | machine |",
        "|" + "---|" * 7,
    ]
    return "\n".join([*head, *rows, ""])
