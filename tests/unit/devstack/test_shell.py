"""Whose settings a command gets, and whose data."""

from pathlib import Path

import pytest

from devstack.__main__ import chosen
from devstack.ports import STANDARD_PORTS, free_ports
from devstack.processes import StackError
from devstack.settings import Places, url_of
from devstack.shell import settings_of_running


def test_moved_ports_have_data_of_their_own() -> None:
    standard, moved = chosen("", tls=False), chosen("1000", tls=False)

    assert standard[0].data.name == chosen("+0", tls=False)[0].data.name == ".data"
    assert standard[1] == STANDARD_PORTS
    assert moved[0].data.name == chosen("+1000", tls=False)[0].data.name == ".data+1000"
    assert moved[1].ordering == 9001


def test_what_speaks_tls_has_data_of_its_own() -> None:
    places, ports = chosen("", tls=True)

    assert (places.data.name, chosen("1000", tls=True)[0].data.name) == (".data-tls", ".data+1000-tls")
    assert (url_of("wallet", ports), url_of("mail", ports)) == (
        "https://localhost:8004",
        "http://localhost:8025",
    )


def test_without_a_running_stack_it_says_how_to_start_one(tmp_path: Path) -> None:
    with pytest.raises(StackError, match=r"start `make demo` or `make run`"):
        settings_of_running("ordering", Places(tmp_path, tmp_path), free_ports())


def test_a_service_that_there_is_not_is_told_with_those_there_are(tmp_path: Path) -> None:
    with pytest.raises(StackError, match=r"ordering, issuer, notifier, wallet"):
        settings_of_running("mailer", Places(tmp_path, tmp_path), free_ports())
