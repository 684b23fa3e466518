"""Sessions with stores, lent for one block and kept warm in between."""

import atexit
import contextlib
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Hashable, Iterator
from dataclasses import dataclass, field

from webmail.store.protocol import MailStore, Unreachable

_BUSY_TRIES = 3
_BUSY_PAUSE_S = 0.3


@dataclass(slots=True)
class _Warm:
    store: MailStore
    since: float


@dataclass(slots=True)
class _Account:
    """The sessions of one key: warm ones, and how many there are with those lent out.

    ``limit`` is how many the server allows, 0 while it has not complained.
    """

    warm: list[_Warm] = field(default_factory=list)
    count: int = 0
    generation: int = 0
    limit: int = 0

    def give_up(self, sessions: int) -> None:
        self.count -= sessions
        if not self.count:
            self.limit = 0


@dataclass(frozen=True, slots=True)
class _Loan:
    account: _Account
    store: MailStore
    generation: int
    is_old: bool


class SessionPool:
    """At most ``limit`` sessions for each key, safe for threads.

    A session that was idle for ``trusted_s`` is asked whether it lives before it is lent,
    and one that has something to say before that; the pool itself repeats no call.  Where
    a warm session broke in a block that only read, the Unreachable that leaves the block
    says ``may_repeat``: whoever can run the block again does so once; a write never
    happens twice.  Sessions idle for ``idle_s`` are closed, also when nobody uses the pool.
    A block may begin in one thread and end in another.
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
        self._reaper: threading.Thread | None = None
        atexit.register(self.close)

    @contextlib.contextmanager
    def lend(self, key: Hashable, open_store: Callable[[], MailStore]) -> Iterator[MailStore]:
        """A live session; Unreachable with reason ``busy`` when none is free in time."""
        loan = self._borrow(key, open_store)
        try:
            with _saying_what_may_repeat(loan):
                yield loan.store
        finally:
            self._give_back(loan.account, loan.store, loan.generation)

    def adopt(self, key: Hashable, store: MailStore) -> None:
        """Takes in a session that was opened elsewhere; closes it where there is no room."""
        with self._changed:
            account = self._accounts[key]
            has_room = account.count < (account.limit or self._limit)
            if has_room:
                account.count += 1
                account.warm.append(_Warm(store, self._clock()))
                self._watch_the_idle()
                self._changed.notify_all()
        if not has_room:
            store.close()

    def discard(self, key: Hashable) -> None:
        """Closes the sessions of a key; those lent out are closed when they come back."""
        with self._changed:
            account = self._accounts[key]
            account.generation += 1
            dropped, account.warm = account.warm, []
            account.give_up(len(dropped))
            self._changed.notify_all()
        _close(dropped)

    def close(self) -> None:
        """Closes all of them."""
        for key in list(self._accounts):
            self.discard(key)

    def _borrow(
        self, key: Hashable, open_store: Callable[[], MailStore], tries: int = _BUSY_TRIES
    ) -> "_Loan":
        """Where the server wants no more sessions than there are, waits for one of those.

        Where none of them is ours (a server counts one that was just closed for a moment
        still, and other programs come and go) it is asked again shortly.
        """
        account, warm, generation = self._claim(key)
        try:
            living = self._living(warm)
            return _Loan(account, living or open_store(), generation, is_old=living is not None)
        except BaseException as problem:
            self._give_back(account, None, generation)
            is_busy = isinstance(problem, Unreachable) and problem.reason == "busy"
            if not is_busy or not (self._narrow(account) or tries > 0):
                raise
        if not account.count:
            time.sleep(_BUSY_PAUSE_S)
            tries -= 1
        return self._borrow(key, open_store, tries)

    def _narrow(self, account: _Account) -> bool:
        """Whether there are others to wait for; more are not tried while there are."""
        with self._changed:
            account.limit = account.count
            return account.count > 0

    def _claim(self, key: Hashable) -> tuple[_Account, _Warm | None, int]:
        """A place among the sessions of the key, with the warm session last used, if any."""
        stale: list[_Warm] = []
        with self._changed:
            stale += self._take_stale()
            account = self._accounts[key]
            if not self._changed.wait_for(
                lambda: account.warm or account.count < (account.limit or self._limit),
                self._wait_s,
            ):
                raise Unreachable("All connections of this account are busy.", reason="busy")
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
            account.give_up(len(old))
            stale += old
        return stale

    def _living(self, warm: _Warm | None) -> MailStore | None:
        if warm is None:
            return None
        if warm.store.is_alive(ask=self._clock() - warm.since > self._trusted_s):
            return warm.store
        warm.store.close()
        return None

    def _give_back(self, account: _Account, store: MailStore | None, generation: int) -> None:
        with self._changed:
            is_kept = store is not None and store.is_open and account.generation == generation
            if is_kept and store is not None:
                account.warm.append(_Warm(store, self._clock()))
                self._watch_the_idle()
            else:
                account.give_up(1)
            self._changed.notify_all()
        if store is not None and not is_kept:
            store.close()

    def _watch_the_idle(self) -> None:
        """Starts the reaper; a process forked from ours has none, and starts its own."""
        if self._reaper is None or not self._reaper.is_alive():
            self._reaper = threading.Thread(target=self._reap, name="idle sessions", daemon=True)
            self._reaper.start()

    def _reap(self) -> None:
        """Runs as long as there are sessions to watch."""
        is_needed = True
        while is_needed:
            time.sleep(self._idle_s / 4)
            with self._changed:
                stale = self._take_stale()
                is_needed = any(account.warm for account in self._accounts.values())
                if not is_needed:
                    self._reaper = None
            _close(stale)


@contextlib.contextmanager
def _saying_what_may_repeat(loan: _Loan) -> Iterator[None]:
    writes_before = loan.store.writes_sent
    try:
        yield
    except Unreachable as problem:
        has_only_read = loan.store.writes_sent == writes_before
        problem.may_repeat = loan.is_old and has_only_read and not loan.store.is_open
        raise


def _close(sessions: list[_Warm]) -> None:
    for warm in sessions:
        warm.store.close()
