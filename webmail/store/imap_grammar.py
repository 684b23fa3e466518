"""The grammar of IMAP responses as nested tuples, by one regular expression and a stack.

It gives what IMAPClient's parser gives wherever that gives anything, which a test holds
it to, in about a fifth of the time: rows are mostly BODYSTRUCTURE.
"""

import re
from collections.abc import Iterable

from webmail.message.giving_way import politely
from webmail.store.imap_replies import Record

MAX_NESTING = 200

Tree = None | int | bytes | tuple["Tree", ...]

# Parenthesis, quoted string, atom (with brackets as in BODY[...]), anything else.  Without a
# group findall gives plain bytes, not a tuple for each token: half the time of a response.
# A list of plain strings is one token, so are NILs in a row: BODYSTRUCTURE is full of both.
_TOKEN = re.compile(
    rb'\((?:"[^"\\]{0,60}+" ?+){1,8}+\)|NIL(?: NIL)++(?=[ )])|[()]|"[^"\\]*+(?:\\.[^"\\]*+)*+"'
    rb'|(?:[^\x00-\x20()"%\[]++|\[[^\]]*+\])++|[^ \t\r\n]',
    re.DOTALL,
)
_QUICK_OCTETS = 32_768
_QUOTE, _OPENING, _CLOSING, _N = b'"()N'
_ESCAPED = re.compile(rb'\\(["\\])')


class GrammarError(ValueError):
    """What a server sent is no IMAP."""


def parse_records(records: Iterable[Record]) -> tuple[Tree, ...]:
    """A response's words: NIL is None, a number an int, a list a tuple, all else bytes."""
    open_lists: list[list[Tree]] = [[]]
    for record in records:
        text, literal = record if isinstance(record, tuple) else (record, None)
        if literal is not None:
            text = text[: text.rindex(b"{")]
        _take(text, open_lists)
        if literal is not None:
            open_lists[-1].append(literal)
    if len(open_lists) > 1:
        raise GrammarError("a list that does not end")
    return tuple(open_lists[0])


def _take(text: bytes, open_lists: list[list[Tree]]) -> None:
    current = open_lists[-1]
    for token in _tokens(text):
        first = token[0]
        if first == _QUOTE and len(token) > 1:
            content = token[1:-1]
            current.append(_ESCAPED.sub(rb"\1", content) if b"\\" in content else content)
        elif first == _OPENING and len(token) > 1:
            current.append(tuple(token.split(b'"')[1::2]))
        elif first == _OPENING:
            current = []
            open_lists.append(current)
            if len(open_lists) > MAX_NESTING:
                raise GrammarError("lists too deep")
        elif first == _CLOSING and len(open_lists) > 1:
            finished = tuple(open_lists.pop())
            current = open_lists[-1]
            current.append(finished)
        elif first == _N and (token == b"NIL" or token.startswith(b"NIL ")):
            current += (None,) * ((len(token) + 1) // 4)
        else:
            current.append(_word(token))


def _tokens(text: bytes) -> Iterable[bytes]:
    """All at once is quicker, but holds the interpreter for as long as it takes."""
    if len(text) < _QUICK_OCTETS:
        return _TOKEN.findall(text)
    return politely((found[0] for found in _TOKEN.finditer(text)), 100)


def _word(atom: bytes) -> Tree:
    if atom.isdigit() and (atom[:1] != b"0" or len(atom) == 1):
        if len(atom) > 20:
            raise GrammarError("a number too large")
        return int(atom)
    if atom[:1] == b"{":
        raise GrammarError("a literal without its octets")
    if atom in (b'"', b"["):
        raise GrammarError("a string that does not end")
    return atom


def octets_of(value: Tree) -> bytes:
    """A string of the grammar; what looked like a number is its digits again."""
    if isinstance(value, bytes):
        return value
    return b"%d" % value if isinstance(value, int) else b""


def text_of(value: Tree) -> str:
    return octets_of(value).decode("utf-8", "replace")


def number_of(value: Tree) -> int:
    """Up to 63 bits (RFC 9051, section 9: number64), which is also what databases hold."""
    return value if isinstance(value, int) and value < 2**63 else 0
