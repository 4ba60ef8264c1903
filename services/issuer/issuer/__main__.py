"""`python -m issuer` serves; with a command it does one thing and ends."""

import asyncio
import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Callable
from uuid import UUID

from issuer.app import SERVICE, create_issuer
from issuer.commands import export, reseal_cards, withdraw
from issuer.recovery import recovery
from issuer.settings import IssuerSettings
from servicekit.commands import add_audit_command, check_audit, parse_command, run_shared_command
from servicekit.settings import load_settings


def main(arguments: list[str]) -> None:
    options = parse_command(SERVICE, arguments, _add_commands)
    settings = load_settings(IssuerSettings)
    shared = run_shared_command(
        options, service=SERVICE, settings=settings, create=create_issuer, recovery=recovery
    )
    if not shared:
        raise SystemExit(asyncio.run(_run_own_command(options, settings)))


async def _run_own_command(options: Namespace, settings: IssuerSettings) -> int:
    """What the issuer alone can do; the exit status."""
    match options.command:
        case "withdraw":
            await withdraw(settings, options.order_id)
        case "export":
            await export(settings, options.institution, options.student_ref)
        case "reseal":
            await reseal_cards(settings)
        case "verify-audit":
            return await check_audit(settings, options.head)
    return 0


def _add_commands(add: Callable[..., ArgumentParser]) -> None:
    withdrawal = add("withdraw", help="end the offer or card of an order that ordering has forgotten")
    withdrawal.add_argument("order_id", type=UUID)
    exported = add("export", help="write what is stored about a student here, as JSON")
    exported.add_argument("institution")
    exported.add_argument("student_ref", type=UUID)
    add("reseal", help="seal what is kept of cards under the current key")
    add_audit_command(add)


if __name__ == "__main__":
    main(sys.argv[1:])
