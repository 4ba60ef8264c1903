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
                f"{_parameters(operation)}{_body(openapi, operation)}{_answers(operation)}</details>"
            )


def _parameters(operation: Document) -> str:
    rows = [
        (item["name"], item["in"], "required" if item.get("required") else "", item.get("description", ""))
        for item in operation.get("parameters", [])
    ]
    return _table("Parameters", rows)


def _body(openapi: Document, operation: Document) -> str:
    contents = operation.get("requestBody", {}).get("content", {})
    rows = [
        (kind, name, _type(schema), "required" if name in required else "")
        for kind, content in contents.items()
        for properties, required in [_fields(openapi, content.get("schema", {}))]
        for name, schema in properties.items()
    ]
    return _table("Body", rows)


def _fields(openapi: Document, schema: Document) -> tuple[dict[str, Any], list[str]]:
    name = schema.get("$ref", "").rpartition("/")[2]
    resolved = openapi.get("components", {}).get("schemas", {}).get(name, schema)
    return resolved.get("properties", {}), resolved.get("required", [])


def _type(schema: Document) -> str:
    if "$ref" in schema:
        return str(schema["$ref"].rpartition("/")[2])
    if "enum" in schema:
        return " | ".join(map(str, schema["enum"]))
    return str(schema.get("format") or schema.get("type", ""))


def _answers(operation: Document) -> str:
    rows = [
        (status, answer.get("description", "")) for status, answer in operation.get("responses", {}).items()
    ]
    return _table("Answers", rows)


def _table(title: str, rows: Sequence[tuple[str, ...]]) -> str:
    if not rows:
        return ""
    lines = "".join(f"<tr>{''.join(f'<td>{escape(cell)}</td>' for cell in row)}</tr>" for row in rows)
    return f"<h4>{title}</h4><table>{lines}</table>"
