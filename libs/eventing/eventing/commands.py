"""What an operator can do from the command line of a service: dead letters, replays, and after a restore."""

import argparse
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from uuid import UUID

from contracts.catalogue import TOPICS
from eventing import dead_letters
from eventing.kafka_admin import KafkaAdmin
from eventing.log import LogAdmin
from eventing.outbox import Outbox
from eventing.replay import Question, publish_question
from eventing.restore import NoOldLogError, Recovery, Restore, tell_heard
from eventing.settings import EventingSettings
from eventing.work import Pool, Works

COMMANDS = ("dead-letters", "replay", "heard", "restored")

NO_OLD_LOG = (
    "nothing was done: the broker does not have the log from before the restore (then leave out --old-log), "
    "or this command was given before (then keep the list that it printed)"
)


async def run_command(
    options: argparse.Namespace,
    *,
    service: str,
    pool: Pool,
    settings: EventingSettings,
    log: Callable[[EventingSettings], LogAdmin] = KafkaAdmin,
    recovery: Callable[[], Recovery] = Recovery,
) -> str:
    """Carry out one command and tell what was done. It writes rows; the running service does the rest."""
    works = Works(pool, Outbox(service))
    match options.command:
        case "replay":
            return await _replay(works, options, service)
        case "heard":
            await _refuse_half_restored(pool, service)
            return "\n".join(await tell_heard(works, service))
        case "restored":
            await _refuse_half_restored(pool, service)
            await _refuse_running(pool, service)
            old_log = log(settings) if options.old_log else None
            restore = Restore(
                service, works, settings, options.to, _lines(options.heard), old_log, recovery()
            )
            return await _restored(restore)
    return await (_list(works) if options.action == "list" else _settle(works, options))


def add_commands(add: Callable[..., argparse.ArgumentParser]) -> None:
    """`add`: the `add_parser` of subparsers whose `dest` is `command`."""
    dead = add("dead-letters", help="records that hold their key until somebody acts")
    actions = dead.add_subparsers(dest="action", required=True)
    actions.add_parser("list", help="all of them, the oldest first")
    for action, meaning in (("replay", "give it its attempts anew"), ("drop", "pass its number for ever")):
        each = actions.add_parser(action, help=meaning)
        each.add_argument("topic")
        each.add_argument("key")
    replay = add("replay", help="ask the owner of a topic to send events again")
    replay.add_argument("topic", choices=[topic.name for topic in TOPICS if topic.numbered])
    which = replay.add_mutually_exclusive_group(required=True)
    which.add_argument("--key", type=_order_id, help="the id of an order")
    which.add_argument("--partition", type=int, choices=range(16))
    replay.add_argument("--since", type=_instant, help="by when the events occurred, ISO 8601 with zone")
    replay.add_argument("--until", type=_instant)
    add("heard", help="how far each stream was heard, for owners that were restored")
    restored = add("restored", help="begin anew after the database was restored")
    restored.add_argument("--to", type=_instant, required=True, help="the instant it was restored to")
    restored.add_argument(
        "--heard", nargs="*", type=Path, default=(), help="files with what the others have heard"
    )
    restored.add_argument("--old-log", action="store_true", help="the broker has its log from before")


def _lines(files: Sequence[Path]) -> list[str]:
    return [line for file in files for line in file.read_text().splitlines()]


def _order_id(text: str) -> str:
    try:
        return str(UUID(text))
    except ValueError:
        raise argparse.ArgumentTypeError(
            f"{text} is no id of an order, as the key of every event is"
        ) from None


def _instant(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise argparse.ArgumentTypeError(f"{text} is no instant with its zone, as 2026-11-22T14:05:00+01:00")
    return moment


async def _refuse_running(pool: Pool, service: str) -> None:
    """A running service would number events of the old epoch meanwhile."""
    running = (
        "select count(*) from pg_stat_activity where datname = current_database() and application_name = $1"
    )
    if await pool.fetchval(running, service):
        raise SystemExit(f"{service} is running: stop all of its processes first")


async def _refuse_half_restored(pool: Pool, service: str) -> None:
    """A standby can be read while it is still being restored, and would tell less than it will know."""
    if await pool.fetchval("select pg_is_in_recovery()"):
        raise SystemExit(
            f"the database of {service} is still being restored: wait until it has been promoted "
            "(select pg_is_in_recovery() tells false)"
        )


async def _restored(restore: Restore) -> str:
    try:
        lost = await restore.run()
    except NoOldLogError:
        raise SystemExit(NO_OLD_LOG) from None
    head = "what could not be healed: events that others may know, and their owner no longer does"
    return "\n".join([head, *lost] if lost else ["nothing is known that could not be healed"])


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
