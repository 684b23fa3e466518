"""Whom somebody has written to, by what is indexed of their Sent."""

from functools import reduce
from operator import or_

from django.db.models import Q

from webmail.index.models import IndexedMailbox, IndexedMessage
from webmail.index.rows import unpack
from webmail.message.domains import ascii_host, registrable_domain
from webmail.store.mailbox import SpecialUse

_MOST_LOOKED_AT = 50


def has_written_to(account_id: int, addr_spec: str) -> bool:
    """By the newest messages that may be to this address."""
    sent = IndexedMailbox.objects.filter(account_id=account_id, special_use=SpecialUse.SENT.value)
    found = IndexedMessage.objects.filter(
        mailbox_id__in=list(sent.values_list("pk", flat=True)), recipients__icontains=addr_spec
    ).values_list("recipients", flat=True)[:_MOST_LOOKED_AT]
    wanted = addr_spec.lower()
    return any(each.addr_spec.lower() == wanted for packed in found for each in unpack(packed))


def has_written_to_domain(account_id: int, domain: str) -> bool:
    """By the newest messages that may be to somebody there; ``domain`` is a registrable one."""
    sent = IndexedMailbox.objects.filter(account_id=account_id, special_use=SpecialUse.SENT.value)
    spellings = {domain, ascii_host(domain)}
    may_be = reduce(or_, (Q(recipients__icontains=each) for each in spellings))
    found = IndexedMessage.objects.filter(
        may_be, mailbox_id__in=list(sent.values_list("pk", flat=True))
    ).values_list("recipients", flat=True)[:_MOST_LOOKED_AT]
    return any(
        registrable_domain(each.domain) == domain for packed in found for each in unpack(packed)
    )


def last_written_as(account_id: int, addr_spec: str) -> str:
    """The address that the newest message to this one was from; empty without any."""
    sent = IndexedMailbox.objects.filter(account_id=account_id, special_use=SpecialUse.SENT.value)
    found = IndexedMessage.objects.filter(
        mailbox_id__in=list(sent.values_list("pk", flat=True)), recipients__icontains=addr_spec
    ).order_by("-internal_date")
    wanted = addr_spec.lower()
    for recipients, senders in found.values_list("recipients", "senders")[:_MOST_LOOKED_AT]:
        if any(each.addr_spec.lower() == wanted for each in unpack(recipients)):
            return next((each.addr_spec for each in unpack(senders)), "")
    return ""
