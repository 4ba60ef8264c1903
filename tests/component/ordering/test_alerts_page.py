"""The page of alerts, and the worker that shows notifications while it is closed."""

import json
import re
from typing import Any, get_args

import httpx
import pytest

from notifier import words
from notifier.domain import Kind, goes_by_push
from tests.component.ordering.conftest import SignIn

HTML = {"accept": "text/html", "accept-language": "en"}
PUSHED = [kind for kind in get_args(Kind) if goes_by_push(kind)]


async def words_of(worker: httpx.Response) -> dict[str, Any]:
    found = re.search(r"^const WORDS = (.*);$", worker.text, re.MULTILINE)
    assert found
    return dict(json.loads(found[1]))


async def test_alerts_are_for_students_and_read_at_the_notifier(
    http: httpx.AsyncClient, signed_in: SignIn
) -> None:
    page = await http.get("/alerts", headers=HTML)
    nobody = await signed_in(None).get("/alerts", headers=HTML)

    assert page.status_code == 200
    assert "connect-src 'self' http://localhost:8003;" in page.headers["content-security-policy"]
    assert "no-store" in page.headers["cache-control"]
    assert (nobody.status_code, nobody.headers["location"]) == (303, "/signin?next=/alerts")


@pytest.mark.parametrize("kind", PUSHED)
async def test_a_notification_has_the_title_of_its_alert(kind: Kind, http: httpx.AsyncClient) -> None:
    said = await words_of(await http.get("/sw.js"))

    title = words.ALERTS[kind].title
    assert (said["pl"][kind]["title"], said["en"][kind]["title"]) == (title.pl, title.en)
    assert said["pl"][kind]["text"] != said["en"][kind]["text"]


async def test_the_worker_is_at_the_root_is_asked_for_anew_and_may_reach_the_notifier(
    signed_in: SignIn,
) -> None:
    worker = await signed_in(None).get("/sw.js")

    assert worker.status_code == 200
    assert worker.headers["content-type"].startswith("text/javascript")
    assert worker.headers["cache-control"] == "no-cache"
    assert "http://localhost:8003" in worker.headers["content-security-policy"]
    assert "unsafe" not in worker.headers["content-security-policy"]
