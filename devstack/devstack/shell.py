"""The settings of a service of the running stack, so that `python -m ordering dead-letters list` works."""

import json
import os
import shlex
import shutil
import sys
from collections.abc import Sequence

from devstack.ports import Ports, answers
from devstack.postgres import database_url
from devstack.processes import StackError, plain_environment
from devstack.settings import SERVICES, Places, settings_of


def settings_of_running(service: str, places: Places, ports: Ports) -> dict[str, str]:
    if service not in SERVICES:
        raise StackError(f"There is no service {service}: choose one of {', '.join(SERVICES)}.")
    if not (places.passwords.exists() and answers(ports.postgres)):
        raise StackError(
            "No stack runs here: start `make demo` or `make run` in another terminal first. "
            "One with other ports, or with TLS, is found by the same PORTS and TLS."
        )
    password = json.loads(places.passwords.read_text())[service]
    url = database_url(ports.postgres, service, role=service, password=password)
    return settings_of(service, places, ports, url)


def open_shell(places: Places, ports: Ports, arguments: Sequence[str]) -> int:
    """Becomes a shell that reads no start-up file, which might put another Python first."""
    service = os.environ.get("SERVICE", "ordering")
    settings = settings_of_running(service, places, ports)
    if not arguments:
        print(f"These are the settings of {service}. Try: python -m {service} --help. exit ends this shell.")
    command = ["bash", "--norc"] if shutil.which("bash") else ["sh"]
    sys.stdout.flush()
    os.execvpe(command[0], [*command, *arguments], os.environ | settings | {"PS1": f"{service} $ "})  # noqa: S606


def print_settings(places: Places, ports: Ports, arguments: Sequence[str]) -> int:
    """As lines for a shell: `eval "$(.venv/bin/python -m devstack env ordering)"`."""
    settings = settings_of_running(arguments[0] if arguments else "ordering", places, ports)
    inherited = plain_environment()
    for name, value in settings.items():
        if name not in inherited:
            print(f"export {name}={shlex.quote(value)}")
    return 0
