"""What letters say, and what they must never say."""

import re
from collections.abc import Callable
from typing import Any

import pytest
import structlog

from eventing import Received
from tests.component.notifier.conftest import NewSender, Tell
from tests.component.notifier.scene import EMAIL, Mailbox, Order, part
from tests.component.notifier.test_mail import send_all

Told = Callable[[Order], Received[Any]]

CASES: dict[str, tuple[Told, str, str, str]] = {
    "ready": (
        Order.ready,
        "Twoja mLegitymacja jest gotowa do aktywacji",
        "Your student card is ready to activate",
        "/orders/",
    ),
    "activated": (
        Order.issued,
        "Twoja mLegitymacja została aktywowana",
        "Your student card has been activated",
        "/freeze",
    ),
    "locked": (
        Order.locked,
        "Kod aktywacyjny mLegitymacji jest zablokowany",
        "Your activation code is locked",
        "/orders/",
    ),
    "rejected": (
        Order.rejected,
        "Nie możemy wydać mLegitymacji z tego zamówienia",
        "No card can be made of this order",
        "/orders/",
    ),
    "cancelled by the office": (
        lambda order: order.cancelled("office"),
        "Twoje zamówienie mLegitymacji zostało anulowane",
        "Your order was cancelled",
        "/orders/",
    ),
    "reinstated": (
        Order.reinstated,
        "Twoja mLegitymacja znów działa",
        "Your student card works again",
        "/orders/",
    ),
    "suspended": (
        Order.suspended,
        "Twoja mLegitymacja jest zawieszona",
        "Your student card is suspended",
        "/orders/",
    ),
    "revoked": (
        Order.revoked,
        "Twoja mLegitymacja została unieważniona",
        "Your student card has been revoked",
        "/orders/",
    ),
}


@pytest.mark.parametrize("locale", ["pl", "en"])
@pytest.mark.parametrize("case", CASES)
async def test_text_and_html_say_the_same_and_lead_to_the_same_pages(
    case: str, locale: str, hear: Tell, order: Order, new_sender: NewSender, mailbox: Mailbox
) -> None:
    told, polish, english, page = CASES[case]

    await hear(order.placed(locale=locale), told(order))
    await send_all(new_sender)

    (letter,) = mailbox.letters
    text, html = part(letter, "plain"), part(letter, "html")
    assert letter["Subject"] == (polish if locale == "pl" else english)
    assert f'<html lang="{locale}">' in html
    assert page in text
    assert "?:" not in text
    assert set(re.findall(r"http://\S+", text)) == set(re.findall(r'href="([^"]+)"', html))
    assert words_of(re.sub(r"<[^>]+>", " ", html)) >= words_of(re.sub(r"http\S+", " ", text))


def words_of(text: str) -> set[str]:
    return set(re.findall(r"\w+", text))


async def test_an_activation_names_the_kind_of_device_and_leads_to_freezing(
    hear: Tell, order: Order, new_sender: NewSender, mailbox: Mailbox
) -> None:
    await hear(order.placed(), order.issued("android"))

    await send_all(new_sender)

    (letter,) = mailbox.letters
    freeze = f"http://localhost:8001/cards/{order.credential_id}/freeze"
    assert "1 października 2026, 14:00" in part(letter, "plain")
    assert "telefon z Androidem" in part(letter, "plain")
    assert f"To nie ja:\n{freeze}" in part(letter, "plain").replace("\r\n", "\n")
    assert f'href="{freeze}"' in part(letter, "html")


@pytest.mark.parametrize(
    "name",
    ["<script>alert(1)</script>", 'O\'Brien & "Syn"', "\u202eevil", "A\r\nBcc: x@y.example", "ż" * 500],
)
async def test_a_name_is_text_wherever_it_stands(
    name: str, hear: Tell, order: Order, new_sender: NewSender, mailbox: Mailbox
) -> None:
    await hear(order.placed(first_name=name), order.ready())

    await send_all(new_sender)

    (letter,) = mailbox.letters
    html = part(letter, "html")
    assert "<script" not in html
    assert '"Syn"' not in html
    assert letter.get_all("Bcc") is None
    assert letter["Subject"] == "Twoja mLegitymacja jest gotowa do aktywacji"
    assert len(part(letter, "plain").splitlines()[0]) < 100


async def test_letters_need_no_pictures_and_fetch_nothing(
    hear: Tell, order: Order, new_sender: NewSender, mailbox: Mailbox
) -> None:
    await hear(order.placed(), order.issued())

    await send_all(new_sender)

    html = part(mailbox.letters[0], "html")
    assert not re.search(r"<(img|link|script|iframe)|url\(|src=", html)


async def test_no_secret_stands_in_letters_or_logs(
    hear: Tell, order: Order, new_sender: NewSender, mailbox: Mailbox
) -> None:
    placed, ready = order.placed(), order.ready()
    with structlog.testing.capture_logs() as logs:
        await hear(placed, ready, order.locked())
        await send_all(new_sender)
        mailbox.refuse("RCPT", [f"450 <{EMAIL}> try later", f"550 <{EMAIL}> unknown"])
        await hear(order.issued(), order.suspended())
        await send_all(new_sender)

    event = ready.event
    secrets = (event.offer_id, event.activation_code_digest, placed.event.contact_sealed, "sub-of-anna")
    said = b"\n".join(mailbox.raw).decode() + repr(logs)
    assert len(mailbox.letters) == 2
    assert not [secret for secret in secrets if secret in said]
    assert EMAIL not in repr(logs)
    assert "Anna" not in repr(logs)
    assert str(order.order_id) not in repr([letter["Subject"] for letter in mailbox.letters])
