"""The pipeline as FastStream's documentation shows it: one message per handler, defaults, one insert each.

No outbox, no numbers, no status, no seals: what a process loses when it dies stays lost.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg
from faststream import FastStream
from faststream.kafka import KafkaBroker

from bench.rivals.roles import ISSUER, Race, answer, parse_arguments
from contracts.issuer import CredentialReady
from contracts.ordering import OrderPlaced


def issuer_of(race: Race, broker: KafkaBroker, pools: list["asyncpg.Pool[asyncpg.Record]"]) -> None:
    insert = f"insert into {race.table(ISSUER)} (order_id) values ($1)"

    @broker.subscriber(race.orders, group_id=race.group(ISSUER), auto_offset_reset="earliest")
    async def on_order_placed(order: OrderPlaced) -> None:
        await pools[0].execute(insert, order.order_id)
        await broker.publish(answer(order), race.ready, key=str(order.order_id).encode())


def reader_of(
    race: Race, role: str, broker: KafkaBroker, pools: list["asyncpg.Pool[asyncpg.Record]"]
) -> None:
    insert = f"insert into {race.table(role)} (order_id) values ($1)"

    @broker.subscriber(race.ready, group_id=race.group(role), auto_offset_reset="earliest")
    async def on_credential_ready(ready: CredentialReady) -> None:
        await pools[0].execute(insert, ready.order_id)


async def run(role: str, race: Race) -> None:
    broker = KafkaBroker(race.bootstrap)
    pools: list[asyncpg.Pool[asyncpg.Record]] = []
    if role == ISSUER:
        issuer_of(race, broker, pools)
    else:
        reader_of(race, role, broker, pools)

    @asynccontextmanager
    async def with_pool() -> AsyncIterator[None]:
        async with asyncpg.create_pool(race.database_url, min_size=1) as pool:
            pools.append(pool)
            yield

    await FastStream(broker, lifespan=with_pool).run()


if __name__ == "__main__":
    asyncio.run(run(*parse_arguments()))
