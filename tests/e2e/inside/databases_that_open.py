"""Runs in a service's container: which databases open for the service's own role, and why others do not."""

import asyncio
import json
import os
import sys
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import asyncpg

OWN = urlsplit(Path(os.environ["DATABASE_URL_FILE"]).read_text().strip())


async def try_all(databases: list[str]) -> dict[str, str]:
    return {name: await try_one(urlunsplit(OWN._replace(path=f"/{name}"))) for name in databases}


async def try_one(url: str) -> str:
    try:
        await (await asyncpg.connect(url)).close()
    except asyncpg.PostgresError as error:
        return type(error).__name__
    return "open"


sys.stdout.write(json.dumps(asyncio.run(try_all(sys.argv[1:]))))
