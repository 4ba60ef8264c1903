"""`python -m wallet` serves; with a command it does one thing and ends."""

import sys

from servicekit.commands import SHARED, run_shared_command
from wallet.app import SERVICE, create_wallet
from wallet.settings import WalletSettings


def main(arguments: list[str]) -> None:
    shared = run_shared_command(arguments, service=SERVICE, settings=WalletSettings(), create=create_wallet)
    if not shared:
        raise SystemExit(f"usage: python -m wallet [{' | '.join(SHARED)}]")


if __name__ == "__main__":
    main(sys.argv[1:])
