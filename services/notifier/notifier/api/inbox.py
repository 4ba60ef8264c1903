"""The inbox of a student: alerts and their live stream."""

from collections.abc import Sequence
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request
from fastapi.responses import StreamingResponse

from notifier.access import Reader, TheReader
from notifier.parts import Parts, TheParts
from notifier.use_cases.follow_inbox import follow_inbox
from notifier.use_cases.read_alert import read_alert
from notifier.use_cases.read_all_alerts import read_all_alerts
from notifier.use_cases.show_inbox import show_inbox
from notifier.views import InboxView, SeenView, UnreadView, show_alert
from servicekit.sse import PAGE, Entry, event_stream

router = APIRouter(tags=["alerts"])

NEWEST = 2**62
Before = Annotated[int, Query(ge=1, le=NEWEST)]
Limit = Annotated[int, Query(ge=1, le=100)]


@router.get("/alerts", summary="My alerts")
async def list_alerts(
    reader: TheReader, parts: TheParts, before: Before = NEWEST, limit: Limit = 20
) -> InboxView:
    async with parts.works.begin() as work:
        page = await show_inbox(work, reader.recipient, before=before, limit=limit)
    shown = tuple(show_alert(alert, parts.portal) for alert in page.alerts)
    return InboxView(alerts=shown, unread=page.unread, next=page.next)


@router.get(
    "/alerts/events", response_class=StreamingResponse, summary="My alerts as they come (server-sent events)"
)
async def follow_alerts(request: Request, reader: TheReader, parts: TheParts) -> StreamingResponse:
    """Events `alert` with the entry as id; resumes after `Last-Event-ID`, ends with the token."""

    async def read(after: int) -> Sequence[Entry]:
        return await _entries_after(parts, reader, after)

    return event_stream(
        request, subscription=parts.feed.subscribe(reader.recipient), read=read, ends_at=reader.until
    )


async def _entries_after(parts: Parts, reader: Reader, after: int) -> list[Entry]:
    async with parts.works.begin() as work:
        alerts, unread = await follow_inbox(work, reader.recipient, after=after, limit=PAGE)
    return [
        Entry(alert.entry, "alert", {"alert": show_alert(alert, parts.portal), "unread": unread})
        for alert in alerts
    ]


@router.post("/alerts/read", summary="All alerts up to an entry were read")
async def mark_all_as_read(seen: SeenView, reader: TheReader, parts: TheParts) -> UnreadView:
    async with parts.works.begin() as work:
        return UnreadView(unread=await read_all_alerts(work, reader.recipient, seen.up_to))


@router.post("/alerts/{alert_id}/read", summary="An alert was read")
async def mark_as_read(alert_id: UUID, reader: TheReader, parts: TheParts) -> UnreadView:
    async with parts.works.begin() as work:
        return UnreadView(unread=await read_alert(work, reader.recipient, alert_id))
