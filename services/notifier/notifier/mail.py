"""Turns an alert into an e-mail: one template for all kinds, HTML and text. Sends nothing."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from pathlib import Path
from uuid import UUID

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from notifier import words
from notifier.domain import Contact, Delivery
from notifier.links import Portal

_TEMPLATES = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"),
    autoescape=select_autoescape(enabled_extensions=("html.jinja",), default_for_string=True),
    undefined=StrictUndefined,
    keep_trailing_newline=True,
)
_ADDRESS = re.compile(r"""[^\s@<>()\[\]\\,;:"\x00-\x1f\x7f]+@[^\s@<>()\[\]\\,;:"\x00-\x1f\x7f]+""")
_LONGEST_ADDRESS = 254
_LONGEST_NAME = 60


@dataclass(frozen=True, slots=True)
class Letterhead:
    """What an institution's letters look like: its name, and the colour on which white can be read."""

    name: str
    colour: str


_OURS = Letterhead("Legitka", "#14202b")


@dataclass(frozen=True, slots=True)
class Stationery:
    """Who writes, and where the links lead: the same for every letter."""

    portal: Portal
    mail_from: str
    letterheads: Mapping[str, Letterhead]

    def of(self, institution_id: str) -> Letterhead:
        own = self.letterheads.get(institution_id)
        return Letterhead(f"{own.name} · Legitka", own.colour) if own else _OURS


def is_address(text: str) -> bool:
    return len(text) <= _LONGEST_ADDRESS and _ADDRESS.fullmatch(text) is not None


def message_id(alert_id: UUID, mail_from: str) -> str:
    """The same for every attempt: a receiving server may drop the second copy of a letter."""
    return f"<{alert_id}@{mail_from.rpartition('@')[2]}>"


def compose(
    letter: Delivery, contact: Contact, to: str, stationery: Stationery, now: datetime
) -> EmailMessage:
    """A letter to `to`, which must satisfy `is_address`."""
    head = stationery.of(letter.institution_id)
    message = EmailMessage(policy=SMTP)
    message["Subject"] = words.title_of(letter.kind, letter.locale)
    message["From"] = Address(head.name, addr_spec=stationery.mail_from)
    message["To"] = _addressee(to)
    message["Date"] = format_datetime(now)
    message["Message-ID"] = message_id(letter.alert_id, stationery.mail_from)
    message["Auto-Submitted"] = "auto-generated"
    message["Content-Language"] = letter.locale
    parts = _parts(letter, contact, head, stationery.portal)
    message.set_content(_TEMPLATES.get_template("alert.txt.jinja").render(parts))
    message.add_alternative(_TEMPLATES.get_template("alert.html.jinja").render(parts), subtype="html")
    return message


def _addressee(address: str) -> Address:
    username, _, domain = address.rpartition("@")
    return Address(username=username, domain=domain)


def _parts(letter: Delivery, contact: Contact, head: Letterhead, portal: Portal) -> dict[str, str | None]:
    locale = letter.locale
    credential_id = letter.parameters.get("credential_id")
    return {
        "locale": locale,
        "sender": head.name,
        "colour": head.colour,
        "title": words.title_of(letter.kind, locale),
        "greeting": words.GREETING.to(locale),
        "first_name": " ".join(contact.first_name.split())[:_LONGEST_NAME],
        "sentence": words.sentence_of(letter.kind, letter.parameters, letter.occurred_at, locale),
        "action": words.action_of(letter.kind, locale),
        "action_url": portal.order(letter.order_id),
        "not_me": words.NOT_ME.to(locale),
        "not_me_sentence": words.NOT_ME_SENTENCE.to(locale),
        "not_me_url": portal.freeze(credential_id) if credential_id else None,
        "why": words.WHY.to(locale),
        "consents_url": portal.consents(),
    }
