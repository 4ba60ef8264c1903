"""How much a clerk may search: enough for a day's work, and too little for a copy of the list of students."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal

from servicekit.limits import FixedWindow

SEARCHES_A_MINUTE = 60
STUDENTS_A_DAY = 3_000
DAY = timedelta(days=1)

Exceeded = Literal["searches", "students"]


@dataclass(frozen=True, slots=True)
class SearchLimits:
    """One per process. Students are counted, too: a page of two letters shows a hundred of them."""

    searches: FixedWindow = field(default_factory=lambda: FixedWindow(SEARCHES_A_MINUTE))
    students: FixedWindow = field(default_factory=lambda: FixedWindow(STUDENTS_A_DAY, DAY))
    notes: FixedWindow = field(default_factory=lambda: FixedWindow(1, DAY))

    def take(self, clerk: str, students: int, now: datetime) -> tuple[Exceeded, int] | None:
        """Count a search that may show so many. What there was too much of, and seconds to wait."""
        if seconds := self.searches.take(clerk, now):
            return "searches", seconds
        if seconds := self.students.take(clerk, now, students):
            return "students", seconds
        return None

    def is_news(self, clerk: str, exceeded: Exceeded, now: datetime) -> bool:
        """Once a day for each of both: what goes on is no line of the audit a second time."""
        return self.notes.take(f"{clerk} {exceeded}", now) is None
