"""What the clients of the journey share: addresses, one HTTP client each, answers that explain themselves."""

import base64
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import httpx

from devstack.ports import Ports
from devstack.settings import url_of
from devstack.tls import trusting


class JourneyError(Exception):
    """A step did not go as it should; the text says which and what was answered."""


@dataclass(frozen=True, slots=True)
class Addresses:
    """Public addresses of the stack, and whom to trust where they are https."""

    ordering: str
    issuer: str
    notifier: str
    wallet: str
    identity: str
    verifier: str
    mail: str
    authority: Path | None = None

    @classmethod
    def of(cls, ports: Ports, authority: Path | None = None) -> Self:
        return cls(**{name: url_of(name, ports) for name in NAMES}, authority=authority)


NAMES = ("ordering", "issuer", "notifier", "wallet", "identity", "verifier", "mail")


def new_http(authority: Path | None = None, headers: dict[str, str] | None = None) -> httpx.AsyncClient:
    verify = trusting(authority) if authority else True
    return httpx.AsyncClient(timeout=httpx.Timeout(30), headers=headers or {}, trust_env=False, verify=verify)


def expect(response: httpx.Response, *statuses: int) -> httpx.Response:
    if response.status_code not in (statuses or (200,)):
        request = response.request
        raise JourneyError(
            f"{request.method} {request.url.copy_with(query=None)} answered {response.status_code}: "
            f"{response.text[:600]}"
        )
    return response


def json_of(response: httpx.Response, *statuses: int) -> Any:
    return expect(response, *statuses).json()


def to_base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def from_base64url(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def json_part(text: str) -> Any:
    return json.loads(from_base64url(text))
