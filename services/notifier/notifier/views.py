"""What the API shows: alerts in both languages, made from what they are when they are read."""

from dataclasses import replace
from datetime import datetime, time
from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from notifier import words
from notifier.domain import Alert, Kind, Preferences, QuietHours
from notifier.links import Portal
from notifier.push_endpoints import LONGEST
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


class SeenView(View):
    """The entry of the newest alert that was seen."""

    up_to: int = Field(ge=0, lt=2**62)


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


class ChannelsView(View):
    """Which channels may be used beside the inbox. E-mail needs a consent too, which the portal keeps."""

    email: bool
    push: bool


class PreferencesView(View):
    """What is held back when, and which channels may be used; without `channels` they stay as they are.

    What protects a card never waits for the end of quiet hours.
    """

    quiet_hours: QuietHoursView | None
    channels: ChannelsView | None = None


class BrowserKeysView(View):
    """As `PushSubscription.toJSON()` of a browser gives them."""

    p256dh: str = Field(max_length=100, repr=False)
    auth: str = Field(max_length=30, repr=False)


class NewSubscriptionView(View):
    """What a browser gives, and the key of ours that it was given."""

    endpoint: str = Field(max_length=LONGEST, repr=False)
    keys: BrowserKeysView
    application_server_key: str = Field(max_length=100)


class SubscriptionView(View):
    """A browser of the student's; `id` is the beginning of its endpoint's SHA-256."""

    id: UUID
    application_server_key: str | None
    created_at: datetime


class SubscriptionsView(View):
    """Those that take notifications, and the key that a new one has to be given."""

    application_server_key: str
    subscriptions: tuple[SubscriptionView, ...]


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


def show_preferences(preferences: Preferences) -> PreferencesView:
    hours = preferences.quiet_hours
    span = QuietHoursView(start=f"{hours.start:%H:%M}", end=f"{hours.end:%H:%M}") if hours else None
    channels = ChannelsView(email=preferences.by_email, push=preferences.by_push)
    return PreferencesView(quiet_hours=span, channels=channels)


def read_preferences(view: PreferencesView, before: Preferences) -> Preferences:
    span = view.quiet_hours
    hours = QuietHours(time.fromisoformat(span.start), time.fromisoformat(span.end)) if span else None
    if view.channels is None:
        return replace(before, quiet_hours=hours)
    return Preferences(hours, by_email=view.channels.email, by_push=view.channels.push)
