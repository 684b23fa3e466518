"""Where a search looks: the folders of all of a person's accounts, and what is known of each."""

from contextlib import suppress
from dataclasses import dataclass, replace

from django.utils import timezone

from webmail.accounts.connect import NeedsPassword, NotConfigured, password_for
from webmail.accounts.models import Account
from webmail.index import mailboxes as index
from webmail.index import sync
from webmail.index.found import Place
from webmail.index.models import IndexedMailbox
from webmail.index.telling import lend_store
from webmail.message.query import Query, mailbox_of
from webmail.store.mailbox import MailboxSummary, SpecialUse
from webmail.store.protocol import StoreError
from webmail.web.http import MailRequest, mailboxes_of
from webmail.web.lists import bring_in_step
from webmail.web.shell import label_of, special_mailboxes, use_of

# These hold what other folders hold too, so a message would be found twice.
_VIRTUAL = {SpecialUse.ALL, SpecialUse.FLAGGED}
# So many mailboxes are made to agree with their server before they are searched.
_MOST_STEPS = 3


@dataclass(frozen=True, slots=True)
class Folder:
    """A mailbox to search, and its row in the index, if it has one.

    ``label`` is how people call it, with the account's address where there are several.
    ``is_fresh``: the row was made to agree with the server just now.
    """

    account: Account
    mailbox: MailboxSummary
    label: str
    row: IndexedMailbox | None
    is_fresh: bool = False

    @property
    def place(self) -> Place:
        return self.account.pk, self.mailbox.name

    @property
    def messages(self) -> int:
        return self.mailbox.status.messages if self.mailbox.status else 0

    @property
    def is_whole(self) -> bool:
        """Whether the index holds every message as the server has it, flags and all."""
        row, status = self.row, self.mailbox.status
        if row is None or not row.is_whole or not row.uidvalidity:
            return False
        if self.is_fresh or status is None:
            return True
        # Without CONDSTORE nothing in a status tells of a changed flag.
        agrees = row.told == row.heard and bool(status.highestmodseq)
        return agrees and replace(row.status, unseen=status.unseen) == status


def folders_for(request: MailRequest, query: Query, *, in_step: bool) -> list[Folder]:
    """Those of the account in use come first; one that holds no message is left out.

    With ``in_step`` a few that are behind their server catch up.  Of the other accounts
    only those are searched whose password is at hand.
    """
    accounts = list(request.user.accounts.order_by("pk"))
    accounts.sort(key=lambda each: each.pk != request.account.pk)
    found: list[Folder] = []
    for account in accounts:
        with suppress(NeedsPassword, NotConfigured):
            password_for(request, account)
            found += _folders(request, account, query, is_one=len(accounts) == 1, ask=in_step)
    return _in_step(request, found) if in_step else found


def _folders(
    request: MailRequest, account: Account, query: Query, *, is_one: bool, ask: bool
) -> list[Folder]:
    mailboxes = _mailboxes(request, account, ask=ask)
    wanted = mailbox_of(query).casefold()
    uses = special_mailboxes(mailboxes)
    rows = {row.name: row for row in IndexedMailbox.objects.filter(account_id=account.pk)}
    folders = []
    for mailbox in mailboxes:
        is_place = mailbox.is_selectable and mailbox.special_use not in _VIRTUAL
        is_empty = mailbox.status is not None and not mailbox.status.messages
        if is_place and not is_empty and (not wanted or wanted in _names(mailbox, uses)):
            label = label_of(mailbox, uses)
            label = label if is_one else f"{label}, {account.address}"
            folders.append(Folder(account, mailbox, label, rows.get(mailbox.name)))
    return folders


def _mailboxes(request: MailRequest, account: Account, *, ask: bool) -> tuple[MailboxSummary, ...]:
    """As the server lists them; another account's as last known while somebody types, or
    while its server is away."""
    if account.pk == request.account.pk:
        return mailboxes_of(request)
    known = index.know(account.pk)
    if (listed := known.list_in_step(timezone.now())) is not None:
        return listed
    if not ask and (listed := known.summaries()):
        return listed
    told = index.count_told(account.pk)
    try:
        with lend_store(request, account) as store:
            listed = store.mailboxes()
    except StoreError:
        return known.summaries()
    index.remember(account.pk, listed, told=told)
    return listed


def _in_step(request: MailRequest, folders: list[Folder]) -> list[Folder]:
    """A few that are behind their server catch up; of more the server itself is asked."""
    behind = [each for each in folders if each.row and each.row.is_whole and not each.is_whole]
    for folder in behind[:_MOST_STEPS]:
        with suppress(StoreError):  # what is known is shown, and the server asked for the rest
            row = _reconciled(request, folder)
            folders[folders.index(folder)] = replace(folder, row=row, is_fresh=True)
    return folders


def _reconciled(request: MailRequest, folder: Folder) -> IndexedMailbox:
    if folder.account.pk == request.account.pk:
        return bring_in_step(request, folder.mailbox.name)
    with lend_store(request, folder.account) as store:
        return sync.reconcile(store, *folder.place)


def _names(mailbox: MailboxSummary, uses: dict[SpecialUse, MailboxSummary]) -> set[str]:
    """What ``in:`` may call it: in full, by its last level, by the name people read, its use."""
    use = use_of(mailbox.name, uses)
    names = {mailbox.name, mailbox.leaf, label_of(mailbox, uses), use.value if use else ""}
    return {name.casefold() for name in names}
