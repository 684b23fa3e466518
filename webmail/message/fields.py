"""Header fields as bytes: RFC 5322 folding, RFC 2047 words, RFC 2231 parameters.

Every function writes one whole field from values, and what it writes between the colon
and the last CRLF is made of words that cannot hold a line break.  The standard library's
own folder is not used for it: before Python 3.11.12 it encodes the commas between
addresses with the names (CVE-2025-1795) and drops quotes around names with commas.
"""

import base64
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

from webmail.message.addr_spec import wire_addr_spec
from webmail.message.address import Address

LINE = 76  # RFC 2047, section 2: a line with an encoded word
WORD = 60  # so that the longest name of ours and one word share a line

_SAFE_Q = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789!*+-/")
_ATOMS = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?: [A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*")
_MESSAGE_ID = re.compile(r"<[!-;=?-~]+@[!-;=?-~]+>")
_TOKEN = re.compile(r"[A-Za-z0-9!#$&^_.+-]+")
_ATTRIBUTE = frozenset(
    b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789!#$&+-.^_`|~"
)


def one_line(text: str) -> str:
    """The text without controls and line breaks; each run of them becomes one space."""
    if text.isascii() and text.isprintable():
        return text.strip()
    return _BREAKS.sub(" ", text.encode("utf-8", "replace").decode()).strip()


_BREAKS = re.compile(r"\s*[\x00-\x1f\x7f-\x9f\u2028\u2029][\s\x00-\x1f\x7f-\x9f\u2028\u2029]*")


def text_field(name: str, text: str) -> bytes:
    """An unstructured field, such as Subject."""
    text = one_line(text)
    words = text.split(" ") if text else []
    if not text.isascii() or "=?" in text or "" in words or max(map(len, words), default=0) > WORD:
        words = list(encoded_words(text))
    return _fold(name, words)


def address_field(name: str, addresses: Sequence[Address]) -> bytes:
    """An address list.  Raises BadAddress."""
    words: list[str] = []
    for address in addresses:
        words += [*_phrase(one_line(address.name)), f"<{wire_addr_spec(address.addr_spec)}>,"]
    return _fold(name, [*words[:-1], words[-1].rstrip(",")])


def ids_field(name: str, ids: Iterable[str]) -> bytes:
    """Message identifiers; those that are none are left out."""
    return _fold(name, [word for word in ids if is_message_id(word)])


def is_message_id(text: str) -> bool:
    return len(text) <= 900 and _MESSAGE_ID.fullmatch(text) is not None


def token_field(name: str, value: str, parameters: Mapping[str, str]) -> bytes:
    """A field of a token and parameters, such as Content-Type."""
    words = [value]
    for key, text in parameters.items():
        words[-1] += ";"
        words += _parameter(key, text)
    return _fold(name, words)


def encoded_words(text: str) -> list[str]:
    """RFC 2047 words in UTF-8, no character split; a reader drops the spaces between them."""
    quoted = [_q(character) for character in text]
    if sum(map(len, quoted)) <= 4 * len(text.encode()) // 3 + 2:
        return [f"=?utf-8?q?{piece}?=" for piece in _pieces(quoted, WORD - 12)]
    pieces = _pieces(list(text), (WORD - 12) // 4 * 3)
    return [f"=?utf-8?b?{base64.b64encode(piece.encode()).decode()}?=" for piece in pieces]


def _pieces(characters: Sequence[str], room: int) -> Iterator[str]:
    """The characters joined again to pieces of at most ``room`` octets."""
    piece: list[str] = []
    used = 0
    for character in characters:
        size = len(character.encode())
        if used + size > room:
            yield "".join(piece)
            piece, used = [], 0
        piece.append(character)
        used += size
    yield "".join(piece)


def _q(character: str) -> str:
    octets = character.encode()
    if character == " ":
        return "_"
    return "".join(chr(c) if c in _SAFE_Q else f"={c:02X}" for c in octets)


def _phrase(name: str) -> list[str]:
    """A display name as words: atoms, one quoted string, or encoded words."""
    if not name:
        return []
    if not name.isascii() or "=?" in name or len(name) > WORD:
        return encoded_words(name)
    return name.split(" ") if _ATOMS.fullmatch(name) else [_quote(name)]


def _quote(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _parameter(key: str, text: str) -> list[str]:
    text = one_line(text)
    if _TOKEN.fullmatch(text) and len(text) <= WORD:
        return [f"{key}={text}"]
    if text.isascii() and len(text) <= WORD and not {'"', "\\", "%"} & set(text):
        return [f'{key}="{text}"']
    if key == "name":  # what RFC 2047 forbids and every old reader expects
        return f'name="{" ".join(encoded_words(text))}"'.split(" ")
    return _extended(key, text)


def _extended(key: str, text: str) -> list[str]:
    """RFC 2231, sections 3 and 4: percent-encoded UTF-8 in numbered pieces."""
    encoded = ["".join(_percent(c) for c in character.encode()) for character in text]
    pieces = list(_pieces(encoded, WORD - len(key) - len("*00*=utf-8'';")))
    if len(pieces) == 1:
        return [f"{key}*=utf-8''{pieces[0]}"]
    numbered = [f"{key}*{n}*={piece};" for n, piece in enumerate(pieces)]
    numbered[0] = f"{key}*0*=utf-8''{pieces[0]};"
    numbered[-1] = numbered[-1].removesuffix(";")
    return numbered


def _percent(octet: int) -> str:
    return chr(octet) if octet in _ATTRIBUTE else f"%{octet:02X}"


def _fold(name: str, words: Iterable[str]) -> bytes:
    """The field; a new line starts before a word that would pass the line's end."""
    lines = [f"{name}:"]
    for word in words:
        if len(lines[-1]) + 1 + len(word) > LINE and lines[-1] not in ("", f"{name}:"):
            lines.append("")
        lines[-1] += f" {word}"
    return ("\r\n".join(lines) + "\r\n").encode()
