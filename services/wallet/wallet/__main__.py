"""`python -m wallet` serves; with a command it does one thing and ends."""

import asyncio
import sys
from argparse import ArgumentParser
from collections.abc import Callable
from uuid import UUID

from servicekit.commands import parse_command, run_shared_command
from servicekit.settings import load_settings
from wallet.app import SERVICE, create_wallet
from wallet.commands import export
from wallet.settings import WalletSettings


def main(arguments: list[str]) -> None:
    options = parse_command(SERVICE, arguments, _add_commands)
    settings = load_settings(WalletSettings)
    if not run_shared_command(options, service=SERVICE, settings=settings, create=create_wallet):
        asyncio.run(export(settings, options.order_ids))


def _add_commands(add: Callable[..., ArgumentParser]) -> None:
    exported = add("export", help="write what is stored about orders here, as JSON")
    exported.add_argument("order_ids", type=UUID, nargs="+", metavar="order_id")


if __name__ == "__main__":
    main(sys.argv[1:])
