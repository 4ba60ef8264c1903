"""JSON from strangers: no duplicate names, no depth that breaks the parser, and objects only."""

import json
from typing import Any


def parse_object(data: bytes | str) -> dict[str, Any]:
    """Raises ValueError for everything that is not one well-formed object."""
    try:
        value = json.loads(data, object_pairs_hook=_unique, parse_constant=_refuse_constant)
    except RecursionError:
        raise ValueError("too deep") from None
    if not isinstance(value, dict):
        raise ValueError("not an object")  # noqa: TRY004 - the caller learns only that it cannot be read
    return value


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError("a name is there twice")
    return members


def _refuse_constant(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")
