"""The dean's office by its API: who it is for, what it finds and can do, and what is written down of it."""

import asyncio
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from contracts.ordering import CardChangeRequested, OrderCancelled, OrderErased
from eventing import Works
from ordering.sealing import Sealers
from ordering.store import clerks
from tests.component.ordering.conftest import PlaceOrder, SignIn
from tests.component.ordering.scene import NOON, PESEL, Story, add_student, tell
from tests.databases import Database
from tests.eventlog import published

API = "/api/v1/clerk"
NOBODY = UUID(int=7, version=4)
SUSPENSION = {"reason": "rights_suspended"}


@pytest.fixture
async def story(place_order: PlaceOrder, anna: UUID) -> Story:
    return await place_order()


@pytest.fixture
async def card(works: Works, story: Story) -> Story:
    await tell(works, story.ready(), story.issued())
    return story


async def audit(database: Database) -> list[tuple[str, UUID | None]]:
    rows = await database.pool.fetch(
        "select actor_ref, action, student_ref from audit_lines order by audit_id"
    )
    return [(row["action"], row["student_ref"]) for row in rows if row["actor_ref"].startswith("clerk:")]


async def changes(database: Database) -> list[tuple[str, str, str | None]]:
    events = await published(database.pool)
    return [(each.change, each.by, each.reason) for each in events if isinstance(each, CardChangeRequested)]


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "/students/search", {"words": ["Anna"]}),
        ("GET", f"/students/{NOBODY}", None),
        ("GET", f"/students/{NOBODY}/export", None),
        ("POST", f"/students/{NOBODY}/suspension", SUSPENSION),
        ("POST", f"/students/{NOBODY}/reinstatement", None),
        ("POST", f"/students/{NOBODY}/striking-off", None),
        ("POST", f"/students/{NOBODY}/erasure", None),
        ("POST", f"/orders/{NOBODY}/withdrawal", None),
        ("POST", f"/cards/{NOBODY}/revocation", {"reason": "misuse"}),
    ],
)
async def test_nobody_but_a_clerk_gets_in(
    http: httpx.AsyncClient, signed_in: SignIn, method: str, path: str, body: dict[str, Any] | None
) -> None:
    by_a_student = await http.request(method, API + path, json=body)
    by_a_stranger = await signed_in(None).request(method, API + path, json=body)

    assert (by_a_student.status_code, by_a_student.json()["code"]) == (403, "NOT_A_CLERK")
    assert by_a_stranger.status_code == 401


async def test_a_student_who_tries_is_noted_and_a_clerk_who_was_removed_is_none_at_once(
    http: httpx.AsyncClient, office: httpx.AsyncClient, works: Works, ordering_database: Database, anna: UUID
) -> None:
    await http.get(f"{API}/students/{anna}")
    noted = await ordering_database.pool.fetchrow("select actor_ref, action from audit_lines")
    async with works.begin() as work:
        await clerks.remove(work.connection, "umcs", "teresa", work.now)

    assert noted is not None
    assert tuple(noted) == (str(anna), "clerk_access_refused")
    assert (await office.get(f"{API}/students/{anna}")).status_code == 403
    assert await audit(ordering_database) == [("clerk_access_refused", None)]


@pytest.mark.parametrize(
    "words",
    [["anna-1"], ["Wójcik"], ["wojcik"], ["ŻAK", "ann"], ["zak", "Maria"], [" anna  zak "]],
    ids="-".join,
)
async def test_a_student_is_found_by_number_or_by_beginnings_of_names(
    office: httpx.AsyncClient, anna: UUID, words: list[str]
) -> None:
    page = (await office.post(f"{API}/students/search", json={"words": words})).json()

    assert [student["student_ref"] for student in page["students"]] == [str(anna)]
    assert PESEL not in str(page)


async def test_no_number_of_a_person_no_other_name_and_no_other_institution_is_found(
    office: httpx.AsyncClient, anna: UUID, anna_at_pwr: UUID
) -> None:
    for words in ([PESEL], ["ojcik"], ["Anna", "Kowalska"]):
        page = (await office.post(f"{API}/students/search", json={"words": words})).json()
        assert page == {"students": [], "after": None}
    page = (await office.post(f"{API}/students/search", json={"words": ["Anna"]})).json()
    assert [student["student_ref"] for student in page["students"]] == [str(anna)]


async def test_pages_follow_each_other_without_a_gap(
    office: httpx.AsyncClient, works: Works, sealers: Sealers
) -> None:
    students = {str(await add_student(works, sealers, f"anna{number}")) for number in range(5)}
    found: list[str] = []
    after: str | None = None

    while True:
        body = {"words": ["Anna"], "limit": 2, "after": after}
        page = (await office.post(f"{API}/students/search", json=body)).json()
        found += [student["student_ref"] for student in page["students"]]
        after = page["after"]
        if after is None:
            break

    assert len(found) == 5
    assert set(found) == students


async def test_a_trace_tells_why_there_is_a_card_and_no_secret_of_it(
    office: httpx.AsyncClient, card: Story, anna: UUID
) -> None:
    answer = await office.get(f"{API}/students/{anna}", headers={"Accept-Language": "en"})

    told = answer.json()
    [order] = told["orders"]
    assert (order["status"], order["card"]["status"]) == ("ACTIVATED", "ACTIVE")
    assert [entry["kind"] for entry in order["timeline"]] == [
        "order_placed",
        "credential_ready",
        "card_issued",
    ]
    assert (told["may_order"], [reason["code"] for reason in told["reasons"]]) == (False, ["CARD_STANDS"])
    assert answer.headers["Cache-Control"] == "no-store"
    assert PESEL not in answer.text
    assert "activation_code" not in answer.text


async def test_a_trace_tells_every_reason_why_there_is_no_card(
    office: httpx.AsyncClient, works: Works, sealers: Sealers
) -> None:
    student = await add_student(works, sealers, "ewa", status="suspended", photo_sha256=None)

    told = (await office.get(f"{API}/students/{student}")).json()

    assert {reason["code"] for reason in told["reasons"]} >= {"STATUS_NOT_ACTIVE", "PHOTO_MISSING"}
    assert all(reason["cure"] for reason in told["reasons"])


async def test_whatever_a_clerk_reads_is_a_line_of_the_audit_without_what_was_searched_for(
    office: httpx.AsyncClient, ordering_database: Database, anna: UUID
) -> None:
    await office.post(f"{API}/students/search", json={"words": ["Wójcik"]})
    await office.get(f"{API}/students/{anna}")

    assert await audit(ordering_database) == [("students_searched", None), ("student_read", anna)]
    lines = await ordering_database.pool.fetchval("select string_agg(details::text, '') from audit_lines")
    assert "jcik" not in lines
    assert str(anna) in lines


async def test_what_is_stored_about_a_student_is_a_file_for_them_and_noted(
    office: httpx.AsyncClient, ordering_database: Database, card: Story, anna: UUID
) -> None:
    answer = await office.get(f"{API}/students/{anna}/export")

    told = answer.json()
    assert [order["order_id"] for order in told["orders"]] == [str(card.order_id)]
    assert (told["student"]["family_name"], told["audit"][-1]["action"]) == ("Wójcik-Żak", "data_exported")
    assert PESEL not in answer.text
    assert answer.headers["Content-Disposition"] == 'attachment; filename="legitka.json"'
    assert answer.headers["Cache-Control"] == "no-store"
    assert await audit(ordering_database) == [("data_exported", anna)]


async def test_the_office_suspends_and_lifts_it_again(
    office: httpx.AsyncClient, ordering_database: Database, card: Story, anna: UUID
) -> None:
    suspended = await office.post(f"{API}/students/{anna}/suspension", json=SUSPENSION)
    again = await office.post(f"{API}/students/{anna}/suspension", json={"reason": "data_in_doubt"})
    lifted = await office.post(f"{API}/students/{anna}/reinstatement")

    assert (suspended.status_code, suspended.json()["office_hold"]) == (202, True)
    assert suspended.json()["orders"][0]["requested"] == ["suspend:office"]
    assert (again.status_code, lifted.json()["office_hold"]) == (202, False)
    assert await changes(ordering_database) == [
        ("suspend", "office", "rights_suspended"),
        ("reinstate", "office", "rights_restored"),
    ]
    noted = await ordering_database.pool.fetch(
        "select action, details ->> 'reason' from audit_lines where action <> 'student_read' order by number"
    )
    assert [tuple(line) for line in noted] == [
        ("student_suspended", "rights_suspended"),
        ("student_suspended", "data_in_doubt"),
        ("student_reinstated", "rights_restored"),
    ]


async def test_a_card_is_revoked_once_with_its_reason(
    office: httpx.AsyncClient, ordering_database: Database, card: Story, anna: UUID
) -> None:
    path = f"{API}/cards/{card.credential_id}/revocation"

    answers = [await office.post(path, json={"reason": "misuse"}) for _ in range(2)]

    assert [answer.status_code for answer in answers] == [202, 202]
    assert await changes(ordering_database) == [("revoke", "office", "misuse")]
    assert await audit(ordering_database) == [("card_revocation_requested", anna)] * 2


async def test_a_card_that_has_ended_is_not_revoked_again(
    office: httpx.AsyncClient, works: Works, card: Story
) -> None:
    await tell(works, card.revoked())

    answer = await office.post(f"{API}/cards/{card.credential_id}/revocation", json={"reason": "misuse"})

    assert (answer.status_code, answer.json()["code"]) == (409, "CARD_ENDED")


async def test_an_open_order_is_withdrawn_by_the_office(
    office: httpx.AsyncClient, ordering_database: Database, story: Story, anna: UUID
) -> None:
    answers = [await office.post(f"{API}/orders/{story.order_id}/withdrawal") for _ in range(2)]

    assert [answer.status_code for answer in answers] == [202, 202]
    cancelled = [each for each in await published(ordering_database.pool) if isinstance(each, OrderCancelled)]
    assert [each.reason for each in cancelled] == ["office"]
    assert await audit(ordering_database) == [("order_withdrawn", anna)] * 2


async def test_an_order_that_has_become_a_card_is_not_withdrawn_but_its_card_revoked(
    office: httpx.AsyncClient, card: Story
) -> None:
    answer = await office.post(f"{API}/orders/{card.order_id}/withdrawal")

    assert (answer.status_code, answer.json()["code"]) == (409, "ORDER_HAS_CARD")
    assert "nieważnij legitymację" in answer.json()["detail"]


async def test_who_is_struck_off_loses_what_they_have_and_orders_no_more(
    office: httpx.AsyncClient,
    http: httpx.AsyncClient,
    ordering_database: Database,
    card: Story,
    anna: UUID,
) -> None:
    told = (await office.post(f"{API}/students/{anna}/striking-off")).json()

    assert told["orders"][0]["requested"] == ["revoke"]
    reasons = (await http.get("/api/v1/eligibility")).json()["reasons"]
    assert "STATUS_NOT_ACTIVE" in {reason["code"] for reason in reasons}
    assert ("student_struck_off", anna) in await audit(ordering_database)
    assert await changes(ordering_database) == [("revoke", "office", "not_a_student")]


async def test_an_open_order_of_who_is_struck_off_is_cancelled_by_the_office(
    office: httpx.AsyncClient, http: httpx.AsyncClient, story: Story, anna: UUID
) -> None:
    await office.post(f"{API}/students/{anna}/striking-off")

    order = (await http.get(f"/api/v1/orders/{story.order_id}")).json()
    last = order["timeline"][-1]
    assert (last["kind"], last["details"]) == ("order_cancelled", {"reason": "office"})


async def test_an_erased_student_is_gone_and_the_audit_says_by_whom(
    office: httpx.AsyncClient, ordering_database: Database, story: Story, anna: UUID
) -> None:
    answer = await office.post(f"{API}/students/{anna}/erasure")

    assert answer.status_code == 204
    assert (await office.get(f"{API}/students/{anna}")).status_code == 404
    assert OrderErased in [type(each) for each in await published(ordering_database.pool)]
    assert await audit(ordering_database) == [("student_erased", anna), ("clerk_found_nothing", None)]


async def test_an_erasure_that_is_asked_for_again_is_answered_as_the_first_was(
    office: httpx.AsyncClient, signed_in: SignIn, works: Works, ordering_database: Database, anna: UUID
) -> None:
    async with works.begin() as work:
        await clerks.add(work.connection, work.new_id(), "pwr", "teresa", work.now)
    path = f"{API}/students/{anna}/erasure"

    answers = await asyncio.gather(office.post(path), office.post(path))

    assert [answer.status_code for answer in (*answers, await office.post(path))] == [204] * 3
    assert (await signed_in("teresa", "pwr").post(path)).status_code == 404
    assert await audit(ordering_database) == [("student_erased", anna), ("clerk_found_nothing", None)]


@pytest.mark.parametrize(
    ("method", "act"), [("POST", "striking-off"), ("POST", "erasure"), ("GET", "export")]
)
async def test_what_cannot_be_undone_needs_a_fresh_sign_in(
    office: httpx.AsyncClient,
    signed_in: SignIn,
    ordering_database: Database,
    anna: UUID,
    method: str,
    act: str,
) -> None:
    stale = signed_in("teresa", at=NOON - timedelta(minutes=11))

    answer = await stale.request(method, f"{API}/students/{anna}/{act}")

    assert (answer.status_code, answer.json()["code"]) == (403, "FRESH_SIGN_IN_NEEDED")
    assert await audit(ordering_database) == []


async def test_a_clerk_revokes_a_card_after_a_fresh_sign_in_alone(
    office: httpx.AsyncClient, signed_in: SignIn, ordering_database: Database
) -> None:
    stale = signed_in("teresa", at=NOON - timedelta(minutes=11))

    answer = await stale.post(f"{API}/cards/{uuid4()}/revocation", json={"reason": "misuse"})

    assert (answer.status_code, answer.json()["code"]) == (403, "FRESH_SIGN_IN_NEEDED")
    assert await audit(ordering_database) == []


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("students/{student}", None),
        ("students/{student}/export", None),
        ("students/{student}/suspension", SUSPENSION),
        ("students/{student}/striking-off", {}),
        ("students/{student}/erasure", {}),
        ("orders/{order}/withdrawal", {}),
        ("cards/{card}/revocation", {"reason": "misuse"}),
    ],
)
async def test_students_of_another_institution_are_not_found_whatever_is_asked(
    office: httpx.AsyncClient,
    works: Works,
    place_order: PlaceOrder,
    ordering_database: Database,
    anna_at_pwr: UUID,
    path: str,
    body: dict[str, str] | None,
) -> None:
    theirs = await place_order("anna", "pwr")
    await tell(works, theirs.ready(), theirs.issued())
    before = await published(ordering_database.pool)
    place = path.format(student=anna_at_pwr, order=theirs.order_id, card=theirs.credential_id)

    answer = await office.request("GET" if body is None else "POST", f"{API}/{place}", json=body)

    assert answer.status_code == 404
    assert await published(ordering_database.pool) == before
    assert await audit(ordering_database) == [("clerk_found_nothing", None)]


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"words": []},
        {"words": [" "]},
        {"words": "Anna"},
        {"words": [7]},
        {"words": ["a"]},
        {"words": ["Anna z"]},
        {"words": ["Anna " * 6]},
        {"words": ["Anna"], "limit": 1000},
    ],
)
async def test_a_search_for_everybody_is_refused(office: httpx.AsyncClient, body: dict[str, Any]) -> None:
    assert (await office.post(f"{API}/students/search", json=body)).status_code == 422


async def test_a_reason_is_one_of_few_words(office: httpx.AsyncClient, card: Story, anna: UUID) -> None:
    free = {"reason": "Anna lied"}

    for path in (f"students/{anna}/suspension", f"cards/{card.credential_id}/revocation"):
        assert (await office.post(f"{API}/{path}", json=free)).status_code == 422
