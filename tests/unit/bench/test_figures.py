"""Figures: what is measured, how it is kept, and the page that is written of it."""

import json
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from bench.figures import Figure, Run, keep_figures, keep_runs, percentile, read_figures, told
from bench.page import write_page
from bench.wanted import ON_KAFKA, WANTED, wanted_of

RUN = Run("abc1234", "2026-11-23", "2 cores", "embedded", "make bench ARGS=drain", 90)


@pytest.mark.parametrize(("percent", "value"), [(50, 50), (99, 99), (100, 100), (0.5, 1)])
def test_a_percentile_is_a_value_that_was_measured(percent: float, value: float) -> None:
    assert percentile([float(number) for number in range(100, 0, -1)], percent) == value


@pytest.mark.parametrize(
    ("value", "words"), [(0.19354, "0.1935"), (28.0, "28"), (1689.4, "1,689"), (133_600.0, "133,600")]
)
def test_a_figure_is_told_without_powers_of_ten(value: float, words: str) -> None:
    assert told(value) == words


def test_figures_come_back_as_they_were_kept(tmp_path: Path) -> None:
    file = tmp_path / "results.json"
    figures = {"drain_vs_bare": Figure.of(0.5, 0.25, 0.75), "verify_per_s": Figure.of(608.8)}

    keep_figures(file, figures)

    assert read_figures(file) == figures
    assert all(isinstance(value, int | float) for value in json.loads(file.read_text()).values())


def test_a_section_that_is_measured_again_leaves_the_others(tmp_path: Path) -> None:
    file = tmp_path / "results.json"
    keep_figures(file, {"drain_vs_bare": Figure.of(0.5), "verify_per_s": Figure.of(600)})

    keep_figures(file, {"verify_per_s": Figure.of(700)})

    assert read_figures(file) == {"drain_vs_bare": Figure.of(0.5), "verify_per_s": Figure.of(700)}


def test_the_page_shows_what_misses_and_what_each_figure_came_from(tmp_path: Path) -> None:
    (tmp_path / "bench").mkdir()
    keep_figures(
        tmp_path / "bench/results.json",
        {"drain_orders_per_s": Figure.of(2000, 2500, 2600), "kafka_drain_orders_per_s": Figure.of(4100)},
    )
    keep_runs(tmp_path / "bench/runs.json", {"drain": RUN})
    (tmp_path / "docs").mkdir()

    write_page(tmp_path / "docs")

    page = (tmp_path / "docs/benchmarks.md").read_text()
    [row] = [line for line in page.splitlines() if line.startswith("| `drain_orders_per_s`")]
    assert "| **2,500 (2,000–2,600)** | 4000 | 5500 | 4,100 |" in row
    assert "| drain | embedded | `make bench ARGS=drain` | abc1234 | 2026-11-23 | 90 s | 2 cores |" in page
    assert "(benchmarks/drain-rate.svg)" in page
    assert "(benchmarks/kafka-drain-rate.svg)" in page


def test_charts_say_in_words_what_they_show(tmp_path: Path) -> None:
    (tmp_path / "bench").mkdir()
    keep_figures(
        tmp_path / "bench/results.json",
        {"drain_orders_per_s": Figure.of(2000, 2500, 2600), "bare_orders_per_s": Figure.of(8000)},
    )
    (tmp_path / "docs").mkdir()

    write_page(tmp_path / "docs")

    chart = ET.fromstring((tmp_path / "docs/benchmarks/drain-rate.svg").read_text())
    described = chart.findtext("{http://www.w3.org/2000/svg}desc")
    assert described == "ours: 2,500 /s; bare: 8,000 /s"


def test_on_apache_kafka_the_same_figures_are_wanted() -> None:
    assert ON_KAFKA.keys() == WANTED.keys()
    assert wanted_of("kafka_idle_p50_ms") == ON_KAFKA["idle_p50_ms"]
    assert wanted_of("drain_rss_mb") is None
