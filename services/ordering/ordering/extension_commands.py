"""The commands that extend many cards: always a preview first, which is then started as it was seen."""

import sys
from argparse import ArgumentParser, ArgumentTypeError, Namespace
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from uuid import UUID

from eventing import UnitOfWork
from ordering import store
from ordering.commands import OPERATOR, opened_works
from ordering.extending import Extension, Progress
from ordering.settings import OrderingSettings
from ordering.use_cases.cancel_extension import cancel_extension
from ordering.use_cases.preview_extension import preview_extension
from ordering.use_cases.start_extension import start_extension
from servicekit.institutions import WARSAW, load_institutions
from servicekit.problems import Problem
from servicekit.refusals import NotFound


def add_extension_commands(add: Callable[..., ArgumentParser]) -> None:
    extended = add("extend-cards", help="let the cards of an institution end later")
    extended.add_argument("institution")
    extended.add_argument("--until", type=_day, required=True, help="the last day, YYYY-MM-DD")
    extended.add_argument("--students", type=Path, help="file with a student number a line; without it, all")
    extended.add_argument("--preview", action="store_true", help="show the counts and start nothing")
    extension = add("extension", help="how far an extension has come")
    extension.add_argument("extension_id", type=UUID)
    doing = extension.add_mutually_exclusive_group()
    doing.add_argument("--start", action="store_true", help="start what a preview has shown")
    doing.add_argument("--cancel", action="store_true", help="what was not asked for yet never will be")


async def run_extension_command(settings: OrderingSettings, options: Namespace) -> None:
    if options.command == "extension":
        await show_extension(settings, options.extension_id, start=options.start, cancel=options.cancel)
    else:
        await extend_cards(
            settings, options.institution, options.until, options.students, preview=options.preview
        )


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise ArgumentTypeError("write the day as YYYY-MM-DD") from None


async def extend_cards(
    settings: OrderingSettings, institution_id: str, until: date, students: Path | None, *, preview: bool
) -> None:
    """Unless only the preview is wanted, what it counts is started at once."""
    if institution_id not in load_institutions(settings.institutions_dir):
        raise SystemExit(f"{institution_id} is no institution: use the name of a file in INSTITUTIONS_DIR")
    numbers = None if students is None else _numbers(students)
    async with opened_works(settings) as works, works.begin() as work:
        try:
            seen = await preview_extension(work, institution_id, until, numbers)
            if not preview:
                await start_extension(work, institution_id, seen.extension_id, actor_ref=OPERATOR)
        except Problem as problem:
            raise SystemExit(problem.detail.en) from None
        await _tell(work, seen.extension_id)
        sys.stdout.writelines(f"nobody has the number {number}\n" for number in seen.unknown)


async def show_extension(
    settings: OrderingSettings, extension_id: UUID, *, start: bool, cancel: bool
) -> None:
    async with opened_works(settings) as works, works.begin() as work:
        known = await store.extensions.find(work.connection, extension_id)
        if known is None:
            raise SystemExit(f"there is no extension {extension_id}: take its id from extend-cards")
        try:
            if start:
                await start_extension(work, known.institution_id, extension_id, actor_ref=OPERATOR)
            if cancel:
                await cancel_extension(work, known.institution_id, extension_id, actor_ref=OPERATOR)
        except Problem as problem:
            raise SystemExit(problem.detail.en) from None
        await _tell(work, extension_id)


def _numbers(file: Path) -> list[str]:
    try:
        return file.read_text(encoding="utf-8").split()
    except (OSError, UnicodeDecodeError):
        raise SystemExit(f"{file} cannot be read: give a UTF-8 file with a student number a line") from None


async def _tell(work: UnitOfWork, extension_id: UUID) -> None:
    extension = await store.extensions.find(work.connection, extension_id)
    if extension is None:
        raise NotFound
    progress = await store.extensions.progress(work.connection, extension_id)
    sys.stdout.writelines(_report(extension, progress))


def _report(extension: Extension, progress: Progress) -> Iterator[str]:
    last_day = extension.until.astimezone(WARSAW).date()
    yield f"extension {extension.extension_id} of {extension.institution_id} to the end of {last_day}: "
    yield f"{extension.state}\n"
    yield f"cards: {progress.cards}, asked for: {progress.asked}, answered: {progress.answered}, "
    yield f"extended: {progress.extended}, changed meanwhile: {progress.changed_meanwhile}\n"
    for reason, number in sorted(extension.left_out.items()):
        yield f"left out, {reason}: {number}\n"
