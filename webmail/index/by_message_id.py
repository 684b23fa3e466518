"""Where in an account a message of this Message-ID is, as far as the index has grown."""

from webmail.index.conversations import known_numbers
from webmail.index.models import IndexedMailbox, IndexedMessage
from webmail.index.numbers import message_hash
from webmail.index.rows import uid_of
from webmail.store.mailbox import MessageRef, SpecialUse

_MOST_COPIES = 20


def find_by_message_id(account_id: int, message_id: str) -> MessageRef | None:
    """The copy in Sent, if there is one, else any."""
    number = message_hash(account_id, message_id)
    conversation = known_numbers([number]).get(number) if number else None
    if conversation is None:
        return None
    mailboxes = {each.pk: each for each in IndexedMailbox.objects.filter(account_id=account_id)}
    keys = IndexedMessage.objects.filter(
        conversation=conversation, message_hash=number, mailbox_id__in=mailboxes
    ).values_list("mailbox_id", "id")[:_MOST_COPIES]
    copies = sorted(keys, key=lambda copy: mailboxes[copy[0]].special_use != SpecialUse.SENT.value)
    if not copies:
        return None
    mailbox = mailboxes[copies[0][0]]
    return MessageRef(mailbox.name, mailbox.uidvalidity, uid_of(copies[0][1]))
