"""Reads what a service has published, straight from its log."""

import json

import asyncpg

from contracts.base import Event
from contracts.catalogue import model_of
from eventing import Connection


async def published(source: "Connection | asyncpg.Pool[asyncpg.Record]", key: object = None) -> list[Event]:
    """Every event in the order of writing, or those of one key. Erased and dead-letter rows are left out."""
    rows = await source.fetch("select key, headers, body from events order by id")
    events = []
    for row in rows:
        headers = json.loads(row["headers"])
        model = model_of(headers.get("ce_type", ""))
        if model is not None and "ce_erased" not in headers and key in (None, row["key"]):
            events.append(model.model_validate_json(row["body"]))
    return events
