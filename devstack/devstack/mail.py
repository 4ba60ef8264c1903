"""The mail sink: takes every e-mail by SMTP, sends none on, and shows them as a page and as JSON."""

import argparse
import asyncio
import subprocess
import sys
import time
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from html import escape
from pathlib import Path
from typing import cast

import uvicorn
from aiosmtpd.smtp import SMTP, Envelope, Session
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route

from devstack.ports import HOST, answers
from devstack.processes import plain_environment, start_process, wait_until

PAGE = """<!doctype html><html lang="pl"><meta charset="utf-8"><meta http-equiv="refresh" content="5">
<title>Poczta · Mail</title><style>body{{font:16px system-ui;margin:2rem auto;max-width:60rem;padding:0 1rem}}
td,th{{padding:.4rem .8rem;text-align:left;border-bottom:1px solid #ddd}}</style>
<h1>Poczta wysłana przez Legitkę · Mail that Legitka has sent</h1>
<table><tr><th>Do · To<th>Temat · Subject<th>Kiedy · When</tr>{rows}</table>"""


def application(folder: Path) -> Starlette:
    def list_messages(request: Request) -> Response:
        wanted = request.query_params.get("to")
        return JSONResponse([_as_json(key, each) for key, each in _messages(folder, wanted)])

    def show_list(_request: Request) -> Response:
        rows = "".join(_row(key, each) for key, each in reversed(_messages(folder, None)))
        return HTMLResponse(PAGE.format(rows=rows))

    def show_message(request: Request) -> Response:
        for key, message in _messages(folder, None):
            if key == request.path_params["key"]:
                headers = {
                    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; sandbox"
                }
                return HTMLResponse(
                    _part(message, "html") or escape(_part(message, "plain")), headers=headers
                )
        return Response(status_code=404)

    paths = {"/": show_list, "/api/messages": list_messages, "/messages/{key}": show_message}
    return Starlette(routes=[Route(path, endpoint) for path, endpoint in paths.items()])


class Keeper:
    """Keeps each accepted message as a file named by its time of arrival."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802
        recipients = f"X-Envelope-To: {', '.join(envelope.rcpt_tos)}\r\n".encode()
        (self.folder / f"{time.time_ns()}.eml").write_bytes(recipients + cast(bytes, envelope.content))
        return "250 kept"


def _messages(folder: Path, recipient: str | None) -> list[tuple[str, EmailMessage]]:
    """All messages, or those to one recipient, oldest first."""
    found = [(file.stem, _read(file)) for file in sorted(folder.glob("*.eml"))]
    return [(key, each) for key, each in found if recipient in {None, each["X-Envelope-To"]}]


def _read(file: Path) -> EmailMessage:
    return message_from_bytes(file.read_bytes(), policy=default)


def _part(message: EmailMessage, kind: str) -> str:
    body = message.get_body(preferencelist=(kind,))
    return "" if body is None else str(body.get_content())


def _as_json(key: str, message: EmailMessage) -> dict[str, str]:
    names = {"message_id": "Message-ID", "to": "X-Envelope-To", "subject": "Subject", "date": "Date"}
    headers = {name: str(message[header] or "") for name, header in names.items()}
    return {"id": key, "text": _part(message, "plain"), "html": _part(message, "html")} | headers


def _row(key: str, message: EmailMessage) -> str:
    cells = [escape(str(message[name] or "")) for name in ("X-Envelope-To", "Subject", "Date")]
    return f'<tr><td>{cells[0]}<td><a href="/messages/{escape(key)}">{cells[1]}</a><td>{cells[2]}</tr>'


def start_mail(folder: Path, *, smtp_port: int, http_port: int) -> subprocess.Popen[bytes]:
    log = folder.parent / "logs" / "mail.log"
    command = [sys.executable, "-m", "devstack.mail", "--folder", str(folder)]
    command += ["--smtp-port", str(smtp_port), "--http-port", str(http_port)]
    process = start_process(command, log=log, environment=plain_environment())
    wait_until(
        lambda: answers(smtp_port) and answers(http_port),
        process=process,
        name="The mail sink",
        log=log,
        within=30,
    )
    return process


async def serve(folder: Path, *, host: str, smtp_port: int, http_port: int) -> None:
    keeper = Keeper(folder)
    loop = asyncio.get_running_loop()
    await loop.create_server(lambda: SMTP(keeper, enable_SMTPUTF8=True), host, smtp_port)
    config = uvicorn.Config(application(folder), host=host, port=http_port, log_level="warning")
    await uvicorn.Server(config).serve()


def main() -> None:
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--host", default=HOST)
    arguments.add_argument("--folder", type=Path, required=True)
    arguments.add_argument("--smtp-port", type=int, required=True)
    arguments.add_argument("--http-port", type=int, required=True)
    given = arguments.parse_args()
    asyncio.run(serve(given.folder, host=given.host, smtp_port=given.smtp_port, http_port=given.http_port))


if __name__ == "__main__":
    main()
