"""What an operator can do from the command line of a service: look at dead letters, ask for events again."""

import argparse
from collections.abc import Sequence
from datetime import datetime

import asyncpg

from contracts.catalogue import TOPICS
from eventing import dead_letters
from eventing.outbox import Outbox
from eventing.replay import Question, publish_question
from eventing.work import Works

COMMANDS = ("dead-letters", "replay")


async def run_command(arguments: Sequence[str], *, service: str, database_url: str) -> str:
    """Carry out one command and tell what was done. It writes rows; the running service does the rest."""
    options = _parser(service).parse_args(arguments)
    async with asyncpg.create_pool(database_url, min_size=1, max_size=1) as pool:
        works = Works(pool, Outbox(service))
        if options.command == "replay":
            return await _replay(works, options, service)
        if options.action == "list":
            return await _list(works)
        return await _settle(works, options)


def _parser(service: str) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog=f"python -m {service}")
    commands = parser.add_subparsers(dest="command", required=True)
    dead = commands.add_parser("dead-letters", help="records that hold their key until somebody acts")
    actions = dead.add_subparsers(dest="action", required=True)
    actions.add_parser("list", help="all of them, the oldest first")
    for action, meaning in (("replay", "give it its attempts anew"), ("drop", "pass its number for ever")):
        each = actions.add_parser(action, help=meaning)
        each.add_argument("topic")
        each.add_argument("key")
    replay = commands.add_parser("replay", help="ask the owner of a topic to send events again")
    replay.add_argument("topic", choices=[topic.name for topic in TOPICS if topic.numbered])
    which = replay.add_mutually_exclusive_group(required=True)
    which.add_argument("--key")
    which.add_argument("--partition", type=int, choices=range(16))
    replay.add_argument(
        "--since", type=datetime.fromisoformat, help="by when the events occurred, ISO 8601 with zone"
    )
    replay.add_argument("--until", type=datetime.fromisoformat)
    return parser


async def _replay(works: Works, options: argparse.Namespace, service: str) -> str:
    question = Question(
        options.topic, "operator", options.key, options.partition, options.since, options.until
    )
    async with works.begin() as work:
        publish_question(work, question, by=f"operator of {service}")
    return f"asked for {question.scope} of {options.topic}"


async def _list(works: Works) -> str:
    async with works.pool.acquire() as connection:
        found = await dead_letters.list_dead(connection)
    lines = [
        f"{each.dead_at:%Y-%m-%d %H:%M:%S}Z  {each.topic}  {each.key}  number {each.number}  {each.type}"
        f"  {each.attempts} attempts  {each.reason}  ({each.followers} wait behind it)"
        for each in found
    ]
    return "\n".join(lines) or "no dead letters"


async def _settle(works: Works, options: argparse.Namespace) -> str:
    if options.action == "replay":
        count = await dead_letters.replay_dead(works, options.topic, options.key)
        return f"{count} dead letters are due again" if count else "no dead letter holds that key"
    number = await dead_letters.drop_dead(works, options.topic, options.key)
    return f"number {number} is passed, its followers are due" if number else "no dead letter holds that key"
