"""Which issuer a request means, by host or by path; and that an issuer keeps the address it began with."""

from pathlib import Path

import pytest
from starlette.types import Receive, Scope, Send

from issuer.own_addresses import OwnAddresses
from issuer.tenants import Tenant, open_tenants
from servicekit.institutions import load_institutions
from servicekit.issuers import issuer_addresses
from servicekit.key_files import read, write_private
from servicekit.keys import Keys, KeyUnavailable, create_development_keys, key_file
from servicekit.rotate_key import rotate
from tests.own_address import OWN_ADDRESS, SAMPLES, institutions_in

SHARED = "https://issuer.example.pl"
KEY = "issuer/signing/pwr"
ADDRESSES = {"umcs": f"{SHARED}/t/umcs", "pwr": OWN_ADDRESS}


async def reached(host: str | None, path: str, **other: str) -> str:
    """The path that the routes see, in both forms."""
    seen: list[Scope] = []

    async def app(scope: Scope, _receive: Receive, _send: Send) -> None:
        seen.append(scope)

    given = {"host": host, **other} if host is not None else other
    headers = [(name.encode(), value.encode()) for name, value in given.items()]
    scope = {"type": "http", "path": path, "raw_path": path.encode(), "headers": headers}
    await OwnAddresses(app, addresses=ADDRESSES)(scope, None, None)  # type: ignore[arg-type]  # not called
    assert seen[0]["path"].encode() == seen[0]["raw_path"]
    return str(seen[0]["path"])


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/credential", "/t/pwr/credential"),
        ("/status-lists/1", "/t/pwr/status-lists/1"),
        ("/.well-known/openid-credential-issuer", "/.well-known/openid-credential-issuer/t/pwr"),
        ("/.well-known/jwt-vc-issuer", "/.well-known/jwt-vc-issuer/t/pwr"),
    ],
)
@pytest.mark.parametrize("host", ["mleg.pwr.example", "MLEG.pwr.example", "mleg.pwr.example:443"])
async def test_what_is_asked_at_an_own_address_is_asked_of_that_institution(
    host: str, path: str, expected: str
) -> None:
    assert await reached(host, path) == expected


@pytest.mark.parametrize(
    "path",
    ["/t/umcs/credential", "/.well-known/jwt-vc-issuer/t/umcs", "/internal/jwks", "/metrics", "/health/live"],
)
async def test_nothing_else_is_found_at_an_own_address(path: str) -> None:
    assert "/t/pwr/" in await reached("mleg.pwr.example", path)


@pytest.mark.parametrize(
    "host",
    [None, "", "issuer.example.pl", "umcs", "evil.example", "mleg.pwr.example:8080", "mleg.pwr.example."],
)
async def test_at_every_other_host_the_path_decides(host: str | None) -> None:
    assert await reached(host, "/t/umcs/nonce") == "/t/umcs/nonce"


async def test_a_host_that_somebody_claims_to_have_been_asked_for_decides_nothing() -> None:
    claims = {"x-forwarded-host": "mleg.pwr.example", "forwarded": "host=mleg.pwr.example"}

    assert await reached("issuer.example.pl", "/nonce", **claims) == "/nonce"


@pytest.fixture
def keys(tmp_path: Path) -> Path:
    """Made while all had their usual address."""
    folder = tmp_path / "keys"
    create_development_keys(folder, issuer_addresses(load_institutions(SAMPLES), SHARED))
    return folder


def started(institutions: Path, keys: Path) -> dict[str, Tenant]:
    loaded = load_institutions(institutions)
    addresses = issuer_addresses(loaded, SHARED)
    return open_tenants(loaded, Keys(keys), addresses=addresses, wallet_url="https://wallet.example.pl")


def test_an_institution_with_cards_takes_no_other_address(tmp_path: Path, keys: Path) -> None:
    moved = institutions_in(tmp_path / "institutions")

    with pytest.raises(KeyUnavailable, match=f"pwr is {OWN_ADDRESS}.* certified for {SHARED}/t/pwr: put"):
        started(moved, keys)


def test_a_key_that_is_retired_holds_the_address_too(tmp_path: Path, keys: Path) -> None:
    moved = institutions_in(tmp_path / "institutions")
    [old] = Keys(keys).certified(KEY).all
    write_private(key_file(keys, KEY), read(key_file(keys, KEY)) | {"url": OWN_ADDRESS})
    rotate(keys, KEY, "add", str(keys))
    rotate(keys, KEY, "use", Keys(keys).certified(KEY).all[-1].signing.kid)

    with pytest.raises(KeyUnavailable, match=f"its key {old.signing.kid} is certified for {SHARED}/t/pwr"):
        started(moved, keys)
