"""Addresses of RFC 5322, section 3.4."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from webmail.message.giving_way import give_way, politely
from webmail.message.words import decode_header_words

MAX_ADDRESSES = 5000


@dataclass(frozen=True, slots=True)
class Address:
    """An RFC 5322 mailbox: a display name, decoded, and an addr-spec.

    ``name`` is empty when the field had none.  ``addr_spec`` is empty only where a
    sender wrote none at all; it is shown as it came otherwise, valid or not.
    """

    name: str
    addr_spec: str

    @property
    def domain(self) -> str:
        """The part after the last ``@``, lower case; empty without one."""
        return self.addr_spec.rpartition("@")[2].lower() if "@" in self.addr_spec else ""


_TOKEN = re.compile(
    r"""
    (?P<encoded> =\?[^?\s]{1,80}\?[bBqQ]\?[^?]*\?= )
    | (?P<quoted> "(?:[^"\\]|\\.)*+(?:"|$) ) | (?P<word> (?:\\[()]|[^\s"(),:;<>@])+ )
    | (?P<blank> \s+ ) | (?P<special> . )
    """,
    re.VERBOSE | re.DOTALL,
)
_CLOSED = re.compile(r'"(?:[^"\\]|\\.)*+"', re.DOTALL)
_UNSEEN = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_QUOTED_PAIR = re.compile(r"\\(.)", re.DOTALL)
_PLAIN_NAME = re.compile(r"[\w!#$%&'*+/=?^`{|}~-]+(?: [\w!#$%&'*+/=?^`{|}~-]+)*")


# What nearly all mail has: ``Name <addr>``, ``"Name" <addr>`` or ``addr``, and no encoded
# word that could hold a comma or an angle.
_PLAIN_MAILBOX = re.compile(
    r' *+(?:(?:"([^"\\]*+)" *+|([^"(),:;<>\\]*+))<([^\s"(),:;<>@]++@[^\s"(),:;<>@]++)>'
    r'|([^\s"(),:;<>@]++@[^\s"(),:;<>@]++)) *+(?:,|\Z)'
)
_PLAIN_WORD = re.compile(r"=\?[^?\s]{1,80}\?[bBqQ]\?[^?\s\"(),:;<>@]*+\?=")
_CACHED_CHARACTERS = 256


def parse_address_list(text: str) -> tuple[Address, ...]:
    """The mailboxes of an address field, groups opened, in their order.

    The field is taken apart first and encoded words are decoded afterwards, in names
    only, so that a word cannot bring an ``@`` or a ``<`` of its own (T86).  Broken
    addresses are kept as they came; what is left over of the field is never an error.
    """
    # A mailbox has few correspondents, and each of them many messages.
    return _cached_list(text) if len(text) <= _CACHED_CHARACTERS else _parse_list(text)


def _parse_list(text: str) -> tuple[Address, ...]:
    plain = _plain_list(text.replace("\t", " "))
    return _any_list(text) if plain is None else plain


_cached_list = lru_cache(maxsize=2048)(_parse_list)


def _plain_list(text: str) -> tuple[Address, ...] | None:
    """What ``_any_list`` gives, where that is plain to see; None where it is not."""
    if not text.isprintable() or text.count("=?") != len(_PLAIN_WORD.findall(text)):
        return None
    found: list[Address] = []
    position = 0
    while position < len(text) and len(found) < MAX_ADDRESSES:
        give_way()
        match = _PLAIN_MAILBOX.match(text, position)
        if match is None:
            return None
        quoted, words, in_angles, bare = match.groups()
        found.append(Address(_shown_name(quoted or words or ""), in_angles or bare))
        position = match.end()
    return tuple(found)


def _any_list(text: str) -> tuple[Address, ...]:
    found: list[Address] = []
    for tokens in politely(_split_list(text), 5):
        address = _mailbox(tokens)
        if address is not None and (address.name or address.addr_spec):
            found.append(address)
        if len(found) == MAX_ADDRESSES:
            break
    return tuple(found)


def format_address(address: Address) -> str:
    """``Name <addr-spec>`` for people to read and to type; quotes only where needed."""
    if not address.name:
        return address.addr_spec
    if _PLAIN_NAME.fullmatch(address.name):
        return f"{address.name} <{address.addr_spec}>"
    escaped = address.name.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}" <{address.addr_spec}>'


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str
    text: str


def _split_list(text: str) -> Iterator[list[_Token]]:
    """The tokens of each mailbox, comments being one token each."""
    tokens: list[_Token] = []
    in_angle = False
    for token in _with_comments(text):
        if token.kind == "special" and token.text in "<>":
            in_angle = token.text == "<"
        if token.kind != "special" or not _ends_mailbox(token.text, tokens, in_angle=in_angle):
            tokens.append(token)
            continue
        if token.text != ":":
            yield tokens
        tokens, in_angle = [], False
    yield tokens


def _ends_mailbox(special: str, before: list[_Token], *, in_angle: bool) -> bool:
    """A comma or semicolon outside angles; a colon where the name of a group ends.

    A comma ends an angle that was never closed, too, once an address stands in it.
    """
    if special in ",;":
        return not in_angle or (special == "," and _holds_address(before))
    is_group = special == ":" and not in_angle
    return is_group and not any(token.kind == "special" for token in before)


def _holds_address(tokens: list[_Token]) -> bool:
    """Whether an address began in the open angle; ``<@relay,`` begins a route."""
    texts = [token.text for token in tokens if token.kind not in ("blank", "comment")]
    inside = texts[texts.index("<") + 1 :]
    return "@" in inside[1:] and inside[0] != "@"


def _with_comments(text: str) -> Iterator[_Token]:
    depth = 0
    comment: list[str] = []
    for match in _TOKEN.finditer(_close_quotes(text)):
        kind, piece = str(match.lastgroup), match[0]
        if kind == "special" and piece == "(":
            depth += 1
        if depth == 0:
            yield _Token(kind, piece)
            continue
        comment.append(piece)
        if kind == "special" and piece == ")":
            depth -= 1
        if depth == 0:
            yield _Token("comment", "".join(comment)[1:-1])
            comment = []
    if comment:
        yield _Token("comment", "".join(comment)[1:])


def _close_quotes(text: str) -> str:
    """A quote that nobody closes is none: it would swallow the addresses after it."""
    for match in _TOKEN.finditer(text):
        if match.lastgroup == "quoted" and not _CLOSED.fullmatch(match[0]):
            return text[: match.start()] + text[match.start() :].replace('"', " ")
    return text


def _mailbox(tokens: list[_Token]) -> Address | None:
    opening = [place for place, token in enumerate(tokens) if _is(token, "<")]
    if opening:
        return _angle_mailbox(tokens, opening[0])
    comments = [_unquoted(token.text) for token in tokens if token.kind == "comment"]
    plain = [token for token in tokens if token.kind != "comment" and not _is(token, ">")]
    words = _words(plain)
    if not "".join(words).strip("@"):
        return None
    if not any(_is(token, "@") for token in plain):
        if any(token.kind in ("quoted", "encoded") for token in plain):
            return Address(_name(plain), "")
        return Address(decode_header_words(" ".join(comments)), _shown(" ".join(words)))
    place = next((n for n, word in enumerate(words) if "@" in word), 0)
    name = [_unquoted(word) for word in words[:place]] or comments
    return Address(decode_header_words(" ".join(name)), _shown(words[place]))


def _unquoted(text: str) -> str:
    is_quoted = len(text) > 1 and text.startswith('"') and text.endswith('"')
    return _QUOTED_PAIR.sub(r"\1", text[1:-1] if is_quoted else text)


def _words(tokens: list[_Token]) -> list[str]:
    """The text between blanks; those around an ``@`` do not count (RFC 5322, 4.4)."""
    words = [""]
    for before, token in zip([None, *tokens], tokens, strict=False):
        if token.kind == "blank":
            words.append("")
        elif _is(token, "@") and before is not None and before.kind == "blank":
            words[-2:] = ["".join(words[-2:]) + "@"]
        elif before is not None and before.kind == "blank" and words[-2].endswith("@"):
            words[-2:] = [words[-2] + token.text]
        else:
            words[-1] += token.text
    return [word for word in words if word]


def _angle_mailbox(tokens: list[_Token], opening: int) -> Address:
    inside: list[str] = []
    for token in tokens[opening + 1 :]:
        if _is(token, ">"):
            break
        if token.kind not in ("comment", "blank") and not _is(token, "<"):
            inside.append(token.text)
    name = _name([token for token in tokens[:opening] if token.kind != "comment"])
    if not name:
        name = decode_header_words(" ".join(t.text for t in tokens if t.kind == "comment"))
    addr_spec = _without_scheme(_without_route("".join(inside)))
    return Address(name, _shown(addr_spec))


def _is(token: _Token, special: str) -> bool:
    return token.kind == "special" and token.text == special


def _without_route(inside: str) -> str:
    """``@a,@b:c@d`` is the source route of RFC 822; only ``c@d`` counts."""
    route, colon, rest = inside.rpartition(":")
    return rest if colon and route.startswith("@") else inside


def _without_scheme(inside: str) -> str:
    return inside[7:] if inside[:7].lower() == "mailto:" else inside


def _shown(addr_spec: str) -> str:
    return _UNSEEN.sub("\N{REPLACEMENT CHARACTER}", addr_spec)


def _name(tokens: list[_Token]) -> str:
    """The display name: quotes undone, then encoded words (in quotes too, as many send)."""
    pieces = [
        _QUOTED_PAIR.sub(r"\1", token.text[1:].removesuffix('"'))
        if token.kind == "quoted"
        else " "
        if token.kind == "blank"
        else token.text
        for token in tokens
    ]
    return _shown_name("".join(pieces))


def _shown_name(text: str) -> str:
    name = " ".join(decode_header_words(text).split())
    # Outlook quotes names twice: "'Ann'" <ann@...>.
    is_quoted = len(name) > 2 and name.startswith("'") and name.endswith("'")
    return name[1:-1] if is_quoted else name
