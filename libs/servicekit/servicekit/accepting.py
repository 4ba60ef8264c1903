"""What bodies an endpoint takes: a mark on the endpoint that the guard of requests reads."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

JSON = "application/json"
FORM = "application/x-www-form-urlencoded"
BYTES = "application/octet-stream"
DEFAULT_LIMIT = 64 * 1024

_MARK = "__accepts__"

Endpoint = TypeVar("Endpoint", bound=Callable[..., object])


@dataclass(frozen=True, slots=True)
class Accepted:
    """The bodies one endpoint takes, and how it refuses others: as a problem, or as this OAuth error."""

    media_types: tuple[str, ...] = (JSON,)
    limit: int = DEFAULT_LIMIT
    oauth_error: str | None = None


def accepts(
    *media_types: str, limit: int = DEFAULT_LIMIT, oauth_error: str | None = None
) -> Callable[[Endpoint], Endpoint]:
    """Below the route decorator: what bodies the endpoint takes instead of JSON of at most 64 kB.

    Bodies that are neither JSON nor a form are passed on as they are. With `oauth_error` all refusals of
    the framework (400, 413, 415, 422) become that error of OAuth, for endpoints that wallets call.
    """
    accepted = Accepted(media_types or (JSON,), limit, oauth_error)

    def mark(endpoint: Endpoint) -> Endpoint:
        setattr(endpoint, _MARK, accepted)
        return endpoint

    return mark


def accepted_by(scope: Mapping[str, Any]) -> Accepted:
    accepted = getattr(scope.get("endpoint"), _MARK, None)
    return accepted if isinstance(accepted, Accepted) else Accepted()
