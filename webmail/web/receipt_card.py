"""Read receipts that came, and the question whether to give one."""

from dataclasses import dataclass

from webmail.accounts.models import User
from webmail.index.acquaintances import has_written_to
from webmail.message.receipt import Asked, Receipt, find_asked, read_receipt
from webmail.web import receipt_sending
from webmail.web.learning import learn_from_receipt
from webmail.web.machine_sending import NotQueued
from webmail.web.people import clean
from webmail.web.sheet import Sheet

_TYPES = ("message/disposition-notification", "message/global-disposition-notification")
_ENDS = {
    "displayed": "showed your mail.",
    "dispatched": "passed your mail on.",
    "processed": "dealt with your mail by itself; nobody saw it there.",
    "deleted": "deleted your mail without showing it.",
    "denied": "tells nothing about your mail.",
    "failed": "could not say what became of your mail.",
}


@dataclass(frozen=True, slots=True)
class ReceiptCard:
    """``about_url`` leads to the mail, ``answer_url`` is empty where nothing is asked."""

    icon: str
    title: str
    advice: str
    about_url: str = ""
    answer_url: str = ""


def make(sheet: Sheet) -> ReceiptCard | None:
    receipt = read(sheet)
    if receipt is None:
        return _asked(sheet)
    learn_from_receipt(sheet, receipt)
    who = clean(sheet.sender.name) or clean(receipt.recipient) or "Somebody"
    shown = receipt.kind == "displayed"
    return ReceiptCard(
        icon="mail-check" if shown else "mail",
        title=f"{who}’s mail program {_ENDS[receipt.kind]}",
        advice="That does not prove that it was read." if shown else "",
        about_url=sheet.find_mail(receipt.original_message_id),
    )


def read(sheet: Sheet) -> Receipt | None:
    found = map(read_receipt, sheet.small_of(*_TYPES))
    return next((each for each in found if each is not None), None)


def _asked(sheet: Sheet) -> ReceiptCard | None:
    choice = sheet.request.user.answers_receipts
    asked = find_asked(sheet.opened.fields)
    if asked is None or choice == User.NEVER or not receipt_sending.may_be_given(sheet, asked):
        return None
    who = clean(asked.address.name) or clean(asked.address.addr_spec)
    if choice == User.TO_CONTACTS and _gives_by_itself(sheet, asked):
        return ReceiptCard("mail-check", f"{who} was told that you have seen this.", "")
    return ReceiptCard(
        "mail-question-mark",
        f"{who} asks to be told that you have seen this.",
        f"The answer goes to {clean(asked.address.addr_spec)}. Without it nobody is told.",
        answer_url=f"{sheet.url}receipt/",
    )


def _gives_by_itself(sheet: Sheet, asked: Asked) -> bool:
    """Only where the header leaves no doubt, and to somebody the reader has written to."""
    request = sheet.request
    known = has_written_to(request.account.pk, asked.address.addr_spec)
    if request.method != "GET" or not asked.is_sure or not known:
        return False
    try:
        receipt_sending.give(sheet, asked, is_automatic=True)
    except NotQueued:
        return False
    return True
