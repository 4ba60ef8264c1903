"""Rows of signed-in browsers: found by the hash of the cookie, which is kept nowhere."""

import hashlib
import os
from dataclasses import dataclass
from datetime import datetime

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from servicekit.database import Connection


@dataclass(frozen=True, slots=True)
class Session:
    """One browser that is signed in; `id_hash` names it inside the service."""

    id_hash: bytes
    institution_id: str
    subject: str
    signed_in_at: datetime | None
    expires_at: datetime


def session_hash(cookie: str) -> bytes:
    return hashlib.sha256(b"legitka-session-v1" + cookie.encode()).digest()


async def insert_session(
    connection: Connection, session: Session, *, id_token_sealed: bytes | None = None
) -> None:
    await connection.execute(
        """
        insert into sessions (id_hash, institution_id, subject, signed_in_at, expires_at, id_token_sealed)
        values ($1, $2, $3, $4, $5, $6)
        """,
        session.id_hash,
        session.institution_id,
        session.subject,
        session.signed_in_at,
        session.expires_at,
        id_token_sealed,
    )


async def find_session(connection: Connection, id_hash: bytes, now: datetime) -> Session | None:
    row = await connection.fetchrow(
        """
        select id_hash, institution_id, subject, signed_in_at, expires_at
        from sessions where id_hash = $1 and expires_at > $2
        """,
        id_hash,
        now,
    )
    return Session(**row) if row else None


async def sessions_of(connection: Connection, institution_id: str, subject: str) -> list[Session]:
    """Every session of a person that is kept."""
    rows = await connection.fetch(
        """
        select id_hash, institution_id, subject, signed_in_at, expires_at
        from sessions where institution_id = $1 and subject = $2 order by expires_at
        """,
        institution_id,
        subject,
    )
    return [Session(**row) for row in rows]


async def delete_session(connection: Connection, id_hash: bytes) -> bytes | None:
    """The sealed ID token of the session that ended, if it had one."""
    token: bytes | None = await connection.fetchval(
        "delete from sessions where id_hash = $1 returning id_token_sealed", id_hash
    )
    return token


async def end_other_sessions(connection: Connection, session: Session) -> int:
    """All sessions of this person but this one, as when a phone is reported lost."""
    status = await connection.execute(
        "delete from sessions where institution_id = $1 and subject = $2 and id_hash <> $3",
        session.institution_id,
        session.subject,
        session.id_hash,
    )
    return int(status.rpartition(" ")[2])


async def end_sessions_of(connection: Connection, institution_id: str, subject: str) -> int:
    """Every session of a person, as at erasure."""
    status = await connection.execute(
        "delete from sessions where institution_id = $1 and subject = $2", institution_id, subject
    )
    return int(status.rpartition(" ")[2])


async def delete_expired_sessions(connection: Connection, now: datetime) -> int:
    status = await connection.execute("delete from sessions where expires_at <= $1", now)
    return int(status.rpartition(" ")[2])


def seal_id_token(cookie: str, id_token: str) -> bytes:
    """Readable only together with the cookie, so that the table alone tells nothing more of the person."""
    nonce = os.urandom(12)
    return nonce + AESGCM(_key(cookie)).encrypt(nonce, id_token.encode(), None)


def open_id_token(cookie: str, sealed: bytes) -> str | None:
    try:
        return AESGCM(_key(cookie)).decrypt(sealed[:12], sealed[12:], None).decode()
    except (InvalidTag, ValueError):
        return None


def _key(cookie: str) -> bytes:
    return hashlib.sha256(b"legitka-id-token-v1" + cookie.encode()).digest()
