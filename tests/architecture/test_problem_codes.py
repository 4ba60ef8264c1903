"""Clients decide by the code of a problem: one spelling, and one meaning each."""

import ast
import re
from collections import Counter

from tests.architecture.sources import production_files, tree_of


def _codes() -> list[str]:
    return [
        str(member.value.value)
        for path in production_files()
        for problem in ast.walk(tree_of(path))
        if isinstance(problem, ast.ClassDef) and {"title", "code"} <= set(_named(problem))
        for member in problem.body
        if isinstance(member, ast.Assign | ast.AnnAssign)
        and isinstance(member.value, ast.Constant)
        and "code" in _targets(member)
    ]


def _named(problem: ast.ClassDef) -> list[str]:
    members = [member for member in problem.body if isinstance(member, ast.Assign | ast.AnnAssign)]
    return [name for member in members for name in _targets(member)]


def _targets(member: ast.Assign | ast.AnnAssign) -> list[str]:
    targets = member.targets if isinstance(member, ast.Assign) else [member.target]
    return [target.id for target in targets if isinstance(target, ast.Name)]


def test_the_problems_of_all_services_are_found() -> None:
    assert {"NOT_FOUND", "ORDER_OPEN", "OFFER_UNKNOWN", "ALERT_UNKNOWN"} <= set(_codes())


def test_codes_are_spelt_in_upper_case() -> None:
    assert [code for code in _codes() if not re.fullmatch(r"[A-Z]+(_[A-Z]+)*", code)] == []


def test_no_two_problems_share_a_code() -> None:
    assert [code for code, times in Counter(_codes()).items() if times > 1] == []
