"""Help, privacy and accessibility, open to everybody; and what lets a browser install the portal."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from ordering import store
from ordering.callers import Me
from ordering.parts import TheParts
from pagekit import ThePages
from servicekit.problems import language_of
from servicekit.signin import Person, optional_person

router = APIRouter(include_in_schema=False)


async def _perhaps_at_page(
    request: Request, person: Annotated[Person | None, Depends(optional_person)], parts: TheParts
) -> None:
    """The header knows a student who is signed in, and nobody has to be."""
    if person is None:
        return
    async with parts.works.pool.acquire() as connection:
        student = await store.students.find(connection, person.institution_id, person.subject)
    if student is not None:
        request.state.me = Me(person, student, parts.institutions[person.institution_id])


def _page(path: str, template: str) -> None:
    @router.get(path, dependencies=[Depends(_perhaps_at_page)])
    async def page(request: Request, pages: ThePages) -> Response:
        return pages.render(request, template)


for name in ("help", "privacy", "accessibility"):
    _page(f"/{name}", f"{name}.html")


@router.get("/manifest.webmanifest")
async def manifest(request: Request, pages: ThePages) -> Response:
    text = pages.text(language_of(request), "manifest.webmanifest")
    headers = {"Cache-Control": "no-cache", "Vary": "Accept-Language, Cookie"}
    return Response(text, media_type="application/manifest+json", headers=headers)
