"""The files of a message that a URL names, found by what was read of it or by its structure."""

from dataclasses import replace

from webmail.message.bodystructure import Part
from webmail.message.inside import MARK
from webmail.store.mailbox import MessageRef, MessageSummary
from webmail.web.attached import Attached, files_of
from webmail.web.http import MailRequest
from webmail.web.inner_parts import inner_part, part_of, structure_of
from webmail.web.reading import Opened, find_kept, open_message


def opened_at(request: MailRequest, ref: MessageRef) -> Opened:
    """As it was read a moment ago, else read now."""
    return find_kept((request.account.pk, ref)) or open_message(request, ref)


def files_at(request: MailRequest, ref: MessageRef) -> tuple[MessageSummary, tuple[Attached, ...]]:
    """The message, and the files its page lists, in that order."""
    opened = opened_at(request, ref)
    return opened.summary, files_of(opened.body.attachments)


def part_at(request: MailRequest, ref: MessageRef, section: str) -> Part:
    """The part of this section, also of one inside another; MessageGone without it."""
    if MARK in section:
        return replace(inner_part(request, ref, section)[0], section=section)
    return part_of(structure_of(request, ref), section)
