"""Keys that arriving mail brings are remembered as candidates of its sender (Autocrypt)."""

from django.utils import timezone

from webmail.message.autocrypt import find_key
from webmail.openpgp import keyring
from webmail.web.sheet import Sheet
from webmail.web.trust import authentication_found


def learn_key(sheet: Sheet) -> None:
    """Of an opened message, unless nobody can be named as its sender or their domain disowns it."""
    fields = sheet.opened.fields
    names = [name.lower() for name, _ in fields]
    if "autocrypt" not in names or names.count("from") != 1:
        return
    if sheet.summary.structure.media_type == "multipart/report":
        return
    senders = sheet.summary.envelope.from_
    if len(senders) != 1 or sheet.sender.addr_spec.lower() in sheet.mine:
        return
    if keyring.encryption_of(sheet.request.user) is None:
        return
    brought = find_key(fields, sheet.sender.addr_spec)
    account = sheet.request.account
    if brought is None:
        return
    if authentication_found(account, sheet.opened, sheet.sender.domain).has_failed:
        return
    at = min(sheet.summary.internal_date, timezone.now())
    keyring.learn(sheet.request.user, brought, at)
