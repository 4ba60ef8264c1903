"""What all pages of the portal have in common: who looks, and what the header shows."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any
from urllib.parse import urlsplit

from fastapi import Depends, Request
from starlette.datastructures import FormData
from starlette.responses import RedirectResponse, Response

from ordering.callers import Me, TheStudent
from ordering.parts import Parts, TheParts
from ordering.settings import OrderingSettings
from pagekit import Csp, Pages, ThePages
from servicekit.institutions import load_institutions
from servicekit.problems import Language, language_of


def build_pages(settings: OrderingSettings) -> Pages:
    return Pages(
        package="ordering",
        public_url=settings.ordering_public_url,
        # Signing out leads to the provider, and alerts come from the notifier.
        csp=Csp(
            connect=(origin_of(settings.notifier_public_url),),
            form_action=(origin_of(settings.oidc_issuer),),
        ),
        institutions=load_institutions(settings.institutions_dir),
        frame="portal.html",
        shared=shared,
    )


def origin_of(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def shared(request: Request) -> Mapping[str, Any]:
    me: Me | None = getattr(request.state, "me", None)
    has_session = request.app.state.signin.cookie in request.cookies
    return {
        "me": me,
        "institution": me.institution if me else None,
        "signed_in": me is not None or has_session,
        "is_development": not request.app.state.parts.settings.is_production,
    }


@dataclass(frozen=True, slots=True)
class Visit:
    """A student at a page: what every page of theirs works with."""

    request: Request
    me: Me
    parts: Parts
    pages: Pages

    def show(self, template: str, values: Mapping[str, Any] | None = None, *, status: int = 200) -> Response:
        self.request.state.me = self.me  # the header shows who is signed in
        return self.pages.render(self.request, template, status=status, **(values or {}))

    @property
    def now(self) -> datetime:
        return self.parts.works.clock()

    @property
    def language(self) -> Language:
        return language_of(self.request)


async def _visit(request: Request, me: TheStudent, parts: TheParts, pages: ThePages) -> Visit:
    return Visit(request, me, parts, pages)


AVisit = Annotated[Visit, Depends(_visit)]


async def _form(request: Request) -> FormData:
    return await request.form()


TheForm = Annotated[FormData, Depends(_form)]


def see_other(path: str) -> RedirectResponse:
    """After a form: the answer is a page of its own, which can be loaded again."""
    return RedirectResponse(path, 303)
