"""What an operator does from the command line."""

from collections.abc import Sequence
from uuid import UUID

from servicekit.commands import write_json
from servicekit.database import open_pool
from wallet.settings import WalletSettings
from wallet.use_cases.export_orders import export_orders


async def export(settings: WalletSettings, order_ids: Sequence[UUID]) -> None:
    pool = await open_pool(settings, "wallet-command", min_size=1, max_size=2)
    async with pool, pool.acquire() as connection:
        write_json(await export_orders(connection, order_ids))
