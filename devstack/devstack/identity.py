"""The development identity provider: OpenID Connect with the demo's accounts and no passwords.

For one machine only: whoever reaches it can sign in as anybody.
"""

import argparse
import os
import subprocess
import sys
from pathlib import Path

from devstack.accounts import Account, all_accounts
from devstack.ports import HOST, answers
from devstack.processes import plain_environment, start_process, wait_until


def start_identity(port: int, *, log: Path) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "devstack.identity", "--port", str(port)]
    process = start_process(command, log=log, environment=plain_environment())
    wait_until(lambda: answers(port), process=process, name="The identity provider", log=log, within=30)
    return process


def serve(port: int, accounts: list[Account]) -> None:
    os.environ["AUTHLIB_INSECURE_TRANSPORT"] = "1"  # loopback only
    import oidc_provider_mock  # noqa: PLC0415  (reads the line above)
    from werkzeug.serving import WSGIRequestHandler, make_server  # noqa: PLC0415

    class Silent(WSGIRequestHandler):
        def log_request(self, *_: object) -> None:
            """Nothing: the addresses of requests hold subjects and tokens."""

    shown = [account for account in accounts if account.shown]
    application = oidc_provider_mock.app(
        user_claims=[oidc_provider_mock.User(sub=each.subject, claims=each.claims()) for each in shown]
    )
    client = application.test_client()
    for account in accounts:
        client.put(f"/users/{account.subject}", json=account.claims())
    make_server(HOST, port, application, threaded=True, request_handler=Silent).serve_forever()


def main() -> None:
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--port", type=int, required=True)
    serve(arguments.parse_args().port, all_accounts())


if __name__ == "__main__":
    main()
