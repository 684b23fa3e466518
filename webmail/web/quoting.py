"""An original message as it can be quoted: its text, its HTML cleaned for the editor."""

from dataclasses import dataclass

from webmail.message.body import MAX_TEXT_BYTES, choose_parts, part_text, read_body
from webmail.message.bodystructure import Part
from webmail.message.plaintext import html_from_text
from webmail.message.safe_html import SafeHtml
from webmail.message.sanitize import sanitize_for_compose, text_from_html
from webmail.store.mailbox import MessageSummary
from webmail.store.protocol import MailStore


@dataclass(frozen=True, slots=True)
class Quotable:
    """``html`` is empty for a message of plain text; ``pictures`` are those it shows."""

    text: str
    html: SafeHtml
    pictures: tuple[Part, ...]
    attachments: tuple[Part, ...]


def read_quotable(store: MailStore, summary: MessageSummary) -> Quotable:
    """Fetches only the parts with text.  Raises the StoreError tree."""
    sources: dict[str, bytes] = {}

    def fetch(part: Part) -> bytes:
        if part.section not in sources:
            pieces = store.part(summary.ref, part.section, limit_bytes=2 * MAX_TEXT_BYTES)
            sources[part.section] = b"".join(pieces)
        return sources[part.section]

    body = read_body(summary.structure, fetch, cid_url=lambda part: f"cid:{part.content_id}")
    shown = choose_parts(summary.structure)
    html = ""
    if body.html is not None:
        html = "<hr>".join(filter(None, (_piece(part, fetch(part)) for part in shown.html)))
    is_from_html = any(part.media_type == "text/html" for part in shown.text)
    # The text of what is quoted, not of what its sender hid (T12).
    text = text_from_html(html) if html and is_from_html else body.text
    # Pictures named by a place have no name that a draft could go on using.
    placed = [
        part
        for part in body.embedded
        if part.content_location and (not part.content_id or f"cid:{part.content_id}" not in html)
    ]
    pictures = tuple(part for part in body.embedded if part not in placed)
    return Quotable(text, SafeHtml(html), pictures, (*body.attachments, *placed))


def _piece(part: Part, raw: bytes) -> str:
    """One part cleaned by itself, so that none can reach into the next (T15)."""
    source = part_text(part, raw)
    if part.media_type == "text/html":
        return sanitize_for_compose(source, is_quoted=True)
    return sanitize_for_compose(
        html_from_text(source, flowed=part.parameter("format").lower() == "flowed")
    )
