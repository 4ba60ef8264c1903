"""The four services with their real handlers and use cases, on databases that all plays share."""

from collections.abc import AsyncIterator, Awaitable, Callable
from hashlib import sha256
from pathlib import Path
from uuid import uuid4

import pytest

from eventing import Handlers
from issuer.consumers import handlers as issuer_handlers
from issuer.use_cases.open_status_lists import open_status_lists
from issuer.vault import Vault
from issuer.workshop import Workshop
from notifier.consumers import handlers as notifier_handlers
from notifier.contacts import Contacts
from ordering.consumers import handlers as ordering_handlers
from ordering.sealing import load_sealers
from servicekit.database import connect_pool
from servicekit.institutions import load_institutions
from servicekit.keys import Keys
from servicekit.sealing import Sealer
from tests.component.lifecycle.mutants import MUTANTS
from tests.component.lifecycle.world import Clock, Makings, Service, World
from tests.component.ordering.scene import add_student
from tests.databases import Database, Templates
from tests.mutants import apply
from wallet.consumers import HANDLERS as WALLET_HANDLERS

INSTITUTIONS = Path(__file__).parents[3] / "institutions"
SERVICES = ("ordering", "issuer", "wallet", "notifier")
PORTRAIT = b"\xff\xd8\xff portrait"
PORTRAIT_SHA256 = sha256(PORTRAIT).hexdigest()

BeginPlay = Callable[[], Awaitable[World]]


@pytest.fixture(scope="session")
async def databases(templates: Templates) -> AsyncIterator[dict[str, Database]]:
    urls = {name: await templates.clone(name) for name in SERVICES}
    made = {name: Database(url, await connect_pool(url, name)) for name, url in urls.items()}
    yield made
    for each in made.values():
        each.pool.terminate()
        await templates.drop(each.url)


@pytest.fixture
def keys(keys_dir: Path) -> Keys:
    return Keys(keys_dir)


@pytest.fixture
def handlers(mutated: str | None, keys: Keys) -> dict[str, Handlers]:
    """Put together with the mutant in place."""
    contacts = Contacts(
        incoming=Sealer(keys.ring("sealing/contact")), kept=Sealer(keys.ring("notifier/contacts"))
    )
    return {
        "ordering": ordering_handlers(load_sealers(keys).code, lambda _: None),
        "issuer": issuer_handlers(Workshop(load_institutions(INSTITUTIONS), Vault(keys))),
        "wallet": WALLET_HANDLERS,
        "notifier": notifier_handlers(contacts, lambda _: None),
    }


@pytest.fixture
async def begin_play(databases: dict[str, Database], handlers: dict[str, Handlers], keys: Keys) -> BeginPlay:
    """A new student each time."""
    clock, sealers = Clock(), load_sealers(keys)
    services = {name: Service(name, databases[name], handlers[name], clock) for name in SERVICES}
    umcs = load_institutions(INSTITUTIONS)["umcs"]
    check_keys = keys.ring("shared/activation-check")
    makings = Makings(umcs, sealers, Vault(keys), check_keys, PORTRAIT)
    async with services["issuer"].works.begin() as work:
        await open_status_lists(work, ["umcs"], 2**12)
    async with services["ordering"].works.begin() as work:
        await work.connection.execute(
            "insert into photos values ('umcs', $1, $2, $3) on conflict do nothing",
            PORTRAIT_SHA256,
            PORTRAIT,
            work.now,
        )

    async def begin() -> World:
        world = World(services, clock, makings)
        await world.begin_play()
        world.student_ref = await add_student(
            services["ordering"].works, sealers, f"student-{uuid4()}", photo_sha256=PORTRAIT_SHA256
        )
        return world

    return begin


@pytest.fixture
def mutated(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str | None:
    """The rule as it is, or broken on purpose: then the test must go red."""
    mutant: str | None = request.param
    if mutant is not None:
        apply(MUTANTS[mutant], monkeypatch)
    return mutant
