"""Copies of what orders left behind: each of somebody else, fitting together across tables."""

from datetime import UTC, datetime
from uuid import UUID, uuid4

from bench.multiply import copy_rows
from tests.conftest import MakeDatabase
from tests.databases import Database

NOW = datetime(2026, 11, 23, tzinfo=UTC)


async def test_copies_of_an_order_fit_together(database: MakeDatabase) -> None:
    wallet = await database("wallet")
    order_id = await add_order(wallet)

    async with wallet.pool.acquire() as connection:
        for table in ("offers", "streams_in"):
            await copy_rows(connection, table, "true", 3)

    offers = await wallet.pool.fetch("select order_id, offer_id, institution_id from offers")
    assert len({row["order_id"] for row in offers}) == 4
    assert len({row["offer_id"] for row in offers}) == 4
    assert {row["institution_id"] for row in offers} == {"umcs"}
    heard = await wallet.pool.fetch("select topic, key from streams_in")
    assert {UUID(row["key"]) for row in heard} == {row["order_id"] for row in offers} >= {order_id}
    assert {row["topic"] for row in heard} == {"a-topic"}


async def test_what_nobody_chose_is_not_copied(database: MakeDatabase) -> None:
    wallet = await database("wallet")
    await add_order(wallet)

    async with wallet.pool.acquire() as connection:
        await copy_rows(connection, "offers", "institution_id = 'pwr'", 3)

    assert await wallet.pool.fetchval("select count(*) from offers") == 1


async def add_order(wallet: Database) -> UUID:
    order_id = uuid4()
    await wallet.pool.execute(
        """
        insert into offers (order_id, generation, institution_id, credential_id, configuration_id, offer_id,
            code_digest, digest_key_id, expires_at)
        values ($1, 1, 'umcs', $2, 'a-card', 'an-offer', 'a-digest', 'a-key', $3)
        """,
        order_id,
        uuid4(),
        NOW,
    )
    await wallet.pool.execute(
        "insert into streams_in (topic, key, partition) values ('a-topic', $1, 0)", str(order_id)
    )
    return order_id
