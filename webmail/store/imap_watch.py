"""One connection that waits for news of an account, without a thread of its own.

The ways, best first: NOTIFY (RFC 5465) with CONDSTORE, which tells of every change in every
mailbox; IDLE (RFC 2177) on the inbox; neither.  Whatever is told, the account is asked every
45 seconds as well: that proves the connection alive and catches news that were not told
(F50).  It also renews IDLE, long before any server tires of it.

Tried on Dovecot 2.3.19: with no mailbox selected and CONDSTORE on, NOTIFY reports messages,
expunges and flags of all mailboxes, the inbox included, after 500 ms; without CONDSTORE it
says nothing of a flag; with the inbox selected it now and then keeps a new message to itself
until the next change.
"""

import random
import secrets
import ssl
import time
from dataclasses import dataclass
from enum import StrEnum

from webmail.outbound import Endpoint
from webmail.store import imap_codec as codec
from webmail.store.imap_connect import open_wire, sign_in
from webmail.store.imap_encoder import Atom
from webmail.store.imap_grammar import GrammarError, parse_records
from webmail.store.imap_lines import LineReader, untagged
from webmail.store.imap_replies import Record, Untagged
from webmail.store.imap_session import ImapSession
from webmail.store.imap_wire import Wire
from webmail.store.protocol import Refused, StoreError, Unreachable

SET_UP_SECONDS = 10.0
ASK_EVERY_SECONDS = 45.0
JITTER_SECONDS = 5.0
ANSWER_SECONDS = 10.0
OCTETS_LIMIT = 4 * 1024 * 1024  # between two questions: an answer of 20,000 mailboxes
RECEIVE_OCTETS = 16 * 1024

_EVENTS = "(personal (MessageNew MessageExpunge FlagChange MailboxName SubscriptionChange))"
_ITEMS = (b"MESSAGES", b"UNSEEN", b"UIDNEXT", b"UIDVALIDITY", b"HIGHESTMODSEQ")
_NOTHING = (-1,) * len(_ITEMS)
_OF_SELECTED = frozenset({"EXISTS", "EXPUNGE", "FETCH", "VANISHED"})


class Way(StrEnum):
    NOTIFY = "notify"
    IDLE = "idle"
    POLL = "poll"


@dataclass(frozen=True, slots=True)
class News:
    """Something changed in ``mailbox``; in the list of mailboxes itself when it is empty."""

    mailbox: str = ""


def open_watch(endpoint: Endpoint, address: str, password: str, tls: ssl.SSLContext) -> "Watch":
    """Signs in and begins to listen; waits for the server, so call it from a thread.

    Raises SignInRefused and Unreachable.
    """
    try:
        return _opened(endpoint, address, password, tls, may_notify=True)
    except Refused:
        # Advertised, but refused: another connection, since a BAD closes the first.
        return _opened(endpoint, address, password, tls, may_notify=False)


def _opened(
    endpoint: Endpoint, address: str, password: str, tls: ssl.SSLContext, *, may_notify: bool
) -> "Watch":
    wire = open_wire(endpoint, tls, timeout_s=SET_UP_SECONDS, connect_timeout_s=SET_UP_SECONDS)
    try:
        sign_in(wire, address, password)
        session = ImapSession(wire)
        session.enable_utf8()
        way = _way_of(session, may_notify=may_notify)
        if way is Way.NOTIFY:
            session.command("ENABLE", Atom("CONDSTORE"))
            session.command("NOTIFY", Atom(f"SET {_EVENTS}"))
        elif way is Way.IDLE:
            session.command("EXAMINE", "INBOX")
    except BaseException:
        wire.drop()
        raise
    return Watch(wire, way, question=_question(session), is_utf8=session.is_utf8)


def _way_of(session: ImapSession, *, may_notify: bool) -> Way:
    if may_notify and session.can("NOTIFY", "ENABLE", "CONDSTORE", "LIST-STATUS"):
        return Way.NOTIFY
    return Way.IDLE if session.can("IDLE") else Way.POLL


def _question(session: ImapSession) -> bytes:
    """What is asked every so often: all mailboxes in one command, else only the inbox."""
    items = b" ".join(_ITEMS if session.can("CONDSTORE") else _ITEMS[:-1])
    if session.can("LIST-EXTENDED", "LIST-STATUS"):
        return b'LIST "" "*" RETURN (SUBSCRIBED STATUS (' + items + b"))"
    return b"STATUS INBOX (" + items + b")"


class Watch:
    """The connection, to be driven by a selector.

    ``is_settled`` once the first question is answered: from then on nothing is missed, and
    what happened before is for the caller to find.  ``proved_at`` (monotonic) is when the
    server last said anything.  Every fault raises Unreachable; then close it.
    """

    def __init__(self, wire: Wire, way: Way, *, question: bytes, is_utf8: bool) -> None:
        self.way = way
        self.host = wire.host
        self.is_settled = False
        self.proved_at = self.due_at = time.monotonic()
        self._sock, early = wire.hand_over()
        self._sock.setblocking(False)
        self._reader = LineReader(wire.host)
        self._early = early
        self._question = question
        self._is_utf8 = is_utf8
        self._tag_prefix = b"w%s" % secrets.token_hex(3).encode()
        self._commands = 0
        self._awaited = b""  # the tag, or + before IDLE has begun
        self._is_asking = self._is_idling = False
        self._answer: list[tuple[Record, ...]] = []
        self._answer_mark = self._names_mark = 0
        self._octets = 0
        self._known: dict[str, tuple[int, ...]] = {}
        self._was_told = False
        self._was_late = False
        self._outgoing = b""

    @property
    def watches_all(self) -> bool:
        return self.way is Way.NOTIFY

    @property
    def tells_inbox(self) -> bool:
        """Whether changes of the inbox are told as they happen."""
        return self.way is not Way.POLL

    def take_lateness(self) -> bool:
        """Whether news of the inbox had to be asked for since this was asked last.

        Dovecot that has no inotify instance left looks but every half minute.
        """
        was_late, self._was_late = self._was_late, False
        return was_late

    @property
    def wants_write(self) -> bool:
        return bool(self._outgoing)

    def fileno(self) -> int:
        return self._sock.fileno()

    def close(self) -> None:
        self._sock.close()

    def tick(self, now: float) -> None:
        """What the clock asks for; ``due_at`` is when to call next."""
        if self._awaited:
            raise self._broken("timeout", f"did not answer within {ANSWER_SECONDS:g} s")
        if self._is_idling:
            self._is_idling = False
            self._send(b"DONE", awaited=self._tag())
        else:
            self._ask()
        self.due_at = now + ANSWER_SECONDS

    def receive(self) -> list[News]:
        """Everything that waits to be read; to be called when the socket is readable."""
        news: dict[News, None] = {}
        octets, self._early = self._early, b""
        while True:
            for line in self._reader.feed(octets):
                news.update(dict.fromkeys(self._take(line)))
            try:
                octets = self._sock.recv(RECEIVE_OCTETS)
            except (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError):
                break
            except OSError as error:
                raise self._broken("cut", f"ended the connection ({error})") from error
            if not octets:
                raise self._broken("cut", "ended the connection")
            self.proved_at = time.monotonic()
            self._octets += len(octets)
            if self._octets > OCTETS_LIMIT:
                raise self._broken("cut", "sent more than news can be")
        return list(news) if self.is_settled else []

    def flush(self) -> None:
        """Sends what is left to send; to be called when the socket is writable."""
        try:
            while self._outgoing:
                self._outgoing = self._outgoing[self._sock.send(self._outgoing) :]
        except (BlockingIOError, ssl.SSLWantWriteError, ssl.SSLWantReadError):
            return
        except OSError as error:
            raise self._broken("cut", f"ended the connection ({error})") from error

    # -- asking ---------------------------------------------------------------------------------

    def _ask(self) -> None:
        self._commands += 1
        self._is_asking = True
        self._answer, self._octets = [], 0
        self._send(self._tag() + b" " + self._question, awaited=self._tag())

    def _idle(self) -> None:
        self._commands += 1
        self._send(self._tag() + b" IDLE", awaited=b"+")

    def _tag(self) -> bytes:
        return b"%s%d" % (self._tag_prefix, self._commands)

    def _send(self, line: bytes, *, awaited: bytes) -> None:
        self._awaited = awaited
        self._outgoing += line + b"\r\n"
        self.due_at = time.monotonic() + ANSWER_SECONDS
        self.flush()

    # -- answers --------------------------------------------------------------------------------

    def _take(self, line: tuple[Record, ...]) -> list[News]:
        first = line[0] if isinstance(line[0], bytes) else line[0][0]
        if self._is_asking and first.startswith((b"* STATUS ", b"* LIST ")):
            self._answer.append(line)
            return []
        if first.startswith(b"* "):
            return self._untagged(untagged(line))
        if first.startswith(b"+"):
            self._begin_waiting(is_idling=True)
            return []
        return self._tagged(first)

    def _tagged(self, line: bytes) -> list[News]:
        tag, _, rest = line.partition(b" ")
        status = rest.partition(b" ")[0].upper()
        if tag != self._tag() or status == b"BAD":
            raise self._broken("cut", "answered what was not asked")
        if not self._is_asking:
            self._ask()  # IDLE is over, because we ended it or the server did
            return []
        self._is_asking = False
        # A NO proves the connection as well, and tells nothing.
        news = self._compare() if status == b"OK" else []
        self.is_settled = True
        if self.way is Way.IDLE:
            self._idle()
        else:
            self._begin_waiting(is_idling=False)
        return news

    def _begin_waiting(self, *, is_idling: bool) -> None:
        self._awaited = b""
        self._is_idling = is_idling
        pause = ASK_EVERY_SECONDS + random.uniform(-1, 1) * JITTER_SECONDS  # noqa: S311
        self.due_at = time.monotonic() + pause

    def _untagged(self, response: Untagged) -> list[News]:
        if response.kind == "BYE":
            raise self._broken("cut", "ended the session")
        if b"NOTIFICATIONOVERFLOW" in _text(response):
            raise self._broken("cut", "stopped telling of news")  # RFC 5465, 5.8
        if response.kind in _OF_SELECTED:
            self._was_told = True
            return [News("INBOX")] if self.way is Way.IDLE else []
        if response.kind not in {"STATUS", "LIST"}:
            return []
        self._was_told = True
        return self._merge(response) if response.kind == "STATUS" else [News()]

    def _compare(self) -> list[News]:
        """What the answer says that was not known; at rest it is the same as the last."""
        lines, self._answer = self._answer, []
        mark = hash(tuple(lines))
        if mark == self._answer_mark:
            return []
        self._answer_mark = mark
        answer = [untagged(line) for line in lines]
        # As values: \\Marked and the like come and go with every message.
        lists = (response for response in answer if response.kind == "LIST")
        names_mark = hash(frozenset(codec.listed(r, is_utf8=self._is_utf8) for r in lists))
        news = [News()] if names_mark != self._names_mark else []
        self._names_mark = names_mark
        found = [each for r in answer if r.kind == "STATUS" for each in self._merge(r)]
        if self.is_settled and self.tells_inbox and not self._was_told:
            self._was_late |= News("INBOX") in found
        self._was_told = False
        return news + found

    def _merge(self, response: Untagged) -> list[News]:
        try:
            items = parse_records(response.records)
        except GrammarError as error:
            raise self._broken("cut", f"sent what is no IMAP ({error})") from error
        if len(items) < 2 or not isinstance(items[0], bytes) or not isinstance(items[1], tuple):
            return []
        name = codec.mailbox_name(items[0], is_utf8=self._is_utf8)
        name = "INBOX" if name.upper() == "INBOX" else name
        pairs = zip(items[1][::2], items[1][1::2], strict=False)
        told = {k.upper(): v for k, v in pairs if isinstance(k, bytes) and isinstance(v, int)}
        known = self._known.get(name, _NOTHING)
        now = tuple(told.get(item, old) for item, old in zip(_ITEMS, known, strict=True))
        self._known[name] = now
        return [News(name)] if now != known else []

    def _broken(self, reason: str, what: str) -> StoreError:
        return Unreachable(f"{self.host} {what}.", host=self.host, reason=reason)


def _text(response: Untagged) -> bytes:
    return b"".join(r if isinstance(r, bytes) else b"".join(r) for r in response.records)
