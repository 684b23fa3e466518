"""A signed-in IMAP connection and the mailbox it has selected."""

import contextlib
import time
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field

from webmail.store import imap_codec as codec
from webmail.store.imap_encoder import Argument, Atom
from webmail.store.imap_replies import Reply, Untagged
from webmail.store.imap_wire import Wire
from webmail.store.mailbox import MailboxStatus, MessageRef
from webmail.store.naming import check_mailbox_name
from webmail.store.protocol import MailboxNotFound, MessageGone, Refused, Unreachable

_NO_MAILBOX = frozenset({"NONEXISTENT", "TRYCREATE"})
# What Dovecot 2.3 says when it stops, and of a mailbox that was deleted and made anew: the
# session may say it for ever ("duplicate transaction log sequence"), a new one does not.
_SICK = frozenset({"SERVERBUG", "CORRUPTION"})
_SICK_WORDS = "deleted under us"
# A plain NO to these means the name; Dovecot 2.3 gives STATUS no code.
_ASKING = frozenset({"SELECT", "STATUS"})
# What changes nothing on the server.
_READING = frozenset(
    (
        *("NOOP", "ENABLE", "ID", "LOGOUT", "SELECT", "UNSELECT", "STATUS", "LIST", "LSUB"),
        *("NAMESPACE", "GETQUOTAROOT", "SEARCH", "UID SEARCH", "UID SORT", "FETCH", "UID FETCH"),
    )
)
_NEWS = frozenset({"FETCH", "EXISTS", "EXPUNGE", "VANISHED"})
_STATUS_ITEMS = ("MESSAGES", "UNSEEN", "UIDNEXT", "UIDVALIDITY")


@dataclass(slots=True)
class Selected:
    """The selected mailbox; ``exists`` follows what the server tells.

    ``news`` counts what we did and heard that may have changed it; ``settled`` is its status
    when so much was known.  ``is_emptied``: all it held went, and perhaps it went itself:
    Cyrus 3.6 shows the sessions of a deleted mailbox an empty one, whatever is made anew.
    """

    mailbox: str
    uidvalidity: int
    exists: int
    takes_keywords: bool = True
    news: int = 0
    settled: tuple[int, MailboxStatus] | None = None
    is_emptied: bool = False
    checked_at: float = field(default_factory=time.monotonic)


class ImapSession:
    """Sends commands and remembers what their answers change."""

    def __init__(self, wire: Wire) -> None:
        self.wire = wire
        self.is_utf8 = False
        self.is_qresync = False
        self._is_enabled = False
        self.selected: Selected | None = None
        self.personal_prefix: str | None = None
        self.trusted_s = 10.0
        self.writes_sent = 0
        self.server_id: dict[str, str] = {}
        self._posted = ""
        self._unsettled: list[Reply] = []

    def can(self, *capabilities: str) -> bool:
        """Whether the server has all of them."""
        return self.wire.capabilities.issuperset(capabilities)

    def command(
        self,
        name: str,
        *arguments: Argument,
        forgiving: Collection[str] = (),
        timeout_s: float | None = None,
    ) -> Reply:
        """One command.  A NO whose code is in ``forgiving`` counts as an OK.

        A server that reports a bug in itself ends the session: Unreachable.
        """
        self.writes_sent += name not in _READING
        reply = self.wire.ask(name, *arguments, timeout_s=timeout_s)
        self._take_answers()
        self._absorb(name, reply)
        return self._healthy(reply, forgiving)

    def commands(
        self, name: str, several: Collection[Sequence[Argument]], *, forgiving: Collection[str] = ()
    ) -> Reply:
        """One reading command with several arguments each, in one round trip.

        The reply has what all of them were answered with.
        """
        replies = self.wire.ask_all([(name, arguments) for arguments in several])
        self._take_answers()
        for reply in replies:
            self._absorb(name, reply)
            self._healthy(reply, forgiving)
        return replies[-1]

    def post(self, name: str, *arguments: Argument) -> None:
        """Sends a command whose answer ``settle`` waits for."""
        self.writes_sent += name not in _READING
        self.wire.post(name, *arguments)
        self._posted = name

    def settle(self, forgiving: Collection[str] = ()) -> None:
        """Waits for the answers to what was posted; Refused when one of them is a NO."""
        self._take_answers(wait=True)
        unsettled, self._unsettled = self._unsettled, []
        for reply in unsettled:
            self._healthy(reply, forgiving)

    def _take_answers(self, *, wait: bool = False) -> None:
        """At once, since they tell of the mailbox that was selected when they came."""
        for reply in self.wire.answers(wait=wait):
            self._absorb(self._posted, reply)
            self._unsettled.append(reply)

    def _healthy(self, reply: Reply, forgiving: Collection[str]) -> Reply:
        if reply.code in _SICK or (reply.status == "NO" and _SICK_WORDS in reply.text):
            self.wire.drop()
            raise Unreachable(
                f"{self.wire.host} failed: “{reply.text}”.", host=self.wire.host, reason="cut"
            )
        return self.wire.accepted(reply, forgiving)

    def enable_utf8(self) -> None:
        """RFC 6855: names and headers in UTF-8, from servers that can."""
        if self.can("UTF8=ACCEPT") or self.can("UTF8=ONLY"):
            self.enable()

    def enable(self) -> None:
        """ID and ENABLE, once and before any mailbox is selected (RFC 5161)."""
        if self._is_enabled:
            return
        self._is_enabled = True
        self._introduce()
        wanted = [Atom("UTF8=ACCEPT")] if self.can("UTF8=ACCEPT") or self.can("UTF8=ONLY") else []
        wanted += [Atom("QRESYNC")] if self.can("QRESYNC") else []
        if not wanted or not self.can("ENABLE"):
            return
        try:
            enabled = codec.words_of(self.command("ENABLE", *wanted), "ENABLED")
        except Refused:
            return
        self.is_utf8 = "UTF8=ACCEPT" in enabled
        self.is_qresync = "QRESYNC" in enabled

    def _introduce(self) -> None:
        """ID (RFC 2971): our name and nothing more; some servers open no mailbox without."""
        if self.can("ID"):
            with contextlib.suppress(Refused):
                self.server_id = codec.id_fields(self.command("ID", ["name", "Hearth"]))

    def name(self, mailbox: str) -> str:
        """A mailbox name as an argument."""
        check_mailbox_name(mailbox, host=self.wire.host)
        return codec.mailbox_argument(mailbox, is_utf8=self.is_utf8)

    def mailbox_command(self, command: str, mailbox: str, *arguments: Argument) -> Reply:
        """A command on one mailbox by name; MailboxNotFound when there is none."""
        try:
            return self.command(command, self.name(mailbox), *arguments)
        except Refused as refusal:
            if self.means_nowhere(refusal, command, mailbox):
                raise self.not_found(mailbox) from refusal
            raise

    def means_nowhere(self, refusal: Refused, command: str, mailbox: str) -> bool:
        """Whether a NO says that there is no such mailbox.

        Cyrus 3.6 and Courier 5.0 say so of DELETE without a code, imap4d of Mailutils 3.15
        of everything: the list knows.
        """
        if refusal.code or not self.wire.is_open or command == "CREATE":
            return refusal.code in _NO_MAILBOX
        return command in _ASKING or not self._lists(mailbox)

    def _lists(self, mailbox: str) -> bool:
        reply = self.command("LIST", "", self.name(mailbox))
        found = (codec.listed(r, is_utf8=self.is_utf8) for r in reply.of("LIST"))
        return any(each is not None and each.name == mailbox for each in found)

    def not_found(self, mailbox: str) -> MailboxNotFound:
        return MailboxNotFound(f"There is no folder “{mailbox}”.", host=self.wire.host)

    def select(self, mailbox: str) -> Selected:
        """Selects it unless it is selected; what was told since counts, nothing is asked."""
        if self.selected is not None and self.selected.mailbox == mailbox:
            return self.selected
        self.selected = _selected(mailbox, self._ask_select(mailbox), self.wire.host)
        return self.selected

    def select_since(self, mailbox: str, uidvalidity: int, modseq: int) -> Reply:
        """Selects it anew; the answer tells what happened since (RFC 7162, 3.2.5)."""
        reply = self._ask_select(mailbox, [Atom("QRESYNC"), [uidvalidity, modseq]])
        self.selected = _selected(mailbox, reply, self.wire.host)
        return reply

    def _ask_select(self, mailbox: str, *parameters: Argument) -> Reply:
        self.enable()
        self.selected = None
        return self.mailbox_command("SELECT", mailbox, *parameters)

    def refresh(self, mailbox: str) -> Selected:
        """Selects it, or asks for news when it is selected already: one command."""
        self.hear_of(mailbox)
        return self.select(mailbox)

    def hear_of(self, mailbox: str) -> Selected | None:
        """Asks for news when this mailbox is selected; it, if it still is."""
        if self.selected is not None and self.selected.mailbox == mailbox:
            self.command("NOOP")
            if self.selected is not None and self.selected.is_emptied:
                # Not only forgotten: of what it has open, Dovecot's STATUS tells old news.
                self.selected = None
                return self.select(mailbox)
            return self.selected
        return None

    def status(self, mailbox: str) -> MailboxStatus:
        """STATUS as of now: 1 command, 2 on a selected mailbox where something is new.

        Of the selected mailbox Dovecot 2.3 tells what the session knows: it is asked for
        news first, and where there are none, what it said last still holds.
        """
        selected = self.hear_of(mailbox)
        if selected is None:
            return self._ask_status(mailbox)
        if selected.settled is None or selected.settled[0] != selected.news:
            news = selected.news
            selected.settled = news, self._ask_status(mailbox)
        status = selected.settled[1]
        if not self.is_qresync:
            # Without it some servers never tell what other sessions did.
            selected.settled = None
        return status

    def _ask_status(self, mailbox: str) -> MailboxStatus:
        reply = self.mailbox_command("STATUS", mailbox, self.status_items())
        for response in reply.of("STATUS"):
            return codec.status_from(response, is_utf8=self.is_utf8)[1]
        raise self.not_found(mailbox)

    def status_items(self) -> list[Argument]:
        items = (*_STATUS_ITEMS, "HIGHESTMODSEQ") if self.can("CONDSTORE") else _STATUS_ITEMS
        return [Atom(item) for item in items]

    def leave(self, mailbox: str) -> None:
        """Lets it go if it is selected: it is about to be deleted or renamed.

        Without UNSELECT (RFC 3691) another one is selected; CLOSE would expunge.
        """
        if self.selected is None or self.selected.mailbox != mailbox:
            return
        if self.can("UNSELECT") or self.can("IMAP4REV2"):
            self.command("UNSELECT")
            self.selected = None
        else:
            self.select("INBOX" if mailbox != "INBOX" else mailbox)

    def select_for(self, refs: Iterable[MessageRef]) -> list[int]:
        """Selects the one mailbox of ``refs``; their UIDs.

        MessageGone when its UIDVALIDITY is another: the UIDs would name strangers (F44).
        """
        chosen = list(refs)
        places = {(ref.mailbox, ref.uidvalidity) for ref in chosen}
        if not places:
            return []
        if len(places) > 1:
            raise ValueError("the messages of one call are in one mailbox")
        mailbox, uidvalidity = places.pop()
        if self.select(mailbox).uidvalidity != uidvalidity:
            raise self.gone(mailbox)
        return [ref.uid for ref in chosen]

    def select_to_change(self, refs: Iterable[MessageRef]) -> list[int]:
        """The same, having asked again whether a mailbox selected a while ago is that one.

        pymap 0.36.7 puts a new mailbox of the same name under a session that had selected
        the old one, and would expunge the wrong message (F44).
        """
        chosen = list(refs)
        old = self.selected
        if chosen and old is not None and old.mailbox == chosen[0].mailbox:
            self._check_again(old)
        return self.select_for(chosen)

    def _check_again(self, old: Selected) -> None:
        if time.monotonic() - old.checked_at < self.trusted_s:
            return
        item = [Atom("UIDVALIDITY")]
        reply = self.command("STATUS", self.name(old.mailbox), item, forgiving=("", *_NO_MAILBOX))
        statuses = [codec.status_from(r, is_utf8=self.is_utf8)[1] for r in reply.of("STATUS")]
        old.checked_at = time.monotonic()
        if [status.uidvalidity for status in statuses] != [old.uidvalidity]:
            self.selected = None

    def gone(self, mailbox: str) -> MessageGone:
        return MessageGone(f"This message is no longer in {mailbox}.", host=self.wire.host)

    def _absorb(self, name: str, reply: Reply) -> None:
        """What an answer says of the selected mailbox beside what was asked."""
        if self.selected is not None and name not in _READING:
            self.selected.news += 1
        for response in reply.untagged:
            if self.selected is None:
                return
            if response.code == "CLOSED":
                self.selected = None
            elif response.kind in _NEWS:
                _take_news(self.selected, response)


def _take_news(selected: Selected, response: Untagged) -> None:
    """Once QRESYNC is enabled, VANISHED comes in the place of EXPUNGE (RFC 7162, 3.2.10)."""
    if response.kind == "FETCH":
        selected.news += codec.tells_flags(response)
        return
    selected.news += 1
    if response.kind == "EXISTS":
        selected.exists = response.number
    elif response.kind == "EXPUNGE":
        selected.exists = max(selected.exists - 1, 0)
    else:
        vanished = codec.vanished_from(response)
        if not vanished.is_earlier:
            selected.exists = max(selected.exists - sum(map(len, vanished.uids)), 0)
    selected.is_emptied |= selected.exists == 0 and response.kind != "EXISTS"


def _selected(mailbox: str, reply: Reply, host: str) -> Selected:
    uidvalidity = reply.find_code("UIDVALIDITY") or b"0"
    exists = [response.number for response in reply.of("EXISTS")]
    if not exists or not uidvalidity.isdigit():
        raise Unreachable(f"{host} opened {mailbox} without its facts.", host=host, reason="cut")
    permanent = reply.find_code("PERMANENTFLAGS")
    takes_keywords = permanent is None or b"\\*" in permanent
    return Selected(mailbox, int(uidvalidity), exists[-1], takes_keywords)
