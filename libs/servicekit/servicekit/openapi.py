"""The OpenAPI document of a service: what the framework derives, with refusals as they really are."""

from collections.abc import Iterator, Mapping
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from fastapi.routing import RouteContext, iter_route_contexts

from servicekit.accepting import FORM, Accepted, accepted_by

Document = dict[str, Any]

_PROBLEM: Document = {
    "title": "Problem",
    "description": "Problem details (RFC 9457), in the language of Accept-Language; some have more members.",
    "type": "object",
    "required": ["type", "status", "code", "title", "detail"],
    "properties": {
        "type": {"type": "string", "format": "uri"},
        "status": {"type": "integer"},
        "code": {"type": "string", "description": "stable: for programs"},
        "title": {"type": "string"},
        "detail": {"type": "string", "description": "the cure: for people"},
    },
}
_OAUTH_ERROR: Document = {
    "title": "OAuthError",
    "description": "An error of OAuth 2.0 (RFC 6749 5.2) or OpenID4VCI.",
    "type": "object",
    "required": ["error"],
    "properties": {"error": {"type": "string"}, "error_description": {"type": "string"}},
}


def describe(app: FastAPI) -> None:
    """Lets the application answer with this document; it is made once, at the first question."""

    def document() -> Document:
        if app.openapi_schema is None:
            app.openapi_schema = _document(app)
        return app.openapi_schema

    app.openapi = document  # type: ignore[method-assign]  # the framework's own way to extend it


def _document(app: FastAPI) -> Document:
    document = get_openapi(title=app.title, version=app.version, routes=app.routes)
    schemas = document.setdefault("components", {}).setdefault("schemas", {})
    for name in ("HTTPValidationError", "ValidationError"):
        schemas.pop(name, None)
    schemas |= {"Problem": _PROBLEM, "OAuthError": _OAUTH_ERROR}
    for route in iter_route_contexts(app.routes):
        for operation in _operations(document, route):
            _tell_refusals(operation, accepted_by({"endpoint": route.endpoint}))
    return document


def _operations(document: Document, route: RouteContext) -> Iterator[Document]:
    described = document["paths"].get(route.path_format, {})
    return (described[method.lower()] for method in route.methods or () if method.lower() in described)


def _tell_refusals(operation: Document, accepted: Accepted) -> None:
    operation["responses"].pop("422", None)
    kinds = {"application/problem+json": "Problem"}
    if accepted.oauth_error is not None:  # beside problems: an address below nobody's name is one
        kinds["application/json"] = "OAuthError"
    content = {kind: {"schema": {"$ref": f"#/components/schemas/{name}"}} for kind, name in kinds.items()}
    operation["responses"]["default"] = {"description": "A refusal", "content": content}


def body_of(
    *, kind: str = FORM, required: Mapping[str, str], optional: Mapping[str, str] | None = None
) -> Document:
    """`openapi_extra` of an endpoint that reads its body by itself: fields with what they are."""
    fields = {**required, **(optional or {})}
    schema = {
        "type": "object",
        "required": list(required),
        "properties": {name: {"description": text} for name, text in fields.items()},
    }
    return {"requestBody": {"required": True, "content": {kind: {"schema": schema}}}}
