"""How much of each thing is measured: in full, or quickly to see whether something has become dearer."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Sizes:
    """Orders, cards, seconds and rounds of all sections."""

    drain_orders: int = 20_000
    drain_rounds: int = 3
    bare_orders: int = 20_000
    latency_orders: int = 300
    load_seconds: int = 60
    cards: int = 2_000
    checks: int = 10_000
    list_cards: int = 1_300_000
    extended: int = 200_000
    pages: int = 1_000
    grown_orders: int = 2_000_000
    growth_orders: int = 5_000
    quiet_seconds: int = 60
    scaling_orders: int = 10_000


FULL = Sizes()
QUICK = Sizes(
    drain_orders=4_000,
    latency_orders=30,
    load_seconds=4,
    cards=150,
    checks=1_000,
    list_cards=200_000,
    extended=2_000,
    pages=100,
    grown_orders=20_000,
    growth_orders=1_000,
    quiet_seconds=5,
    scaling_orders=2_000,
)
