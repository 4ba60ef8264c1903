"""The development identity provider: OpenID Connect with the demo's accounts and no passwords.

For one machine only: whoever reaches it can sign in as anybody.
"""

import argparse
import json
import os
import subprocess
import sys
import time
import warnings
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from devstack.accounts import Account, all_accounts
from devstack.ports import HOST, answers
from devstack.processes import plain_environment, start_process, wait_until
from servicekit.tls import server_context

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment
    from flask import Flask, Response
    from werkzeug.serving import BaseWSGIServer


def start_identity(
    port: int, *, log: Path, public_url: str | None = None, tls: Path | None = None
) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "devstack.identity", "--port", str(port)]
    command += ["--public-url", public_url] if public_url else []
    command += ["--tls", str(tls)] if tls else []
    process = start_process(command, log=log, environment=plain_environment())
    wait_until(lambda: answers(port), process=process, name="The identity provider", log=log, within=30)
    return process


def serve(host: str, port: int, accounts: list[Account], *, public_url: str | None, tls: Path | None) -> None:
    os.environ["AUTHLIB_INSECURE_TRANSPORT"] = "1"  # one machine only
    from authlib.deprecate import AuthlibDeprecationWarning  # noqa: PLC0415  (asks to be shown)

    warnings.simplefilter("ignore", AuthlibDeprecationWarning)  # the provider's own matter
    import oidc_provider_mock  # noqa: PLC0415  (reads the line above)
    from werkzeug.serving import WSGIRequestHandler, make_server  # noqa: PLC0415

    class Silent(WSGIRequestHandler):
        def log_request(self, *_: object) -> None:
            """Nothing: the addresses of requests hold subjects and tokens."""

    shown = [account for account in accounts if account.shown]
    application = oidc_provider_mock.app(
        user_claims=[oidc_provider_mock.User(sub=each.subject, claims=each.claims()) for each in shown]
    )
    _tell_when_people_signed_in(application)
    client = application.test_client()
    for account in accounts:
        client.put(f"/users/{account.subject}", json=account.claims())
    named = _under_its_public_scheme(application, public_url) if public_url else application
    server = make_server(host, port, named, threaded=True, request_handler=Silent)
    if tls:
        _speak_tls(server, tls)
    server.serve_forever()


def _tell_when_people_signed_in(application: "Flask") -> None:
    """Whoever has a token said who they are just before it was given. A provider tells the time of that."""
    from flask import request  # noqa: PLC0415  (as above)

    given: dict[str, int] = {}

    def tell(response: "Response") -> "Response":
        if response.status_code == 200 and request.form.get("grant_type") == "authorization_code":
            given[response.get_json()["access_token"]] = int(time.time())
        _, _, token = request.headers.get("Authorization", "").partition("Bearer ")
        if response.status_code == 200 and request.path == "/userinfo" and token in given:
            response.set_data(json.dumps(response.get_json() | {"auth_time": given[token]}))
        return response

    application.after_request(tell)


def _speak_tls(server: "BaseWSGIServer", folder: Path) -> None:
    """Its own way shakes hands where it accepts, so that whoever says nothing would keep out all others."""
    context = server.ssl_context = server_context(folder / "certificate.pem", folder / "key.pem")
    server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)


def _under_its_public_scheme(application: "WSGIApplication", public_url: str) -> "WSGIApplication":
    """It takes its name from each request: its Host header and scheme, and behind a gateway those differ."""
    scheme = urlsplit(public_url).scheme

    def answer(environ: "WSGIEnvironment", start: "StartResponse") -> Iterable[bytes]:
        return application(environ | {"wsgi.url_scheme": scheme}, start)

    return answer


def main() -> None:
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--host", default=HOST)
    arguments.add_argument("--port", type=int, required=True)
    arguments.add_argument("--public-url", help="where browsers reach it, if not where it listens")
    arguments.add_argument("--tls", type=Path, help="folder of certificate.pem and key.pem, to speak TLS")
    given = arguments.parse_args()
    serve(given.host, given.port, all_accounts(), public_url=given.public_url, tls=given.tls)


if __name__ == "__main__":
    main()
