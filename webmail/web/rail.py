"""The rail beside pages that do not need the store: with folders if it answers, else without."""

from django.http import HttpRequest
from django.utils import timezone

from webmail.accounts.connect import password_for
from webmail.accounts.models import Account
from webmail.index import mailboxes as index
from webmail.index.telling import lend_store
from webmail.store.mailbox import MailboxSummary
from webmail.web.shell import build_shell
from webmail.web.trouble import TROUBLES


def rail_context(request: HttpRequest, account: Account, current: str = "") -> dict[str, object]:
    """``shell``; writing, the outbox and settings go on while the mail server is away."""
    return {"shell": build_shell(request, account, _mailboxes(request, account), current=current)}


def _mailboxes(request: HttpRequest, account: Account) -> tuple[MailboxSummary, ...]:
    """As the index knows them while it is in step; none without the key to the mailbox."""
    try:
        password_for(request, account)
        found = index.know(account.pk).list_in_step(timezone.now())
        if found is None:
            told = index.count_told(account.pk)
            with lend_store(request, account) as store:
                found = store.mailboxes()
            index.remember(account.pk, found, told=told)
    except TROUBLES:
        return ()
    return found
