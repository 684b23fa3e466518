"""New mail in an inbox, for the browsers of whoever wants to hear of it."""

from datetime import timedelta

from django.utils import timezone

from webmail.accounts.models import Account
from webmail.index.recent import account_of, is_inbox
from webmail.push.models import Kind
from webmail.push.subscriptions import wants_mail
from webmail.push.tasks import ring_notice
from webmail.store.mailbox import SEEN
from webmail.web.lately import Lately

# After a restart the same is looked at again: what is older is no news.
JUST_NOW = timedelta(minutes=10)
lately = Lately("new mail")


def tell_new_mail(mailbox_id: int) -> None:
    """Only that there is some: the notification says nothing else (T81)."""
    account = Account.objects.filter(pk=account_of(mailbox_id)).first()
    if account is None or not is_inbox(mailbox_id) or not wants_mail(account.user_id):
        return
    since = timezone.now() - JUST_NOW
    found = lately.look(mailbox_id, account, lambda store, refs: store.summaries(refs))
    if any(each.internal_date >= since and SEEN not in each.flags for each in found or ()):
        ring_notice(account.user_id, Kind.MAIL)
