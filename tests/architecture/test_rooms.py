"""Whoever knows one service knows all: same rooms, same habits."""

import ast
import re
from pathlib import Path

import pytest

from tests.architecture.sources import (
    SERVICES,
    Function,
    calls_in,
    files_of_tests,
    functions_of,
    name_of,
    production_files,
    service,
    shown,
    texts_in,
    tree_of,
)

each_service = pytest.mark.parametrize("name", SERVICES)

# The start of a statement; prose that begins with such a word has no keyword after it.
STATEMENT = re.compile(
    r"\s*(select\b.*\bfrom\b|insert into\b|update \w+ set\b|delete from\b|with \w+ as\b|lock table\b)",
    re.DOTALL | re.IGNORECASE,
)
IMPURE = re.compile(r"(^|\.)(now|utcnow|today|uuid[147]|urandom|token_\w+|rand\w+|open|print|sleep|getenv)$")


@each_service
@pytest.mark.parametrize(
    "room", ["app", "settings", "domain", "use_cases", "store", "consumers", "api", "migrations", "__main__"]
)
def test_every_service_has_every_room(name: str, room: str) -> None:
    home = service(name)

    assert (home / room).is_dir() or (home / f"{room}.py").is_file()


@each_service
def test_every_service_says_what_it_is(name: str) -> None:
    assert (service(name).parent / "README.md").is_file()


@each_service
def test_a_use_case_is_one_file_with_one_public_function_of_its_name(name: str) -> None:
    """Steps that several use cases share stand in files whose names begin with an underscore."""
    files = [path for path in (service(name) / "use_cases").glob("*.py") if path.stem[0] != "_"]

    assert files
    assert {path.stem: _public_functions(path) for path in files} == {
        path.stem: [path.stem] for path in files
    }


@each_service
def test_decisions_are_pure(name: str) -> None:
    impure = [
        f"{shown(path, node.lineno)} {name_of(node)}"
        for path in _modules(name, "domain")
        for node in calls_in(path)
        if IMPURE.search(name_of(node))
    ]

    assert impure == []


@each_service
def test_decisions_wait_for_nothing(name: str) -> None:
    waiting = [
        shown(path, function.lineno)
        for path in _modules(name, "domain")
        for function in functions_of(path)
        if isinstance(function, ast.AsyncFunctionDef)
    ]

    assert waiting == []


@pytest.mark.parametrize(
    ("text", "is_statement"),
    [
        ("select 1 from orders", True),
        ("\n        INSERT INTO orders (id) values ($1)", True),
        ("with due as (select 1) update orders set id = 1", True),
        ("update orders set status = $1", True),
        ("Select a document.", False),
        ("Update the card from the portal.", False),
    ],
)
def test_a_statement_is_told_from_prose(text: str, is_statement: bool) -> None:
    assert bool(STATEMENT.match(text)) is is_statement


@pytest.mark.parametrize(
    ("called", "is_impure"),
    [("datetime.now", True), ("uuid4", True), ("secrets.token_bytes", True), ("order.shown", False)],
)
def test_a_look_at_clock_or_chance_is_seen(called: str, is_impure: bool) -> None:
    assert bool(IMPURE.search(called)) is is_impure


@each_service
def test_statements_stand_in_the_store_only(name: str) -> None:
    stores = _modules(name, "store")

    strays = [
        shown(path, line)
        for path in service(name).rglob("*.py")
        if path not in stores and not path.stem.startswith("store_")
        for text, line in texts_in(path)
        if STATEMENT.match(text)
    ]

    assert strays == []


@each_service
def test_use_cases_leave_commit_and_rollback_to_their_caller(name: str) -> None:
    opened = [
        f"{shown(path, node.lineno)} {name_of(node)}"
        for path in (service(name) / "use_cases").glob("*.py")
        for node in calls_in(path)
        if name_of(node).endswith((".transaction", ".commit", ".rollback"))
    ]

    assert opened == []


@each_service
def test_migrations_go_forward_only(name: str) -> None:
    migrations = list((service(name) / "migrations").glob("*.sql"))

    assert migrations
    assert all(re.fullmatch(r"02\d\d_[a-z0-9_]+\.sql", path.name) for path in migrations)
    assert [path.name for path in migrations if "migrate:down" in path.read_text()] == []


def test_nothing_sleeps_in_a_test() -> None:
    """Giving way to other tasks is no sleep; blocking the loop on purpose has to say so."""
    sleeping = [
        shown(path, node.lineno)
        for path in files_of_tests()
        if path.name not in ("waiting.py", "crowd.py")  # a load driver keeps a pace
        for node in calls_in(path)
        if _sleeps(node) and "noqa: ASYNC251" not in path.read_text().splitlines()[node.lineno - 1]
    ]

    assert sleeping == []


def _sleeps(call: ast.Call) -> bool:
    """Waiting for a task that is to stay unfinished is a sleep, too."""
    if name_of(call) == "asyncio.wait":
        return any(argument.arg == "timeout" for argument in call.keywords)
    return name_of(call).rpartition(".")[2] == "sleep" and ast.unparse(call.args[0]) != "0"


def test_every_module_says_what_it_is_for() -> None:
    silent = [
        shown(path, 1)
        for path in production_files()
        if tree_of(path).body and ast.get_docstring(tree_of(path)) is None
    ]

    assert silent == []


def _public_functions(path: Path) -> list[str]:
    return [
        node.name
        for node in tree_of(path).body
        if isinstance(node, Function) and not node.name.startswith("_")
    ]


def _modules(name: str, room: str) -> list[Path]:
    home = service(name)
    found = [home / f"{room}.py", *(home / room).rglob("*.py")]
    return [path for path in found if path.is_file()]
