"""Consents, export, the token for the notifier, and what other services may fetch."""

from datetime import timedelta
from pathlib import Path
from uuid import UUID, uuid4

import httpx
import pytest
from joserfc.jwk import KeySet

from contracts.ordering import ContactChanged, OrderPlaced
from eventing import Works
from ordering.sealing import Sealers
from ordering.use_cases.give_consent import give_consent
from servicekit.institutions import Institution
from servicekit.keys import Keys
from servicekit.tokens import sign_jwt, verify_jwt
from tests.component.ordering.conftest import PlaceOrder, SignIn
from tests.component.ordering.scene import CONSENTS, NOON, PESEL, PHOTO, PHOTO_SHA256, Clock, Story, tell
from tests.eventlog import published


@pytest.fixture
async def story(place_order: PlaceOrder, anna: UUID) -> Story:
    return await place_order()


async def test_consents_tell_their_texts_versions_and_what_was_given(
    http: httpx.AsyncClient, place_order: PlaceOrder
) -> None:
    await place_order()

    consents = (await http.get("/api/v1/consents", headers={"Accept-Language": "en"})).json()

    assert [(consent["kind"], consent["required"], consent["given"] is not None) for consent in consents] == [
        ("card_terms", True, True),
        ("data_to_wallet", True, True),
        ("email_alerts", False, False),
    ]
    assert consents[0]["given"]["version"] == consents[0]["version"] == "2026-11"
    assert consents[2]["title"] == "I want alerts by e-mail"


async def test_a_required_consent_cannot_be_withdrawn_by_itself(
    http: httpx.AsyncClient, story: Story
) -> None:
    response = await http.delete("/api/v1/consents/card_terms")

    assert (response.status_code, response.json()["code"]) == (409, "CONSENT_REQUIRED")


async def test_a_consent_that_is_none_is_not_found(http: httpx.AsyncClient) -> None:
    assert (await http.get("/api/v1/consents/marketing")).status_code == 404
    assert (await http.delete("/api/v1/consents/marketing")).status_code == 404


async def test_email_alerts_are_given_as_easily_as_withdrawn(
    http: httpx.AsyncClient, works: Works, story: Story
) -> None:
    given = await http.put("/api/v1/consents/email_alerts", json={"version": "2026-11"})
    shown = (await http.get("/api/v1/consents/email_alerts")).json()
    withdrawn = await http.delete("/api/v1/consents/email_alerts")

    assert (given.status_code, withdrawn.status_code) == (204, 204)
    assert shown["given"]["version"] == "2026-11"
    assert (await http.get("/api/v1/consents/email_alerts")).json()["given"] is None
    changes = [event for event in await published(works.pool) if isinstance(event, ContactChanged)]
    assert [event.order_id for event in changes] == [story.order_id, story.order_id]


async def test_an_old_version_of_a_consent_is_not_taken(http: httpx.AsyncClient) -> None:
    response = await http.put("/api/v1/consents/email_alerts", json={"version": "2025-10"})

    assert (response.status_code, response.json()["outdated"]) == (422, ["email_alerts"])


async def test_changed_words_of_a_consent_are_given_anew_and_the_notifier_need_not_hear(
    http: httpx.AsyncClient, works: Works, sealers: Sealers, umcs: Institution, story: Story, anna: UUID
) -> None:
    await http.put("/api/v1/consents/email_alerts", json={"version": "2026-11"})
    consents = tuple(consent.model_copy(update={"version": "2027-03"}) for consent in umcs.consents)
    changed = umcs.model_copy(update={"consents": consents})

    for _ in range(2):
        async with works.begin() as work:
            await give_consent(
                work, sealers, changed, anna, kind="email_alerts", version="2027-03", locale="pl"
            )

    given = await works.pool.fetch("select version from consents where kind = 'email_alerts'")
    assert sorted(row["version"] for row in given) == ["2026-11", "2027-03"]
    assert [type(event) for event in await published(works.pool)] == [OrderPlaced, ContactChanged]


async def test_every_order_hears_of_a_withdrawn_address(
    http: httpx.AsyncClient, works: Works, place_order: PlaceOrder
) -> None:
    first = await place_order(consents=CONSENTS | {"email_alerts": "2026-11"})
    await http.post(f"/api/v1/orders/{first.order_id}/cancellation")
    second = await place_order(key="key-2")

    await http.delete("/api/v1/consents/email_alerts")

    changes = [event for event in await published(works.pool) if isinstance(event, ContactChanged)]
    assert {event.order_id for event in changes} == {first.order_id, second.order_id}


async def test_the_export_holds_what_is_stored_and_no_code(
    http: httpx.AsyncClient, works: Works, story: Story
) -> None:
    ready = story.ready()
    await tell(works, ready)

    response = await http.get("/api/v1/me/export")

    export = response.json()
    assert export["student"]["pesel"] == PESEL
    assert export["orders"][0]["order_id"] == str(story.order_id)
    assert len(export["consents"]) == 2
    assert ready.event.activation_code_sealed not in response.text
    assert "attachment" in response.headers["content-disposition"]


async def test_the_export_tells_sessions_and_what_was_tried(
    http: httpx.AsyncClient, works: Works, signed_in: SignIn, jan: UUID, story: Story
) -> None:
    await works.pool.execute("insert into sessions values ($1, 'umcs', 'jan', null, $2)", b"cookie", NOON)
    await signed_in("jan").get(f"/api/v1/orders/{story.order_id}")

    own = (await signed_in("jan").get("/api/v1/me/export")).json()
    others = (await http.get("/api/v1/me/export")).json()

    assert [session["expires_at"] for session in own["sessions"]] == [NOON.isoformat().replace("+00:00", "Z")]
    assert [line["action"] for line in own["audit"]] == ["foreign_order_refused"]
    assert (others["sessions"], others["audit"]) == ([], [])


async def test_the_notifier_token_names_the_student_for_five_minutes(
    http: httpx.AsyncClient, anna: UUID, clock: Clock
) -> None:
    answer = (await http.post("/api/v1/notifier-token")).json()
    jwks = (await http.get("/internal/jwks")).json()

    claims = verify_jwt(
        answer["token"],
        _key_set(jwks),
        typ="at+jwt",
        issuer="http://localhost:8001",
        audience="http://localhost:8003",
        now=clock.now,
    )
    assert (claims["sub"], claims["institution_id"]) == (str(anna), "umcs")
    assert (answer["expires_in"], answer["url"]) == (300, "http://localhost:8003")
    assert claims["exp"] - claims["iat"] == 300


def _key_set(jwks: dict[str, list[dict[str, str]]]) -> KeySet:
    assert all("d" not in key for key in jwks["keys"])
    return KeySet.import_key_set(jwks)  # type: ignore[arg-type] # its TypedDict is narrower than JSON


def service_token(keys_dir: Path, story: Story, **changes: object) -> dict[str, str]:
    claims = {
        "iss": "http://localhost:8002",
        "aud": "http://localhost:8001",
        "iat": int(NOON.timestamp()),
        "exp": int((NOON + timedelta(seconds=60)).timestamp()),
        "order_id": str(story.order_id),
        "sha256": PHOTO_SHA256,
    } | changes
    key = Keys(keys_dir).signing_keys("issuer/service").current
    return {"Authorization": f"Bearer {sign_jwt(key, typ='service+jwt', claims=claims)}"}


async def test_the_issuer_fetches_the_photo_of_an_order(
    signed_in: SignIn, keys_dir: Path, story: Story
) -> None:
    response = await signed_in(None).get(
        f"/internal/photos/{PHOTO_SHA256}", headers=service_token(keys_dir, story)
    )

    assert (response.status_code, response.content) == (200, PHOTO)
    assert response.headers["content-type"] == "image/jpeg"


@pytest.mark.parametrize(
    ("wrong", "status"),
    [
        ({"sha256": "cd" * 32}, 401),
        ({"aud": "http://localhost:8003"}, 401),
        ({"iss": "http://localhost:8004"}, 401),
        ({"exp": int(NOON.timestamp()) - 60}, 401),
        ({"order_id": "none"}, 401),
        ({"order_id": str(uuid4())}, 404),
    ],
)
async def test_a_photo_is_given_for_its_order_and_digest_only(
    signed_in: SignIn, keys_dir: Path, story: Story, wrong: dict[str, object], status: int
) -> None:
    response = await signed_in(None).get(
        f"/internal/photos/{PHOTO_SHA256}", headers=service_token(keys_dir, story, **wrong)
    )

    assert response.status_code == status


async def test_a_student_cannot_fetch_photos(http: httpx.AsyncClient) -> None:
    answers = [await http.get(f"/internal/photos/{name}") for name in (PHOTO_SHA256, "abc")]

    assert [answer.status_code for answer in answers] == [401, 401]
