"""A report that is opened, or that came, is remembered with the mail it is about."""

from webmail.message.delivery import Action, Delivery, is_machine
from webmail.message.receipt import Receipt
from webmail.submission.outcomes import DELIVERY, RECEIPT, Told, find_reported, is_recipient, learn
from webmail.web.people import clean
from webmail.web.sheet import Sheet
from webmail.web.trust import authentication_found

_WITH_REASON = (Action.FAILED, Action.DELAYED)


def learn_from_delivery(sheet: Sheet, delivery: Delivery) -> bool:
    """Whether it is news that a message came back, and sure."""
    reported = find_reported(
        sheet.request.account.pk,
        message_ids=delivery.original.ids,
        envelope_id=delivery.envelope_id,
    )
    if reported is None:
        return False
    returned = False
    is_sure = reported.by_envelope and is_machine(sheet.opened.fields, sheet.sender.addr_spec)
    for each in delivery.recipients:
        if each.address:
            told = Told(
                recipient=clean(each.address),
                track=DELIVERY,
                kind=each.action.value,
                at=sheet.summary.internal_date,
                said_by=clean(sheet.sender.addr_spec),
                words=each.reason.words if each.action in _WITH_REASON else "",
                is_sure=is_sure,
            )
            is_news = learn(reported.outgoing, told)
            returned |= is_news and is_sure and each.action is Action.FAILED
    return returned


def learn_from_receipt(sheet: Sheet, receipt: Receipt) -> None:
    """Sure is what the recipient says, where we asked, unless the domain disowns the message."""
    account = sheet.request.account
    reported = find_reported(account.pk, message_ids=(receipt.original_message_id,))
    if reported is None or not receipt.recipient:
        return
    outgoing, sender = reported.outgoing, sheet.sender
    is_theirs = sender.addr_spec.lower() == receipt.recipient.lower()
    is_disowned = authentication_found(account, sheet.opened, sender.domain).has_failed
    told = Told(
        recipient=clean(receipt.recipient),
        track=RECEIPT,
        kind=receipt.kind,
        at=sheet.summary.internal_date,
        said_by=clean(sender.addr_spec),
        is_sure=outgoing.wants_receipt
        and is_theirs
        and not is_disowned
        and is_recipient(outgoing, receipt.recipient),
    )
    learn(outgoing, told)
