"""`python -m issuer` serves; with a command it does one thing and ends."""

import sys

from issuer.app import SERVICE, create_issuer
from issuer.recovery import recovery
from issuer.settings import IssuerSettings
from servicekit.commands import parse_command, run_shared_command
from servicekit.settings import load_settings


def main(arguments: list[str]) -> None:
    options = parse_command(SERVICE, arguments)
    settings = load_settings(IssuerSettings)
    run_shared_command(options, service=SERVICE, settings=settings, create=create_issuer, recovery=recovery)


if __name__ == "__main__":
    main(sys.argv[1:])
