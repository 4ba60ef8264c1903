"""`python -m notifier` serves; with a command it does one thing and ends."""

import sys

from notifier.app import SERVICE, create_notifier
from notifier.settings import NotifierSettings
from servicekit.commands import parse_command, run_shared_command
from servicekit.settings import load_settings


def main(arguments: list[str]) -> None:
    options = parse_command(SERVICE, arguments)
    settings = load_settings(NotifierSettings)
    run_shared_command(options, service=SERVICE, settings=settings, create=create_notifier)


if __name__ == "__main__":
    main(sys.argv[1:])
