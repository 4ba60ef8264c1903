"""Nonces and DPoP proofs that were used: a digest of each, until it would have lapsed anyway."""

from datetime import datetime

from eventing import Connection


async def use_nonce(conn: Connection, digest: bytes, lapses_at: datetime) -> bool:
    """False when it was used before. Two requests at once wait for each other here."""
    used = await conn.fetchval(
        "insert into used_nonces (digest, lapses_at) values ($1, $2) on conflict do nothing returning true",
        digest,
        lapses_at,
    )
    return bool(used)


async def forget_nonces(conn: Connection, now: datetime) -> None:
    await conn.execute("delete from used_nonces where lapses_at < $1", now)
