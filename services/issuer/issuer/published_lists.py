"""Signed status lists as they are served: made when asked for, kept for a moment, never stored."""

import asyncio
import gzip
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from hashlib import sha256

from eventing import Works
from issuer import status_list
from issuer.settings import IssuerSettings
from issuer.store import status
from issuer.tenants import Tenant

Entries = tuple[int, Iterable[tuple[int, int]], int]


@dataclass(frozen=True, slots=True)
class PublishedList:
    """A token with what it was made from, and when that was last compared with the rows."""

    token: bytes
    gzipped: bytes
    etag: str
    packed_digest: bytes
    signed_at: datetime
    read_at: datetime


class PublishedLists:
    """A change is seen within `read_every`, and no token is older than `signed_every` when it leaves."""

    def __init__(self, works: Works, settings: IssuerSettings) -> None:
        self._works = works
        self._signed_every = timedelta(seconds=settings.status_list_signed_every)
        self._read_every = timedelta(seconds=settings.status_list_read_every)
        self._lists: dict[tuple[str, int], PublishedList] = {}
        self._making: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)

    async def get(self, tenant: Tenant, number: int) -> PublishedList | None:
        """None if the institution has no such list. Many who ask at once wait for one that reads."""
        async with self._making[tenant.institution.id]:
            known = self._lists.get((tenant.institution.id, number))
            now = self._works.clock()
            if known is not None and now - known.read_at < self._read_every and self._is_young(known, now):
                return known
            return await self._renew(tenant, number, known, now)

    async def numbers(self, tenant: Tenant) -> list[int]:
        async with self._works.begin() as work:
            return await status.list_numbers(work.connection, tenant.institution.id)

    def _is_young(self, known: PublishedList, now: datetime) -> bool:
        return now - known.signed_at < self._signed_every

    async def _renew(
        self, tenant: Tenant, number: int, known: PublishedList | None, now: datetime
    ) -> PublishedList | None:
        async with self._works.begin() as work:
            found = await status.load_list(work.connection, tenant.institution.id, number)
        if found is None:
            return None
        made = await asyncio.to_thread(self._make, tenant, number, found, known, now)
        self._lists[tenant.institution.id, number] = made
        return made

    def _make(
        self, tenant: Tenant, number: int, found: Entries, known: PublishedList | None, now: datetime
    ) -> PublishedList:
        packed = status_list.pack(*found)
        digest = sha256(packed).digest()
        if known is not None and known.packed_digest == digest and self._is_young(known, now):
            return replace(known, read_at=now)
        uri, compressed = tenant.status_list_url(number), status_list.compress(packed)
        claims = status_list.token_claims(uri, compressed, tenant.status_lists_url, now)
        token = tenant.list_signer.sign(claims).encode()
        return PublishedList(token, gzip.compress(token, 6), _etag(token), digest, now, now)


def _etag(token: bytes) -> str:
    return f'"{sha256(token).hexdigest()[:32]}"'
