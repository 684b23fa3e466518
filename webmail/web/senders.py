"""Who a message is from, as the compose window offers it, and when that may be a mistake."""

from dataclasses import dataclass

from webmail.accounts.belongings import identities_of
from webmail.accounts.models import Account
from webmail.accounts.writing_as import (
    ForeignSender,
    Sender,
    find_sender,
    is_pattern,
    is_same,
    read_sender,
)
from webmail.index.acquaintances import last_written_as
from webmail.submission.models import StoredDraft
from webmail.web.compose_form import Written, written_from_fields
from webmail.web.people import clean
from webmail.web.recipients import read_recipients

_MOST_ASKED = 3


@dataclass(frozen=True, slots=True)
class Option:
    """``is_open`` wants an address of its domain typed beside it."""

    key: str
    label: str
    is_open: bool = False


@dataclass(frozen=True, slots=True)
class Choice:
    """``typed`` is what stands in the field for an address of a whole domain."""

    options: tuple[Option, ...]
    chosen: str
    typed: str

    @property
    def is_one(self) -> bool:
        return len(self.options) < 2

    @property
    def has_open(self) -> bool:
        return any(each.is_open for each in self.options)


def sender_choice(account: Account, written: Written) -> Choice:
    """Each identity, and the address in use where it is a tag or one of a domain."""
    options = [_option(Sender(each, each.addr_spec)) for each in identities_of(account)]
    chosen = _find(account, written)
    is_open = any(each.is_open and each.key == written.identity for each in options)
    if chosen is not None and not is_open and chosen.key not in {each.key for each in options}:
        options.insert(0, Option(chosen.key, str(chosen)))
    key = written.identity if is_open or chosen is None else chosen.key
    return Choice(tuple(options), key, written.sender)


def note_of(draft: StoredDraft) -> str:
    sent_to = str(draft.fields.get("sent_to", ""))
    return note_for(draft.account, written_from_fields(draft.fields | {"html": ""}), sent_to)


def note_for(account: Account, written: Written, sent_to: str) -> str:
    """A sentence where another address than the usual one is used; empty is as usual."""
    if len(identities_of(account)) < 2 and not sent_to:
        return ""
    sender = _find(account, written)
    if sender is None:
        return ""
    if sent_to and not is_same(sent_to, sender.addr_spec):
        return f"So far, this conversation knows you as {clean(sent_to)}."
    return "" if sent_to else _note_by_custom(account, written, sender)


def _note_by_custom(account: Account, written: Written, sender: Sender) -> str:
    recipients, _ = read_recipients({"to": written.to, "cc": written.cc, "bcc": written.bcc})
    for each in recipients.to[:_MOST_ASKED]:
        before = last_written_as(account.pk, each.addr_spec)
        if before and not is_same(before, sender.addr_spec) and find_sender(account, [before]):
            who = clean(each.name or each.addr_spec)
            return f"You last wrote to {who} from {clean(before)}."
    return ""


def _option(sender: Sender) -> Option:
    pattern = sender.addr_spec
    if not is_pattern(pattern):
        return Option(sender.key, str(sender))
    name = sender.identity.name
    label = f"Any address at {pattern.removeprefix('*@')}"
    return Option(sender.key, f"{name}, {label[0].lower()}{label[1:]}" if name else label, True)


def _find(account: Account, written: Written) -> Sender | None:
    try:
        return read_sender(account, written.identity, written.sender)
    except ForeignSender:
        return None
