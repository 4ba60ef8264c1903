"""Our own source files, parsed. Generated files, migrations and virtual environments are not among them."""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
SERVICES = ("ordering", "issuer", "notifier", "wallet")

Function = ast.FunctionDef | ast.AsyncFunctionDef


def service(name: str) -> Path:
    return ROOT / "services" / name / name


@cache
def production_files() -> tuple[Path, ...]:
    folders = ("libs", "services", "ops", "devstack")
    found = [path for folder in folders for path in sorted((ROOT / folder).rglob("*.py"))]
    return (*found, ROOT / "run.py")


@cache
def files_of_tests() -> tuple[Path, ...]:
    return tuple(sorted((ROOT / "tests").rglob("*.py")))


@cache
def tree_of(path: Path) -> ast.Module:
    return ast.parse(path.read_text(), str(path))


def functions_of(path: Path) -> list[Function]:
    return [node for node in ast.walk(tree_of(path)) if isinstance(node, Function)]


def lines_of(function: Function) -> int:
    return (function.end_lineno or function.lineno) - function.lineno + 1


def lines_of_code(path: Path) -> int:
    """Neither blank lines nor comments nor docstrings; lines of a text that is used (SQL) count."""
    told = set[int]()
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.Module | ast.ClassDef | Function) and ast.get_docstring(node) is not None:
            told |= set(range(node.body[0].lineno, (node.body[0].end_lineno or 0) + 1))
    lines = enumerate(path.read_text().splitlines(), 1)
    return sum(
        1
        for number, line in lines
        if line.strip() and not line.strip().startswith("#") and number not in told
    )


def calls_in(path: Path) -> list[ast.Call]:
    return [node for node in ast.walk(tree_of(path)) if isinstance(node, ast.Call)]


def name_of(call: ast.Call) -> str:
    """What is called, as it is written: `datetime.now`, `sleep`."""
    return ast.unparse(call.func)


def texts_in(path: Path) -> Iterator[tuple[str, int]]:
    """Every piece of text of the file, docstrings included."""
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value, node.lineno


def shown(path: Path, line: int) -> str:
    return f"{path.relative_to(ROOT)}:{line}"
