"""A PostgreSQL cluster with a base backup and all of its WAL: it can be restored to any instant since."""

import os
import pwd
import shutil
import signal
import subprocess
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import asyncpg
import pytest

from devstack import postgres
from devstack.postgres import Postgres, start_postgres
from devstack.processes import stop_process
from tests.waiting import eventually


@dataclass
class Archived:
    """The folders of one cluster: what the server writes, the base backup, and the WAL since."""

    folder: Path

    @property
    def live(self) -> Path:
        return self.folder / "postgres"

    @property
    def base(self) -> Path:
        return self.folder / "base"

    @property
    def wal(self) -> Path:
        return self.folder / "wal"

    def keep_wal(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Whatever server is started from now on hands its WAL to the archive."""
        self.wal.mkdir(parents=True)
        archive = f"test ! -f {self.wal}/%f && cp %p {self.wal}/%f"
        settings = {"wal_level": "replica", "max_wal_senders": "4", "archive_mode": "on"}
        for name, value in (settings | {"archive_command": archive}).items():
            monkeypatch.setitem(postgres.SETTINGS, name, value)

    def back_up(self, server: Postgres) -> None:
        command = [postgres._binary("pg_basebackup"), "--pgdata", str(self.base), "--checkpoint=fast"]
        command += ["--dbname", server.url(), "--wal-method=none", "--no-sync", "--no-manifest"]
        subprocess.run(command, check=True, capture_output=True)

    async def finish(self, server: Postgres) -> None:
        """All WAL up to now is in the archive."""
        admin = await asyncpg.connect(server.url())
        segment = await admin.fetchval("select pg_walfile_name(pg_current_wal_lsn())")
        await admin.execute("select pg_switch_wal()")
        await admin.close()
        await eventually((self.wal / segment).is_file, 60, every=0.1)

    def copy_of_live(self, target: Path) -> None:
        shutil.copytree(self.live, target)
        _give_away(target / "data")

    def restored(self, target: Path, to: datetime, *, promoted: bool = True) -> None:
        """The cluster as it was at an instant; the server finds it out when it starts.

        It answers when it is there, or, if it is not to be promoted, stays a standby that can be read.
        """
        shutil.copytree(self.base, target / "data")
        shutil.copy(self.live / "password", target / "password")
        with (target / "data" / "postgresql.auto.conf").open("a") as settings:
            settings.write(f"restore_command = 'cp {self.wal}/%f %p'\n")
            settings.write(f"recovery_target_time = '{to.isoformat()}'\n")
            settings.write(f"recovery_target_action = '{'promote' if promoted else 'pause'}'\n")
            settings.write(f"hot_standby = {'off' if promoted else 'on'}\n")
        (target / "data" / "recovery.signal").touch()
        _give_away(target / "data")


def crash(server: Postgres) -> None:
    """At once, without a checkpoint."""
    stop_process(server.process, by=signal.SIGQUIT)


def start(folder: Path, port: int | None = None) -> Postgres:
    return start_postgres(folder, port=port, durable=False)


def _give_away(data: Path) -> None:
    """The server runs as another account when we are root, and wants its folder for itself."""
    data.chmod(0o700)
    if os.geteuid() == 0:
        account = pwd.getpwnam("nobody")
        for path in (data, *data.rglob("*")):
            os.chown(path, account.pw_uid, account.pw_gid, follow_symlinks=False)
