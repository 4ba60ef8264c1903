"""The four hops of an order, as both rivals play them: which topic each reads, and where its rows go."""

import argparse
import zlib
from dataclasses import dataclass
from uuid import UUID, uuid4

from contracts.issuer import CredentialReady
from contracts.ordering import OrderPlaced

ISSUER = "issuer"
READERS = ("ordering", "wallet", "notifier")
ROLES = (ISSUER, *READERS)
PARTITIONS = 16


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


def partition_of(key: bytes) -> int:
    return zlib.crc32(key) % PARTITIONS


def answer(order: OrderPlaced, like: CredentialReady) -> CredentialReady:
    """An event of the size of a real one; nothing is made, counted or sealed for it."""
    return like.model_copy(
        update={"event_id": uuid4(), "order_id": order.order_id, "institution_id": order.institution_id}
    )


def like_a_real_one() -> CredentialReady:
    return CredentialReady.model_validate(_READY)


_READY = {
    "event_id": UUID(int=1),
    "occurred_at": "2026-10-01T08:00:00Z",
    "institution_id": "umcs",
    "order_id": UUID(int=2),
    "credential_id": UUID(int=3),
    "generation": 1,
    "offer_id": "o" * 32,
    "expires_at": "2026-10-31T08:00:00Z",
    "activation_code_sealed": "s" * 64,
    "activation_code_digest": "d" * 43,
    "digest_key_id": "k" * 8,
    "configuration_id": "legitymacja_studencka_sd_jwt",
}
