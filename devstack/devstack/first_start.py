"""What a new stack gets before it starts: the sample students with their photos, and clerks."""

import hashlib
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from uuid import uuid4

import devstack.samples
from devstack.processes import StackError, last_words
from devstack.samples import write_samples
from devstack.samples.accounts import CLERKS
from devstack.settings import INSTITUTIONS, Places


def people_are_in(places: Places) -> bool:
    return _done(places).exists()


def bring_in_people(places: Places, settings: dict[str, str]) -> None:
    """Imports students and makes clerks with ordering's own commands; once in the life of the data."""
    commands = commands_for_people(drawn_samples(places))
    with ThreadPoolExecutor(max_workers=2) as threads:
        list(threads.map(lambda command: _run(command, places, settings), commands))
    _done(places).touch()


def _done(places: Places) -> Path:
    return places.data / "people-brought-in"


def commands_for_people(samples: Path) -> list[list[str]]:
    """What ordering is told to do, command by command."""
    imports = [_import(samples / institution, institution) for institution in INSTITUTIONS]
    return imports + [["add-clerk", clerk.institution, clerk.subject] for clerk in CLERKS]


def drawn_samples(places: Places) -> Path:
    """Drawing two hundred portraits takes seconds: done once for each version of what draws them.

    They are drawn beside their folder and renamed: what was interrupted leaves nothing half done.
    """
    sources = sorted(Path(next(iter(devstack.samples.__path__))).glob("*.py"))
    version = hashlib.sha256(b"".join(source.read_bytes() for source in sources)).hexdigest()[:16]
    folder = places.cache / f"samples-{version}"
    if not folder.exists():
        unfinished = folder.with_name(f"{folder.name}-{uuid4().hex}")
        write_samples(unfinished)
        try:
            unfinished.rename(folder)
        except OSError:  # somebody else was faster
            shutil.rmtree(unfinished)
    return folder


def _import(folder: Path, institution: str) -> list[str]:
    photos = str(folder / "photos")
    return ["import", str(folder / "students.csv"), "--photos", photos, "--institution", institution]


def _run(command: list[str], places: Places, settings: dict[str, str]) -> None:
    log = places.log(f"ordering-{command[0]}")
    with log.open("ab") as output:
        status = subprocess.call(
            [sys.executable, "-m", "ordering", *command], env=settings, stdout=output, stderr=output
        )
    if status:
        raise StackError(f"ordering {command[0]} ended with status {status}.\n{last_words(log)}")
