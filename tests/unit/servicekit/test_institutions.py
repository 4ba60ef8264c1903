from datetime import UTC, datetime
from pathlib import Path
from typing import get_args

import pytest
from pydantic import ValidationError

from servicekit.institutions import WARSAW, InstitutionsError, Reason, load_institutions

INSTITUTIONS = Path(__file__).parents[3] / "institutions"


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    (tmp_path / "umcs.toml").write_bytes((INSTITUTIONS / "umcs.toml").read_bytes())
    return tmp_path


def change(directory: Path, old: str, new: str) -> None:
    file = directory / "umcs.toml"
    content = file.read_text(encoding="utf-8")
    assert old in content
    file.write_text(content.replace(old, new), encoding="utf-8")


def complaint(directory: Path) -> str:
    with pytest.raises(InstitutionsError) as caught:
        load_institutions(directory)
    return str(caught.value)


def valid_until(now: datetime) -> datetime:
    return load_institutions(INSTITUTIONS)["umcs"].valid_until(now)


def test_both_sample_institutions_are_read() -> None:
    institutions = load_institutions(INSTITUTIONS)

    assert set(institutions) == {"umcs", "pwr"}
    assert institutions["umcs"].name.to("en") == "Maria Curie-Skłodowska University in Lublin"
    assert institutions["umcs"].rules.pesel_required
    assert not institutions["pwr"].rules.pesel_required
    assert institutions["umcs"].offer_lifetime_days == 30


@pytest.mark.parametrize("institution_id", ["umcs", "pwr"])
def test_every_reason_has_its_words(institution_id: str) -> None:
    institution = load_institutions(INSTITUTIONS)[institution_id]

    assert set(institution.reasons) == set(get_args(Reason))


@pytest.mark.parametrize("institution_id", ["umcs", "pwr"])
def test_only_the_free_consent_may_be_refused(institution_id: str) -> None:
    consents = load_institutions(INSTITUTIONS)[institution_id].consents

    assert {(consent.kind, consent.basis, consent.required) for consent in consents} == {
        ("card_terms", "terms", True),
        ("data_to_wallet", "information", True),
        ("email_alerts", "consent", False),
    }


def test_an_institution_cannot_be_changed() -> None:
    institution = load_institutions(INSTITUTIONS)["umcs"]

    with pytest.raises(ValidationError):
        institution.colour = "#000000"  # type: ignore[misc]  # this is what must not work


def test_a_card_is_valid_to_the_end_of_the_last_day_in_warsaw() -> None:
    assert valid_until(datetime(2026, 11, 22, 12, tzinfo=UTC)) == datetime(
        2027, 3, 31, 23, 59, 59, tzinfo=WARSAW
    )
    assert valid_until(datetime(2027, 4, 1, 12, tzinfo=UTC)) == datetime(
        2027, 10, 31, 23, 59, 59, tzinfo=WARSAW
    )


def test_the_instant_follows_summer_time() -> None:
    assert valid_until(datetime(2026, 11, 22, tzinfo=UTC)) == datetime(2027, 3, 31, 21, 59, 59, tzinfo=UTC)
    assert valid_until(datetime(2026, 5, 1, tzinfo=UTC)) == datetime(2026, 10, 31, 22, 59, 59, tzinfo=UTC)


def test_the_days_on_which_the_clocks_change_end_as_any_other_day() -> None:
    assert valid_until(datetime(2024, 1, 1, tzinfo=UTC)) == datetime(2024, 3, 31, 21, 59, 59, tzinfo=UTC)
    assert valid_until(datetime(2027, 5, 1, tzinfo=UTC)) == datetime(2027, 10, 31, 22, 59, 59, tzinfo=UTC)


def test_the_last_second_still_belongs_to_the_old_semester() -> None:
    end = datetime(2026, 10, 31, 22, 59, 59, tzinfo=UTC)

    assert valid_until(end.replace(second=58)) == end
    assert valid_until(end) == datetime(2027, 3, 31, 21, 59, 59, tzinfo=UTC)


def test_new_year_in_warsaw_is_not_new_year_in_utc() -> None:
    assert valid_until(datetime(2026, 12, 31, 23, 30, tzinfo=UTC)).year == 2027


def test_days_of_grace_come_after_the_end(directory: Path) -> None:
    change(directory, "semester_grace_days = 0", "semester_grace_days = 60")
    institution = load_institutions(directory)["umcs"]

    in_grace = institution.valid_until(datetime(2026, 11, 22, tzinfo=UTC))
    over_new_year = institution.valid_until(datetime(2026, 12, 31, tzinfo=UTC))

    assert in_grace.astimezone(WARSAW).date().isoformat() == "2026-12-30"
    assert over_new_year.astimezone(WARSAW).date().isoformat() == "2027-05-30"


def test_the_hash_tells_versions_apart(directory: Path) -> None:
    before = load_institutions(directory)["umcs"].hash
    change(directory, "offer_lifetime_days = 30", "offer_lifetime_days = 14")

    assert load_institutions(directory)["umcs"].hash != before
    assert len(before) == 64


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("pesel_required = true\n", "", "umcs.toml: rules.pesel_required: is missing. Add it."),
        (
            "pesel_required",
            "pesl_required",
            "umcs.toml: rules.pesl_required: is not known. Mend its spelling",
        ),
        ("#7b1e3b", "#ffd700", "umcs.toml: colour: white text on it has a contrast of 1.4"),
        ("#7b1e3b", "red", "umcs.toml: colour: String should match pattern"),
        ('"10-31"', '"31-10"', "umcs.toml: semester_ends[0]: is no day of every year: write it as MM-DD"),
        ('"03-31"', '"02-29"', "umcs.toml: semester_ends[1]: is no day of every year"),
        ('"10-31", "03-31"', "", "umcs.toml: semester_ends: Tuple should have at least 1 item"),
        (
            "offer_lifetime_days = 30",
            "offer_lifetime_days = 0",
            "offer_lifetime_days: Input should be greater",
        ),
        ('"doctoral"', '"phd"', "umcs.toml: rules.cycles_excluded[0]: Input should be 'first', 'second'"),
        ("[reasons.PHOTO_MISSING]", "[reasons.NO_PHOTO]", "reasons.NO_PHOTO.[key]"),
        ('kind = "email_alerts"', 'kind = "card_terms"', "consents: card_terms is there 2 times"),
        ('basis = "information"', 'basis = "consent"', "consents.data_to_wallet.basis: is 'consent'"),
        ("required = false\ntitle", "required = true\ntitle", "consents.email_alerts.required: only what"),
        ('id = "umcs"', 'id = "uw"', "umcs.toml: id: is 'uw'. Call the file uw.toml"),
        ('name.pl = "', 'name.pl = " " # ', "umcs.toml: name: is empty in one language"),
        ("M32 50", 'M32 50\\" onload=', "umcs.toml: mark.path: String should match pattern"),
        ("[limits]", "[limits]\nactivation_attempts = 3", "limits.activation_attempts: is not known"),
        ("[rules]", "[rules", "umcs.toml: is no TOML:"),
    ],
)
def test_what_is_wrong_is_told_with_file_key_and_cure(
    directory: Path, old: str, new: str, expected: str
) -> None:
    change(directory, old, new)

    assert expected in complaint(directory)


@pytest.mark.parametrize(
    "address",
    [
        "https://mleg.umcs.example/t/umcs",
        "https://mleg.umcs.example/",
        "https://mleg.umcs.example?a=b",
        "https://mleg.umcs.example:443",
        "https://Mleg.umcs.example",
        "https://somebody@mleg.umcs.example",
        "https://",
        "mleg.umcs.example",
    ],
)
def test_an_issuer_address_that_is_no_origin_is_told_with_its_cure(directory: Path, address: str) -> None:
    change(directory, "help_url =", f'issuer_url = "{address}"\nhelp_url =')

    assert "umcs.toml: issuer_url: is no address of an issuer: write https:// and a host" in complaint(
        directory
    )


def test_an_issuer_address_is_https_but_on_ones_own_machine(directory: Path) -> None:
    change(directory, "help_url =", 'issuer_url = "http://umcs.localhost:8002"\nhelp_url =')
    assert load_institutions(directory)["umcs"].issuer_url == "http://umcs.localhost:8002"

    change(directory, "http://umcs.localhost:8002", "http://mleg.umcs.example")

    assert "umcs.toml: issuer_url: must be https" in complaint(directory)


def test_two_institutions_never_have_one_address(directory: Path) -> None:
    change(directory, "help_url =", 'issuer_url = "https://mleg.example"\nhelp_url =')
    other = (directory / "umcs.toml").read_text(encoding="utf-8").replace('id = "umcs"', 'id = "uw"')
    (directory / "uw.toml").write_text(other, encoding="utf-8")

    assert "uw.toml: issuer_url: umcs has this address too. Give each an address" in complaint(directory)


def test_a_reason_without_words_is_refused(directory: Path) -> None:
    file = directory / "umcs.toml"
    head, _, tail = file.read_text(encoding="utf-8").partition("[reasons.PHOTO_MISSING]")
    file.write_text(head + tail[tail.index("[reasons.") :], encoding="utf-8")

    assert "umcs.toml: reasons.PHOTO_MISSING: is missing. Add its text and cure." in complaint(directory)


def test_all_wrong_files_are_told_at_once(directory: Path) -> None:
    change(directory, "photo_required = true\n", "")
    (directory / "pwr.toml").write_bytes("name = 'Wrocław'".encode("cp1250"))

    told = complaint(directory)

    assert "umcs.toml: rules.photo_required: is missing" in told
    assert "pwr.toml: is not UTF-8 at byte 12. Save it as UTF-8." in told


def test_an_empty_directory_is_told_with_its_cure(tmp_path: Path) -> None:
    assert "no institution there. Put one <id>.toml" in complaint(tmp_path)
