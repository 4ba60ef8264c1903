"""Times as people say them. What is evidence is told exactly, all else relative to now."""

from collections.abc import Callable
from datetime import date, datetime, timedelta

from babel.dates import format_date, format_datetime, format_time, format_timedelta

from servicekit.institutions import WARSAW
from servicekit.problems import Language

_LOCALES: dict[Language, str] = {"pl": "pl_PL", "en": "en_GB"}

_LONG = timedelta(days=90)


class Moments:
    """Formats for one language, in Polish time."""

    def __init__(self, language: Language, clock: Callable[[], datetime]) -> None:
        self._locale = _LOCALES[language]
        self._clock = clock

    def exact(self, moment: datetime) -> str:
        return format_datetime(moment, "d.MM.yyyy HH:mm:ss", tzinfo=WARSAW, locale=self._locale)

    def to_the_minute(self, moment: datetime) -> str:
        return format_datetime(moment, "d MMMM yyyy, HH:mm", tzinfo=WARSAW, locale=self._locale)

    def day(self, moment: date | datetime) -> str:
        """A time is told as its day in Poland."""
        local = moment.astimezone(WARSAW) if isinstance(moment, datetime) else moment
        return format_date(local, "d MMMM yyyy", locale=self._locale)

    def clock(self, moment: datetime) -> str:
        """The time alone on the same day, else with its day."""
        if moment.astimezone(WARSAW).date() != self._clock().astimezone(WARSAW).date():
            return self.to_the_minute(moment)
        return format_time(moment, "HH:mm:ss", tzinfo=WARSAW, locale=self._locale)

    def relative(self, moment: datetime) -> str:
        """`2 minutes ago`, `in 30 days`: weeks and months would be rounded too much."""
        span = moment - self._clock()
        in_days = timedelta(days=1) < abs(span) < _LONG
        return format_timedelta(
            span,
            granularity="day" if in_days else "second",
            threshold=1000 if in_days else 0.85,
            add_direction=True,
            locale=self._locale,
        )

    def lasts(self, span: timedelta) -> str:
        return format_timedelta(span, locale=self._locale, threshold=1)
