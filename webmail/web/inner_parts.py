"""Parts by their section, those inside winmail.dat, .msg and attached messages among them."""

from webmail.index.telling import lend_store
from webmail.message.bodystructure import Part, decode_part
from webmail.message.inside import MARK, find_inside
from webmail.store.mailbox import MessageRef
from webmail.store.protocol import MessageGone
from webmail.web.http import MailRequest
from webmail.web.reading import WHOLE_LIMIT_BYTES, find_kept


def structure_of(request: MailRequest, ref: MessageRef) -> Part:
    """As it was read a moment ago, else asked for; no session is kept afterwards."""
    kept = find_kept((request.account.pk, ref))
    if kept is not None:
        return kept.summary.structure
    with lend_store(request, request.account) as store:
        return store.summary(ref).structure


def part_of(structure: Part, section: str) -> Part:
    """Raises MessageGone for what is no part that can be read by itself."""
    wanted = next((part for part in structure.walk() if part.section == section), None)
    if wanted is None or wanted.is_multipart or not section:
        raise MessageGone("This message has no such part.")
    return wanted


def inner_part(request: MailRequest, ref: MessageRef, section: str) -> tuple[Part, bytes]:
    """The part and its decoded content, for ``2:3`` of part 3 of what lies in part 2.

    Raises MessageGone when there is none such.
    """
    outer, mark, way = section.partition(MARK)
    part = part_of(structure_of(request, ref), outer)
    with lend_store(request, request.account) as store:
        raw = b"".join(store.part(ref, outer, limit_bytes=WHOLE_LIMIT_BYTES))
    content = decode_part(raw, part.encoding)
    found = find_inside(part, content, way) if mark else (part, content)
    if found is None or found[0].is_multipart:
        raise MessageGone("This message has no such part.")
    return found
