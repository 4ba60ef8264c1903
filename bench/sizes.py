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
    letters: int = 2_000
    cards: int = 2_000
    checks: int = 10_000
    list_cards: int = 1_300_000
    extended: int = 200_000
    pages: int = 1_000
    grown_orders: int = 2_000_000
    growth_orders: int = 2_000
    growth_pages: int = 200
    quiet_seconds: int = 60
    rest_seconds: int = 20
    scaling_warm_up: int = 200
    meanwhile_seconds: int = 5
    scaling_orders: int = 10_000


FULL = Sizes()
QUICK = Sizes(
    drain_orders=2_500,
    bare_orders=12_500,
    latency_orders=20,
    load_seconds=3,
    letters=200,
    cards=100,
    checks=1_000,
    list_cards=200_000,
    extended=1_000,
    pages=100,
    grown_orders=20_000,
    growth_orders=300,
    growth_pages=100,
    quiet_seconds=12,
    rest_seconds=5,
    scaling_warm_up=50,
    meanwhile_seconds=2,
    scaling_orders=600,
)
