"""The four hops of an order, as both rivals play them: which topic each reads, and where its rows go."""

import argparse
from dataclasses import dataclass
from uuid import uuid4

from contracts.examples import example_of
from contracts.issuer import CredentialReady
from contracts.ordering import OrderPlaced

ISSUER = "issuer"
READERS = ("ordering", "wallet", "notifier")
ROLES = (ISSUER, *READERS)


@dataclass(frozen=True, slots=True)
class Race:
    """`name` keeps the topics and tables of one race apart from those of all others."""

    name: str
    bootstrap: str
    database_url: str

    @property
    def orders(self) -> str:
        return f"{self.name}.orders"

    @property
    def ready(self) -> str:
        return f"{self.name}.ready"

    def table(self, role: str) -> str:
        return f"{self.name}_{role}"

    def group(self, role: str) -> str:
        return f"{self.name}-{role}"

    def command(self, module: str, role: str) -> list[str]:
        return ["-m", module, role, self.name, self.bootstrap, self.database_url]


def parse_arguments() -> tuple[str, Race]:
    parser = argparse.ArgumentParser()
    for name in ("role", "name", "bootstrap", "database_url"):
        parser.add_argument(name)
    given = parser.parse_args()
    return given.role, Race(given.name, given.bootstrap, given.database_url)


def answer(order: OrderPlaced) -> CredentialReady:
    """An event of the size of a real one; nothing is made, counted or sealed for it."""
    own = {"event_id": uuid4(), "order_id": order.order_id, "institution_id": order.institution_id}
    return _LIKE.model_copy(update=own)


_LIKE = example_of(CredentialReady)
