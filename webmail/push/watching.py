"""Many watches on one thread: signs in, waits, tells, and begins again when one breaks."""

import logging
import queue
import random
import selectors
import socket
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field

from django.db import DatabaseError, close_old_connections

from webmail.accounts import connect, grants
from webmail.accounts.models import Account
from webmail.accounts.vault import Secret
from webmail.push import hub, ledger
from webmail.push.hub import Word
from webmail.store.imap_watch import News, Watch, open_watch
from webmail.store.protocol import SignInRefused, StoreError

log = logging.getLogger(__name__)

LOOK_SECONDS = 5.0  # for grants that came or went, when nobody poked
BEAT_SECONDS = 20.0
SWEEP_SECONDS = 300.0
RING_SECONDS = 2.0  # between two rings for one mailbox
DOUBT_SECONDS = 600.0  # how long a server that was late with news is not believed
PAY_SECONDS = 2.0  # between two tries at a Redis that is away
SIGN_IN_THREADS = 4
_BACK_OFF_SECONDS = (1.0, 2.0, 5.0, 10.0, 20.0, 40.0, 60.0)


@dataclass(slots=True)
class Watched:
    """An account with a living grant; ``watch`` while a connection stands.

    ``doubted_until``: its server was late with news, so that every list asks for itself.
    """

    account_id: int
    user_id: int
    key: str
    watch: Watch | None = None
    is_opening: bool = False
    has_begun: bool = False
    failures: int = 0
    retry_at: float = 0.0
    doubted_until: float = 0.0


@dataclass(slots=True)
class _Opened:
    account_id: int
    result: Watch | StoreError
    password: Secret


@dataclass(slots=True)
class Bell:
    """Rings once for many news of one mailbox: at the first, then every two seconds."""

    ring: Callable[[int], None]
    _next: dict[int, float] = field(default_factory=dict)
    _waiting: set[int] = field(default_factory=set)

    def ask(self, mailbox_id: int, now: float) -> None:
        self._waiting.add(mailbox_id)
        self.tick(now)

    def tick(self, now: float) -> None:
        for mailbox_id in [m for m in self._waiting if self._next.get(m, 0.0) <= now]:
            self._waiting.discard(mailbox_id)
            self._next[mailbox_id] = now + RING_SECONDS
            self.ring(mailbox_id)
        self._next = {m: at for m, at in self._next.items() if at > now}


class Watcher:
    """``run`` until ``stopping``; ``wake`` may be called from any thread."""

    def __init__(self, ring: Callable[[int], None]) -> None:
        self.stopping = threading.Event()
        self._watched: dict[int, Watched] = {}
        self._selector = selectors.DefaultSelector()
        self._opened: queue.SimpleQueue[_Opened] = queue.SimpleQueue()
        self._threads = ThreadPoolExecutor(SIGN_IN_THREADS, thread_name_prefix="sign-in")
        self._bell = Bell(ring)
        self._ear, self._mouth = socket.socketpair()
        self._ear.setblocking(False)
        self._mouth.setblocking(False)
        self._selector.register(self._ear, selectors.EVENT_READ, None)
        self._look_at = self._beat_at = self._sweep_at = self._pay_at = 0.0
        self._owed: dict[int, str] = {}

    def wake(self) -> None:
        """Look at the grants now."""
        self._look_at = 0.0
        self._nudge()

    def stop(self) -> None:
        self.stopping.set()
        self._nudge()

    def run(self) -> None:
        ledger.forget_all()
        try:
            while not self.stopping.is_set():
                self._turn()
        finally:
            self._close()

    def _nudge(self) -> None:
        with suppress(OSError):  # a full pipe wakes as well
            self._mouth.send(b".")

    def _turn(self) -> None:
        """One wait of at most a second, and what it brought."""
        for key, mask in self._selector.select(1.0):
            if key.data is None:
                self._clear_ear()
            else:
                self._serve(key.data, mask)
        while not self._opened.empty():
            self._adopt(self._opened.get())
        now = time.monotonic()
        self._tick_all(now)
        try:
            self._keep_books(now)
        except DatabaseError as error:
            log.warning("the database does not answer: %s", type(error).__name__)
            close_old_connections()
            self._look_at = self._beat_at = now + 1.0

    def _clear_ear(self) -> None:
        with suppress(BlockingIOError):
            while self._ear.recv(4096):
                pass

    # -- the clock ------------------------------------------------------------------------------

    def _tick_all(self, now: float) -> None:
        self._bell.tick(now)
        self._pay(now)
        for one in self._watched.values():
            if one.watch is not None and one.watch.due_at <= now:
                self._drive(one, lambda watch: watch.tick(now))

    def _keep_books(self, now: float) -> None:
        if now >= self._look_at:
            self._look_at = now + LOOK_SECONDS
            close_old_connections()
            self._look_at_grants()
            self._open_due(now)
        if now >= self._beat_at:
            self._beat_at = now + BEAT_SECONDS
            self._beat()
        if now >= self._sweep_at:
            self._sweep_at = now + SWEEP_SECONDS
            grants.sweep()

    def _beat(self) -> None:
        now = time.monotonic()
        alive = [
            one.account_id
            for one in self._watched.values()
            if one.has_begun
            and one.watch is not None
            and one.watch.tells_inbox
            and one.doubted_until < now
        ]
        if alive:
            ledger.beat(alive)

    def _look_at_grants(self) -> None:
        rows = grants.living().values_list("account_id", "account__user_id", "account__key")
        living = {account_id: (user_id, key) for account_id, user_id, key in rows}
        for account_id in self._watched.keys() - living.keys():
            one = self._watched.pop(account_id)
            self._end_watch(one)
        for account_id in living.keys() - self._watched.keys():
            self._watched[account_id] = Watched(account_id, *living[account_id])

    # -- signing in -----------------------------------------------------------------------------

    def _open_due(self, now: float) -> None:
        for one in self._watched.values():
            if one.watch is None and not one.is_opening and one.retry_at <= now:
                self._open(one, now)

    def _open(self, one: Watched, now: float) -> None:
        account = Account.objects.filter(pk=one.account_id).first()
        password = grants.password_of(account) if account is not None else None
        if account is None or password is None:
            one.retry_at = now + _BACK_OFF_SECONDS[-1]
            return
        one.is_opening = True
        self._threads.submit(self._sign_in, account, password)

    def _sign_in(self, account: Account, password: Secret) -> None:
        """In a thread; touches neither the database nor the other watches."""
        result: Watch | StoreError
        try:
            result = open_watch(
                connect.imap_endpoint(account),
                account.address,
                password.reveal(),
                connect.tls_context(),
            )
        except StoreError as error:
            result = error
        except connect.NotConfigured as error:
            result = StoreError(str(error))
        self._opened.put(_Opened(account.pk, result, password))
        self._nudge()

    def _adopt(self, opened: _Opened) -> None:
        one = self._watched.get(opened.account_id)
        if one is None or not one.is_opening:
            if isinstance(opened.result, Watch):
                opened.result.close()
            return
        one.is_opening = False
        if isinstance(opened.result, StoreError):
            self._note_failure(one, opened.result, opened.password)
            return
        one.watch = opened.result
        self._selector.register(one.watch, selectors.EVENT_READ, one)
        self._drive(one, lambda watch: watch.tick(time.monotonic()))

    def _note_failure(self, one: Watched, error: StoreError, password: Secret) -> None:
        self._wait_before_next(one)
        log.info("watch not begun: account=%s reason=%s", one.account_id, _reason(error))
        if isinstance(error, SignInRefused):
            with suppress(DatabaseError):
                grants.erase_refused(Account.objects.get(pk=one.account_id), password)

    # -- news -----------------------------------------------------------------------------------

    def _serve(self, one: Watched, mask: int) -> None:
        if mask & selectors.EVENT_WRITE:
            self._drive(one, Watch.flush)
        if mask & selectors.EVENT_READ and one.watch is not None:
            self._drive(one, lambda watch: self._hear(one, watch.receive()))

    def _drive(self, one: Watched, act: Callable[[Watch], object]) -> None:
        """Does something with the connection; whatever breaks there ends only this one."""
        watch = one.watch
        if watch is None:
            return
        try:
            act(watch)
        except (StoreError, DatabaseError) as error:
            log.info("watch broke: account=%s reason=%s", one.account_id, _reason(error))
            self._end_watch(one)
            self._wait_before_next(one)
            return
        wanted = selectors.EVENT_READ | (selectors.EVENT_WRITE if watch.wants_write else 0)
        if self._selector.get_key(watch).events != wanted:
            self._selector.modify(watch, wanted, one)

    def _hear(self, one: Watched, news: list[News]) -> None:
        watch = one.watch
        if watch is None or not watch.is_settled:
            return
        if not one.has_begun:
            ledger.begin(
                one.account_id, watches_all=watch.watches_all, tells_inbox=watch.tells_inbox
            )
            one.has_begun, one.failures = True, 0
            self._owed[one.user_id] = one.key
            self._pay(time.monotonic())
        elif news:
            self._tell(one, {piece.mailbox for piece in news})
        if watch.take_lateness():
            log.info("news come late: account=%s", one.account_id)
            one.doubted_until = time.monotonic() + DOUBT_SECONDS
            ledger.end(one.account_id)

    def _tell(self, one: Watched, mailboxes: set[str]) -> None:
        found = ledger.tell(one.account_id, mailboxes - {""})
        words = [Word(one.key, mailbox) for mailbox in sorted(mailboxes)]
        if one.user_id in self._owed or not hub.publish(one.user_id, *words):
            self._owed[one.user_id] = one.key
        for mailbox_id in found:
            self._bell.ask(mailbox_id, time.monotonic())

    def _pay(self, now: float) -> None:
        """Who was not told because Redis was away is told to look at everything."""
        while self._owed and now >= self._pay_at:
            user_id, key = next(iter(self._owed.items()))
            if not hub.publish(user_id, Word(key)):
                self._pay_at = now + PAY_SECONDS
                return
            del self._owed[user_id]

    # -- ending ---------------------------------------------------------------------------------

    def _end_watch(self, one: Watched) -> None:
        """Closes it, and takes back at once what it stood for."""
        watch, one.watch = one.watch, None
        if watch is not None:
            self._selector.unregister(watch)
            watch.close()
        if one.has_begun:
            one.has_begun = False
            with suppress(DatabaseError):  # else it lapses by itself
                ledger.end(one.account_id)

    def _wait_before_next(self, one: Watched) -> None:
        pause = _BACK_OFF_SECONDS[min(one.failures, len(_BACK_OFF_SECONDS) - 1)]
        one.failures += 1
        one.retry_at = time.monotonic() + pause * random.uniform(0.8, 1.2)  # noqa: S311
        self._look_at = min(self._look_at, one.retry_at)

    def _close(self) -> None:
        self._threads.shutdown(wait=False, cancel_futures=True)
        for one in self._watched.values():
            if one.watch is not None:
                one.watch.close()
        with suppress(DatabaseError):
            ledger.forget_all()
        self._selector.close()


def _reason(error: Exception) -> str:
    """What may stand in a log: no words of a server, which may quote a person."""
    return str(getattr(error, "reason", "") or type(error).__name__)
