"""The embedded stack over TLS: everybody is reached by https, and verifies whom they reach."""

import io
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from rich.console import Console

from devstack.accounts import Account, those_who_may_order
from devstack.journey.http import new_http
from devstack.journey.story import walk
from devstack.journey.student import StudentClient
from devstack.journey.telling import Narrator
from devstack.ports import free_ports, over_tls
from devstack.settings import Places
from devstack.stack import Stack
from tests.journeys.conftest import REPOSITORY
from tests.journeys.test_try_it import commands, run

pytestmark = pytest.mark.timeout(180)


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    places = Places(REPOSITORY, tmp_path_factory.mktemp("stack"))
    with Stack(places, over_tls(free_ports()), durable=False) as running:
        yield running


@pytest.fixture(scope="module")
def accounts() -> list[Account]:
    return those_who_may_order()


async def test_a_student_gets_a_card_that_is_checked(stack: Stack, accounts: list[Account]) -> None:
    account, told = accounts.pop(0), io.StringIO()

    walked = await walk(
        stack.addresses, account.subject, account.email, Narrator(Console(file=told, width=200))
    )

    assert walked.credential_id
    assert f"{stack.addresses.issuer}/t/{account.institution}" in told.getvalue()


async def test_the_session_of_a_browser_goes_over_tls_alone(stack: Stack, accounts: list[Account]) -> None:
    async with await StudentClient.sign_in_as_browser(stack.addresses, accounts[0].subject) as student:
        assert {cookie.secure for cookie in student.http.cookies.jar} == {True}
        assert (await student.eligibility())["may_order"]


@pytest.mark.skipif(not shutil.which("curl"), reason="the page is written for curl")
async def test_every_call_of_the_page_works_with_the_authority_that_it_names(
    stack: Stack, accounts: list[Account], tmp_path: Path
) -> None:
    script = commands("try-it.md", stack.ports).replace("http://localhost", "https://localhost")
    script = re.sub(r"STUDENT=\S+", f"STUDENT={accounts.pop(0).subject}", script)

    told = await run(f"export CURL_CA_BUNDLE='{stack.authority}'\n{script}", tmp_path)

    assert "credential_identifiers" in told
    assert '"status":"CANCELLED"' in told


@pytest.mark.parametrize(
    ("part", "path"),
    [
        ("issuer", "/.well-known/openid-credential-issuer/t/umcs"),
        ("wallet", "/.well-known/oauth-authorization-server"),
        ("identity", "/.well-known/openid-configuration"),
        ("verifier", "/"),
        ("wallet", "/"),
    ],
)
async def test_nobody_is_sent_anywhere_by_plain_http(stack: Stack, part: str, path: str) -> None:
    async with new_http(stack.authority) as http:
        answer = await http.get(stack.url(part) + path)

    assert answer.status_code == 200
    told = f"{answer.headers.get('content-security-policy', '')} {answer.text}"
    assert "https://localhost" in told
    assert "http://localhost" not in told


async def test_who_does_not_know_the_authority_asks_nothing(stack: Stack) -> None:
    async with new_http() as http:
        with pytest.raises(httpx.ConnectError, match="CERTIFICATE_VERIFY_FAILED"):
            await http.get(stack.url("ordering"))
