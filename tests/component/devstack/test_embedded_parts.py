"""The embedded server, broker and mail sink do what the stack relies on."""

import contextlib
import smtplib
import socket
from dataclasses import asdict
from email.message import EmailMessage
from pathlib import Path

import asyncpg
import httpx
import pytest

from devstack.broker import start_broker, stop_broker
from devstack.mail import start_mail
from devstack.ports import PortBusy, Ports, WrongOffset, free_port, free_ports, moved_ports, refuse_busy
from devstack.postgres import Postgres, start_postgres, stop_postgres
from devstack.processes import StackError, start_process, stop_process, wait_until
from provision.databases import ensure_database


def is_ours(address: str) -> bool:
    with contextlib.suppress(OSError), socket.create_server((address, 0), family=socket.AF_INET6):
        return True
    return False


async def test_a_role_cannot_enter_the_database_of_another(postgres: Postgres) -> None:
    admin = await asyncpg.connect(postgres.url())
    await ensure_database(admin, "mine", "secret-mine")
    await ensure_database(admin, "yours", "secret-yours")
    await admin.close()

    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await asyncpg.connect(postgres.url("yours", role="mine", password="secret-mine"))


async def test_a_wrong_password_is_refused(postgres: Postgres) -> None:
    with pytest.raises(asyncpg.InvalidPasswordError):
        await asyncpg.connect(postgres.url(password="guessed"))


async def test_the_servers_log_does_not_repeat_the_row_that_an_error_is_about(tmp_path: Path) -> None:
    server = start_postgres(tmp_path, durable=False)
    connection = await asyncpg.connect(server.url())
    await connection.execute("create table people (name text primary key, check (name <> 'Zenobia'))")
    for names in (["Eufrozyna", "Eufrozyna"], ["Zenobia"]):
        with pytest.raises(asyncpg.IntegrityConstraintViolationError):
            await connection.execute("insert into people select unnest($1::text[])", names)
    await connection.close()
    stop_postgres(server)

    log = (tmp_path / "postgres.log").read_text()

    assert log.count("ERROR") == 2
    assert "Eufrozyna" not in log
    assert "Failing row" not in log


async def test_data_survive_a_killed_server(tmp_path: Path) -> None:
    folder = tmp_path / "a folder with spaces"
    first = start_postgres(folder)
    connection = await asyncpg.connect(first.url())
    await connection.execute("create table kept as select 7 as number")
    first.process.kill()
    first.process.wait()

    second = start_postgres(folder)
    connection = await asyncpg.connect(second.url())
    number = await connection.fetchval("select number from kept")
    await connection.close()
    stop_postgres(second)

    assert number == 7


def test_a_broker_comes_back_on_its_port(tmp_path: Path) -> None:
    first = start_broker(tmp_path)
    first.process.kill()
    first.process.wait()

    second = start_broker(tmp_path, port=first.port)
    stop_broker(second)

    assert second.port == first.port


def test_the_mail_sink_shows_what_was_sent(tmp_path: Path) -> None:
    smtp_port, http_port = free_port(), free_port()
    sink = start_mail(tmp_path / "mail", smtp_port=smtp_port, http_port=http_port)
    message = EmailMessage()
    message["To"], message["Subject"], message["Message-ID"] = "ola@example.edu", "Zażółć", "<1@legitka>"
    message.set_content("gęślą jaźń")
    with smtplib.SMTP("127.0.0.1", smtp_port) as client:
        client.send_message(message, from_addr="legitka@example.edu")

    kept = httpx.get(f"http://127.0.0.1:{http_port}/api/messages", params={"to": "ola@example.edu"}).json()
    stop_process(sink)

    assert [(each["subject"], each["text"].strip(), each["message_id"]) for each in kept] == [
        ("Zażółć", "gęślą jaźń", "<1@legitka>")
    ]


def test_free_ports_are_none_that_a_connection_may_take_meanwhile() -> None:
    first_of_connections = 32_768  # on Linux; on macOS and Windows 49,152

    numbers = [*asdict(free_ports()).values(), free_port()]

    assert len(set(numbers)) == len(numbers)
    assert max(numbers) < first_of_connections


def test_busy_ports_are_named_with_the_cure() -> None:
    ports = free_ports()

    with (
        socket.create_server(("127.0.0.1", ports.wallet)),
        pytest.raises(PortBusy, match=rf"{ports.wallet} \(wallet\).*Stop what listens there"),
    ):
        refuse_busy(ports)


@pytest.mark.skipif(not is_ours("::1"), reason="this machine has no IPv6")
def test_a_listener_on_the_other_localhost_is_noticed_too() -> None:
    ports = free_ports()

    with (
        socket.create_server(("::1", ports.ordering), family=socket.AF_INET6),
        pytest.raises(PortBusy, match=rf"{ports.ordering} \(ordering\)"),
    ):
        refuse_busy(ports)


def test_all_ports_can_be_moved() -> None:
    moved = moved_ports("+1000")

    assert all(getattr(moved, name) == getattr(Ports(), name) + 1000 for name in Ports.__slots__)


@pytest.mark.parametrize("offset", ["far", "1e3", "+60000", "-8000"])
def test_an_offset_that_leads_nowhere_is_refused_with_the_cure(offset: str) -> None:
    with pytest.raises(WrongOffset, match=r"PORTS=\+1000 adds 1000 to every port"):
        moved_ports(offset)


def test_the_standard_ports_are_all_different() -> None:
    numbers = [getattr(Ports(), name) for name in Ports.__slots__]

    assert len(set(numbers)) == len(numbers)


def test_a_part_that_dies_at_start_is_named_with_its_last_words(tmp_path: Path) -> None:
    log = tmp_path / "part.log"
    process = start_process(["sh", "-c", "echo no such luck; exit 3"], log=log)

    with pytest.raises(StackError, match=r"(?s)The part ended \(status 3\).*no such luck"):
        wait_until(lambda: False, process=process, name="The part", log=log, within=5)
