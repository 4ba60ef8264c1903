"""Public keys of another service, pinned by URL and kept on disk, so that they outlast its absence."""

import asyncio
import json
import secrets
import time
from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import structlog
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from servicekit.fetching import fetch_small
from servicekit.tokens import UnknownKeyId, check_claims, verify_signature

log = structlog.get_logger()

_MAX_DOCUMENT = 256 * 1024


class KeysUnavailable(Exception):
    """No keys are known and the peer cannot be reached: answer 503 with Retry-After."""


class RemoteKeys:
    """Asks the peer when it knows no key, when a token names an unknown one, and once an hour.

    A peer that is away changes nothing as long as keys are known.
    """

    def __init__(
        self,
        url: str,
        cache_file: Path | None,
        http: httpx.AsyncClient,
        *,
        headers: Mapping[str, str] | None = None,
        refetch_after: float = 5,
        stale_after: float = 3600,
    ) -> None:
        self._url = url
        self._cache_file = cache_file
        self._http = http
        self._headers = dict(headers or {})
        self._refetch_after = refetch_after
        self._stale_after = stale_after
        self._keys = _read(cache_file)
        self._asked_at = float("-inf")
        self._lock = asyncio.Lock()

    async def keys(self, kid: str | None = None) -> KeySet:
        """The known keys, after asking the peer when `kid` is not among them."""
        if self._keys is None or self._lacks(kid) or self._age() > self._stale_after:
            await self._refetch(kid)
        if self._keys is None:
            raise KeysUnavailable(f"the keys at {self._url} cannot be read yet")
        return self._keys

    async def verify(
        self,
        token: str,
        *,
        typ: str,
        issuer: str,
        audience: str,
        now: datetime,
        grace: timedelta = timedelta(0),
    ) -> dict[str, Any]:
        """`verify_jwt`, with one more look at the peer's keys when the token's is unknown."""
        header, claims = await self.verify_signature(token)
        check_claims(header, claims, typ=typ, issuer=issuer, audience=audience, now=now, grace=grace)
        return claims

    async def verify_signature(
        self, token: str, *, algorithms: Collection[str] = ("ES256",)
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        """Header and claims; nothing beside the signature is checked."""
        try:
            return verify_signature(token, await self.keys(), algorithms=algorithms)
        except UnknownKeyId:
            await self._refetch(None)
        return verify_signature(token, await self.keys(), algorithms=algorithms)

    def _lacks(self, kid: str | None) -> bool:
        return kid is not None and all(key.kid != kid for key in self._keys or ())

    def _age(self) -> float:
        return time.monotonic() - self._asked_at

    async def _refetch(self, kid: str | None) -> None:
        async with self._lock:
            if self._age() < self._refetch_after or (kid is not None and not self._lacks(kid)):
                return
            self._asked_at = time.monotonic()
            try:
                document = await self._fetch()
            except (httpx.HTTPError, ValueError) as error:
                log.warning("peer_keys_not_read", url=self._url, reason=type(error).__name__)
                return
            self._keys = _parse(document)
            if self._cache_file is not None:
                _write(self._cache_file, document)

    async def _fetch(self) -> bytes:
        status, document = await fetch_small(
            self._http, self._url, headers=self._headers, limit=_MAX_DOCUMENT
        )
        if status != httpx.codes.OK:
            raise ValueError("not a key set")
        _parse(document)
        return document


def _parse(document: bytes) -> KeySet:
    """Public keys only, whatever the document says."""
    try:
        keys = KeySet.import_key_set(json.loads(document))
    except (JoseError, ValueError, TypeError, KeyError, AttributeError):
        raise ValueError("not a key set") from None
    if not keys or any(key.is_private or key.key_type == "oct" for key in keys):
        raise ValueError("not a set of public keys")
    return keys


def _read(path: Path | None) -> KeySet | None:
    try:
        return _parse(path.read_bytes()) if path is not None else None
    except (OSError, ValueError):
        return None


def _write(path: Path, document: bytes) -> None:
    """Whole or not at all; a disk that refuses costs only the next start."""
    draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        draft.write_bytes(document)
        draft.replace(path)
    except OSError as error:
        log.warning("peer_keys_not_kept", file=str(path), reason=error.strerror)
