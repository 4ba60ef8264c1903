"""Proofs that were used, of DPoP and of attested wallets: digests, until the proofs are too old anyway."""

from datetime import datetime

from eventing import Connection


async def use_proof(conn: Connection, digest: bytes, lapses_at: datetime) -> bool:
    """False when it was used before. Two requests at once wait for each other here."""
    used = await conn.fetchval(
        "insert into used_proofs (digest, lapses_at) values ($1, $2) on conflict do nothing returning true",
        digest,
        lapses_at,
    )
    return bool(used)


async def forget_proofs(conn: Connection, now: datetime) -> None:
    await conn.execute("delete from used_proofs where lapses_at < $1", now)
