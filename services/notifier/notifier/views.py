"""What the API shows: alerts in both languages, made from what they are when they are read."""

from datetime import datetime, time
from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, StringConstraints, model_validator

from notifier import words
from notifier.domain import Alert, Kind, QuietHours
from notifier.links import Portal
from servicekit.problems import Text

ClockTime = Annotated[str, StringConstraints(pattern=r"^([01]\d|2[0-3]):[0-5]\d$")]


class View(BaseModel):
    """Nothing is changed after it was read, and nothing unknown is let in."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


class BothLanguages(View):
    """The same words in Polish and in English."""

    pl: str
    en: str


class LinkView(View):
    """A page of the portal. `open` is what the alert is about; `freeze` says that it was somebody else."""

    rel: Literal["open", "freeze"]
    url: str
    label: BothLanguages


class AlertView(View):
    """An alert; `entry` counts up within the inbox."""

    id: UUID
    entry: int
    kind: Kind
    order_id: UUID
    occurred_at: datetime
    read_at: datetime | None
    title: BothLanguages
    text: BothLanguages
    links: tuple[LinkView, ...]


class InboxView(View):
    """Newest first; `next` is the `before` of the following page, if there is one."""

    alerts: tuple[AlertView, ...]
    unread: int
    next: int | None


class UnreadView(View):
    """How many alerts are left to read."""

    unread: int


class QuietHoursView(View):
    """A daily span of Warsaw time, possibly over midnight."""

    start: ClockTime
    end: ClockTime

    @model_validator(mode="after")
    def _is_a_span(self) -> Self:
        if self.start == self.end:
            raise ValueError("start and end must differ")
        return self


class PreferencesView(View):
    """When e-mail that can wait is held back. What protects a card is always sent at once."""

    quiet_hours: QuietHoursView | None


def show_alert(alert: Alert, portal: Portal) -> AlertView:
    return AlertView(
        id=alert.id,
        entry=alert.entry,
        kind=alert.kind,
        order_id=alert.order_id,
        occurred_at=alert.occurred_at,
        read_at=alert.read_at,
        title=_both(words.ALERTS[alert.kind].title),
        text=BothLanguages(
            pl=words.sentence_of(alert.kind, alert.parameters, alert.occurred_at, "pl"),
            en=words.sentence_of(alert.kind, alert.parameters, alert.occurred_at, "en"),
        ),
        links=_links(alert, portal),
    )


def _links(alert: Alert, portal: Portal) -> tuple[LinkView, ...]:
    opens = LinkView(
        rel="open", url=portal.order(alert.order_id), label=_both(words.ALERTS[alert.kind].action)
    )
    credential_id = alert.parameters.get("credential_id")
    if credential_id is None:
        return (opens,)
    return opens, LinkView(rel="freeze", url=portal.freeze(credential_id), label=_both(words.NOT_ME))


def _both(text: Text) -> BothLanguages:
    return BothLanguages(pl=text.pl, en=text.en)


def show_preferences(hours: QuietHours | None) -> PreferencesView:
    if hours is None:
        return PreferencesView(quiet_hours=None)
    span = QuietHoursView(start=f"{hours.start:%H:%M}", end=f"{hours.end:%H:%M}")
    return PreferencesView(quiet_hours=span)


def read_quiet_hours(preferences: PreferencesView) -> QuietHours | None:
    span = preferences.quiet_hours
    return QuietHours(time.fromisoformat(span.start), time.fromisoformat(span.end)) if span else None
