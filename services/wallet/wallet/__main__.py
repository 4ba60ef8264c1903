"""`python -m wallet` serves; with a command it does one thing and ends."""

import sys

from servicekit.commands import parse_command, run_shared_command
from servicekit.settings import load_settings
from wallet.app import SERVICE, create_wallet
from wallet.settings import WalletSettings


def main(arguments: list[str]) -> None:
    options = parse_command(SERVICE, arguments)
    settings = load_settings(WalletSettings)
    run_shared_command(options, service=SERVICE, settings=settings, create=create_wallet)


if __name__ == "__main__":
    main(sys.argv[1:])
