"""Status lists as a checker gets them."""

import gzip
import zlib
from datetime import timedelta
from typing import Any

import asyncpg
import httpx
import pytest

from issuer.use_cases import make_offers
from issuer.workshop import Workshop
from servicekit.bytes import from_base64url
from tests.component.issuer.cards import open_card, open_signed
from tests.component.issuer.scene import ISSUER, Order, Scene, WalletApp
from tests.component.issuer.test_taking_turns import issuing, take_turns

LIST = "/t/umcs/status-lists/1"


async def status_of(http: httpx.AsyncClient, index: int, path: str = LIST) -> int:
    response = await http.get(path)
    assert response.status_code == 200, response.text
    _, claims, _ = open_signed(response.text)
    packed = zlib.decompress(from_base64url(claims["status_list"]["lst"]))
    return packed[index // 4] >> (index % 4 * 2) & 3


async def index_of(order: Order, wallet: WalletApp) -> int:
    card = open_card(await wallet.activate(order))
    return int(card.claims["status"]["status_list"]["idx"])


async def test_a_list_is_signed_for_its_own_address(http: httpx.AsyncClient, scene: Scene) -> None:
    response = await http.get(LIST, headers={"Accept": "application/statuslist+jwt"})

    header, claims, _ = open_signed(response.text)
    assert response.headers["content-type"] == "application/statuslist+jwt"
    assert header["typ"] == "statuslist+jwt"
    assert claims["sub"] == f"{ISSUER}{LIST}"
    assert claims["iat"] == scene.clock.now.timestamp()
    assert claims["status_list"]["bits"] == 2
    assert claims["status_list"]["aggregation_uri"] == f"{ISSUER}/t/umcs/status-lists"


async def test_a_list_has_its_full_size_from_the_first_day(http: httpx.AsyncClient) -> None:
    _, claims, _ = open_signed((await http.get("/t/pwr/status-lists/1")).text)

    assert len(zlib.decompress(from_base64url(claims["status_list"]["lst"]))) == 4096 // 4


async def test_what_becomes_of_a_card_is_seen_within_five_seconds(
    http: httpx.AsyncClient, scene: Scene, wallet: WalletApp
) -> None:
    order = await scene.place()
    index = await index_of(order, wallet)
    assert await status_of(http, index) == 0

    for change, status in [("suspend", 2), ("reinstate", 0), ("revoke", 1)]:
        await scene.hear(scene.change(order, change))
        scene.clock.pass_by(timedelta(seconds=5))
        assert await status_of(http, index) == status


async def test_a_replaced_card_is_invalid(http: httpx.AsyncClient, scene: Scene, wallet: WalletApp) -> None:
    old = await scene.place()
    index = await index_of(old, wallet)
    named = (await scene.ready(old)).credential_id
    await wallet.activate(await scene.place(Order(student_ref=old.student_ref, replaces=named)))

    assert await status_of(http, index) == 1


async def test_no_list_is_older_than_thirty_seconds(http: httpx.AsyncClient, scene: Scene) -> None:
    for _ in range(40):
        _, claims, _ = open_signed((await http.get(LIST)).text)
        assert scene.clock.now.timestamp() - claims["iat"] <= 30
        scene.clock.pass_by(timedelta(seconds=3))


async def test_an_unchanged_list_keeps_its_tag_for_a_while(http: httpx.AsyncClient, scene: Scene) -> None:
    first = await http.get(LIST)
    scene.clock.pass_by(timedelta(seconds=10))

    again = await http.get(LIST, headers={"If-None-Match": first.headers["etag"]})

    assert again.status_code == 304
    assert again.content == b""


async def test_a_changed_list_has_another_tag(
    http: httpx.AsyncClient, scene: Scene, wallet: WalletApp
) -> None:
    order = await scene.place()
    await wallet.activate(order)
    first = await http.get(LIST)
    await scene.hear(scene.change(order, "revoke"))
    scene.clock.pass_by(timedelta(seconds=5))

    again = await http.get(LIST, headers={"If-None-Match": first.headers["etag"]})

    assert again.status_code == 200


async def test_a_list_comes_compressed_to_whoever_takes_that(http: httpx.AsyncClient) -> None:
    async with http.stream("GET", LIST, headers={"Accept-Encoding": "gzip"}) as response:
        raw = b"".join([part async for part in response.aiter_raw()])
    plain = await http.get(LIST, headers={"Accept-Encoding": "identity"})

    assert response.headers["content-encoding"] == "gzip"
    assert gzip.decompress(raw) == plain.content
    assert "content-encoding" not in plain.headers


async def test_all_lists_of_an_institution_are_listed(http: httpx.AsyncClient) -> None:
    response = await http.get("/t/umcs/status-lists")

    assert response.json() == {"status_lists": [f"{ISSUER}{LIST}"]}


@pytest.mark.parametrize(
    "path", ["/t/umcs/status-lists/9", "/t/umcs/status-lists/0", "/t/nowhere/status-lists/1"]
)
async def test_an_unknown_list_is_not_found(path: str, http: httpx.AsyncClient) -> None:
    assert (await http.get(path)).status_code == 404


@pytest.mark.parametrize("number", ["x", "-1", "99999999999999999999", "1.5"])
async def test_a_number_that_is_none_is_refused(number: str, http: httpx.AsyncClient) -> None:
    assert (await http.get(f"/t/umcs/status-lists/{number}")).status_code in (404, 422)


async def test_lists_of_the_past_are_not_kept(http: httpx.AsyncClient) -> None:
    assert (await http.get(LIST, params={"time": 1})).status_code == 501


async def test_a_revocation_that_waits_for_the_issue_is_seen_in_the_list(
    http: httpx.AsyncClient, scene: Scene, workshop: Workshop
) -> None:
    order = await scene.place()
    revocation = scene.change(order, "revoke")

    await take_turns(scene, await issuing(scene, workshop, order), scene.hear(revocation))

    entry = await entry_of(scene, order)
    scene.clock.pass_by(timedelta(seconds=5))
    assert await scene.state(order) == "revoked"
    assert await status_of(http, entry["idx"]) == 1


async def test_of_two_revocations_at_once_none_is_lost(
    http: httpx.AsyncClient, scene: Scene, wallet: WalletApp
) -> None:
    orders = [await scene.place() for _ in range(2)]
    indices = [await index_of(order, wallet) for order in orders]
    first, second = [scene.change(order, "revoke") for order in orders]

    async with scene.works.begin() as work:
        await scene.apply(work, first)
        await scene.hear(second)
    scene.clock.pass_by(timedelta(seconds=5))

    assert [await status_of(http, index) for index in indices] == [1, 1]


async def test_of_two_orders_that_draw_one_place_at_once_the_second_draws_again(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    free = await free_indices(scene, 2)
    draws = iter([free[0], free[0], free[1]])
    monkeypatch.setattr(make_offers, "draw_indices", lambda count, size: [next(draws)])
    orders = [Order(), Order()]
    first, second = [scene.placed(order) for order in orders]

    await take_turns(scene, lambda work: scene.apply(work, first), scene.hear(second))

    assert [(await entry_of(scene, order))["idx"] for order in orders] == free


async def entry_of(scene: Scene, order: Order) -> asyncpg.Record:
    entry = await scene.works.pool.fetchrow(
        "select list_id, idx from status_entries where order_id = $1", order.order_id
    )
    assert entry is not None
    return entry


async def free_indices(scene: Scene, count: int) -> list[int]:
    """Places that nobody has in any list."""
    rows = await scene.works.pool.fetch(
        "select i from generate_series(0, 4095) i where i not in (select idx from status_entries) limit $1",
        count,
    )
    return [row["i"] for row in rows]


async def test_rows_say_what_the_list_says(http: httpx.AsyncClient, scene: Scene, wallet: WalletApp) -> None:
    indices: dict[int, Any] = {}
    for change in (None, "suspend", "revoke"):
        order = await scene.place()
        indices[await index_of(order, wallet)] = order
        if change:
            await scene.hear(scene.change(order, change))
    scene.clock.pass_by(timedelta(seconds=5))

    for index, order in indices.items():
        assert await status_of(http, index) == await scene.status(order)
