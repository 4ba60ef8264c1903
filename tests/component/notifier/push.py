"""What tests of notifications share: sending all that is due, and what was told of it."""

from contracts.notifier import AlertDelivered, AlertFailed
from notifier.sender import Sender
from tests.databases import Database
from tests.eventlog import published

SUBSCRIPTIONS = "/api/v1/push-subscriptions"
Outcome = AlertDelivered | AlertFailed


async def send_all(sender: Sender) -> None:
    while await sender.send_next():
        pass


async def outcomes(database: Database) -> list[Outcome]:
    events = await published(database.pool)
    return [each for each in events if isinstance(each, Outcome) and each.channel == "push"]


async def count(database: Database, table: str) -> int:
    number: int = await database.pool.fetchval(f"select count(*) from {table}")
    return number
