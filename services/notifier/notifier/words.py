"""Every word that an alert says, in Polish and English: the one catalogue of inbox and e-mail.

No word here stands for anything private: neither code nor PESEL nor surname can be put in.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from babel.dates import format_datetime

from contracts.ordering import Locale
from notifier.domain import Kind, Parameters
from servicekit.institutions import WARSAW
from servicekit.problems import Text


@dataclass(frozen=True, slots=True)
class Words:
    """What one kind of alert says; `{…}` are filled from the alert."""

    title: Text
    sentence: Text
    action: Text


ALERTS: dict[Kind, Words] = {
    "order_received": Words(
        title=Text("Zamówienie mLegitymacji przyjęte", "Your student card is on order"),
        sentence=Text(
            "Twoje zamówienie jest w toku. Powiadomimy Cię, gdy mLegitymacja będzie gotowa.",
            "Your order is in progress. We will notify you when your card is ready.",
        ),
        action=Text("Zobacz zamówienie", "See the order"),
    ),
    "ready_to_activate": Words(
        title=Text("Twoja mLegitymacja jest gotowa do aktywacji", "Your student card is ready to activate"),
        sentence=Text(
            "Kod QR i kod aktywacyjny czekają na Ciebie w portalu do {until}.",
            "The QR code and the activation code wait for you in the portal until {until}.",
        ),
        action=Text("Aktywuj mLegitymację", "Activate your card"),
    ),
    "offer_ending": Words(
        title=Text("Kończy się czas na aktywację mLegitymacji", "Activate your student card soon"),
        sentence=Text(
            "Twoja mLegitymacja czeka na aktywację do {until}. Potem trzeba będzie zamówić ją ponownie.",
            "Your student card can be activated until {until}. After that you have to order it again.",
        ),
        action=Text("Aktywuj mLegitymację", "Activate your card"),
    ),
    "activated": Words(
        title=Text("Twoja mLegitymacja została aktywowana", "Your student card has been activated"),
        sentence=Text(
            "Aktywowano ją {when}. Urządzenie: {device}.",
            "It was activated on {when}. Device: {device}.",
        ),
        action=Text("Zobacz mLegitymację", "See your card"),
    ),
    "code_locked": Words(
        title=Text("Kod aktywacyjny mLegitymacji jest zablokowany", "Your activation code is locked"),
        sentence=Text(
            "Za dużo błędnych prób. Nic nie przepadło: wygeneruj w portalu nowy kod.",
            "Too many wrong attempts. Nothing is lost: get a new code in the portal.",
        ),
        action=Text("Wygeneruj nowy kod", "Get a new code"),
    ),
    "order_rejected": Words(
        title=Text("Nie możemy wydać mLegitymacji z tego zamówienia", "No card can be made of this order"),
        sentence=Text("Zamówienie jest zakończone. {reasons}", "The order has ended. {reasons}"),
        action=Text("Zobacz zamówienie", "See the order"),
    ),
    "order_cancelled": Words(
        title=Text("Twoje zamówienie mLegitymacji zostało anulowane", "Your order was cancelled"),
        sentence=Text(
            "Uczelnia anulowała je {when}. Jeśli to pomyłka, zgłoś się do dziekanatu.",
            "Your university cancelled it on {when}. If this is a mistake, ask the dean's office.",
        ),
        action=Text("Zobacz zamówienie", "See the order"),
    ),
    "card_suspended": Words(
        title=Text("Twoja mLegitymacja jest zawieszona", "Your student card is suspended"),
        sentence=Text(
            "Została zawieszona {by} {when}. Dopóki jest zawieszona, nie można jej okazywać.",
            "It was suspended {by} on {when}. It cannot be shown until this is lifted.",
        ),
        action=Text("Co mogę zrobić?", "What can I do?"),
    ),
    "card_reinstated": Words(
        title=Text("Twoja mLegitymacja znów działa", "Your student card works again"),
        sentence=Text(
            "Zawieszenie zostało cofnięte {by} {when}. Można ją znów okazywać.",
            "The suspension was lifted {by} on {when}. The card can be shown again.",
        ),
        action=Text("Zobacz mLegitymację", "See your card"),
    ),
    "card_revoked": Words(
        title=Text("Twoja mLegitymacja została unieważniona", "Your student card has been revoked"),
        sentence=Text(
            "Unieważniono ją {when}. Nie można jej już okazywać.",
            "It was revoked on {when}. It can no longer be shown.",
        ),
        action=Text("Co mogę zrobić?", "What can I do?"),
    ),
    "card_extended": Words(
        title=Text("Twoja mLegitymacja jest przedłużona", "Your student card has been extended"),
        sentence=Text(
            "Jest ważna do {last_day}. Otwórz aplikację, gdy masz internet: sama pobierze przedłużoną.",
            "It is valid to the end of {last_day}. Open the app when online: it fetches the extended one.",
        ),
        action=Text("Zobacz mLegitymację", "See your card"),
    ),
    "card_updated": Words(
        title=Text("Dane w Twojej mLegitymacji zostały zaktualizowane", "The data of your card were updated"),
        sentence=Text(
            "Zmieniła je uczelnia {when}. Nowe dane pobierze aplikacja, gdy ją otworzysz.",
            "Your university changed them on {when}. The app fetches the new ones when you open it.",
        ),
        action=Text("Zobacz mLegitymację", "See your card"),
    ),
}

DEVICES = {
    "iphone": Text("iPhone", "iPhone"),
    "android": Text("telefon z Androidem", "Android phone"),
    "computer": Text("komputer", "computer"),
    "other": Text("inne", "other"),
}
PARTIES = {
    "holder": Text("na Twoje żądanie", "at your request"),
    "office": Text("przez uczelnię", "by your university"),
    "system": Text("automatycznie", "automatically"),
}

REJECTIONS = {
    "validity_ended": Text(
        "Minął termin, do którego miałaby być ważna: po wpisie na kolejny semestr zamów ją ponownie.",
        "The day it would be valid until has passed: order again when enrolled for the next semester.",
    ),
    "name_missing": Text(
        "W Twoich danych brakuje imienia lub nazwiska: uzupełnij je w dziekanacie, a potem zamów ponownie.",
        "Your record has no name: have it completed by the dean's office, then order again.",
    ),
}
REJECTED_OTHERWISE = Text(
    "Nie udało się jej przygotować z Twoich danych: zgłoś się do dziekanatu.",
    "It could not be made from your record: ask the dean's office.",
)

NOT_ME = Text("To nie ja", "This was not me")
NOT_ME_SENTENCE = Text(
    "Jeśli to nie Ty, od razu zamroź mLegitymację. Nic nie przepadnie: możesz ją potem odmrozić.",
    "If this was not you, freeze your card at once. Nothing is lost: you can unfreeze it later.",
)
GREETING = Text("Dzień dobry", "Hello")
WHY = Text(
    "Piszemy, bo zgadzasz się na powiadomienia e-mail o mLegitymacji. Zgodę wycofasz w portalu:",
    "You get this because you agreed to e-mail alerts about your student card. Withdraw it in the portal:",
)


def title_of(kind: Kind, locale: Locale) -> str:
    return ALERTS[kind].title.to(locale)


def action_of(kind: Kind, locale: Locale) -> str:
    return ALERTS[kind].action.to(locale)


def sentence_of(kind: Kind, parameters: Parameters, occurred_at: datetime, locale: Locale) -> str:
    values = {name: _SAID[name](value, locale) for name, value in parameters.items() if name in _SAID}
    return ALERTS[kind].sentence.to(locale).format(when=say_moment(occurred_at, locale), **values)


def say_moment(moment: datetime, locale: Locale) -> str:
    """Day and minute in Warsaw, e.g. `1 października 2026, 14:05`, as the pages say it."""
    return format_datetime(moment, "d MMMM yyyy, HH:mm", tzinfo=WARSAW, locale=locale)


def _say_instant(value: str, locale: Locale) -> str:
    return say_moment(datetime.fromisoformat(value), locale)


def _say_day(value: str, locale: Locale) -> str:
    return format_datetime(datetime.fromisoformat(value), "d MMMM yyyy", tzinfo=WARSAW, locale=locale)


def _say_device(value: str, locale: Locale) -> str:
    return DEVICES.get(value, DEVICES["other"]).to(locale)


def _say_party(value: str, locale: Locale) -> str:
    return PARTIES.get(value, PARTIES["system"]).to(locale)


def _say_reasons(value: str, locale: Locale) -> str:
    """What is wrong, each with its cure; reasons that are not known yet are said as one."""
    said = [REJECTIONS.get(reason, REJECTED_OTHERWISE).to(locale) for reason in value.split()]
    return " ".join(dict.fromkeys(said or [REJECTED_OTHERWISE.to(locale)]))


_SAID: dict[str, Callable[[str, Locale], str]] = {
    "until": _say_instant,
    "last_day": _say_day,
    "device": _say_device,
    "by": _say_party,
    "reasons": _say_reasons,
}
