"""How a student wants to be told."""

from fastapi import APIRouter

from notifier.access import TheReader
from notifier.parts import TheParts
from notifier.use_cases.choose_preferences import choose_preferences
from notifier.use_cases.show_preferences import show_preferences
from notifier.views import PreferencesView, read_preferences
from notifier.views import show_preferences as shown

router = APIRouter(tags=["preferences"])


@router.get("/preferences", summary="My channels and quiet hours")
async def get_preferences(reader: TheReader, parts: TheParts) -> PreferencesView:
    async with parts.works.begin() as work:
        return shown(await show_preferences(work, reader.recipient))


@router.put("/preferences", summary="Choose channels and quiet hours")
async def put_preferences(
    preferences: PreferencesView, reader: TheReader, parts: TheParts
) -> PreferencesView:
    async with parts.works.begin() as work:
        chosen = read_preferences(preferences, await show_preferences(work, reader.recipient))
        await choose_preferences(work, reader.recipient, chosen)
    return shown(chosen)
