"""The command that imports a list of students, and tells of every line that it could not take."""

import asyncio
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from eventing import Works
from ordering.commands import opened_works
from ordering.listed_student import ListedStudent
from ordering.photos import MAX_BYTES, Photo, PhotoRefused, make_photo
from ordering.sealing import Sealers, load_sealers
from ordering.settings import OrderingSettings
from ordering.student_list import Fault, StudentList, UnusableList, read_students
from ordering.use_cases.import_students import Imported, import_students
from servicekit.institutions import WARSAW, load_institutions
from servicekit.keys import Keys

AT_ONCE = 100  # lines in one transaction
PHOTO_SUFFIXES = (".jpg", ".jpeg", ".png")


@dataclass(frozen=True, slots=True)
class PhotoFolder:
    """Photos that are named by student numbers."""

    files: dict[str, Path]

    @classmethod
    def at(cls, directory: Path | None) -> "PhotoFolder":
        if directory is None:
            return cls({})
        if not directory.is_dir():
            raise SystemExit(f"{directory} is no folder: name the one with <student_number>.jpg")
        found = (path for path in sorted(directory.iterdir()) if path.suffix.lower() in PHOTO_SUFFIXES)
        return cls({path.stem.lower(): path for path in found})

    async def read(self, students: Sequence[ListedStudent]) -> tuple[dict[int, Photo], list[Fault]]:
        """By line. Decoding takes its time, and several cores."""
        files = [(one.line, self.files.get(one.student_number.lower())) for one in students]
        lines = [(line, file) for line, file in files if file is not None]
        made = await asyncio.gather(*(asyncio.to_thread(_photo, line, file) for line, file in lines))
        photos = {line: one for (line, _), one in zip(lines, made, strict=True) if isinstance(one, Photo)}
        return photos, [one for one in made if isinstance(one, Fault)]

    def of_nobody(self, students: Sequence[ListedStudent]) -> int:
        return len(self.files.keys() - {one.student_number.lower() for one in students})


def _photo(line: int, file: Path) -> Photo | Fault:
    try:
        with file.open("rb") as opened:
            return make_photo(opened.read(MAX_BYTES + 1))
    except PhotoRefused as error:
        return Fault(line, "photo", error.what, error.cure)
    except OSError as error:
        return Fault(line, "photo", f"cannot be read ({error.strerror})", "Put a JPEG file there")


async def import_list(
    settings: OrderingSettings, institution_id: str, file: Path, photos: Path | None
) -> int:
    """The exit status: 0 if every line and photo was taken, 1 if some were not."""
    if institution_id not in load_institutions(settings.institutions_dir):
        raise SystemExit(f"{institution_id} is no institution: use the name of a file in INSTITUTIONS_DIR")
    folder = PhotoFolder.at(photos)
    async with opened_works(settings) as works:
        read = _read(file, works)
        sealers = load_sealers(Keys(settings.keys_dir, production=settings.is_production))
        taken = await _import(works, sealers, institution_id, read.students, folder)
    faults = sorted((*read.faults, *taken.faults), key=lambda fault: fault.line)
    sys.stdout.writelines(_report(file, read, taken, faults, folder))
    return 1 if faults else 0


def _read(file: Path, works: Works) -> StudentList:
    try:
        return read_students(file.read_bytes(), works.clock().astimezone(WARSAW).date())
    except OSError as error:
        raise SystemExit(f"{file} cannot be read: {error.strerror}") from None
    except UnusableList as error:
        raise SystemExit(f"{file} {error}") from None


async def _import(
    works: Works,
    sealers: Sealers,
    institution_id: str,
    students: Sequence[ListedStudent],
    folder: PhotoFolder,
) -> Imported:
    taken = Imported()
    with _progress() as progress:
        bar = progress.add_task(f"{institution_id}: students", total=len(students))
        for first in range(0, len(students), AT_ONCE):
            part = students[first : first + AT_ONCE]
            photos, faults = await folder.read(part)
            async with works.begin() as work:
                done = await import_students(work, sealers, institution_id, part, photos)
            taken += done + Imported(faults=tuple(faults))
            progress.advance(bar, len(part))
    return taken


def _progress() -> Progress:
    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    return Progress(*columns, console=console, disable=not console.is_terminal)


def _report(
    file: Path, read: StudentList, taken: Imported, faults: Sequence[Fault], folder: PhotoFolder
) -> Iterator[str]:
    for fault in faults:
        yield f"{file.name}, {fault}\n"
    known = taken.added + taken.changed + taken.unchanged
    yield f"lines: {read.lines}, new: {taken.added}, changed: {taken.changed}, "
    yield f"as before: {taken.unchanged}, not taken: {read.lines - known}\n"
    if nobody := folder.of_nobody(read.students):
        yield f"photos of nobody who was taken from this list: {nobody}\n"
