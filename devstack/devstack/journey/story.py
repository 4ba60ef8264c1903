"""The whole journey of one student, step by step, told while it is walked."""

import asyncio
import io
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, TypeVar

import zxingcpp
from PIL import Image

from devstack.journey.cards import read_status, verify_issuer
from devstack.journey.checker import Checker, Verdict
from devstack.journey.http import Addresses, JourneyError
from devstack.journey.signing_in import open_session
from devstack.journey.student import StudentClient
from devstack.journey.telling import Narrator, milliseconds
from devstack.journey.wallet import Offer, WalletClient, WrongCode

Json = dict[str, Any]
T = TypeVar("T")
QR_CODES = zxingcpp.BarcodeFormats(zxingcpp.BarcodeFormat.QRCode)  # their dots may look like bars


@dataclass(frozen=True, slots=True)
class Walked:
    """What the journey leaves to tell: seconds from the order to its QR code, and the card."""

    order_id: str
    order_seconds: float
    credential_id: str


async def walk(addresses: Addresses, subject: str, email: str, narrator: Narrator) -> Walked:
    async with (
        await _sign_in(addresses, subject, narrator) as student,
        WalletClient(addresses) as phone,
        Checker(addresses) as checker,
    ):
        order, seconds = await _order(student, email, narrator)
        offer = await _scan(student, phone, order, narrator)
        credential_id, shown = await _activate(student, phone, offer, order, narrator)
        await _use(student, checker, credential_id, shown, narrator)
        return Walked(order["order_id"], seconds, credential_id)


async def _sign_in(addresses: Addresses, subject: str, narrator: Narrator) -> StudentClient:
    narrator.chapter("Zamów · order")
    with narrator.step("Signed in") as step:
        browser = await open_session(addresses, subject)
        await browser.aclose()
        step.saw("by the identity provider: a session for pages, a token for the API")
        return await StudentClient.sign_in(addresses, subject)


async def _order(student: StudentClient, email: str, narrator: Narrator) -> tuple[Json, float]:
    with narrator.step("May order") as step:
        eligibility = await student.eligibility()
        if not eligibility["may_order"]:
            raise JourneyError(f"this student may not order: {eligibility['reasons']}")
        step.saw("no reason against it")
    mails_before = len(await student.mails_to(email))
    with narrator.step("Ordered, with every consent") as step:
        begun = time.perf_counter()
        order = await student.place_order()
        step.saw(f"order {order['order_id']}")
    with narrator.step("Ready, told live (SSE)") as step:
        order = await student.wait_for(order["order_id"], "READY")
        seconds = time.perf_counter() - begun
        step.saw(f"{milliseconds(seconds)} after the order")
    with narrator.step("Alert in the inbox") as step:
        alerts = await until(lambda: _alerts_about(student, order["order_id"]))
        step.saw(" · ".join(alerts[0]["title"][language] for language in ("pl", "en")))
    with narrator.step("E-mail received") as step:
        mails = await until(lambda: _new_mails(student, email, mails_before))
        step.saw(f"in the student's language: {mails[-1]['subject']}")
    return order, seconds


async def _scan(student: StudentClient, phone: WalletClient, order: Json, narrator: Narrator) -> Offer:
    narrator.chapter("Aktywuj · activate")
    with narrator.step("QR read from its picture") as step:
        payload = decode_qr(await student.qr_png(order["order_id"]))
        if payload != order["activation"]["qr_payload"]:
            raise JourneyError("the picture holds something else than the order says")
        step.saw(f"{len(payload)} characters")
    with narrator.step("Offer fetched (OpenID4VCI)") as step:
        offer = await phone.fetch_offer(payload)
        step.saw(offer.issuer["credential_issuer"])
    return offer


async def _activate(
    student: StudentClient, phone: WalletClient, offer: Offer, order: Json, narrator: Narrator
) -> tuple[str, str]:
    code = order["activation"]["activation_code"]
    with narrator.step("A mistyped code is refused") as step:
        await _mistype(phone, offer, code)
        step.saw("the offer survives, one attempt of five is gone")
    with narrator.step("The right code gives a token"):
        grant = await phone.redeem(offer, code)
    with narrator.step("Card issued to the phone's key") as step:
        card = await phone.fetch_card(offer, grant)
        step.saw(f"{len(card.sd_jwt)} bytes of SD-JWT VC, with portrait")
    with narrator.step("Card verified") as step:
        await verify_issuer(card, phone.http, {card.issuer})
        listed = await read_status(card, phone.http)
        step.saw(f"signature, certificate, key binding; status list: {listed}")
    with narrator.step("Portal shows it, live"):
        await student.wait_for(order["order_id"], "ACTIVATED")
    credential_id = grant.credential_id
    narrator.chapter("Pokaż · show")
    with narrator.step("Pack sealed by the phone, stored") as step:
        pack = await phone.store_pack(card, credential_id)
        step.saw("the server keeps it and cannot read it")
    return credential_id, phone.show(pack)


async def _mistype(phone: WalletClient, offer: Offer, code: str) -> None:
    wrong = code[:-1] + str((int(code[-1]) + 1) % 10)
    try:
        await phone.redeem(offer, wrong)
    except WrongCode:
        return
    raise JourneyError("a wrong code was accepted")


async def _use(
    student: StudentClient, checker: Checker, credential_id: str, shown: str, narrator: Narrator
) -> None:
    with narrator.step("Card presented and checked") as step:
        verdict = await _require(checker, shown, "valid")
        step.saw(f"valid: {verdict.person['given_name']} {verdict.person['family_name']}")
    with narrator.step("Revoked by the student"):
        await student.change_card(credential_id, "revocation")
    with narrator.step("The next check sees it") as step:
        await until(lambda: _verdict_is(checker, shown, "revoked"))
        step.saw("revoked, without telling who it was")


async def _require(checker: Checker, shown: str, outcome: str) -> Verdict:
    verdict = await checker.check(shown)
    if verdict.outcome != outcome:
        raise JourneyError(f"the check says {verdict.outcome}, not {outcome}")
    return verdict


async def _verdict_is(checker: Checker, shown: str, outcome: str) -> bool:
    return (await checker.check(shown)).outcome == outcome


async def _alerts_about(student: StudentClient, order_id: str) -> list[Json]:
    found = [each for each in await student.alerts() if each.get("order_id") == order_id]
    return [each for each in found if each["kind"] == "ready_to_activate"]


async def _new_mails(student: StudentClient, email: str, before: int) -> list[Json]:
    return (await student.mails_to(email))[before:]


def decode_qr(png: bytes) -> str:
    with Image.open(io.BytesIO(png)) as picture:
        codes = zxingcpp.read_barcodes(picture.convert("L"), formats=QR_CODES)
    if len(codes) != 1:
        raise JourneyError(f"the picture shows {len(codes)} codes")
    return str(codes[0].text)


async def until(ask: Callable[[], Awaitable[T]], within: float = 15) -> T:
    """Asks until the answer is true: what travels by events is there a moment later."""
    deadline = time.monotonic() + within
    while not (answer := await ask()):
        if time.monotonic() > deadline:
            raise JourneyError(f"nothing came within {within:.0f} s")
        await asyncio.sleep(0.02)
    return answer
