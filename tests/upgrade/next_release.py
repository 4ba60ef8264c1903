"""The next release, made of this one: a new optional field, a new event type, and services that know them.

The folder that is made goes first on the path of a process, before the packages of this release.
"""

import shutil
from pathlib import Path

import contracts

FIELD = "semester"
SAID = "2027-summer"

# `python -m next_release issuer` serves, `python -m next_release note <order>` publishes the new event.
PROGRAM = """
import asyncio
import os
import runpy
import sys
from importlib import import_module
from uuid import UUID

import asyncpg

from contracts.ordering import OrderNoted
from eventing import Outbox, Works


async def on_order_noted(work, received):
    orders = [each.event.order_id for each in received]
    await work.connection.execute("insert into noted select unnest($1::uuid[])", orders)


def serve(service):
    app = import_module(service + ".app")
    known = app.handlers
    if service != "ordering":
        app.handlers = lambda *parts, **named: {**known(*parts, **named), OrderNoted: on_order_noted}
    runpy.run_module(service, run_name="__main__")


async def note(order_id):
    async with asyncpg.create_pool(os.environ["DATABASE_URL"], min_size=1, max_size=1) as pool:
        async with Works(pool, Outbox("ordering")).begin() as work:
            about = {"institution_id": "umcs", "order_id": UUID(order_id), "word": "noted"}
            work.publish(OrderNoted(event_id=work.new_id(), occurred_at=work.now, **about))


command, *order = sys.argv[1:]
del sys.argv[1:]
asyncio.run(note(*order)) if command == "note" else serve(command)
"""


def make_next_release(folder: Path) -> Path:
    shutil.copytree(Path(contracts.__file__).parent, folder / "contracts")
    (folder / "next_release.py").write_text(PROGRAM)
    events, catalogue = folder / "contracts" / "ordering.py", folder / "contracts" / "catalogue.py"
    text = events.read_text().replace(
        "    student_ref: UUID\n    channel: Channel\n",
        f'    {FIELD}: str | None = "{SAID}"\n    student_ref: UUID\n    channel: Channel\n',
    )
    events.write_text(text + "\n\nclass OrderNoted(StreamEvent):\n    word: Code\n")
    named = catalogue.read_text().replace(
        "        ordering.OrderErased,\n", "        ordering.OrderErased,\n        ordering.OrderNoted,\n"
    )
    catalogue.write_text(named)
    return folder
