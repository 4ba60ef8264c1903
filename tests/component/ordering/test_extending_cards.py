"""Extending many cards: seen first, started as seen, asked for at the pace of the answers."""

import asyncio
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest

from eventing import Works
from ordering import store
from ordering.extending import Extension, ExtensionRunning, PreviewOutdated, Progress
from ordering.extension_commands import extend_cards, show_extension
from ordering.sealing import Sealers
from ordering.settings import OrderingSettings
from ordering.use_cases import feed_extensions as feeding
from ordering.use_cases.cancel_extension import cancel_extension
from ordering.use_cases.erase_student import erase_student
from ordering.use_cases.forget_extensions import forget_extensions
from ordering.use_cases.hold_student import hold_student
from ordering.use_cases.preview_extension import preview_extension
from ordering.use_cases.start_extension import start_extension
from servicekit.refusals import NotFound
from tests.component.ordering.conftest import INSTITUTIONS
from tests.component.ordering.extensions import Answers, add_cards, asked, feed
from tests.component.ordering.scene import Clock

LAST_DAY = date(2027, 3, 31)
UNTIL = datetime(2027, 3, 31, 21, 59, 59, tzinfo=UTC)


async def preview(works: Works, numbers: list[str] | None = None, until: date = LAST_DAY) -> UUID:
    async with works.begin() as work:
        return (await preview_extension(work, "umcs", until, numbers)).extension_id


async def start(works: Works, extension_id: UUID, institution: str = "umcs") -> None:
    async with works.begin() as work:
        await start_extension(work, institution, extension_id, actor_ref="clerk-7")


async def cancel(works: Works, extension_id: UUID) -> None:
    async with works.begin() as work:
        await cancel_extension(work, "umcs", extension_id, actor_ref="clerk-8")


async def look(works: Works, extension_id: UUID) -> tuple[Extension, Progress]:
    async with works.begin() as work:
        extension = await store.extensions.find(work.connection, extension_id)
        assert extension is not None
        return extension, await store.extensions.progress(work.connection, extension_id)


async def audited(works: Works) -> list[tuple[str, str, dict[str, object]]]:
    rows = await works.pool.fetch("select actor_ref, action, details from audit_lines order by audit_id")
    return [(row["actor_ref"], row["action"], row["details"]) for row in rows]


async def set_student(works: Works, number: int, column: str, value: object) -> None:
    await works.pool.execute(
        f"update students set {column} = $2 where student_number = $1",
        f"student-{number}-1",
        value,
    )


async def test_a_preview_counts_who_is_extended_and_why_others_are_not(
    works: Works, sealers: Sealers, anna: UUID
) -> None:
    orders = await add_cards(works, sealers, 6)
    await set_student(works, 0, "status", "struck_off")
    await set_student(works, 1, "office_hold", True)
    revoke = "update orders set card_end = 'REVOKED' where order_id = $1"
    await works.pool.execute(revoke, orders[2])
    long_ago = "update orders set card_valid_until = '2026-08-31' where order_id = $1"
    await works.pool.execute(long_ago, orders[3])

    extension_id = await preview(works)

    extension, progress = await look(works, extension_id)
    assert progress == Progress(cards=2, asked=0, answered=0, extended=0, changed_meanwhile=0)
    assert extension.left_out == {
        "struck_off": 1,
        "held": 1,
        "revoked": 1,
        "expired_too_long_ago": 1,
        "no_card": 1,
    }
    assert await asked(works) == []


async def test_a_list_of_numbers_reaches_those_students_alone(works: Works, sealers: Sealers) -> None:
    await add_cards(works, sealers, 3)

    extension_id = await preview(works, ["student-1-1", "student-1-1", "nobody"])

    extension, progress = await look(works, extension_id)
    assert (progress.cards, extension.left_out) == (1, {"unknown": 1})


async def test_what_was_seen_is_asked_of_the_issuer_and_ends_when_it_has_answered(
    works: Works, sealers: Sealers
) -> None:
    orders = await add_cards(works, sealers, 3)
    extension_id, answers = await preview(works), Answers(works)
    await start(works, extension_id)

    await feed(works)
    await answers.give(2)
    await feed(works)
    _, halfway = await look(works, extension_id)
    await answers.give()
    await feed(works)

    assert halfway == Progress(cards=3, asked=3, answered=2, extended=2, changed_meanwhile=0)
    requests = await asked(works)
    assert {event.order_id for event in requests} == set(orders)
    assert {(event.change, event.by, event.actor_ref, event.valid_until) for event in requests} == {
        ("extend", "office", "clerk-7", UNTIL)
    }
    extension, end = await look(works, extension_id)
    assert (extension.state, end.extended) == ("done", 3)
    assert [(who, action) for who, action, _ in await audited(works)] == [
        ("clerk-7", "extension_started"),
        ("clerk-7", "extension_done"),
    ]
    assert (await audited(works))[0][2]["cards"] == 3


async def test_asking_is_never_far_ahead_of_the_answers_and_goes_in_large_steps(
    works: Works, sealers: Sealers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feeding, "MOST_AHEAD", 4)
    await add_cards(works, sealers, 9)
    answers = Answers(works)
    await start(works, await preview(works))

    ahead = []
    for answered in (0, 3, 1, 9):
        await answers.give(answered)
        await feed(works)
        await feed(works)
        ahead.append(len(await asked(works)))

    assert ahead == [4, 7, 7, 9]  # one more would fit, and waits until half of all fits


async def test_one_replica_asks_at_a_time(works: Works, sealers: Sealers) -> None:
    await add_cards(works, sealers, 20)
    await start(works, await preview(works))

    await asyncio.gather(*(feed(works) for _ in range(4)))

    assert len(await asked(works)) == 20


async def test_a_card_that_has_changed_since_the_preview_is_left_out(works: Works, sealers: Sealers) -> None:
    orders = await add_cards(works, sealers, 3)
    extension_id = await preview(works)
    await start(works, extension_id)
    student_ref = await works.pool.fetchval("select student_ref from orders where order_id = $1", orders[0])
    async with works.begin() as work:
        await hold_student(work, student_ref, hold=True, actor_ref="import", reason=None)
    await set_student(works, 1, "card_valid_until", UNTIL - timedelta(days=60))

    await feed(works)

    extended = [event.order_id for event in await asked(works) if event.change == "extend"]
    assert extended == [orders[2]]
    assert (await look(works, extension_id))[1].changed_meanwhile == 2


async def test_a_student_who_is_erased_is_asked_for_no_more(works: Works, sealers: Sealers) -> None:
    orders = await add_cards(works, sealers, 2)
    extension_id, answers = await preview(works), Answers(works)
    await start(works, extension_id)
    student_ref = await works.pool.fetchval("select student_ref from orders where order_id = $1", orders[0])
    async with works.begin() as work:
        await erase_student(work, student_ref, actor_ref="operator")

    await feed(works)
    await answers.give()
    await feed(works)

    assert [event.order_id for event in await asked(works)] == [orders[1]]
    assert (await look(works, extension_id))[0].state == "done"


async def test_starting_twice_is_starting_once(works: Works, sealers: Sealers) -> None:
    await add_cards(works, sealers, 1)
    extension_id = await preview(works)

    await start(works, extension_id)
    await start(works, extension_id)
    await feed(works)
    await feed(works)

    assert len(await asked(works)) == 1
    assert len(await audited(works)) == 1


async def test_a_preview_that_is_old_or_of_another_institution_starts_nothing(
    works: Works, sealers: Sealers, clock: Clock
) -> None:
    await add_cards(works, sealers, 1)
    extension_id = await preview(works)

    with pytest.raises(NotFound):
        await start(works, extension_id, "pwr")
    clock.advance(minutes=16)
    with pytest.raises(PreviewOutdated):
        await start(works, extension_id)


async def test_an_institution_extends_once_at_a_time(works: Works, sealers: Sealers) -> None:
    await add_cards(works, sealers, 1)
    first, second = await preview(works), await preview(works)
    await start(works, first)

    with pytest.raises(ExtensionRunning):
        await start(works, second)


async def test_what_was_not_asked_for_can_be_cancelled(
    works: Works, sealers: Sealers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feeding, "MOST_AHEAD", 1)
    await add_cards(works, sealers, 3)
    extension_id, answers = await preview(works), Answers(works)
    await start(works, extension_id)
    await feed(works)

    await cancel(works, extension_id)
    await cancel(works, extension_id)
    await answers.give()
    await feed(works)

    assert len(await asked(works)) == 1
    assert (await look(works, extension_id))[0].state == "cancelled"
    assert (await audited(works))[1:] == [
        ("clerk-8", "extension_cancelled", {"extension_id": str(extension_id), "cards": 3, "asked": 1})
    ]


async def test_previews_are_forgotten_after_a_day_and_extensions_after_three_months(
    works: Works, sealers: Sealers, clock: Clock
) -> None:
    await add_cards(works, sealers, 1)
    cancelled, seen = await preview(works), await preview(works)
    await start(works, cancelled)
    await cancel(works, cancelled)

    kept = []
    for days in (2, 90):
        clock.advance(days=days)
        async with works.begin() as work:
            await forget_extensions(work)
        rows = await works.pool.fetch("select distinct extension_id from extension_cards")
        kept.append({row["extension_id"] for row in rows})

    assert seen not in kept[0]
    assert kept == [{cancelled}, set()]


async def test_the_command_shows_what_it_starts_and_how_far_it_has_come(
    works: Works,
    sealers: Sealers,
    settings: OrderingSettings,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    settings = settings.model_copy(update={"institutions_dir": INSTITUTIONS})
    await add_cards(works, sealers, 2)
    await works.pool.execute("update orders set card_valid_until = now()")
    (tmp_path / "numbers.txt").write_text("student-0-1\nstudent-9-1\n")
    until = datetime.now(UTC).date() + timedelta(days=200)

    await extend_cards(settings, "umcs", until, tmp_path / "numbers.txt", preview=True)
    previewed = capsys.readouterr().out
    extension_id = UUID(previewed.split()[1])
    nothing = await feed(works)
    await show_extension(settings, extension_id, start=True, cancel=False)
    await feed(works)
    await show_extension(settings, extension_id, start=False, cancel=True)

    assert f"to the end of {until}: previewed" in previewed
    assert "cards: 1, asked for: 0" in previewed
    assert "left out, unknown: 1\nnobody has the number student-9-1\n" in previewed
    assert not nothing.running
    assert "cards: 1, asked for: 1, answered: 0" in capsys.readouterr().out
    assert [who for who, _, _ in await audited(works)] == ["operator", "operator"]


async def test_the_command_refuses_with_the_cure(settings: OrderingSettings, tmp_path: Path) -> None:
    settings = settings.model_copy(update={"institutions_dir": INSTITUTIONS})

    for institution, until, students, cure in (
        ("uw", LAST_DAY, None, "uw is no institution"),
        ("umcs", date(2020, 1, 1), None, "Give a day after today"),
        ("umcs", LAST_DAY, tmp_path / "missing", "give a UTF-8 file"),
    ):
        with pytest.raises(SystemExit, match=cure):
            await extend_cards(settings, institution, until, students, preview=True)
