"""`python -m devstack.people` brings sample students and clerks into an ordering that knows nobody yet."""

import argparse
import asyncio
import subprocess
import sys
from pathlib import Path

import asyncpg

from devstack.first_start import commands_for_people
from servicekit.settings import ServiceSettings


async def knows_somebody(database_url: str) -> bool:
    connection = await asyncpg.connect(database_url)
    try:
        return bool(await connection.fetchval("select exists (select 1 from clerks)"))
    finally:
        await connection.close()


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m devstack.people", description=__doc__)
    parser.add_argument(
        "--samples", type=Path, required=True, help="as `python -m devstack.samples` wrote them"
    )
    samples = parser.parse_args().samples
    if asyncio.run(knows_somebody(ServiceSettings().database_url)):
        print("ordering knows its people already")
        return 0
    # Clerks come last: an import that was cut off is done again.
    commands = commands_for_people(samples)
    return max(subprocess.call([sys.executable, "-m", "ordering", *command]) for command in commands)


if __name__ == "__main__":
    sys.exit(main())
