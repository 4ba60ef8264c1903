"""A list of students, from the file to the rows, and what follows for orders and cards."""

import asyncio
from collections.abc import Callable
from contextlib import nullcontext
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg
import pytest
from PIL import Image

from contracts.base import Event
from contracts.ordering import CardChangeRequested, ContactChanged, OrderCancelled, OrderPlaced
from eventing import Works
from ordering import importing, store
from ordering.eligibility import Student
from ordering.importing import import_list
from ordering.listed_student import COLUMNS
from ordering.sealing import Sealers, open_pesel
from ordering.settings import OrderingSettings
from ordering.use_cases.end_rights import end_rights
from tests.component.ordering.conftest import INSTITUTIONS, PlaceOrder
from tests.component.ordering.scene import CONSENTS, Clock, tell
from tests.eventlog import published

PESEL = "02270803624"
ANNA = {
    "subject": "anna",
    "student_number": "123456",
    "given_names": "Anna Maria",
    "family_name": "Wójcik-Żak",
    "birth_date": "2002-07-08",
    "pesel": PESEL,
    "email": "anna@umcs.example",
    "status": "active",
    "programme": "Informatyka",
    "cycle": "first",
    "study_kind": "full_time",
}
JAN = ANNA | {"subject": "jan", "student_number": "654321", "given_names": "Jan", "pesel": ""}

ImportList = Callable[..., Any]


@pytest.fixture
def settings(settings: OrderingSettings) -> OrderingSettings:
    return settings.model_copy(update={"institutions_dir": INSTITUTIONS})


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    folder = tmp_path / "photos"
    folder.mkdir()
    return folder


@pytest.fixture
def import_rows(
    settings: OrderingSettings, tmp_path: Path, photos: Path, works: Works, monkeypatch: pytest.MonkeyPatch
) -> ImportList:
    """`await import_rows(ANNA, JAN)` gives the exit status. The clock is that of the test."""
    monkeypatch.setattr(importing, "opened_works", lambda _settings: nullcontext(works))

    async def do(*rows: dict[str, str], institution: str = "umcs") -> int:
        lines = [COLUMNS, *([row.get(column, "") for column in COLUMNS] for row in rows)]
        file = tmp_path / "students.csv"
        file.write_text("\n".join(",".join(line) for line in lines), encoding="utf-8")
        return await import_list(settings, institution, file, photos)

    return do


def take_photo(photos: Path, colour: str = "red", size: tuple[int, int] = (420, 540)) -> None:
    """Anna's portrait."""
    Image.new("RGB", size, colour).save(photos / "123456.jpg")


async def find(works: Works, subject: str = "anna", institution: str = "umcs") -> Student:
    async with works.begin() as work:
        student = await store.students.find(work.connection, institution, subject)
    assert student is not None
    return student


async def all_rows(works: Works) -> list[asyncpg.Record]:
    async with works.begin() as work:
        tables = [
            await work.connection.fetch("select * from students order by subject"),
            await work.connection.fetch("select * from photos order by sha256"),
            await work.connection.fetch("select * from audit_lines order by audit_id"),
        ]
    return [row for table in tables for row in table]


async def events(works: Works) -> list[Event]:
    async with works.begin() as work:
        return await published(work.connection)


async def photo_digests(works: Works) -> set[str]:
    async with works.begin() as work:
        return {row["sha256"] for row in await work.connection.fetch("select sha256 from photos")}


async def test_students_come_with_their_photos(
    import_rows: ImportList, photos: Path, works: Works, sealers: Sealers
) -> None:
    take_photo(photos)

    assert await import_rows(ANNA, JAN) == 0

    anna, jan = await find(works, "anna"), await find(works, "jan")
    assert (anna.given_names, anna.family_name, anna.programme) == ("Anna Maria", "Wójcik-Żak", "Informatyka")
    assert open_pesel(sealers.students, anna) == PESEL
    assert await photo_digests(works) == {anna.photo_sha256}
    assert (jan.pesel_sealed, jan.photo_sha256) == (None, None)


async def test_the_number_is_sealed_for_its_student_alone(import_rows: ImportList, works: Works) -> None:
    await import_rows(ANNA)

    assert PESEL not in str([dict(row) for row in await all_rows(works)])


async def test_importing_again_changes_nothing(import_rows: ImportList, photos: Path, works: Works) -> None:
    take_photo(photos)
    await import_rows(ANNA, JAN | {"status": "suspended", "data_changed_on": "2026-09-01"})
    before = await all_rows(works)

    assert await import_rows(ANNA, JAN | {"status": "suspended", "data_changed_on": "2026-09-01"}) == 0

    assert await all_rows(works) == before


async def test_one_subject_at_two_institutions_is_two_students(import_rows: ImportList, works: Works) -> None:
    await import_rows(ANNA)
    await import_rows(ANNA | {"family_name": "Inna"}, institution="pwr")

    assert (await find(works)).family_name == "Wójcik-Żak"
    assert (await find(works, institution="pwr")).family_name == "Inna"


async def test_bad_lines_are_told_and_good_ones_taken(
    import_rows: ImportList, works: Works, capsys: pytest.CaptureFixture[str]
) -> None:
    status = await import_rows(ANNA | {"study_kind": ""}, JAN, JAN | {"email": "?"})

    assert status == 1
    assert (await find(works, "jan")).given_names == "Jan"
    assert capsys.readouterr().out.splitlines() == [
        "students.csv, line 2: study_kind is not known. Use 'full_time' or 'part_time'.",
        "students.csv, line 4: email is no e-mail address. Give one like anna@example.com.",
        "lines: 3, new: 1, changed: 0, as before: 0, not taken: 2",
    ]


@pytest.mark.parametrize(
    ("pesel", "what"),
    [
        ("02270803625", "*********25 has a wrong check digit"),
        ("44051401359", "*********59 belongs to another birth date"),
        ("02023000010", "*********10 holds a date that does not exist"),
        ("٠٢٢٧٠٨٠٣٦٢٤", "*********٢٤ is not eleven digits from 0 to 9"),
    ],
)
async def test_a_wrong_pesel_is_told_masked_and_its_line_not_taken(
    pesel: str, what: str, import_rows: ImportList, works: Works, capsys: pytest.CaptureFixture[str]
) -> None:
    assert await import_rows(ANNA | {"pesel": pesel}) == 1

    told = capsys.readouterr()
    assert f"line 2: pesel {what}." in told.out
    assert pesel not in told.out + told.err
    assert await all_rows(works) == []


async def test_a_bad_photo_is_told_and_its_student_taken(
    import_rows: ImportList, photos: Path, works: Works, capsys: pytest.CaptureFixture[str]
) -> None:
    take_photo(photos, size=(100, 100))
    (photos / "nobody.png").write_bytes(b"")

    assert await import_rows(ANNA) == 1

    assert (await find(works)).photo_sha256 is None
    assert capsys.readouterr().out.splitlines() == [
        "students.csv, line 2: photo is smaller than 250 by 350 pixels. Take one of at least 354 by 496.",
        "lines: 1, new: 1, changed: 0, as before: 0, not taken: 0",
        "photos of nobody who was taken from this list: 1",
    ]


async def test_a_photo_that_cannot_be_read_is_told_and_all_students_taken(
    import_rows: ImportList, photos: Path, works: Works, capsys: pytest.CaptureFixture[str]
) -> None:
    (photos / "123456.jpg").mkdir()

    assert await import_rows(ANNA, JAN) == 1

    assert "line 2: photo cannot be read (Is a directory). Put a JPEG file there." in capsys.readouterr().out
    assert {(await find(works, name)).photo_sha256 for name in ("anna", "jan")} == {None}


async def test_a_number_of_another_student_is_told(
    import_rows: ImportList, works: Works, capsys: pytest.CaptureFixture[str]
) -> None:
    await import_rows(ANNA)

    assert await import_rows(JAN | {"student_number": ANNA["student_number"]}) == 1

    assert "line 2: student_number belongs to another student." in capsys.readouterr().out
    assert (await find(works)).student_number == ANNA["student_number"]


async def test_many_have_no_number_yet(import_rows: ImportList, works: Works) -> None:
    assert await import_rows(ANNA | {"student_number": ""}, JAN | {"student_number": ""}) == 0
    assert await import_rows(ANNA, JAN | {"student_number": ""}) == 0

    assert (await find(works)).student_number == ANNA["student_number"]


async def test_two_imports_at_once_are_one_after_the_other(import_rows: ImportList, works: Works) -> None:
    statuses = await asyncio.gather(import_rows(ANNA, JAN), import_rows(ANNA, JAN))

    assert set(statuses) == {0}
    assert len(await all_rows(works)) == 2


async def test_a_new_photo_takes_the_place_of_the_old_one(
    import_rows: ImportList, photos: Path, works: Works
) -> None:
    take_photo(photos, "red")
    await import_rows(ANNA)
    red = (await find(works)).photo_sha256

    take_photo(photos, "blue")
    await import_rows(ANNA)

    blue = (await find(works)).photo_sha256
    assert blue != red
    assert await photo_digests(works) == {blue}


async def test_without_a_new_photo_the_old_one_stays(
    import_rows: ImportList, photos: Path, works: Works
) -> None:
    take_photo(photos)
    await import_rows(ANNA)
    (photos / "123456.jpg").unlink()
    await import_rows(ANNA | {"programme": "Chemia"})

    assert (await find(works)).photo_sha256 is not None


async def test_the_photo_of_an_order_outlives_its_replacement(
    import_rows: ImportList, photos: Path, works: Works, place_order: PlaceOrder
) -> None:
    take_photo(photos, "red")
    await import_rows(ANNA)
    await place_order()
    red = (await find(works)).photo_sha256

    take_photo(photos, "blue")
    await import_rows(ANNA)

    assert await photo_digests(works) == {red, (await find(works)).photo_sha256}


async def test_an_imported_student_may_order(
    import_rows: ImportList, photos: Path, works: Works, place_order: PlaceOrder
) -> None:
    take_photo(photos)
    await import_rows(ANNA)

    await place_order()

    assert [type(event) for event in await events(works)] == [OrderPlaced]


async def order_card(import_rows: ImportList, photos: Path, works: Works, place_order: PlaceOrder) -> UUID:
    take_photo(photos)
    await import_rows(ANNA)
    story = await place_order()
    await tell(works, story.ready(), story.issued())
    return story.credential_id


async def test_who_is_struck_off_loses_an_open_order(
    import_rows: ImportList, photos: Path, works: Works, place_order: PlaceOrder
) -> None:
    take_photo(photos)
    await import_rows(ANNA)
    await place_order()

    await import_rows(ANNA | {"status": "struck_off"})
    await import_rows(ANNA | {"status": "struck_off"})

    [_, cancelled] = await events(works)
    assert isinstance(cancelled, OrderCancelled)
    assert cancelled.reason == "ineligible"


@pytest.mark.parametrize(
    ("change", "asked"),
    [
        ({"status": "struck_off"}, ["revoke"]),
        ({"status": "graduated", "cycle": "second"}, ["revoke"]),
        ({"status": "graduated", "cycle": "first"}, []),
        ({"status": "suspended"}, ["suspend"]),
        ({"email": "new@umcs.example", "study_kind": "part_time"}, []),
        ({"family_name": "Nowa"}, ["update"]),
        ({"student_number": "123457"}, ["update"]),
        ({"pesel": ""}, ["update"]),
        ({"family_name": "Nowa", "status": "suspended"}, ["suspend", "update"]),
        ({"family_name": "Nowa", "status": "struck_off"}, ["revoke"]),
    ],
)
async def test_a_card_follows_its_student(
    import_rows: ImportList,
    photos: Path,
    works: Works,
    place_order: PlaceOrder,
    change: dict[str, str],
    asked: list[str],
) -> None:
    credential_id = await order_card(import_rows, photos, works, place_order)

    await import_rows(ANNA | change)

    changes = [event for event in await events(works) if isinstance(event, CardChangeRequested)]
    assert [event.change for event in changes] == asked
    assert {event.credential_id for event in changes} <= {credential_id}


@pytest.mark.parametrize(
    ("graduated_on", "ends"),
    [("2026-02-20", "2026-10-31T22:59:59+00:00"), ("", "2026-10-31T22:59:59+00:00"), ("2025-12-20", None)],
    ids=["in winter", "on the day of the list", "after the rights of that year"],
)
async def test_after_the_first_cycle_the_card_is_kept_to_the_end_of_october(
    import_rows: ImportList,
    photos: Path,
    works: Works,
    place_order: PlaceOrder,
    clock: Clock,
    graduated_on: str,
    ends: str | None,
) -> None:
    await order_card(import_rows, photos, works, place_order)
    in_march = datetime(2026, 3, 31, 21, 59, 59, tzinfo=UTC)
    await works.pool.execute("update orders set card_valid_until = $1", in_march)
    clock.now = datetime(2026, 3, 1, tzinfo=UTC)

    for _ in range(2):
        await import_rows(ANNA | {"status": "graduated", "graduated_on": graduated_on})
        clock.advance(days=1)

    [change] = [event for event in await events(works) if isinstance(event, CardChangeRequested)]
    assert change.change == ("extend" if ends else "revoke")
    assert (change.valid_until and change.valid_until.isoformat()) == ends


async def test_a_card_that_says_a_later_day_is_revoked_when_the_rights_of_a_graduate_end(
    import_rows: ImportList, photos: Path, works: Works, place_order: PlaceOrder, clock: Clock
) -> None:
    await order_card(import_rows, photos, works, place_order)
    await works.pool.execute("update orders set card_valid_until = '2027-03-31'")
    await import_rows(ANNA | {"status": "graduated", "graduated_on": "2026-09-15"})

    asked = []
    for month, day in ((10, 31), (11, 1), (11, 2)):
        clock.now = datetime(2026, month, day, 1, tzinfo=UTC)
        async with works.begin() as work:
            await end_rights(work)
        asked.append(
            [event.change for event in await events(works) if isinstance(event, CardChangeRequested)]
        )

    assert asked == [[], ["revoke"], ["revoke"]]


async def test_a_suspension_ends_when_the_list_says_so(
    import_rows: ImportList, photos: Path, works: Works, place_order: PlaceOrder
) -> None:
    await order_card(import_rows, photos, works, place_order)

    await import_rows(ANNA | {"status": "suspended"})
    held = (await find(works)).office_hold
    await import_rows(ANNA)

    changes = [event for event in await events(works) if isinstance(event, CardChangeRequested)]
    assert [(event.change, event.by, event.hold_version) for event in changes] == [
        ("suspend", "office", 1),
        ("reinstate", "office", 2),
    ]
    assert held
    assert not (await find(works)).office_hold


@pytest.mark.parametrize("between", [[], ["graduated"], ["struck_off"], ["graduated", "struck_off"]])
async def test_no_suspension_outlives_its_reason(
    between: list[str], import_rows: ImportList, photos: Path, works: Works
) -> None:
    for status in ["suspended", *between, "active"]:
        await import_rows(ANNA | {"cycle": "long", "status": status})

    assert not (await find(works)).office_hold


async def test_the_notifier_hears_of_a_new_address(
    import_rows: ImportList, photos: Path, works: Works, place_order: PlaceOrder
) -> None:
    take_photo(photos)
    await import_rows(ANNA)
    await place_order(consents=CONSENTS | {"email_alerts": "2026-11"})

    await import_rows(ANNA | {"email": "a.wojcik@umcs.example"})
    await import_rows(ANNA | {"email": "a.wojcik@umcs.example"})

    assert [type(event) for event in await events(works)] == [OrderPlaced, ContactChanged]


@pytest.mark.parametrize(
    ("institution", "file", "folder", "why"),
    [
        ("uw", "empty.csv", "photos", "uw is no institution"),
        ("umcs", "missing.csv", "photos", "missing.csv cannot be read: No such file or directory"),
        ("umcs", "empty.csv", "nowhere", "nowhere is no folder: name the one with <student_number>.jpg"),
        ("umcs", "empty.csv", "photos", "empty.csv has no column subject: add it"),
    ],
)
async def test_what_cannot_be_imported_at_all_is_told_with_its_cure(
    settings: OrderingSettings,
    tmp_path: Path,
    institution: str,
    file: str,
    folder: str,
    why: str,
) -> None:
    (tmp_path / "photos").mkdir()
    (tmp_path / "empty.csv").touch()

    with pytest.raises(SystemExit, match=why):
        await import_list(settings, institution, tmp_path / file, tmp_path / folder)
