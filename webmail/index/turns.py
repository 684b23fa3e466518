"""Whose turn it is to write to an index under SQLite: growth lets everybody else go first.

SQLite tells nobody that its one lock is free; who waits looks again every now and then.  A
growth that writes batch upon batch takes the lock back within a millisecond, and a page that
notes a flag could wait for seconds.  So who is about to write says so with a shared lock on
a file beside the database, and growth stays away between two batches while anybody does.
"""

import fcntl
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.signals import connection_created

from webmail.index.keeping import ALIAS

_LOOKS_AGAIN_S = 0.002
_MOST_S = 1.0
Execute = Callable[[str, Any, bool, Any], Any]


class Turns:
    """Of all processes that name the same ``file``."""

    def __init__(self, file: Path) -> None:
        self._file = file

    @contextmanager
    def asked_for(self) -> Iterator[None]:
        """The caller waits for the lock of the database, or has it."""
        descriptor = self._open()
        try:
            fcntl.flock(descriptor, fcntl.LOCK_SH)
            yield
        finally:
            os.close(descriptor)

    def give_way(self, most_s: float = _MOST_S) -> None:
        """Returns when nobody asks, or after ``most_s``: growth comes to its end too."""
        descriptor, end = self._open(), time.monotonic() + most_s
        try:
            while not _is_free(descriptor) and time.monotonic() < end:
                time.sleep(_LOOKS_AGAIN_S)
        finally:
            os.close(descriptor)

    def _open(self) -> int:
        return os.open(self._file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)


def _is_free(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def give_way() -> None:
    """Before each batch that somebody could do without."""
    turns = _turns_of(connections[ALIAS])
    if turns is not None:
        turns.give_way()


def watch_writes() -> None:
    """Every statement that writes to the index asks for its turn from now on."""
    connection_created.connect(_watch, dispatch_uid="webmail.index.turns")


def _watch(*, connection: BaseDatabaseWrapper, **_: Any) -> None:
    wrappers = connection.execute_wrappers
    turns = _turns_of(connection) if connection.alias == ALIAS else None
    if turns is not None and not any(isinstance(each, _Asking) for each in wrappers):
        wrappers.append(_Asking(turns))


def _turns_of(connection: BaseDatabaseWrapper) -> Turns | None:
    """None where writers do not wait for each other, or all are in this process."""
    name = str(connection.settings_dict["NAME"])
    if connection.vendor != "sqlite" or ":memory:" in name or "mode=memory" in name:
        return None
    return Turns(Path(f"{name}-turns"))


class _Asking:
    def __init__(self, turns: Turns) -> None:
        self._turns = turns

    def __call__(self, execute: Execute, sql: str, params: Any, many: bool, context: Any) -> Any:
        if sql.startswith("SELECT"):
            return execute(sql, params, many, context)
        with self._turns.asked_for():
            return execute(sql, params, many, context)
