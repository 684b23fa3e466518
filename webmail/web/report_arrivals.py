"""Reports on delivery and receipts, read when they come and not only when they are opened.

Only for people who have sent something lately, and only while their mailbox may be read.
"""

from datetime import UTC
from zoneinfo import ZoneInfo

from django.db import transaction
from django.utils import timezone

from webmail.accounts.models import Account
from webmail.index.recent import account_of
from webmail.push.models import Kind
from webmail.push.tasks import ring_notice
from webmail.store.mailbox import MessageRef
from webmail.store.protocol import MailStore, MessageGone
from webmail.submission.outcomes import awaits_reports
from webmail.web import delivery_card, learning, receipt_card
from webmail.web.http import MailRequest
from webmail.web.identities import own_addresses
from webmail.web.lately import Lately
from webmail.web.reading import open_message
from webmail.web.rows import Clock
from webmail.web.sheet import Sheet

# After a restart the same change nothing.
lately = Lately("reports")


def learn_outcomes(mailbox_id: int) -> None:
    """From the reports that came to a mailbox lately."""
    account = Account.objects.filter(pk=account_of(mailbox_id)).select_related("user").first()
    if account is None or not awaits_reports(account.pk):
        return
    lately.look(mailbox_id, account, lambda store, refs: _learn_all(account, store, refs))


def _learn_all(account: Account, store: MailStore, refs: list[MessageRef]) -> None:
    for summary in store.summaries(refs):
        if summary.structure.media_type == "multipart/report":
            _learn(account, store, summary.ref)


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
    with transaction.atomic():
        if delivery is not None and learning.learn_from_delivery(sheet, delivery):
            ring_notice(account.user_id, Kind.FAILED)
    if receipt is not None:
        learning.learn_from_receipt(sheet, receipt)
