"""One student walks the whole journey and into every error; all that was private on the way is kept."""

import csv
import json
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
from PIL import Image

from devstack.journey.checker import Checker
from devstack.journey.http import Addresses, JourneyError, from_base64url, to_base64url
from devstack.journey.student import StudentClient
from devstack.journey.wallet import Offer, Pack, WalletClient, WrongCode
from devstack.push_service import PushService
from devstack.stack import Stack
from tests.leaks import Secret
from tests.waiting import eventually

Json = dict[str, Any]

INSTITUTION = "umcs"
# Nobody among the sample students has a name that these could be taken for.
STUDENT = {
    "subject": "umcs-0451-swietopelk",
    "student_number": "K-7741936",
    "given_names": "Świętopełk Gościwit",
    "family_name": "Żółcikowska-Ćwierćmagdziak",
    "birth_date": "2003-09-17",
    "pesel": "03291748516",
    "email": "zolcikowska.cwiercmagdziak@poczta.example",
    "status": "active",
    "programme": "Informatyka",
    "cycle": "first",
    "study_kind": "full_time",
    "plastic_card_valid_until": "",
    "data_changed_on": "",
    "card_valid_until": "",
}
FIRST_NAME = "Świętopełk"


@dataclass
class Seen:
    """What nobody but those who walked may know, and what the services answered when they refused."""

    secrets: list[Secret] = field(default_factory=list)
    refusals: list[bytes] = field(default_factory=list)
    order_id: str = ""
    credential_id: str = ""

    def keep(self, kind: str, *values: str | bytes) -> None:
        self.secrets += [Secret(kind, value) for value in values]

    async def watch(self, answer: httpx.Response) -> None:
        if answer.status_code >= 400:
            self.refusals.append(await answer.aread())
        elif urlsplit(str(answer.url)).path.endswith("/nonce"):
            self.keep("nonce", json.loads(await answer.aread())["c_nonce"])


class PrivateJourney:
    """The walk, in steps that leave their secrets behind."""

    def __init__(self, stack: Stack, folder: Path, push_service: PushService) -> None:
        self.stack = stack
        self.push_service = push_service
        self.folder = folder
        self.addresses = Addresses.of(stack.ports)
        self.seen = Seen()

    async def enrol(self) -> None:
        """By the list of students, and at the identity provider; the command's words are a log as well."""
        self._tell_secrets_of_the_student()
        photos = self.folder / "photos"
        photos.mkdir()
        portrait = Image.effect_noise((420, 540), 60)
        portrait.save(photos / f"{STUDENT['student_number']}.jpg")
        file = self.folder / "students.csv"
        with file.open("w", encoding="utf-8", newline="") as opened:
            broken = STUDENT | {"birth_date": "17.09.2003", "email": "nobody"}
            writer = csv.DictWriter(opened, list(STUDENT))
            writer.writeheader()
            writer.writerows([STUDENT, STUDENT, broken])
        self.command("ordering", "import", str(file), "--photos", str(photos), "--institution", INSTITUTION)
        claims = {"institution": INSTITUTION, "email": STUDENT["email"]}
        async with httpx.AsyncClient() as http:
            await http.put(f"{self.addresses.identity}/users/{STUDENT['subject']}", json=claims)

    def _tell_secrets_of_the_student(self) -> None:
        given, family = STUDENT["given_names"], STUDENT["family_name"]
        self.seen.keep("first name", FIRST_NAME)
        self.seen.keep("other names", given, given.split()[1], family, *family.split("-"))
        self.seen.keep("birth date", "2003-09-17", "17.09.2003", "20030917")
        self.seen.keep("PESEL", STUDENT["pesel"])
        self.seen.keep("student number", STUDENT["student_number"])
        self.seen.keep("subject", STUDENT["subject"])
        self.seen.keep("e-mail", STUDENT["email"], STUDENT["email"].partition("@")[0])

    def command(self, service: str, *arguments: str) -> None:
        """Run a command of a service; what it says goes to a log file, as an operator's would."""
        with self.stack.places.log("commands").open("ab") as log:
            subprocess.run(
                [sys.executable, "-m", service, *arguments],
                env=self.stack._settings(service),
                stdout=log,
                stderr=log,
                check=False,
            )

    async def walk(self) -> None:
        async with self.clients() as (browser, student, phone, checker):
            await self.order(student)
            await self.turn_push_on(student)
            await self.lock(student, phone)
            pack = await self.activate(student, phone)
            await self.show(student, phone, checker, pack)
            await self.read_alerts(student, last="card_revoked", mails=6)
            await eventually(lambda: len(self.push_service.pushed) >= 3)
            await self.use_in_vain()
            with suppress(JourneyError):
                await browser.http.post(f"{self.addresses.ordering}/signout", follow_redirects=True)

    @asynccontextmanager
    async def clients(self) -> AsyncIterator[tuple[StudentClient, StudentClient, WalletClient, Checker]]:
        subject = STUDENT["subject"]
        async with (
            await StudentClient.sign_in_as_browser(self.addresses, subject) as browser,
            await StudentClient.sign_in(self.addresses, subject) as student,
            WalletClient(self.addresses) as phone,
            Checker(self.addresses) as checker,
        ):
            for http in (browser.http, student.http, phone.http, checker.http):
                http.event_hooks["response"].append(self.seen.watch)
            self.seen.keep("session", *browser.http.cookies.values())
            self.seen.keep("bearer token", student.http.headers["Authorization"].removeprefix("Bearer "))
            yield browser, student, phone, checker

    async def order(self, student: StudentClient) -> None:
        await student.eligibility()
        order = await student.place_order(channel="web")
        self.seen.order_id = order["order_id"]
        await student.wait_for(self.seen.order_id, "READY")
        await self._letters(student, 1)

    async def turn_push_on(self, student: StudentClient) -> None:
        token = (await student.http.post(f"{student.api}/notifier-token")).json()["token"]
        url, headers = f"{self.addresses.notifier}/api/v1/push-subscriptions", _bearer(token)
        key = (await student.http.get(url, headers=headers)).json()["application_server_key"]
        subscription = self.push_service.subscribe(key)
        given = {name: subscription[name] for name in ("endpoint", "keys")}
        answer = await student.http.post(url, json=given | {"application_server_key": key}, headers=headers)
        assert answer.status_code == 201, answer.text
        self.seen.keep("notifier token", token)
        self.seen.keep("push endpoint", subscription["endpoint"].rpartition("/")[2])
        self.seen.keep("push secret", *subscription["keys"].values())

    async def _letters(self, student: StudentClient, count: int) -> None:
        """Those about an offer leave only as long as they are news."""
        await eventually(lambda: _has_mail(student, count))

    async def _activation(self, student: StudentClient) -> Json:
        activation: Json = (await student.order(self.seen.order_id))["activation"]
        offer_uri = parse_qs(urlsplit(activation["qr_payload"]).query)["credential_offer_uri"][0]
        self.seen.keep("activation code", activation["activation_code"])
        self.seen.keep("QR content", activation["qr_payload"], activation["deep_link"])
        self.seen.keep("offer id", offer_uri.rpartition("/")[2])
        return activation

    async def lock(self, student: StudentClient, phone: WalletClient) -> None:
        activation = await self._activation(student)
        offer = await self._fetch_offer(phone, activation)
        for _ in range(5):
            await self._mistype(phone, offer, activation["activation_code"])
        await student.wait_for(self.seen.order_id, "LOCKED")
        await self._letters(student, 2)
        await student.request_new_code(self.seen.order_id)
        await eventually(lambda: self._is_offered_again(student, activation["qr_payload"]))
        await self._letters(student, 3)

    async def _is_offered_again(self, student: StudentClient, before: str) -> bool:
        order = await student.order(self.seen.order_id)
        return bool(order["status"] == "READY" and order["activation"]["qr_payload"] != before)

    async def _fetch_offer(self, phone: WalletClient, activation: Json) -> Offer:
        offer = await phone.fetch_offer(activation["qr_payload"])
        self.seen.keep("pre-authorized code", offer.pre_authorized_code)
        return offer

    async def _mistype(self, phone: WalletClient, offer: Offer, code: str) -> None:
        wrong = f"{(int(code) + 1) % 10**8:08}"
        self.seen.keep("wrong code", wrong)
        with suppress(WrongCode):
            await phone.redeem(offer, wrong)

    async def activate(self, student: StudentClient, phone: WalletClient) -> Pack:
        activation = await self._activation(student)
        offer = await self._fetch_offer(phone, activation)
        await self._mistype(phone, offer, activation["activation_code"])
        grant = await phone.redeem(offer, activation["activation_code"])
        self.seen.keep("access token", grant.access_token)
        self.seen.keep("refresh token", grant.refresh_token)
        self.seen.credential_id = grant.credential_id
        card = await phone.fetch_card(offer, grant)
        await student.wait_for(self.seen.order_id, "ACTIVATED")
        self.seen.keep("portrait", _within(card.claims["portrait"]))
        pack = await phone.store_pack(card, grant.credential_id)
        self.seen.keep("presentation handle", pack.handle, to_base64url(pack.handle))
        self.seen.keep("presentation key", pack.key, to_base64url(pack.key))
        return pack

    async def show(self, student: StudentClient, phone: WalletClient, checker: Checker, pack: Pack) -> None:
        shown, card_id = phone.show(pack), self.seen.credential_id
        self.seen.keep("shown code", shown.partition("#")[2])
        assert (await checker.check(shown)).outcome == "valid"
        await checker.check(phone.show(pack, at=1_700_000_000))
        await student.change_card(card_id, "suspension")
        await eventually(lambda: _outcome_is(checker, phone.show(pack), "suspended"))
        await student.change_card(card_id, "revocation")
        await eventually(lambda: _outcome_is(checker, phone.show(pack), "revoked"))

    async def read_alerts(self, student: StudentClient, *, last: str, mails: int) -> None:
        token = (await student.http.post(f"{student.api}/notifier-token")).json()["token"]
        self.seen.keep("notifier token", token)
        await eventually(lambda: _has_alert(student, last))
        await self._letters(student, mails)

    async def use_in_vain(self) -> None:
        """Every secret at every door where it does not belong: in the path, the query, a header, a body."""
        texts = [each.value for each in self.seen.secrets if isinstance(each.value, str)]
        private = {f"field_{place}": text for place, text in enumerate(texts)}
        async with httpx.AsyncClient(event_hooks={"response": [self.seen.watch]}) as http:
            for door in self._doors():
                await http.post(door, json=private)
                await http.post(door, json=dict.fromkeys(texts[:8], 1))
                await http.post(door, data=private)
                await http.put(door, content=json.dumps(private)[:-1].encode())
                await http.get(door, params=dict(list(private.items())[:8]))
            for text in texts:
                await http.get(f"{self.addresses.ordering}/api/v1/orders", headers=_bearer(text))
                for service in ("ordering", "issuer", "notifier", "wallet"):
                    await http.get(f"{getattr(self.addresses, service)}/api/v1/orders/{text}")

    def _doors(self) -> list[str]:
        at, tenant = self.addresses, f"{self.addresses.issuer}/t/{INSTITUTION}"
        doors = [f"{at.ordering}/api/v1/{name}" for name in ("orders", "consents/email_alerts", "me/export")]
        doors += [f"{at.ordering}/signin", f"{at.ordering}/signin/callback"]
        doors += [f"{at.ordering}/api/v1/orders/{self.seen.order_id}/{name}" for name in ("events", "qr.png")]
        doors += [f"{tenant}/{name}" for name in ("credential", "nonce", "notification")]
        doors += [f"{at.notifier}/api/v1/{name}" for name in ("alerts", "preferences", "alerts/events")]
        doors += [f"{at.notifier}/api/v1/push-subscriptions"]
        doors += [f"{at.wallet}/{name}" for name in ("token", "api/v1/verifications", "api/v1/terms")]
        return [*doors, f"{at.wallet}/offers/unknown", f"{at.wallet}/api/v1/presentations/unknown"]


def _within(portrait: str) -> bytes:
    """From the middle of the picture, where two pictures differ."""
    data = from_base64url(portrait.rpartition(",")[2].replace("+", "-").replace("/", "_").rstrip("="))
    return data[len(data) // 2 :][:24]


def _bearer(text: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {text}".encode("ascii", "replace").decode()}


async def _outcome_is(checker: Checker, shown: str, outcome: str) -> bool:
    return (await checker.check(shown)).outcome == outcome


async def _has_alert(student: StudentClient, kind: str) -> bool:
    return kind in {each["kind"] for each in await student.alerts()}


async def _has_mail(student: StudentClient, count: int) -> bool:
    return len(await student.mails_to(STUDENT["email"])) >= count
