"""The inbox of alerts, which browsers read at the notifier; and the worker that shows them."""

import json

from fastapi import APIRouter
from starlette.responses import Response

from ordering.pages.around import AVisit
from pagekit import Pages, ThePages
from servicekit.problems import LANGUAGES

router = APIRouter(include_in_schema=False)


@router.get("/alerts")
async def alerts(visit: AVisit) -> Response:
    return visit.show("alerts.html")


@router.get("/sw.js")
async def service_worker(pages: ThePages) -> Response:
    """At the root, since a worker rules what lies below its own address; with words of both languages."""
    text = pages.text("pl", "sw.js", words=_words(pages))
    return Response(text, media_type="text/javascript", headers={"Cache-Control": "no-cache"})


def _words(pages: Pages) -> dict[str, dict[str, dict[str, str]]]:
    """What a notification says, by language and kind."""
    return {
        language: json.loads(pages.text(language, "notification_words.json"))
        for language in LANGUAGES.values()
    }
