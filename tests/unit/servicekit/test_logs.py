import ast
import asyncio
import gc
import json
import logging
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import aiokafka
import asyncpg
import pytest
import structlog

from servicekit import logs
from servicekit.logs import FloodFilter, configure_logging, tell_crashes
from servicekit.telemetry import request_span


@pytest.fixture(autouse=True)
def untouched_logging() -> Iterator[None]:
    root = logging.getLogger()
    before = root.handlers[:], root.level
    yield
    root.handlers[:], root.level = before
    for name in ("eventing", "servicekit", "ordering"):
        logging.getLogger(name).setLevel(logging.NOTSET)
    structlog.reset_defaults()


def lines(capsys: pytest.CaptureFixture[str]) -> list[dict[str, object]]:
    return [json.loads(line) for line in capsys.readouterr().err.splitlines()]


def test_a_line_is_json_with_service_level_and_time(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logging("ordering")

    structlog.get_logger().info("order_placed", order_id="0193")

    (line,) = lines(capsys)
    assert line["event"] == "order_placed"
    assert (line["service"], line["level"], line["order_id"]) == ("ordering", "info", "0193")
    assert str(line["timestamp"]).endswith("Z")


def test_lines_of_a_request_carry_its_trace(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logging("ordering")

    with request_span({"traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"}):
        structlog.get_logger().info("order_placed")
        logging.getLogger("library").warning("careful")

    ours, theirs = lines(capsys)
    assert ours["trace_id"] == theirs["trace_id"] == "0af7651916cd43dd8448eb211c80319c"
    assert ours["span_id"] == theirs["span_id"] != "b7ad6b7169203331"


@pytest.mark.parametrize(
    "name",
    [
        *("email", "contact_email", "EMAIL", "subject", "pesel", "token", "access_token", "activation_code"),
        *(
            "offer_id",
            "handle",
            "holder_sealed",
            "cookie",
            "name",
            "address",
            "client_secret",
            "body",
            "path",
        ),
    ],
)
def test_fields_that_sound_private_are_dropped(capsys: pytest.CaptureFixture[str], name: str) -> None:
    configure_logging("ordering")

    structlog.get_logger().info("something_happened", **{name: "private"})

    assert "private" not in json.dumps(lines(capsys))


@pytest.mark.parametrize(
    "name", ["order_id", "topic", "route", "job", "reason", "status", "event_type", "key_id"]
)
def test_fields_that_help_are_kept(capsys: pytest.CaptureFixture[str], name: str) -> None:
    configure_logging("ordering")

    structlog.get_logger().info("something_happened", **{name: "shown"})

    assert lines(capsys)[0][name] == "shown"


def test_an_exception_is_told_by_type_and_place_without_its_message(
    capsys: pytest.CaptureFixture[str],
) -> None:
    configure_logging("ordering")

    for say in (structlog.get_logger().exception, logging.getLogger("library").exception):
        try:
            raise ValueError("Zofia Kowalska, 02271409862")
        except ValueError:
            say("it_failed")

    ours, theirs = lines(capsys)
    assert "Zofia" not in json.dumps([ours, theirs])
    for line in (ours, theirs):
        assert line["exception"] == "ValueError"
        assert "test_logs.py" in str(line["where"])


def test_the_level_holds_for_all(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logging("ordering", "warning")

    structlog.get_logger().info("quiet")
    logging.getLogger("library").info("quiet")
    structlog.get_logger().warning("loud")

    assert [line["event"] for line in lines(capsys)] == ["loud"]


def test_addresses_that_http_clients_log_are_not_written(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logging("ordering", "debug")

    logging.getLogger("httpx").info("HTTP Request: GET http://wallet/offers/secret")

    assert lines(capsys) == []


def test_libraries_that_show_whole_records_at_level_debug_are_not_heard(
    capsys: pytest.CaptureFixture[str],
) -> None:
    configure_logging("ordering", "debug")

    structlog.get_logger("ordering.consumers").debug("ours")
    structlog.get_logger("eventing.relay").debug("ours")
    logging.getLogger("aiokafka.conn").debug("Request: ProduceRequest(offer_id=secret)")
    logging.getLogger("aiokafka.conn").info("theirs")

    assert [line["event"] for line in lines(capsys)] == ["ours", "ours", "theirs"]


async def test_a_task_that_nobody_waited_for_is_told_without_its_message(
    capsys: pytest.CaptureFixture[str],
) -> None:
    gc.collect()  # what other tests left behind is told before this one listens
    configure_logging("ordering")
    loop = asyncio.get_running_loop()

    async def fail() -> None:
        raise ValueError("Zofia")

    task = loop.create_task(fail())
    await asyncio.wait([task])
    del task
    gc.collect()

    told = lines(capsys)
    assert ("Task exception was never retrieved", "ValueError") in {
        (line["event"], line.get("exception")) for line in told
    }
    assert "Zofia" not in json.dumps(told)


def test_a_process_that_the_database_ends_does_not_repeat_the_row(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "excepthook", sys.excepthook)
    tell_crashes()

    for error in (asyncpg.DataError("invalid input: 'Zofia'"), asyncpg.UniqueViolationError("Zofia")):
        sys.excepthook(type(error), error, None)
    sys.excepthook(KeyError, KeyError("KEYS_DIR"), None)

    told = capsys.readouterr().err
    assert "UniqueViolationError" in told
    assert "KEYS_DIR" in told
    assert "Zofia" not in told


def test_what_the_kafka_client_tries_again_is_no_error(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logging("ordering")
    log = logging.getLogger("aiokafka.client")

    log.error("Unable connect to node with id %s: %s", 1, "refused")
    log.error("Unexpected error in join group '%s' response: %s", "ordering", "denied")

    assert [line["level"] for line in lines(capsys)] == ["warning", "error"]


@cache
def texts_of_the_kafka_client() -> set[str]:
    return {
        node.value
        for module in Path(next(iter(aiokafka.__path__))).rglob("*.py")
        for node in ast.walk(ast.parse(module.read_text()))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }


@pytest.mark.parametrize("text", sorted(logs._TRIED_AGAIN))
def test_what_is_lowered_is_what_the_kafka_client_says(text: str) -> None:
    assert text in texts_of_the_kafka_client()


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def record(text: str, *values: object, name: str = "aiokafka.cluster") -> logging.LogRecord:
    return logging.LogRecord(name, logging.ERROR, __file__, 1, text, values, None)


def test_a_flood_of_one_message_is_thinned_whatever_its_arguments() -> None:
    flood = FloodFilter(("aiokafka",), allowed=3, seconds=60, clock=Clock())

    passed = [flood.filter(record("no connection to %s", number)) for number in range(100)]

    assert passed.count(True) == 3
    assert passed[:3] == [True] * 3


def test_another_message_and_other_libraries_are_not_held_back() -> None:
    flood = FloodFilter(("aiokafka",), allowed=1, clock=Clock())
    flood.filter(record("no connection"))

    assert flood.filter(record("group is gone"))
    assert all(flood.filter(record("no connection", name="eventing")) for _ in range(9))


def test_after_a_minute_it_says_how_many_were_left_out() -> None:
    clock = Clock()
    flood = FloodFilter(("aiokafka",), allowed=3, seconds=60, clock=clock)
    for _ in range(10):
        flood.filter(record("no connection"))

    clock.now = 60
    late = record("no connection")

    assert flood.filter(late)
    assert late.getMessage() == "no connection [7 more were left out]"
