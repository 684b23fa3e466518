"""The rail: who is signed in, and their mailboxes in the order people expect."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property, lru_cache

from django.http import HttpRequest
from django.urls import reverse

from webmail.accounts.belongings import find_identity
from webmail.accounts.models import Account
from webmail.store.mailbox import MailboxSummary, SpecialUse
from webmail.submission.follow_ups import Waiting, waiting_of
from webmail.submission.series import Repeating, repeating_of
from webmail.submission.standing import Tally, tally_of
from webmail.submission.words import tally_text
from webmail.web.paths import mailbox_url
from webmail.web.people import hue_of, initials_of

# use: (label, icon), in the order of the rail.
SPECIAL = {
    SpecialUse.INBOX: ("Inbox", "inbox"),
    SpecialUse.FLAGGED: ("Flagged", "star"),
    SpecialUse.DRAFTS: ("Drafts", "file-pen"),
    SpecialUse.SENT: ("Sent", "send-horizontal"),
    SpecialUse.ARCHIVE: ("Archive", "archive"),
    SpecialUse.JUNK: ("Spam", "shield-alert"),
    SpecialUse.TRASH: ("Trash", "trash-2"),
}
_COUNTED = {SpecialUse.INBOX, SpecialUse.JUNK, SpecialUse.DRAFTS}


@dataclass(frozen=True, slots=True)
class FolderLink:
    """One line of the rail.  ``name`` is the mailbox's full name, empty where it is none."""

    label: str
    url: str
    icon: str = ""
    name: str = ""
    use: SpecialUse | None = None
    count: int = 0
    has_new: bool = False
    is_current: bool = False
    can_hold: bool = False
    messages: int = 0
    depth: int = 0
    path: str = ""
    children: tuple["FolderLink", ...] = ()

    @property
    def count_word(self) -> str:
        return "drafts" if self.use is SpecialUse.DRAFTS else "unread"

    @property
    def leaf(self) -> str:
        """The last level of what it is called, to be renamed."""
        return self.path.rpartition(" / ")[2]

    @property
    def is_own(self) -> bool:
        return bool(self.name) and self.use is None

    def __hash__(self) -> int:
        """Of enough to tell most apart: each page is drawn by some dozen of them."""
        return hash((self.name, self.label, self.count, self.is_current))


@dataclass(frozen=True, slots=True)
class OutboxAlert:
    """What every page says of mail that does not leave; empty ``text`` for nothing."""

    text: str = ""
    level: str = "warn"
    wants_password: bool = False
    wants_server: bool = False


@dataclass(frozen=True)
class Shell:
    """What stands around every page.  A part shows little of it: the outbox is asked for
    its standing, the dearest query of a page, only where that is shown."""

    account: Account
    name: str
    initials: str
    hue: int
    theme: str
    density: str
    special: tuple[FolderLink, ...]
    own: tuple[FolderLink, ...]
    title_count: int = 0
    outbox_current: bool = False
    waiting_current: bool = False
    layout: str = "panes"
    quota: None = None  # later: RFC 9208

    def __getitem__(self, name: str) -> object:
        """As in RowView, for templates."""
        return getattr(self, name)

    @cached_property
    def _tally(self) -> Tally:
        return tally_of(self.account.user)

    @cached_property
    def waiting(self) -> Waiting:
        return waiting_of(self.account.user)

    @property
    def waiting_text(self) -> str:
        """What every page says of mail that nobody answered; empty for nothing."""
        due = self.waiting.due
        if not due:
            return ""
        return f"Nobody has answered {'one' if due == 1 else due} of your mails."

    @cached_property
    def repeating(self) -> Repeating:
        return repeating_of(self.account.user)

    @property
    def series_text(self) -> str:
        """What every page says of mail that repeats and did not leave; empty for nothing."""
        if not self.repeating.said:
            return ""
        return "A message that repeats was not sent every time, or is paused."

    @property
    def outbox_count(self) -> int:
        return self._tally.total

    @property
    def outbox_alert(self) -> OutboxAlert:
        return _alert(self._tally)

    @property
    def settings_url(self) -> str:
        return reverse("settings", args=["appearance"])

    @property
    def folders_url(self) -> str:
        return reverse("folders", args=[self.account.key])

    def targets(self) -> tuple[FolderLink, ...]:
        """Every folder that can take a message, own trees flattened in order."""
        return tuple(link for link in (*self.special, *_flat(self.own)) if link.can_hold)

    def target_names(self) -> tuple[tuple[str, str], ...]:
        """What of them a choice shows: the name and the path."""
        return tuple((link.name, link.path) for link in self.targets())


def build_shell(
    request: HttpRequest,
    account: Account,
    mailboxes: Iterable[MailboxSummary],
    *,
    current: str = "",
) -> Shell:
    """``current`` is the name of the open mailbox, or "/outbox/" or "/waiting/" there."""
    special, own, unseen = _links(account.key, tuple(mailboxes), current)
    name = request.user.name or _identity_name(account)
    return Shell(
        account=account,
        name=name or account.address.partition("@")[0],
        initials=initials_of(name, account.address),
        hue=hue_of(account.address),
        theme=request.user.theme,
        density=request.user.density,
        special=special,
        own=own,
        title_count=unseen,
        outbox_current=current == "/outbox/",
        waiting_current=current == "/waiting/",
    )


@lru_cache(maxsize=128)
def _links(
    account_key: str, mailboxes: tuple[MailboxSummary, ...], current: str
) -> tuple[tuple[FolderLink, ...], tuple[FolderLink, ...], int]:
    """Both halves of the rail, and how many are unseen in the inbox."""
    uses = special_mailboxes(mailboxes)
    inbox = uses.get(SpecialUse.INBOX)
    special = tuple(_special_links(account_key, uses, current))
    own = _own_links(account_key, mailboxes, uses, current)
    return special, own, inbox.status.unseen if inbox and inbox.status else 0


def _identity_name(account: Account) -> str:
    identity = find_identity(account)
    return identity.name if identity else ""


def _alert(tally: Tally) -> OutboxAlert:
    level = "bad" if tally.failed or tally.unclear or tally.restored or tally.too_late else "warn"
    return OutboxAlert(
        tally_text(tally),
        level,
        wants_password=tally.locked_out > 0,
        wants_server=tally.shut_out > 0,
    )


def special_mailboxes(mailboxes: Iterable[MailboxSummary]) -> dict[SpecialUse, MailboxSummary]:
    """The mailbox of each use, the first where a server names two."""
    found: dict[SpecialUse, MailboxSummary] = {}
    for mailbox in mailboxes:
        if mailbox.special_use and mailbox.is_selectable:
            found.setdefault(mailbox.special_use, mailbox)
    return found


def label_of(mailbox: MailboxSummary, uses: dict[SpecialUse, MailboxSummary]) -> str:
    """The name people read."""
    for use, special in uses.items():
        if special.name == mailbox.name and use in SPECIAL:
            return SPECIAL[use][0]
    return mailbox.leaf


def use_of(name: str, uses: dict[SpecialUse, MailboxSummary]) -> SpecialUse | None:
    """What the mailbox is for; None for a person's own."""
    return next((use for use, mailbox in uses.items() if mailbox.name == name), None)


def place_for_new(mailboxes: Iterable[MailboxSummary]) -> str:
    """Where new mailboxes go: the inbox on servers that keep all below it, else the top."""
    mailboxes = tuple(mailboxes)
    inbox = next((m for m in mailboxes if m.name.upper() == "INBOX"), None)
    others = [m.name.upper() for m in mailboxes if m is not inbox]
    if inbox is None or not inbox.delimiter or not others:
        return ""
    start = f"INBOX{inbox.delimiter}"
    return inbox.name if all(name.startswith(start) for name in others) else ""


def _is_top_level(mailbox: MailboxSummary) -> bool:
    return mailbox.parent.upper() in {"", "INBOX"}


def _special_links(
    account_key: str, uses: dict[SpecialUse, MailboxSummary], current: str
) -> Iterable[FolderLink]:
    for use, (label, icon) in SPECIAL.items():
        mailbox = uses.get(use)
        if mailbox is not None:
            yield _link(account_key, mailbox, label, icon, use, current)
        elif use is SpecialUse.FLAGGED:
            url = f"{reverse('unified')}?view=flagged"
            yield FolderLink(label, url, icon, use=use, is_current=current == "/flagged/")


def _link(
    account_key: str,
    mailbox: MailboxSummary,
    label: str,
    icon: str,
    use: SpecialUse | None,
    current: str,
    children: tuple[FolderLink, ...] = (),
    depth: int = 0,
) -> FolderLink:
    unseen = mailbox.status.unseen if mailbox.status else 0
    messages = mailbox.status.messages if mailbox.status else 0
    count = messages if use is SpecialUse.DRAFTS else unseen
    return FolderLink(
        label=label,
        # A name that only holds others cannot be opened: its line leads to all folders.
        url=mailbox_url(account_key, mailbox.name)
        if mailbox.is_selectable
        else reverse("folders", args=[account_key]),
        icon=icon,
        name=mailbox.name,
        use=use,
        count=count if use is None or use in _COUNTED else 0,
        has_new=unseen > 0 and (use is None or use is SpecialUse.INBOX),
        is_current=mailbox.name == current,
        can_hold=mailbox.is_selectable,
        messages=messages,
        depth=depth,
        path=label if depth == 0 else _path(mailbox),
        children=children,
    )


def _own_links(
    account_key: str,
    mailboxes: tuple[MailboxSummary, ...],
    uses: dict[SpecialUse, MailboxSummary],
    current: str,
) -> tuple[FolderLink, ...]:
    """A tree of what has no special use; what lies under a special one stands at the top."""
    special = {mailbox.name for mailbox in uses.values()}
    own = {m.name: m for m in mailboxes if m.name not in special and m.name.upper() != "INBOX"}
    below: dict[str, list[MailboxSummary]] = {}
    for mailbox in sorted(own.values(), key=lambda m: m.name.casefold()):
        below.setdefault(mailbox.parent if mailbox.parent in own else "", []).append(mailbox)

    def links(parent: str, depth: int) -> tuple[FolderLink, ...]:
        return tuple(
            _link(
                account_key,
                mailbox,
                mailbox.leaf if depth else _top_label(mailbox, uses),
                "" if depth else "folder",
                None,
                current,
                links(mailbox.name, depth + 1),
                depth,
            )
            for mailbox in below.get(parent, ())
        )

    return links("", 0)


def _top_label(mailbox: MailboxSummary, uses: dict[SpecialUse, MailboxSummary]) -> str:
    """``Archive / 2024``: the path that the rail's tree does not show."""
    if _is_top_level(mailbox):
        return mailbox.leaf
    for use, special in uses.items():
        if special.name == mailbox.parent and use in SPECIAL:
            return f"{SPECIAL[use][0]} / {mailbox.leaf}"
    return _path(mailbox)


def _path(mailbox: MailboxSummary) -> str:
    """``Family / School``: how a folder is named where its tree does not show."""
    levels = mailbox.name.split(mailbox.delimiter) if mailbox.delimiter else [mailbox.name]
    return " / ".join(levels[1:] if levels[0].upper() == "INBOX" and len(levels) > 1 else levels)


def _flat(links: Iterable[FolderLink]) -> Iterable[FolderLink]:
    for link in links:
        yield link
        yield from _flat(link.children)
