"""What an operator does from the command line. The running service sends what a command publishes."""

import sys
from uuid import UUID

from eventing import Outbox, Works
from issuer.settings import IssuerSettings
from issuer.use_cases.end_orders import end_orders
from issuer.use_cases.export_student import export_student
from issuer.vault import Vault
from servicekit.commands import tell_resealed, write_json
from servicekit.database import open_pool
from servicekit.keys import Keys
from servicekit.resealing import reseal


async def withdraw(settings: IssuerSettings, order_id: UUID) -> None:
    """For an order that ordering has forgotten, which nobody else can cancel."""
    pool = await open_pool(settings, "issuer-command", min_size=1, max_size=2)
    async with pool, Works(pool, Outbox("issuer")).begin() as work:
        ended = await end_orders(work, {order_id: "office"})
    told = "ended: its offer, or the card made of it" if ended else "nothing of this order stands here"
    sys.stdout.write(f"{told}\n")


async def export(settings: IssuerSettings, institution_id: str, student_ref: UUID) -> None:
    vault = Vault(Keys(settings.keys_dir, production=settings.is_production))
    pool = await open_pool(settings, "issuer-command", min_size=1, max_size=2)
    async with pool, pool.acquire() as connection:
        write_json(await export_student(connection, vault, institution_id, student_ref))


async def reseal_cards(settings: IssuerSettings) -> None:
    vault = Vault(Keys(settings.keys_dir, production=settings.is_production))
    pool = await open_pool(settings, "issuer-command", min_size=1, max_size=2)
    async with pool:
        tell_resealed(cards=await reseal(pool, vault.data_keys()))
