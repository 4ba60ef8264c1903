"""Asking a peer for something small: no redirect is followed, and no more is read than it may be."""

import httpx


class TooLarge(ValueError):
    """The answer is larger than anything the peer should have."""


async def fetch_small(
    http: httpx.AsyncClient, url: str, *, limit: int, headers: dict[str, str] | None = None
) -> tuple[int, bytes]:
    """Status and body of a GET. Raises `TooLarge`, and `httpx.HTTPError` when there is no answer."""
    async with http.stream("GET", url, headers=headers, follow_redirects=False) as response:
        body = bytearray()
        async for part in response.aiter_bytes():
            body += part
            if len(body) > limit:
                raise TooLarge
        return response.status_code, bytes(body)
