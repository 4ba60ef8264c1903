"""`python -m notifier` serves; with a command it does one thing and ends."""

import sys

from notifier.app import SERVICE, create_notifier
from notifier.settings import NotifierSettings
from servicekit.commands import SHARED, run_shared_command


def main(arguments: list[str]) -> None:
    shared = run_shared_command(
        arguments, service=SERVICE, settings=NotifierSettings(), create=create_notifier
    )
    if not shared:
        raise SystemExit(f"usage: python -m notifier [{' | '.join(SHARED)}]")


if __name__ == "__main__":
    main(sys.argv[1:])
