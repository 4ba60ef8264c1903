"""`/docs`: the OpenAPI document as one plain page, without scripts and without anything from elsewhere."""

from collections.abc import Iterator, Mapping, Sequence
from html import escape
from typing import Any

from starlette.responses import HTMLResponse

_CSP = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; frame-ancestors 'none'"
_STYLE = """
:root{color-scheme:light dark;font:16px/1.5 system-ui,sans-serif}body{max-width:60rem;
margin:2rem auto;padding:0 1rem}details{border:1px solid #8886;border-radius:.5rem;margin:.5rem 0;
padding:.25rem .75rem}summary{cursor:pointer}
code,pre{font:.875rem ui-monospace,monospace}pre{overflow:auto}b.method{display:inline-block;min-width:5rem}
table{border-collapse:collapse}td,th{text-align:left;padding:.15rem 1rem .15rem 0;vertical-align:top}
"""

Document = Mapping[str, Any]
_DEEPEST = 3


def api_page(openapi: Document) -> HTMLResponse:
    title = escape(openapi["info"]["title"])
    body = "".join(_operations(openapi))
    page = (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{title}</title>'
        f'<meta name="viewport" content="width=device-width"><style>{_STYLE}</style><h1>{title}</h1>'
        '<p>For machines: <a href="/openapi.json">OpenAPI</a> · <a href="/asyncapi">AsyncAPI</a></p>'
        f"{body}</html>"
    )
    return HTMLResponse(page, headers={"Content-Security-Policy": _CSP})


def _operations(openapi: Document) -> Iterator[str]:
    for path, methods in openapi.get("paths", {}).items():
        for method, operation in methods.items():
            yield (
                f'<details><summary><b class="method">{method.upper()}</b> <code>{escape(path)}</code> '
                f"{escape(operation.get('summary', ''))}</summary>"
                f"<p>{escape(operation.get('description', ''))}</p>"
                f"{_security(openapi, operation)}{_parameters(operation)}{_body(openapi, operation)}"
                f"{_answers(openapi, operation)}</details>"
            )


def _parameters(operation: Document) -> str:
    rows = [
        (item["name"], item["in"], "required" if item.get("required") else "", item.get("description", ""))
        for item in operation.get("parameters", [])
    ]
    return _table("Parameters", rows)


def _body(openapi: Document, operation: Document) -> str:
    contents = operation.get("requestBody", {}).get("content", {})
    return "".join(
        _table(f"Body: {kind}", list(_rows(openapi, content.get("schema", {}))))
        for kind, content in contents.items()
    )


def _rows(openapi: Document, schema: Document, above: str = "", depth: int = 0) -> Iterator[tuple[str, ...]]:
    """A line for each field, those inside of it after it."""
    resolved = _resolved(openapi, schema)
    for name, field in resolved.get("properties", {}).items():
        inside, mark = _inside(openapi, field)
        required = "required" if name in resolved.get("required", []) else ""
        path = f"{above}{name}{mark}"
        yield path, _type(inside, field), required, field.get("description", "")
        if depth < _DEEPEST:
            yield from _rows(openapi, inside, f"{path}.", depth + 1)


def _resolved(openapi: Document, schema: Document) -> Document:
    name = schema.get("$ref", "").rpartition("/")[2]
    resolved: Document = openapi.get("components", {}).get("schemas", {}).get(name, schema)
    return resolved


def _inside(openapi: Document, field: Document) -> tuple[Document, str]:
    """What a list holds, what may be absent: the schema within, and a mark for a list."""
    named = next((each for each in field.get("anyOf", []) if each.get("type") != "null"), field)
    resolved = _resolved(openapi, named)
    if resolved.get("type") == "array":
        return _resolved(openapi, resolved.get("items", {})), "[]"
    return resolved, ""


def _type(inside: Document, field: Document) -> str:
    kind = " | ".join(map(str, inside["enum"])) if "enum" in inside else ""
    kind = kind or str(inside.get("const") or inside.get("format") or inside.get("type", ""))
    absent = any(each.get("type") == "null" for each in field.get("anyOf", []))
    return f"{kind} or null" if absent else kind


def _answers(openapi: Document, operation: Document) -> str:
    return "".join(
        _table(f"Answer {status}: {answer.get('description', '')} {kind}", rows)
        for status, answer in operation.get("responses", {}).items()
        for kind, schema in _contents(answer)
        for rows in [list(_rows(openapi, _inside(openapi, schema)[0])) or [("",)]]
    )


def _contents(answer: Document) -> list[tuple[str, Document]]:
    contents = answer.get("content", {})
    return [(kind, content.get("schema", {})) for kind, content in contents.items()] or [("", {})]


def _security(openapi: Document, operation: Document) -> str:
    schemes = openapi.get("components", {}).get("securitySchemes", {})
    rows = [
        (name, schemes[name].get("description", ""))
        for each in operation.get("security", [])
        for name in each
    ]
    return _table("Who asks: one of", rows)


def _table(title: str, rows: Sequence[tuple[str, ...]]) -> str:
    if not rows:
        return ""
    lines = "".join(f"<tr>{''.join(f'<td>{escape(cell)}</td>' for cell in row)}</tr>" for row in rows)
    return f"<h4>{title}</h4><table>{lines}</table>"
