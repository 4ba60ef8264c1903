"""What an operator does from the command line."""

from uuid import UUID

from notifier.app import load_contacts, load_subscriptions
from notifier.domain import Recipient
from notifier.settings import NotifierSettings
from notifier.use_cases.export_student import export_student
from servicekit.commands import tell_resealed, write_json
from servicekit.database import open_pool
from servicekit.keys import Keys
from servicekit.resealing import reseal


async def export(settings: NotifierSettings, institution_id: str, student_ref: UUID) -> None:
    keys = Keys(settings.keys_dir, production=settings.is_production)
    recipient = Recipient(institution_id, student_ref)
    pool = await open_pool(settings, "notifier-command", min_size=1, max_size=2)
    async with pool, pool.acquire() as connection:
        write_json(await export_student(connection, load_contacts(keys), load_subscriptions(keys), recipient))


async def reseal_contacts(settings: NotifierSettings) -> None:
    keys = Keys(settings.keys_dir, production=settings.is_production)
    pool = await open_pool(settings, "notifier-command", min_size=1, max_size=2)
    async with pool:
        tell_resealed(
            contacts=await reseal(pool, load_contacts(keys).column()),
            browsers=await reseal(pool, load_subscriptions(keys).column()),
        )
