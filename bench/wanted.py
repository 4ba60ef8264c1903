"""What the main figures mean, and what is wanted of them: at least, and as an aim."""

from dataclasses import dataclass

KAFKA = "kafka_"  # before the names of what was measured on Apache Kafka


@dataclass(frozen=True, slots=True)
class Wanted:
    """`least` and `aim` are limits: from below where `more_is_better`, else from above."""

    text: str
    unit: str
    least: float | None = None
    aim: float | None = None
    more_is_better: bool = False

    def keeps(self, value: float, limit: float | None) -> bool:
        return limit is None or (value >= limit if self.more_is_better else value <= limit)


def _rate(text: str, unit: str, least: float, aim: float) -> Wanted:
    return Wanted(text, unit, least, aim, more_is_better=True)


WANTED = {
    "drain_orders_per_s": _rate("waiting orders that become READY, in the wallet and told", "/s", 4000, 5500),
    "drain_cpu_s_per_1000": Wanted("what 1,000 of them cost, all processes", "CPU s", 0.45, 0.30),
    "drain_vs_naive": _rate("rate against a naive pipeline", "×", 10, 13),
    "drain_vs_bare": _rate("rate against a bare loop", "×", 0.55, 0.70),
    "idle_p50_ms": Wanted("one order, POST to READY on its stream, median", "ms", 25, 15),
    "idle_p99_ms": Wanted("the same, 99 of 100", "ms", 60, 30),
    "load_200_p99_ms": Wanted("200 orders a second by HTTP, due time to READY, 99 of 100", "ms", 120, 90),
    "load_200_cpu_share": Wanted("what they take of the machine", "%", 55, 45),
    "load_700_p99_ms": Wanted("700 orders a second by HTTP, 99 of 100", "ms", 350, 250),
    "load_700_errors": Wanted("those that were refused, or not answered in half a minute", "", 0, 0),
    "activation_per_s": _rate("cards activated by eight phones", "/s", 250, 400),
    "activation_cpu_ms": Wanted("what a card costs, all processes", "CPU ms", 6, 4),
    "verify_per_s": _rate("shown codes checked", "/s", 1000, 1800),
    "status_list_ms": Wanted("status list of 1.3 million cards: built, signed, served", "ms", 100, 40),
    "extend_cards_per_s": _rate("cards extended at once", "/s", 3000, 8000),
    "extend_orders_p99_ms": Wanted("orders meanwhile, 99 of 100", "ms", 1000, 1000),
    "portal_page_ms": Wanted("a student's page, signed in", "CPU ms", 8, 4),
    "growth_drain_ratio": _rate("drain with 2 million orders, against empty tables", "×", 0.9, 0.95),
    "growth_query_ratio": Wanted("statements of a page with them, against empty tables", "×", 1.2, 1.1),
    "stack_rss_mb": Wanted("memory of the stack at rest", "MB", 900, 600),
    "idle_cpu_percent": Wanted("processor at rest", "% of a core", 8, 6),
}

# Where a real broker is wanted to do otherwise than the embedded one.
ON_KAFKA = WANTED | {
    "drain_cpu_s_per_1000": Wanted("what 1,000 of them cost, all processes", "CPU s", 0.45, 0.32),
    "drain_vs_naive": _rate("rate against a naive pipeline", "×", 14, 20),
    "drain_vs_bare": _rate("rate against a bare loop", "×", 0.40, 0.50),
    "idle_p50_ms": Wanted("one order, POST to READY on its stream, median", "ms", 20, 13),
    "idle_p99_ms": Wanted("the same, 99 of 100", "ms", 40, 26),
    "load_700_p99_ms": Wanted("700 orders a second by HTTP, 99 of 100", "ms", 300, 200),
}


def wanted_of(name: str) -> Wanted | None:
    if name.startswith(KAFKA):
        return ON_KAFKA.get(name.removeprefix(KAFKA))
    return WANTED.get(name)
