"""Reports on delivery and receipts, read when they come and not only when they are opened.

Only for people who have sent something lately, and only while their mailbox may be read.
"""

import logging
from datetime import UTC, timedelta
from zoneinfo import ZoneInfo

from django.utils import timezone

from webmail.accounts import grants
from webmail.accounts.models import Account
from webmail.index.recent import account_of, find_recent
from webmail.index.telling import store_for_worker
from webmail.store.mailbox import MessageRef
from webmail.store.protocol import MailStore, MessageGone, StoreError
from webmail.submission.outcomes import awaits_reports
from webmail.web import delivery_card, learning, receipt_card
from webmail.web.http import MailRequest
from webmail.web.identities import own_addresses
from webmail.web.reading import open_message
from webmail.web.rows import Clock
from webmail.web.sheet import Sheet

log = logging.getLogger(__name__)

LATELY = timedelta(hours=2)
MOST_MESSAGES = 20

# What was looked at in this process; after a restart it is looked at again, and changes nothing.
_done: dict[int, int] = {}


def learn_outcomes(mailbox_id: int) -> None:
    """From the reports that came to a mailbox lately."""
    account = Account.objects.filter(pk=account_of(mailbox_id)).select_related("user").first()
    if account is None or not awaits_reports(account.pk):
        return
    since, above = timezone.now() - LATELY, _done.get(mailbox_id, 0)
    refs = find_recent(mailbox_id, since, above=above, most=MOST_MESSAGES)
    password = grants.password_of(account) if refs else None
    if password is None:
        return
    try:
        with store_for_worker(account, password) as store:
            for summary in store.summaries(refs):
                if summary.structure.media_type == "multipart/report":
                    _learn(account, store, summary.ref)
    except StoreError as problem:
        log.info("reports put off: account=%s kind=%s", account.pk, type(problem).__name__)
        return
    _done[mailbox_id] = refs[-1].uid


def _learn(account: Account, store: MailStore, ref: MessageRef) -> None:
    request = MailRequest()
    request.account, request.user, request.store = account, account.user, store
    try:
        opened = open_message(request, ref)
    except MessageGone:
        return
    clock = Clock(ZoneInfo("UTC"), timezone.now().astimezone(UTC))
    sheet = Sheet(request, opened, opened.small, clock, own_addresses(account))
    delivery, receipt = delivery_card.read(sheet), receipt_card.read(sheet)
    if delivery is not None:
        learning.learn_from_delivery(sheet, delivery)
    if receipt is not None:
        learning.learn_from_receipt(sheet, receipt)
