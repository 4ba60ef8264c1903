"""JSON routes for the portal's page: parse, use case, answer. Tokens come from the portal."""

from fastapi import APIRouter, Depends, Response

from notifier.api import inbox, preferences, push_subscriptions


async def _keep_private(response: Response) -> None:
    response.headers["Cache-Control"] = "no-store"


router = APIRouter(prefix="/api/v1", dependencies=[Depends(_keep_private)])
for part in (inbox, preferences, push_subscriptions):
    router.include_router(part.router)
