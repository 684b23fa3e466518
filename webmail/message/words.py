"""Encoded words (RFC 2047) in header fields, and raw octets where words should be."""

import binascii
import re
from dataclasses import dataclass
from itertools import groupby
from operator import attrgetter

from webmail.message.charset import decode_text
from webmail.message.charset_names import codec_for
from webmail.message.giving_way import give_way, politely

_FOLDS = re.compile(r"\r?\n(?=[ \t])")
_BREAKS = re.compile("[\t\r\n\u2028\u2029]+")
_CONTROLS = re.compile("[\x00-\x1f\x7f-\x9f]")
_HEX = re.compile(rb"=([0-9A-Fa-f]{2})")
_CHARSET = re.compile(r"[A-Za-z0-9_.:()+-]{1,64}(?:\*[A-Za-z0-9-]{0,35})?")
_BLANK = re.compile(r"[ \t]*")
_NOT_BASE64 = re.compile(rb"[^A-Za-z0-9+/]+")


def decode_header_words(raw: str | bytes, *, hint: str = "") -> str:
    """A header field body as people read it: unfolded, every encoded word decoded.

    Broken words are taken as they were meant: blanks inside, missing padding, one
    character cut in two by adjacent words.  What cannot be read stays as it came.
    Controls are dropped.  ``hint`` is the charset to try for raw octets.
    """
    text = decode_text(raw, hint=hint) if isinstance(raw, bytes) else raw
    if "=?" not in text and text.isprintable():
        return text.strip()
    text = _FOLDS.sub("", text)
    if "=?" in text:
        text = _decode_words(text)
    return _CONTROLS.sub("", _BREAKS.sub(" ", text)).strip()


@dataclass(frozen=True, slots=True)
class _Word:
    """``end`` is where the text goes on."""

    end: int
    charset: str
    is_base64: bool
    encoded: bytes

    @property
    def octets(self) -> bytes:
        return _decode_b(self.encoded) if self.is_base64 else _decode_q(self.encoded)

    @property
    def is_unfinished(self) -> bool:
        """Base64 that stops in the midst of four characters."""
        return self.is_base64 and b"=" not in self.encoded and len(self.encoded) % 4 > 0


def _decode_words(text: str) -> str:
    shown: list[str] = []
    pending: list[_Word] = []
    position = 0
    for start, word in _find_words(text):
        between = text[position:start]
        if between.strip(" \t") or not pending:
            shown += (_join(pending), between)
            pending = []
        pending.append(word)
        position = word.end
    return "".join((*shown, _join(pending), text[position:]))


def _join(words: list[_Word]) -> str:
    """Adjacent words in one charset are decoded as one string of octets.

    RFC 2047, section 5, forbids to cut a character in two; many senders do it.
    """
    return "".join(
        _decode_run(charset, list(run)) for charset, run in groupby(words, attrgetter("charset"))
    )


def _decode_run(charset: str, words: list[_Word]) -> str:
    if charset.startswith("iso-2022"):
        # Each word starts in ASCII again, whatever the one before forgot to close.
        return "".join(decode_text(word.octets, charset) for word in politely(words))
    text = decode_text(b"".join(word.octets for word in politely(words)), charset)
    if "\ufffd" in text and any(word.is_unfinished for word in words[:-1]):
        # Not characters only, the base64 itself was cut in two.
        whole = decode_text(_octets_across(words), charset)
        text = whole if whole.count("\ufffd") < text.count("\ufffd") else text
    return text


def _octets_across(words: list[_Word]) -> bytes:
    octets = []
    for is_base64, run in groupby(words, attrgetter("is_base64")):
        encoded = b"".join(word.encoded for word in run)
        octets.append(_decode_b(encoded) if is_base64 else _decode_q(encoded))
    return b"".join(octets)


def _find_words(text: str) -> list[tuple[int, _Word]]:
    """Each encoded word and where it starts.  Linear in the text."""
    words = []
    position = 0
    while (start := text.find("=?", position)) >= 0:
        word = _word_at(text, start)
        if word is None:
            position = start + 2
            if text.find("?=", position) < 0 and text.find("?", position) < 0:
                break
            continue
        words.append((start, word))
        give_way()
        position = word.end
    return words


def _word_at(text: str, start: int) -> _Word | None:
    charset = _CHARSET.match(text, start + 2)
    if charset is None or text[charset.end() : charset.end() + 1] != "?":
        return None
    encoding = text[charset.end() + 1 : charset.end() + 3].lower()
    if encoding not in ("b?", "q?"):
        return None
    begin = charset.end() + 3
    name = charset[0].partition("*")[0].lower()
    # An unknown charset is still worth its ASCII; codec_for decides when decoding.
    end = _end_of_word(text, begin, is_base64=encoding == "b?")
    if end < 0:
        return None
    # Raw octets in a word, already read as text, go back to what they were.
    inner = text[begin:end]
    encoded = inner.encode("ascii" if inner.isascii() else codec_for(name) or "utf-8", "replace")
    return _Word(min(end + 2, len(text)), _normal_name(name), encoding == "b?", encoded)


def _normal_name(name: str) -> str:
    return name if codec_for(name) is None or name.startswith("iso-2022") else str(codec_for(name))


def _end_of_word(text: str, begin: int, *, is_base64: bool) -> int:
    """Where the ``?=`` stands; at the end of the text when it was cut off there."""
    end = text.find("?=", begin)
    if end < 0:
        return len(text) if " " not in text[begin:] else -1
    # ``?=`` may be a question mark before a quoted octet: ``=?utf-8?Q?Why?=3F?=``.
    while not is_base64 and _HEX.match(text[end + 1 : end + 4].encode("ascii", "replace")):
        later = text.find("?=", end + 2)
        if later < 0 or "=?" in text[end + 2 : later]:
            break
        end = later
    return end


def _decode_q(encoded: bytes) -> bytes:
    spaced = encoded.replace(b"_", b" ")
    return _HEX.sub(lambda m: bytes((int(m[1], 16),)), spaced) if b"=" in spaced else spaced


def _decode_b(encoded: bytes) -> bytes:
    """Base64 with whatever padding; words of several padded pieces too."""
    try:
        return binascii.a2b_base64(encoded, strict_mode=True)
    except binascii.Error:
        return _decode_broken_b(encoded)


def _decode_broken_b(encoded: bytes) -> bytes:
    octets = []
    for piece in encoded.split(b"="):
        symbols = _NOT_BASE64.sub(b"", piece)
        symbols = symbols[: len(symbols) - 1] if len(symbols) % 4 == 1 else symbols
        octets.append(binascii.a2b_base64(symbols + b"=" * (-len(symbols) % 4)))
    return b"".join(octets)
