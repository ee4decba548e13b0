"""A PostgreSQL server of our own: an unprivileged user's cluster in a temporary folder, on a free loopback port."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg

from inventory.history import HistoryPlace
from tests.runner.peers import free_port

INSTALLED = Path("/usr/lib/postgresql")
SUPERUSER, OWNER = "rasoat", "rasoat"
PASSWORD = "mat-khau-thu-nghiem"
SECRET = "RASOAT_TEST_HISTORY"
SETTINGS = "listen_addresses=127.0.0.1 unix_socket_directories= fsync=off synchronous_commit=off full_page_writes=off"


@dataclass(frozen=True)
class Server:
    port: int

    def place(self, database: str) -> HistoryPlace:
        """A history in this database, whose password is in the environment's `SECRET`."""
        return HistoryPlace(url=f"postgresql://{OWNER}@127.0.0.1:{self.port}/{database}", password=f"env:{SECRET}")

    def connect(self, database: str) -> psycopg.Connection:
        return psycopg.connect(
            host="127.0.0.1", port=self.port, user=SUPERUSER, password=PASSWORD, dbname=database, autocommit=True
        )

    def empty(self) -> HistoryPlace:
        """The place that its one database is, with nothing in it."""
        with self.connect("postgres") as connection:
            connection.execute("DROP SCHEMA public CASCADE")
            connection.execute("CREATE SCHEMA public")
        return self.place("postgres")


@contextmanager
def running() -> Iterator[Server]:
    """The server while it runs; afterwards nothing of it is left."""
    folder, port = Path(tempfile.mkdtemp(prefix="rasoat-postgres-")), free_port()
    try:
        (folder / "password").write_text(PASSWORD)
        for path in (folder, folder / "password"):
            _give(path)
        data = str(folder / "data")
        _run("initdb", "-D", data, "-U", SUPERUSER, "-A", "scram-sha-256", f"--pwfile={folder / 'password'}", "-N")
        settings = " ".join(f"-c {setting}" for setting in SETTINGS.split(" "))
        _run("pg_ctl", "-D", data, "-w", "-l", str(folder / "log"), "-o", f"-p {port} {settings}", "start")
        try:
            yield Server(port)
        finally:
            _run("pg_ctl", "-D", data, "-w", "-m", "immediate", "stop")
    finally:
        shutil.rmtree(folder)


def _run(program: str, *words: str) -> None:
    """Run one of PostgreSQL's programs, which refuse to be run by root, as its own user."""
    as_user = ("setpriv", f"--reuid={_user().pw_uid}", f"--regid={_user().pw_gid}", "--clear-groups")
    argv = [*(as_user if os.geteuid() == 0 else ()), str(_binary(program)), *words]
    done = subprocess.run(argv, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False, cwd="/tmp")
    assert done.returncode == 0, done.stdout


def _binary(program: str) -> Path:
    newest = sorted(INSTALLED.glob(f"*/bin/{program}"), key=lambda path: float(path.parent.parent.name))
    return newest[-1] if newest else Path(shutil.which(program) or program)


def _user() -> pwd.struct_passwd:
    return pwd.getpwnam("postgres")


def _give(path: Path) -> None:
    if os.geteuid() == 0:
        os.chown(path, _user().pw_uid, _user().pw_gid)
