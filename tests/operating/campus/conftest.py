"""The wallet service of the component tests, for those that take their time."""

from tests.component.wallet.conftest import (
    clock,
    http,
    keys,
    new_order,
    parts,
    settings,
    wallet_database,
    web,
    works,
)

__all__ = ["clock", "http", "keys", "new_order", "parts", "settings", "wallet_database", "web", "works"]
