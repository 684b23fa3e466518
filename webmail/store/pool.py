"""Sessions with stores, lent for one block and kept warm in between."""

import atexit
import contextlib
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Hashable, Iterator
from dataclasses import dataclass, field

from webmail.store.protocol import MailStore, Unreachable


@dataclass(slots=True)
class _Warm:
    store: MailStore
    since: float


@dataclass(slots=True)
class _Account:
    """The sessions of one key: warm ones, and how many there are with those lent out."""

    warm: list[_Warm] = field(default_factory=list)
    count: int = 0
    generation: int = 0


class SessionPool:
    """At most ``limit`` sessions for each key, safe for threads.

    A session that was idle for ``trusted_s`` is asked whether it lives before it is lent,
    and one that has something to say before that; so the calls themselves are never
    repeated, and a write can never happen twice.  Sessions idle for ``idle_s`` are closed
    whenever the pool is used.  A block may begin in one thread and end in another.
    """

    def __init__(
        self,
        *,
        limit: int = 2,
        wait_s: float = 10.0,
        trusted_s: float = 5.0,
        idle_s: float = 300.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._limit = limit
        self._wait_s = wait_s
        self._trusted_s = trusted_s
        self._idle_s = idle_s
        self._clock = clock
        self._accounts: defaultdict[Hashable, _Account] = defaultdict(_Account)
        self._changed = threading.Condition()
        atexit.register(self.close)

    @contextlib.contextmanager
    def lend(self, key: Hashable, open_store: Callable[[], MailStore]) -> Iterator[MailStore]:
        """A live session; Unreachable with reason ``busy`` when none is free in time."""
        account, warm, generation = self._claim(key)
        store: MailStore | None = None
        try:
            store = self._living(warm) or self._opened(account, open_store)
            yield store
        finally:
            self._give_back(account, store, generation)

    def discard(self, key: Hashable) -> None:
        """Closes the sessions of a key; those lent out are closed when they come back."""
        with self._changed:
            account = self._accounts[key]
            account.generation += 1
            dropped, account.warm = account.warm, []
            account.count -= len(dropped)
            self._changed.notify_all()
        _close(dropped)

    def close(self) -> None:
        """Closes all of them."""
        for key in list(self._accounts):
            self.discard(key)

    def _claim(self, key: Hashable) -> tuple[_Account, _Warm | None, int]:
        """A place among the sessions of the key, with the warm session last used, if any."""
        stale: list[_Warm] = []
        with self._changed:
            stale += self._take_stale()
            account = self._accounts[key]
            if not self._changed.wait_for(
                lambda: account.warm or account.count < self._limit, self._wait_s
            ):
                raise Unreachable(
                    f"All {self._limit} connections of this account are busy.", reason="busy"
                )
            warm = account.warm.pop() if account.warm else None
            account.count += warm is None
            generation = account.generation
        _close(stale)
        return account, warm, generation

    def _take_stale(self) -> list[_Warm]:
        oldest = self._clock() - self._idle_s
        stale = []
        for account in self._accounts.values():
            old = [warm for warm in account.warm if warm.since < oldest]
            account.warm = [warm for warm in account.warm if warm.since >= oldest]
            account.count -= len(old)
            stale += old
        return stale

    def _living(self, warm: _Warm | None) -> MailStore | None:
        if warm is None:
            return None
        if warm.store.is_alive(ask=self._clock() - warm.since > self._trusted_s):
            return warm.store
        warm.store.close()
        return None

    def _opened(self, account: _Account, open_store: Callable[[], MailStore]) -> MailStore:
        """Where the server has no more of them, one of ours is waited for (F54)."""
        try:
            return open_store()
        except Unreachable as refusal:
            if refusal.reason != "busy":
                raise
            with self._changed:
                has_others = account.count > 1
                if not has_others or not self._changed.wait_for(
                    lambda: bool(account.warm), self._wait_s
                ):
                    raise
                account.count -= 1
                return account.warm.pop().store

    def _give_back(self, account: _Account, store: MailStore | None, generation: int) -> None:
        with self._changed:
            is_kept = store is not None and store.is_open and account.generation == generation
            if is_kept and store is not None:
                account.warm.append(_Warm(store, self._clock()))
            else:
                account.count -= 1
            self._changed.notify_all()
        if store is not None and not is_kept:
            store.close()


def _close(sessions: list[_Warm]) -> None:
    for warm in sessions:
        warm.store.close()
