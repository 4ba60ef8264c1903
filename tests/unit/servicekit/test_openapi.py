"""What `/openapi.json` and `/docs` say is what the service does."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends
from pydantic import BaseModel, Field

from servicekit.accepting import FORM, accepts
from servicekit.api_page import api_page
from servicekit.openapi import body_of
from servicekit.signin import Person, current_person
from tests.unit.servicekit.serving import serve


class Consent(BaseModel):
    kind: str = Field(description="of the catalogue")


class Order(BaseModel):
    consents: list[Consent]
    replaces: int | None = None


def document() -> dict[str, Any]:
    router = APIRouter()

    @router.post("/orders")
    async def place(order: Order, person: Annotated[Person, Depends(current_person)]) -> Order:
        raise NotImplementedError

    @router.post("/token", openapi_extra=body_of(required={"tx_code": "8 digits"}))
    @accepts(FORM, oauth_error="invalid_request")
    async def redeem() -> None:
        raise NotImplementedError

    return serve(router).openapi()


def content_of(path: str, answer: str) -> Any:
    return document()["paths"][path]["post"]["responses"][answer]["content"]


def test_a_refusal_is_described_as_it_is_sent() -> None:
    assert content_of("/orders", "default") == {
        "application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}
    }
    assert content_of("/token", "default") == {
        "application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}},
        "application/json": {"schema": {"$ref": "#/components/schemas/OAuthError"}},
    }
    assert "HTTPValidationError" not in str(document())


def test_who_may_ask_is_said() -> None:
    made = document()

    assert made["paths"]["/orders"]["post"]["security"] == [{"session": []}, {"bearer": []}]
    assert "Origin" in made["components"]["securitySchemes"]["session"]["description"]
    assert "security" not in made["paths"]["/token"]["post"]


def test_the_page_shows_fields_within_fields_and_bodies_that_are_read_by_hand() -> None:
    page = bytes(api_page(document()).body).decode()

    assert "<td>consents[].kind</td><td>string</td><td>required</td><td>of the catalogue</td>" in page
    assert "<td>replaces</td><td>integer or null</td>" in page
    assert "<td>tx_code</td><td></td><td>required</td><td>8 digits</td>" in page
