"""What ties a message to others: its identifiers (RFC 5322, 3.6.4) and its base subject."""

import re
from collections.abc import Iterable

from webmail.message.envelope import Envelope

# A sender may name thousands; the first of a thread and the latest before this one matter.
MAX_IDENTIFIERS = 50
_MAX_SUBJECT = 500

_COUNT = r"(?:\[\d{1,3}\]|\(\d{1,3}\)|\^\d{1,3})?"
_REPLY_WORDS = (
    *("re", "aw", "antw", "antwort", "sv", "vs", "odp", "ynt", "res", "rif", "ref", "vá", "vl"),
    *("回复", "回覆", "答复", "返信", "답장", "отв", "απ", "השב"),
)
_FORWARD_WORDS = (
    *("fwd?", "wg", "vb", "tr", "rv", "enc", "doorst", "pd", "továbbítás"),
    *("转发", "轉寄", "転送", "전달", "пересл", "πρθ", "הועבר"),
)
_REPLY = re.compile(rf"(?:{'|'.join(_REPLY_WORDS)}){_COUNT}\s*[:：]\s*", re.IGNORECASE)
_FORWARD = re.compile(rf"(?:{'|'.join(_FORWARD_WORDS)}){_COUNT}\s*[:：]\s*", re.IGNORECASE)
_LIST_TAG = re.compile(r"\[[^\[\]]{1,80}\]\s*")
_TRAILER = re.compile(r"(?:\s*\(fwd\))+$", re.IGNORECASE)
_BLANKS = re.compile(r"\s+")

_SHORTEST_SUBJECT = 5
# What strangers write alike: never a reason to belong together.
_TRIVIAL = frozenset(
    (
        *("hello", "hallo", "hello there", "hi there", "good morning", "question", "frage"),
        *("invoice", "rechnung", "factura", "facture", "order", "your order", "payment"),
        *("no subject", "(no subject)", "untitled", "test", "test mail", "meeting", "update"),
        *("document", "documents", "photo", "photos", "thanks", "thank you", "urgent"),
    )
)


def normal_message_id(text: str) -> str:
    """Without angle brackets and blanks; empty for what is no identifier.

    The part before the ``@`` is told apart by case, the domain is not.
    """
    plain = "".join(text.split()).strip("<>")
    local, at, domain = plain.rpartition("@")
    return f"{local}@{domain.lower()}" if at else plain


def identifiers(envelope: Envelope) -> tuple[str, ...]:
    """The message's own Message-ID, empty where it has none, then those it refers to.

    Each once, at most MAX_IDENTIFIERS: of more references the first and the last ones,
    since a thread's first message and the message answered are those that are held.
    """
    own = normal_message_id(envelope.message_id)
    named = _distinct((*envelope.references, *envelope.in_reply_to), but=own)
    if len(named) >= MAX_IDENTIFIERS:
        named = [named[0], *named[2 - MAX_IDENTIFIERS :]]
    return (own, *named)


def _distinct(texts: Iterable[str], *, but: str) -> list[str]:
    found = dict.fromkeys(normal for text in texts if (normal := normal_message_id(text)))
    found.pop(but, None)
    return list(found)


def base_subject(subject: str) -> str:
    """The subject as all messages of a thread have it (RFC 5256, 2.1), folded for comparison.

    Without the prefixes of answers and forwards in many languages, tags of mailing lists
    and ``(fwd)`` at the end.
    """
    return plain_subject(subject).casefold()


def plain_subject(subject: str) -> str:
    """The base subject in the sender's own letters."""
    text = _TRAILER.sub("", _BLANKS.sub(" ", subject[:_MAX_SUBJECT]).strip())
    while found := _REPLY.match(text) or _FORWARD.match(text) or _tag_at_start(text):
        text = text[found.end() :]
    return text.strip()


def _tag_at_start(text: str) -> re.Match[str] | None:
    """A tag with something after it; alone it is the subject."""
    found = _LIST_TAG.match(text)
    return found if found and found.end() < len(text) else None


def is_reply(subject: str) -> bool:
    """Whether the subject begins as an answer does, perhaps after the tag of a list."""
    text = _BLANKS.sub(" ", subject[:_MAX_SUBJECT]).strip()
    while tag := _tag_at_start(text):
        text = text[tag.end() :]
    return _REPLY.match(text) is not None


def is_telling(base: str) -> bool:
    """Whether a base subject says enough for two messages to be held together by it."""
    return len(base) >= _SHORTEST_SUBJECT and base not in _TRIVIAL
