from pathlib import Path

import pytest

from servicekit.institutions import InstitutionsError, load_institutions
from servicekit.issuers import issuer_addresses, issuer_origins
from tests.own_address import OWN_ADDRESS, institutions_in

SHARED = "https://issuer.example.pl"


def test_an_issuer_is_below_the_address_of_the_service_unless_it_has_its_own(tmp_path: Path) -> None:
    institutions = load_institutions(institutions_in(tmp_path / "institutions"))

    assert issuer_addresses(institutions, SHARED) == {"pwr": OWN_ADDRESS, "umcs": f"{SHARED}/t/umcs"}


@pytest.mark.parametrize("own", [SHARED, "https://ISSUER.example.pl"])
def test_no_institution_takes_the_address_of_all_others(tmp_path: Path, own: str) -> None:
    institutions = load_institutions(institutions_in(tmp_path / "institutions", own.lower()))

    with pytest.raises(InstitutionsError, match=r"pwr\.toml: issuer_url: is ISSUER_PUBLIC_URL"):
        issuer_addresses(institutions, own)


def test_pages_may_talk_to_each_issuer() -> None:
    origins = issuer_origins([f"{SHARED}/t/umcs", f"{SHARED}/t/pwr", OWN_ADDRESS])

    assert origins == (SHARED, OWN_ADDRESS)
