"""The rail beside pages that do not need the store: with folders if it answers, else without."""

from django.http import HttpRequest

from webmail.accounts.models import Account
from webmail.index.telling import lend_store
from webmail.store.mailbox import MailboxSummary
from webmail.web.shell import build_shell
from webmail.web.trouble import TROUBLES


def rail_context(request: HttpRequest, account: Account, current: str = "") -> dict[str, object]:
    """``shell``; writing, the outbox and settings go on while the mail server is away."""
    return {"shell": build_shell(request, account, _mailboxes(request, account), current=current)}


def _mailboxes(request: HttpRequest, account: Account) -> tuple[MailboxSummary, ...]:
    try:
        with lend_store(request, account) as store:
            return store.mailboxes()
    except TROUBLES:
        return ()
