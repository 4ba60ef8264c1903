"""The inbox of alerts, which the notifier keeps and browsers read there; and the worker that shows them."""

import json

from fastapi import APIRouter
from starlette.responses import Response

from ordering import reading
from ordering.pages.around import AVisit, origin_of
from ordering.parts import TheParts
from ordering.use_cases._contact import EMAIL_ALERTS
from pagekit import Csp, Pages, ThePages
from servicekit.problems import LANGUAGES

router = APIRouter(include_in_schema=False)


@router.get("/alerts")
async def alerts(visit: AVisit) -> Response:
    given = await reading.given_consents(visit.parts, visit.me)
    return visit.show("alerts.html", {"agreed_to_mail": EMAIL_ALERTS in given})


@router.get("/sw.js")
async def service_worker(pages: ThePages, parts: TheParts) -> Response:
    """At the root, since a worker rules what lies below its own address; with the words of both languages."""
    text = pages.text("pl", "sw.js", words=_words(pages))
    policy = Csp(connect=(origin_of(parts.settings.notifier_public_url),)).header()
    headers = {"Cache-Control": "no-cache", "Content-Security-Policy": policy}
    return Response(text, media_type="text/javascript", headers=headers)


def _words(pages: Pages) -> dict[str, dict[str, dict[str, str]]]:
    """What a notification says, by language and kind."""
    return {
        language: json.loads(pages.text(language, "notification_words.json"))
        for language in LANGUAGES.values()
    }
