"""What is told of orders that came by HTTP: costs are those of orders, not of requests."""

from bench.sections.load import Loaded, _figures


def test_what_an_order_costs_is_shared_by_those_that_were_placed() -> None:
    loaded = Loaded(
        ready=[0.1, 0.3],
        answered=[0.01, 0.02, 30.0, 30.0],
        errors=["status 0", "status 0"],
        seconds=4.0,
        processor_seconds={"ordering": 0.3, "PostgreSQL": 0.1},
    )

    figures = {name: figure.value for name, figure in _figures(700, loaded).items()}

    assert figures["load_700_cpu_ms"] == 200
    assert figures["load_700_cpu_ms_ordering"] == 150
    assert figures["load_700_placed_per_s"] == 0.5
    assert figures["load_700_errors"] == 2
