"""The institutions of the platform, one file each: who they are, whom they give cards to, and on what terms.

Every service reads all of them at its start. A file that is wrong stops the service, with its cure.
"""

import hashlib
import re
import tomllib
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Annotated, Literal, get_args
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, ValidationError
from pydantic_core import ErrorDetails

from servicekit.problems import Text
from servicekit.settings import is_loopback

WARSAW = ZoneInfo("Europe/Warsaw")
END_OF_DAY = time(23, 59, 59)

StudentStatus = Literal["active", "suspended", "struck_off", "graduated"]
Cycle = Literal["first", "second", "long", "doctoral", "postgraduate"]
ConsentKind = Literal["card_terms", "data_to_wallet", "email_alerts"]
ConsentBasis = Literal["terms", "information", "consent"]
Reason = Literal[
    "STATUS_NOT_ACTIVE",
    "CYCLE_NOT_ENTITLED",
    "PESEL_MISSING",
    "STUDENT_NUMBER_MISSING",
    "PHOTO_MISSING",
    "DATA_CHANGED",
    "PLASTIC_CARD_NOT_PROLONGED",
]

CONSENT_BASES: dict[ConsentKind, ConsentBasis] = {
    "card_terms": "terms",
    "data_to_wallet": "information",
    "email_alerts": "consent",
}


_DEFAULT_PORTS = {"http": ":80", "https": ":443"}


class InstitutionsError(Exception):
    """One or more files are wrong. The message names each file, key and cure."""


def _both_languages(text: Text) -> Text:
    if not (text.pl.strip() and text.en.strip()):
        raise ValueError("is empty in one language: write it in Polish (pl) and in English (en)")
    return text


def _readable_under_white(colour: str) -> str:
    contrast = 1.05 / (_luminance(colour) + 0.05)
    if contrast < 4.5:
        raise ValueError(
            f"white text on it has a contrast of {contrast:.1f}, at least 4.5 is needed: choose a darker one"
        )
    return colour


def _luminance(colour: str) -> float:
    red, green, blue = (_linear(int(colour[at : at + 2], 16) / 255) for at in (1, 3, 5))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _linear(channel: float) -> float:
    return channel / 12.92 if channel <= 0.04045 else float(((channel + 0.055) / 1.055) ** 2.4)


def _day_of_every_year(month_day: str) -> str:
    try:
        date.fromisoformat(f"2001-{month_day}")
    except ValueError as error:
        raise ValueError("is no day of every year: write it as MM-DD, for example 10-31") from error
    return month_day


def _address_of_its_own(url: str) -> str:
    """Wallets compare it to the letter, so that there is one spelling only."""
    place = re.fullmatch(r"(https?)://[a-z0-9]([a-z0-9.-]*[a-z0-9])?(:[1-9]\d{0,4})?", url)
    if place is None or place[3] == _DEFAULT_PORTS[place[1]]:
        raise ValueError(
            "is no address of an issuer: write https:// and a host in small letters, "
            "as https://mleg.umcs.example, without path, query, slash at the end or usual port"
        )
    if place[1] == "http" and not is_loopback(url):
        raise ValueError("must be https, since wallets trust what it says: write it with https://")
    return url


Words = Annotated[Text, AfterValidator(_both_languages)]
Colour = Annotated[str, StringConstraints(pattern=r"^#[0-9a-f]{6}$"), AfterValidator(_readable_under_white)]
MonthDay = Annotated[str, AfterValidator(_day_of_every_year)]
Version = Annotated[str, StringConstraints(pattern=r"^[0-9a-z][0-9a-z.-]{0,31}$")]
Url = Annotated[str, StringConstraints(pattern=r"^https?://[^\s<>\"']+$")]
IssuerUrl = Annotated[str, AfterValidator(_address_of_its_own)]


class Frozen(BaseModel):
    """A part of the file: nothing may be missing, misspelt or changed."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Mark(Frozen):
    """A drawing of our own, for a square of 64 by 64; the letters stand for it where nothing can be drawn."""

    letters: Annotated[str, StringConstraints(pattern=r"^\w{1,3}$")]
    path: Annotated[str, StringConstraints(pattern=r"^M[MLHVCSQTAZmlhvcsqtaz0-9 ,.\-]+$", max_length=2000)]


class Rules(Frozen):
    """Who may order a card. Each rule that is broken gives its `Reason`."""

    statuses: Annotated[tuple[StudentStatus, ...], Field(min_length=1)]
    cycles_excluded: tuple[Cycle, ...]
    pesel_required: bool
    student_number_required: bool
    photo_required: bool
    unchanged_data_required: bool
    prolonged_plastic_card_required: bool


class ReasonText(Frozen):
    """What is wrong, and how it is mended and by whom."""

    text: Words
    cure: Words


class ConsentText(Frozen):
    """What a person accepts. Other words are another version."""

    kind: ConsentKind
    version: Version
    basis: ConsentBasis
    required: bool
    title: Words
    text: Words
    refusal: Words


class Limits(Frozen):
    """How often a student may order, and ask for a new activation code of one order."""

    new_code_pause_seconds: Annotated[int, Field(ge=0, le=3600)]
    new_codes_per_day: Annotated[int, Field(ge=1, le=100)]
    orders_per_day: Annotated[int, Field(ge=1, le=100)]


class Batch(Frozen):
    """How many instances of one card a wallet may hold, and whether it proves that one phone holds them."""

    size: Annotated[int, Field(ge=2, le=100)]
    attestation_required: bool


class Institution(Frozen):
    """One institution, as its file says. `hash` is the SHA-256 of the file: its version."""

    id: Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9-]{1,31}$")]
    hash: str
    name: Words
    short_name: Annotated[str, StringConstraints(min_length=1, max_length=12)]
    mark: Mark
    colour: Colour
    languages: Annotated[tuple[Literal["pl", "en"], ...], Field(min_length=1)]
    help_url: Url
    issuer_url: IssuerUrl | None = None
    rules: Rules
    reasons: dict[Reason, ReasonText]
    consents: tuple[ConsentText, ...]
    offer_lifetime_days: Annotated[int, Field(ge=1, le=90)]
    semester_ends: Annotated[tuple[MonthDay, ...], Field(min_length=1)]
    semester_grace_days: Annotated[int, Field(ge=0, le=60)]
    limits: Limits
    batch: Batch

    def valid_until(self, now: datetime) -> datetime:
        """The last second of the next semester's last day in Warsaw, and of the days of grace, in UTC."""
        year = now.astimezone(WARSAW).year
        ends = (self._end_of(year + years, end) for years in (-1, 0, 1) for end in self.semester_ends)
        return min(end for end in ends if end > now)

    def _end_of(self, year: int, month_day: str) -> datetime:
        day = date.fromisoformat(f"{year}-{month_day}") + timedelta(days=self.semester_grace_days)
        return datetime.combine(day, END_OF_DAY, WARSAW).astimezone(UTC)

    def consent(self, kind: str) -> ConsentText | None:
        return next((consent for consent in self.consents if consent.kind == kind), None)


def load_institutions(directory: Path) -> dict[str, Institution]:
    """Every institution by its id. Raises `InstitutionsError` that tells of all wrong files at once."""
    files = sorted(directory.glob("*.toml"))
    if not files:
        raise InstitutionsError(
            f"{directory}: no institution there. Put one <id>.toml for each into it, or set INSTITUTIONS_DIR."
        )
    institutions: dict[str, Institution] = {}
    problems: list[str] = []
    for file in files:
        try:
            institutions[file.stem] = _read(file)
        except InstitutionsError as error:
            problems.append(str(error))
    problems += _shared_addresses(directory, institutions)
    if problems:
        raise InstitutionsError("\n".join(problems))
    return institutions


def _shared_addresses(directory: Path, institutions: Mapping[str, Institution]) -> Iterator[str]:
    """Told apart by host and port, as requests are."""
    first: dict[str, str] = {}
    for institution in institutions.values():
        if institution.issuer_url is None:
            continue
        other = first.setdefault(urlsplit(institution.issuer_url).netloc, institution.id)
        if other != institution.id:
            file = directory / f"{institution.id}.toml"
            yield f"{file}: issuer_url: {other} has this address too. Give each an address of its own."


def _read(file: Path) -> Institution:
    content = file.read_bytes()
    try:
        data = tomllib.loads(content.decode("utf-8"))
    except UnicodeDecodeError as error:
        raise InstitutionsError(f"{file}: is not UTF-8 at byte {error.start}. Save it as UTF-8.") from error
    except tomllib.TOMLDecodeError as error:
        raise InstitutionsError(f"{file}: is no TOML: {error}. Mend that place.") from error
    try:
        institution = Institution.model_validate(data | {"hash": hashlib.sha256(content).hexdigest()})
    except ValidationError as error:
        raise InstitutionsError("\n".join(_explain(file, one) for one in error.errors())) from error
    if problems := list(_contradictions(institution, file.stem)):
        raise InstitutionsError("\n".join(f"{file}: {problem}" for problem in problems))
    return institution


def _explain(file: Path, error: ErrorDetails) -> str:
    key = re.sub(r"\.(\d+)\b", r"[\1]", ".".join(str(part) for part in error["loc"]))
    match error["type"]:
        case "missing":
            cure = "is missing. Add it."
        case "extra_forbidden":
            cure = "is not known. Mend its spelling or remove it."
        case _:
            cure = f"{error['msg'].removeprefix('Value error, ')} (it is {error['input']!r:.80})."
    return f"{file}: {key}: {cure}"


def _contradictions(institution: Institution, stem: str) -> Iterator[str]:
    if institution.id != stem:
        yield f"id: is {institution.id!r}. Call the file {institution.id}.toml, or the institution {stem!r}."
    for reason in sorted(set(get_args(Reason)) - institution.reasons.keys()):
        yield f"reasons.{reason}: is missing. Add its text and cure."
    kinds = [consent.kind for consent in institution.consents]
    for kind in CONSENT_BASES:
        if kinds.count(kind) != 1:
            yield f"consents: {kind} is there {kinds.count(kind)} times. Keep exactly one."
    for consent in institution.consents:
        basis = CONSENT_BASES[consent.kind]
        if consent.basis != basis:
            yield f"consents.{consent.kind}.basis: is {consent.basis!r}. Its basis is {basis!r}."
        if consent.required == (basis == "consent"):
            yield f"consents.{consent.kind}.required: only what is no free consent is required. Turn it over."
