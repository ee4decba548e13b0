"""Where a history is: the file `history.db` of a workspace, or the PostgreSQL database that `city.yaml` names."""

from __future__ import annotations

import fcntl
import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any

from sqlalchemy import URL, Connection, Engine, NullPool, create_engine, event, exc, make_url, text

from inventory import secrets
from inventory.faults import BadInput
from inventory.history import HistoryPlace
from inventory.workspace import Workspace
from reports.history.schema import Damaged, drop

WAIT_SECONDS = 60
CONNECT_SECONDS = 5
LOCK = 0x7261736F6174  # one history is changed by one program at a time; the number only has to be the same for all

GONE = ("UndefinedTable", "UndefinedColumn")  # psycopg's names; it is not loaded where the history is a file


class Unavailable(Exception):
    """The history cannot be used, and why; nothing of any run is lost by it."""


@dataclass(frozen=True)
class Place:
    """One history's place. Use it `locked`."""

    workspace: Workspace
    setting: HistoryPlace

    @property
    def is_file(self) -> bool:
        return self.setting.url is None

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Alone with the history, among the programs of this workspace. Raises `Unavailable`."""
        try:
            handle = os.open(self.workspace.history_lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise Unavailable(f"{self.workspace.history_lock}: {error.strerror}") from error
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield
        finally:
            os.close(handle)

    @contextmanager
    def begun(self) -> Iterator[Connection]:
        """A transaction. Raises `Damaged` for what has to be built anew, `Unavailable` for all other trouble."""
        engine = self._engine()
        try:
            with engine.begin() as connection:
                yield connection
        except exc.DBAPIError as error:
            raise _meaning(error.orig or error) from error
        except sqlite3.Error as error:  # on the way to a connection
            raise _meaning(error) from error
        except (exc.SQLAlchemyError, OSError) as error:
            raise Unavailable(str(error)) from error
        finally:
            engine.dispose()

    def check(self, connection: Connection) -> None:
        """Read the whole file, whether it is sound. Raises `Damaged`; a server looks after itself."""
        if self.is_file:
            said = str(connection.execute(text("PRAGMA integrity_check")).scalar())
            if said != "ok":
                raise Damaged(said.splitlines()[0])

    def clear(self) -> None:
        """Make room for a new history. A damaged file is put aside, not deleted. Raises `Unavailable`."""
        if self.is_file:
            self._put_aside()
        else:
            with self.begun() as connection:
                drop(connection)

    def _put_aside(self) -> None:
        file = self.workspace.history
        try:
            for left in ("-wal", "-shm"):  # of the old file: they would be played back into the new one
                file.with_name(file.name + left).unlink(missing_ok=True)
            with suppress(FileNotFoundError):
                file.rename(self.workspace.history_damaged)
        except OSError as error:
            raise Unavailable(f"{file}: {error.strerror}") from error

    def _engine(self) -> Engine:
        return self._file_engine() if self.is_file else self._server_engine()

    def _file_engine(self) -> Engine:
        file = self.workspace.history
        try:
            os.close(os.open(file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
        except OSError as error:
            raise Unavailable(f"{file}: {error.strerror}") from error
        url = URL.create("sqlite", database=str(file))
        engine = create_engine(url, poolclass=NullPool, connect_args={"timeout": WAIT_SECONDS})
        event.listen(engine, "connect", _as_file)
        event.listen(engine, "begin", _as_writer)
        return engine

    def _server_engine(self) -> Engine:
        try:
            url = make_url(self.setting.url or "").set(drivername="postgresql+psycopg")
            if self.setting.password is not None:
                url = url.set(password=secrets.resolve(self.setting.password, self.workspace.root))
        except (BadInput, exc.ArgumentError) as error:
            raise Unavailable(str(error)) from error
        engine = create_engine(url, poolclass=NullPool, connect_args={"connect_timeout": CONNECT_SECONDS})
        event.listen(engine, "begin", _alone)
        return engine


def _as_file(connection: Any, _record: object) -> None:
    """Every new connection to the file; transactions are ours to begin, so that they hold changes of tables too."""
    connection.isolation_level = None
    cursor = connection.cursor()
    try:
        for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "foreign_keys=ON"):
            cursor.execute(f"PRAGMA {pragma}")
    finally:
        cursor.close()


def _as_writer(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE")


def _alone(connection: Connection) -> None:
    """Programs on other machines wait for their turn; the lock ends with the transaction."""
    connection.execute(text(f"SET LOCAL lock_timeout = '{WAIT_SECONDS}s'"))
    connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": LOCK})


def _meaning(error: BaseException) -> Damaged | Unavailable:
    """An unreadable file, a table or column that is gone is damage; no room, no rights, no server is not."""
    said = (str(error).strip() or type(error).__name__).splitlines()[0]
    broken = type(error) is sqlite3.DatabaseError or type(error).__name__ in GONE
    return Damaged(said) if broken or "no such " in said else Unavailable(said)
