"""What the development stack does only in containers: an identity provider behind a gateway, first people."""

from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import httpx
import pytest

from devstack.identity import start_identity
from devstack.people import knows_somebody
from devstack.ports import free_port
from devstack.processes import stop_process
from tests.conftest import MakeDatabase


@pytest.fixture
def provider(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Reached inside by http, and known outside by https."""
    port = free_port()
    process = start_identity(port, log=tmp_path / "identity.log", public_url="https://id.example")
    yield f"http://127.0.0.1:{port}"
    stop_process(process)


def test_the_provider_calls_itself_by_its_public_name_whoever_asks(provider: str) -> None:
    url = f"{provider}/.well-known/openid-configuration"
    document = httpx.get(url, headers={"Host": "id.example"}, trust_env=False).json()

    assert document["issuer"] == "https://id.example"
    assert document["authorization_endpoint"].startswith("https://id.example/")


async def test_ordering_knows_somebody_once_its_clerks_are_there(database: MakeDatabase) -> None:
    ordering = await database("ordering")
    before = await knows_somebody(ordering.url)

    await ordering.pool.execute(
        """
        insert into clerks (clerk_ref, institution_id, subject, added_at)
        values ($1, 'umcs', 'anna', now())
        """,
        uuid4(),
    )

    assert (before, await knows_somebody(ordering.url)) == (False, True)
