"""The files of a message that a URL names, found by what was read of it or by its structure."""

from webmail.index.telling import lend_store
from webmail.message.bodystructure import Part
from webmail.store.mailbox import MessageRef, MessageSummary
from webmail.store.protocol import MessageGone
from webmail.web.attached import Attached, files_of
from webmail.web.http import MailRequest
from webmail.web.reading import Opened, find_kept, open_message


def opened_at(request: MailRequest, ref: MessageRef) -> Opened:
    """As it was read a moment ago, else read now."""
    kept = find_kept((request.account.pk, ref))
    if kept is not None:
        return kept
    with lend_store(request, request.account) as store:
        summary = store.summary(ref)
    return open_message(request, summary)


def files_at(request: MailRequest, ref: MessageRef) -> tuple[MessageSummary, tuple[Attached, ...]]:
    """The message, and the files its page lists, in that order."""
    opened = opened_at(request, ref)
    return opened.summary, files_of(opened.body.attachments)


def part_at(request: MailRequest, ref: MessageRef, section: str) -> Part:
    """The part of this section; no session is kept afterwards."""
    kept = find_kept((request.account.pk, ref))
    if kept is not None:
        return part_of(kept.summary.structure, section)
    with lend_store(request, request.account) as store:
        structure = store.summary(ref).structure
    return part_of(structure, section)


def part_of(structure: Part, section: str) -> Part:
    """Raises MessageGone for what is no part that can be read by itself."""
    wanted = next((part for part in structure.walk() if part.section == section), None)
    if wanted is None or wanted.is_multipart or not section:
        raise MessageGone("This message has no such part.")
    return wanted
