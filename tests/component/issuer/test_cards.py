"""What a phone is given, to whom it is refused, and what it may ask again."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from cryptography import x509

from contracts.issuer import CardIssued, WalletReported
from tests.component.issuer.cards import open_card
from tests.component.issuer.peers import Peers
from tests.component.issuer.phones import Phone
from tests.component.issuer.scene import END_OF_SEMESTER, ISSUER, Order, Scene, WalletApp


def error_of(response: Any) -> tuple[int, str]:
    return response.status_code, response.json()["error"]


async def test_the_first_phone_gets_the_card(scene: Scene, wallet: WalletApp) -> None:
    order, phone = await scene.place(), Phone()

    response = await wallet.activate(order, phone)

    assert response.headers["cache-control"] == "no-store"
    assert response.json().keys() == {"credentials", "notification_id"}
    [issued] = await scene.told(order, CardIssued)
    assert (issued.holder_jkt, issued.holder_jwk) == (phone.jkt, phone.jwk)
    assert (issued.valid_until, issued.replaces) == (END_OF_SEMESTER, None)
    assert issued.device_label == "android"


async def test_what_no_holder_can_hide_stands_in_the_clear(scene: Scene, wallet: WalletApp) -> None:
    scene.clock.now = datetime(2026, 11, 22, 12, 34, 56, tzinfo=UTC)
    order, phone = await scene.place(), Phone()

    card = open_card(await wallet.activate(order, phone))

    assert (card.header["typ"], card.header["alg"]) == ("dc+sd-jwt", "ES256")
    assert card.claims["iss"] == f"{ISSUER}/t/umcs"
    assert card.claims["vct"] == f"{ISSUER}/t/umcs/vct/legitymacja-studencka/1"
    assert card.claims["cnf"] == {"jwk": phone.jwk}
    assert card.claims["status"]["status_list"]["uri"] == f"{ISSUER}/t/umcs/status-lists/1"
    assert card.claims["iat"] == card.claims["nbf"] == datetime(2026, 11, 22, 12, tzinfo=UTC).timestamp()
    assert card.claims["exp"] == END_OF_SEMESTER.timestamp()
    assert set(card.claims) == {"iss", "iat", "nbf", "exp", "vct", "cnf", "status", "_sd", "_sd_alg"}


async def test_every_other_claim_is_a_disclosure_of_its_own(scene: Scene, wallet: WalletApp) -> None:
    card = open_card(await wallet.activate(await scene.place()))

    assert card.disclosed["given_name"] == "Zofia Świętosława"
    assert card.disclosed["family_name"] == "Gżegżółka-Źdźbło"
    assert card.disclosed["birthdate"] == "2004-02-29"
    assert card.disclosed["pesel"] == "04222912345"
    assert card.disclosed["student_number"] == "312345"
    assert card.disclosed["portrait"].startswith("data:image/jpeg;base64,")
    assert card.disclosed["institution"]["id"] == "umcs"
    assert card.disclosed["issue_date"] == "2026-11-22"
    assert card.disclosed["expiry_date"] == "2027-03-31"
    assert len(card.disclosed["card_number"]) == 16


async def test_a_student_without_pesel_has_as_many_digests(scene: Scene, wallet: WalletApp) -> None:
    without = open_card(await wallet.activate(await scene.place(pesel=None)))
    with_pesel = open_card(await wallet.activate(await scene.place()))

    assert "pesel" not in without.disclosed
    assert len(without.claims["_sd"]) == len(with_pesel.claims["_sd"])


async def test_where_no_photo_is_required_a_card_comes_without(
    scene: Scene, wallet: WalletApp, peers: Peers
) -> None:
    order = await scene.place(photo_sha256=None, student_number=None)

    card = open_card(await wallet.activate(order))

    assert not {"portrait", "student_number"} & card.disclosed.keys()
    assert peers.photos_asked() == []


async def test_the_certificate_is_of_the_institution_and_no_anchor_is_sent(
    scene: Scene, wallet: WalletApp
) -> None:
    card = open_card(await wallet.activate(await scene.place(Order(institution_id="pwr"))))

    names = card.certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.UniformResourceIdentifier) == [f"{ISSUER}/t/pwr"]
    assert card.certificate.issuer != card.certificate.subject


async def test_the_end_is_the_end_of_the_day_in_warsaw_in_summer_and_winter(
    scene: Scene, wallet: WalletApp
) -> None:
    card = open_card(await wallet.activate(await scene.place(valid_until="2027-10-31T22:59:59Z")))

    assert card.claims["exp"] == datetime(2027, 10, 31, 22, 59, 59, tzinfo=UTC).timestamp()
    assert card.disclosed["expiry_date"] == "2027-10-31"


async def test_the_same_key_asking_again_gets_the_same_card_freshly_signed(
    scene: Scene, wallet: WalletApp
) -> None:
    order, phone = await scene.place(), Phone()
    token = wallet.token(await scene.ready(order))

    responses = [await wallet.ask(token, phone) for _ in range(3)]

    cards = [open_card(response) for response in responses]
    assert len({card.claims["status"]["status_list"]["idx"] for card in cards}) == 1
    assert len({card.disclosed["card_number"] for card in cards}) == 1
    assert len({response.json()["notification_id"] for response in responses}) == 1
    assert len({response.json()["credentials"][0]["credential"] for response in responses}) == 3
    assert await scene.names(order) == ["CredentialReady", "CardIssued"]


async def test_another_key_is_refused(scene: Scene, wallet: WalletApp) -> None:
    order = await scene.place()
    token = wallet.token(await scene.ready(order))
    await wallet.ask(token, Phone())

    response = await wallet.ask(token, Phone())

    assert error_of(response) == (400, "credential_request_denied")
    assert await scene.names(order) == ["CredentialReady", "CardIssued"]


async def test_a_nonce_serves_one_request(scene: Scene, wallet: WalletApp) -> None:
    order, phone, nonce = await scene.place(), Phone(), await wallet.nonce()
    token = wallet.token(await scene.ready(order))
    await wallet.ask(token, phone, nonce=nonce)

    assert error_of(await wallet.ask(token, phone, nonce=nonce)) == (400, "invalid_nonce")


async def test_a_refused_request_leaves_its_nonce_unused(scene: Scene, wallet: WalletApp) -> None:
    ready, phone, nonce = await scene.ready(await scene.place()), Phone(), await wallet.nonce()
    refused = await wallet.ask(wallet.token(ready, generation=2), phone, nonce=nonce)

    assert refused.status_code == 401
    assert (await wallet.ask(wallet.token(ready), phone, nonce=nonce)).status_code == 200


async def test_an_old_or_foreign_nonce_is_an_invalid_nonce(scene: Scene, wallet: WalletApp) -> None:
    order, old = await scene.place(), await wallet.nonce()
    scene.clock.pass_by(timedelta(minutes=6))
    token = wallet.token(await scene.ready(order))

    for nonce in (old, await wallet.nonce("pwr"), "wKI4LT17ac15ES9bw8ac4"):
        assert error_of(await wallet.ask(token, Phone(), nonce=nonce)) == (400, "invalid_nonce")


async def test_a_missing_nonce_is_an_invalid_proof(scene: Scene, wallet: WalletApp) -> None:
    token = wallet.token(await scene.ready(await scene.place()))

    assert error_of(await wallet.ask(token, Phone(), claims={"nonce": None})) == (400, "invalid_proof")


@pytest.mark.parametrize(
    "changes",
    [
        {"aud": f"{ISSUER}/t/pwr"},
        {"iss": "http://localhost:8666"},
        {"exp": 1},
        {"sub": "somebody"},
        {"sub": "01981d3c-5a11-7d20-8b4f-1a2b3c4d5e6f"},
        {"credential_id": "01981d3c-5a11-7d20-8b4f-1a2b3c4d5e6f"},
        {"credential_configuration_id": "another_card"},
        {"generation": 2},
        {"generation": None},
        {"device_label": "toaster"},
        {"cnf": {"jkt": "bound-to-a-key"}},
    ],
)
async def test_a_token_that_is_not_for_this_card_is_refused(
    changes: dict[str, Any], scene: Scene, wallet: WalletApp
) -> None:
    order = await scene.place()
    ready = await scene.ready(order)

    response = await wallet.ask(wallet.token(ready, **changes), Phone())

    assert error_of(response) == (401, "invalid_token")
    assert 'error="invalid_token"' in response.headers["www-authenticate"]
    assert await scene.state(order) == "offered"


@pytest.mark.parametrize(
    "headers", [{}, {"Authorization": "Bearer"}, {"Authorization": "DPoP"}, {"Authorization": "Basic eDp5"}]
)
async def test_a_request_without_a_token_is_told_the_schemes(
    headers: dict[str, str], wallet: WalletApp
) -> None:
    response = await wallet.http.post("/t/umcs/credential", json={}, headers=headers)

    assert response.status_code == 401
    assert response.headers["www-authenticate"] == 'Bearer realm="legitka", DPoP algs="ES256"'


async def test_a_token_in_the_address_is_refused(scene: Scene, wallet: WalletApp) -> None:
    token = wallet.token(await scene.ready(await scene.place()))

    response = await wallet.http.post(f"/t/umcs/credential?access_token={token}", json={})

    assert error_of(response) == (400, "invalid_request")


async def test_known_keys_outlast_the_absence_of_the_wallet(
    scene: Scene, wallet: WalletApp, peers: Peers
) -> None:
    await wallet.activate(await scene.place())
    peers.wallet_is_away = True

    assert (await wallet.activate(await scene.place())).status_code == 200


async def test_without_any_key_a_wallet_is_asked_to_come_again(
    scene: Scene, wallet: WalletApp, peers: Peers
) -> None:
    peers.wallet_is_away = True

    response = await wallet.activate(await scene.place())

    assert response.status_code == 503
    assert int(response.headers["retry-after"]) > 0


async def test_the_photo_is_fetched_once_and_only_when_it_is_needed(
    scene: Scene, wallet: WalletApp, peers: Peers
) -> None:
    order, phone = await scene.place(), Phone()
    token = wallet.token(await scene.ready(order))
    assert peers.photos_asked() == []

    for _ in range(2):
        await wallet.ask(token, phone)
    await wallet.ask(token, Phone())

    [request] = peers.photos_asked()
    assert request.headers["authorization"].startswith("Bearer ")


@pytest.mark.parametrize("event", ["credential_accepted", "credential_failure", "credential_deleted"])
async def test_what_a_wallet_reports_is_told_once(event: str, scene: Scene, wallet: WalletApp) -> None:
    order, phone = await scene.place(), Phone()
    token = wallet.token(await scene.ready(order))
    notification_id = (await wallet.ask(token, phone)).json()["notification_id"]
    report = {"notification_id": notification_id, "event": event, "event_description": "ok", "more": 1}

    answers = [await notify(wallet, token, report) for _ in range(2)]

    assert [answer.status_code for answer in answers] == [204, 204]
    assert [told.event for told in await scene.told(order, WalletReported)] == [event]


async def test_a_later_report_that_differs_is_told_too(scene: Scene, wallet: WalletApp) -> None:
    order = await scene.place()
    token = wallet.token(await scene.ready(order))
    notification_id = (await wallet.ask(token, Phone())).json()["notification_id"]

    for event in ("credential_accepted", "credential_deleted"):
        await notify(wallet, token, {"notification_id": notification_id, "event": event})

    assert [told.event for told in await scene.told(order, WalletReported)] == [
        "credential_accepted",
        "credential_deleted",
    ]


async def test_a_report_about_another_card_is_refused(scene: Scene, wallet: WalletApp) -> None:
    mine, other = await scene.place(), await scene.place()
    foreign = (await wallet.activate(other)).json()["notification_id"]
    token = wallet.token(await scene.ready(mine))

    for notification_id in (foreign, "unknown"):
        report = {"notification_id": notification_id, "event": "credential_accepted"}
        assert error_of(await notify(wallet, token, report)) == (400, "invalid_notification_id")


@pytest.mark.parametrize("report", [{}, [], {"notification_id": "x"}, {"notification_id": 7, "event": "x"}])
async def test_a_report_that_says_nothing_is_refused(report: Any, scene: Scene, wallet: WalletApp) -> None:
    token = wallet.token(await scene.ready(await scene.place()))

    assert error_of(await notify(wallet, token, report)) == (400, "invalid_notification_request")


async def notify(wallet: WalletApp, token: str, report: Any) -> Any:
    headers = {"Authorization": f"Bearer {token}"}
    return await wallet.http.post("/t/umcs/notification", json=report, headers=headers)
