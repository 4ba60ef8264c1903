"""The dean's office extends many cards: look first, start what was seen, and watch how far it has come."""

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Response
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from eventing import Connection
from ordering import store
from ordering.clerks import Clerk, FreshClerk, NoteNotFound, TheClerk
from ordering.extending import Extension, State
from ordering.parts import TheParts
from ordering.use_cases.cancel_extension import cancel_extension
from ordering.use_cases.preview_extension import preview_extension
from ordering.use_cases.start_extension import start_extension
from ordering.views import View
from servicekit.institutions import WARSAW
from servicekit.refusals import NotFound

router = APIRouter(prefix="/api/v1/clerk/extensions", tags=["clerk"], dependencies=[NoteNotFound])

LISTED = 50

Number = Annotated[str, StringConstraints(min_length=1, max_length=32)]


class ExtensionRequest(BaseModel):
    """To the end of which day in Warsaw, and whose; without numbers, of everybody."""

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)

    until: date
    student_numbers: tuple[Number, ...] | None = Field(
        default=None, min_length=1, max_length=2_000, repr=False
    )


class ExtensionView(View):
    """`left_out`: students whose cards are not reached, counted by the reason why."""

    extension_id: UUID
    until: date
    status: State
    cards: int
    asked: int
    answered: int
    extended: int
    changed_meanwhile: int
    left_out: dict[str, int]


class PreviewView(ExtensionView):
    """`unknown_numbers`: which of those that were given nobody has, the first hundred; told here alone."""

    unknown_numbers: list[str] = Field(repr=False)


class ListedExtension(View):
    """How far it has come is told by the extension itself."""

    extension_id: UUID
    until: date
    status: State
    previewed_at: datetime
    started_at: datetime | None
    ended_at: datetime | None


@router.get("", summary="The newest extensions of my institution")
async def newest(clerk: TheClerk, parts: TheParts) -> list[ListedExtension]:
    """At most fifty, the newest first. Previews that nobody started are forgotten after a day."""
    async with parts.works.pool.acquire() as connection:
        found = await store.extensions.newest(connection, clerk.institution.id, LISTED)
    return [_listed(extension) for extension in found]


@router.post("", status_code=201, summary="See what an extension of many cards would do")
async def preview(
    body: ExtensionRequest, clerk: TheClerk, parts: TheParts, response: Response
) -> PreviewView:
    """Asks for nothing yet. What is seen can be started within 15 minutes."""
    async with parts.works.begin() as work:
        seen = await preview_extension(work, clerk.institution.id, body.until, body.student_numbers)
        view = await _view(work.connection, clerk, seen.extension_id)
    response.headers["Location"] = f"/api/v1/clerk/extensions/{seen.extension_id}"
    return PreviewView(**view.model_dump(), unknown_numbers=seen.unknown)


@router.get("/{extension_id}", summary="How far an extension has come")
async def show(extension_id: UUID, clerk: TheClerk, parts: TheParts) -> ExtensionView:
    async with parts.works.pool.acquire() as connection:
        return await _view(connection, clerk, extension_id)


@router.post("/{extension_id}/start", status_code=202, summary="Start what the preview has shown")
async def start(extension_id: UUID, clerk: FreshClerk, parts: TheParts) -> ExtensionView:
    """Needs a sign-in of the last ten minutes. One runs at a time."""
    async with parts.works.begin() as work:
        await start_extension(work, clerk.institution.id, extension_id, actor_ref=clerk.actor_ref)
        return await _view(work.connection, clerk, extension_id)


@router.post("/{extension_id}/cancellation", status_code=202, summary="Stop an extension")
async def cancel(extension_id: UUID, clerk: TheClerk, parts: TheParts) -> ExtensionView:
    """What was asked for already stays extended."""
    async with parts.works.begin() as work:
        await cancel_extension(work, clerk.institution.id, extension_id, actor_ref=clerk.actor_ref)
        return await _view(work.connection, clerk, extension_id)


async def _view(connection: Connection, clerk: Clerk, extension_id: UUID) -> ExtensionView:
    """Of another institution there is none."""
    extension = await store.extensions.find(connection, extension_id)
    if extension is None or extension.institution_id != clerk.institution.id:
        raise NotFound
    progress = await store.extensions.progress(connection, extension_id)
    return ExtensionView(
        extension_id=extension_id,
        until=extension.until.astimezone(WARSAW).date(),
        status=extension.state,
        cards=progress.cards,
        asked=progress.asked,
        answered=progress.answered,
        extended=progress.extended,
        changed_meanwhile=progress.changed_meanwhile,
        left_out=extension.left_out,
    )


def _listed(extension: Extension) -> ListedExtension:
    return ListedExtension(
        extension_id=extension.extension_id,
        until=extension.until.astimezone(WARSAW).date(),
        status=extension.state,
        previewed_at=extension.previewed_at,
        started_at=extension.started_at,
        ended_at=extension.ended_at,
    )
