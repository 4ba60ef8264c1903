"""`python -m issuer` serves; with a command it does one thing and ends."""

import sys

from issuer.app import SERVICE, create_issuer
from issuer.recovery import recovery
from issuer.settings import IssuerSettings
from servicekit.commands import SHARED, run_shared_command


def main(arguments: list[str]) -> None:
    shared = run_shared_command(
        arguments, service=SERVICE, settings=IssuerSettings(), create=create_issuer, recovery=recovery
    )
    if not shared:
        raise SystemExit(f"usage: python -m issuer [{' | '.join(SHARED)}]")


if __name__ == "__main__":
    main(sys.argv[1:])
