import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from joserfc.jwk import ECKey, OctKey

from servicekit.keys import SigningKey
from servicekit.remote_keys import KeysUnavailable, RemoteKeys
from servicekit.tokens import InvalidToken, UnknownKeyId, sign_jwt

NOW = datetime(2026, 10, 1, 12, 0, tzinfo=UTC)
URL = "http://wallet.example/jwks"


def signing_key() -> SigningKey:
    key = ECKey.generate_key("P-256")
    return SigningKey(key.thumbprint(), key)


class Peer:
    """Another service's `/jwks`, that can be away or talk nonsense."""

    def __init__(self, *keys: SigningKey) -> None:
        self.asked = 0
        self.away = False
        self.answer: Any = {"keys": [key.public_jwk() for key in keys]}
        self.status = 200

    def __call__(self, request: httpx.Request) -> httpx.Response:
        assert str(request.url) == URL
        self.asked += 1
        if self.away:
            raise httpx.ConnectError("refused")
        return httpx.Response(self.status, content=json.dumps(self.answer))


def remote(peer: Peer, cache: Path | None = None, refetch_after: float = 0) -> RemoteKeys:
    http = httpx.AsyncClient(transport=httpx.MockTransport(peer))
    return RemoteKeys(URL, cache, http, refetch_after=refetch_after)


def token(key: SigningKey) -> str:
    seconds = int(NOW.timestamp())
    claims = {"iss": "w", "aud": "i", "iat": seconds, "exp": seconds + 60}
    return sign_jwt(key, typ="at+jwt", claims=claims)


async def verify(keys: RemoteKeys, key: SigningKey) -> dict[str, Any]:
    return await keys.verify(token(key), typ="at+jwt", issuer="w", audience="i", now=NOW)


async def test_the_peer_is_asked_once() -> None:
    key = signing_key()
    peer = Peer(key)
    keys = remote(peer)

    await verify(keys, key)
    await verify(keys, key)

    assert peer.asked == 1


async def test_a_new_key_of_the_peer_is_found_by_its_first_token() -> None:
    old, new = signing_key(), signing_key()
    peer = Peer(old)
    keys = remote(peer)
    await verify(keys, old)

    peer.answer = Peer(old, new).answer
    await verify(keys, new)

    assert peer.asked == 2


async def test_made_up_key_ids_do_not_make_us_ask_all_the_time() -> None:
    key = signing_key()
    peer = Peer(key)
    keys = remote(peer, refetch_after=5)
    await verify(keys, key)

    for _ in range(10):
        with pytest.raises(UnknownKeyId):
            await verify(keys, signing_key())

    assert peer.asked == 1


async def test_keys_on_disk_serve_while_the_peer_is_away(tmp_path: Path) -> None:
    key = signing_key()
    peer = Peer(key)
    await verify(remote(peer, tmp_path / "cache" / "wallet.json"), key)

    peer.away = True
    await verify(remote(peer, tmp_path / "cache" / "wallet.json"), key)

    assert [path.name for path in (tmp_path / "cache").iterdir()] == ["wallet.json"]


async def test_known_keys_stay_when_the_peer_goes_away() -> None:
    key = signing_key()
    peer = Peer(key)
    keys = remote(peer)
    await verify(keys, key)

    peer.away = True
    with pytest.raises(UnknownKeyId):
        await verify(keys, signing_key())

    await verify(keys, key)


async def test_without_any_keys_it_says_so() -> None:
    peer = Peer()
    peer.away = True

    with pytest.raises(KeysUnavailable):
        await remote(peer).keys()


@pytest.mark.parametrize(
    "answer",
    [
        [],
        {},
        {"keys": []},
        {"keys": "none"},
        {"keys": [{"kty": "EC"}]},
        {"keys": [signing_key().key.as_dict(private=True)]},
        {"keys": [OctKey.generate_key(256).as_dict(private=True)]},
        {"keys": ["A" * 300_000]},
    ],
)
async def test_an_answer_that_is_no_set_of_public_keys_is_not_taken(answer: Any, tmp_path: Path) -> None:
    key = signing_key()
    peer = Peer(key)
    keys = remote(peer, tmp_path / "keys.json")
    await verify(keys, key)

    peer.answer = answer
    with pytest.raises(UnknownKeyId):
        await verify(keys, signing_key())

    await verify(keys, key)
    await verify(remote(peer, tmp_path / "keys.json"), key)


@pytest.mark.parametrize("status", [302, 404, 500])
async def test_only_a_plain_answer_counts(status: int) -> None:
    peer = Peer(signing_key())
    peer.status = status

    with pytest.raises(KeysUnavailable):
        await remote(peer).keys()


async def test_a_damaged_cache_is_asked_for_again(tmp_path: Path) -> None:
    key = signing_key()
    (tmp_path / "keys.json").write_text('{"keys": [')

    await verify(remote(Peer(key), tmp_path / "keys.json"), key)


async def test_a_disk_that_refuses_costs_nothing_now(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    key = signing_key()

    await verify(remote(Peer(key), tmp_path / "file" / "keys.json"), key)


async def test_claims_are_checked_as_with_local_keys() -> None:
    key = signing_key()

    with pytest.raises(InvalidToken, match="audience"):
        await remote(Peer(key)).verify(token(key), typ="at+jwt", issuer="w", audience="x", now=NOW)


async def test_the_same_key_set_can_be_awaited_by_its_key_id() -> None:
    key = signing_key()
    peer = Peer(key)
    keys = remote(peer)

    assert (await keys.keys(key.kid)).get_by_kid(key.kid).kid == key.kid
    await keys.keys(key.kid)

    assert peer.asked == 1
