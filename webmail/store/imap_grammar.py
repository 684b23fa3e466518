"""The grammar of IMAP responses as nested tuples, by one regular expression and a stack.

It gives what IMAPClient's parser gives wherever that gives anything, which a test holds
it to, in about a fifth of the time: rows are mostly BODYSTRUCTURE.
"""

import re
from collections.abc import Iterable

from webmail.store.imap_wire import Record

MAX_NESTING = 200

Tree = None | int | bytes | tuple["Tree", ...]

# Parenthesis, quoted string, atom (with brackets as in BODY[...]), anything else.
_TOKEN = re.compile(
    rb'[ \t\r\n]*+(?:([()])|("[^"\\]*+(?:\\.[^"\\]*+)*+")'
    rb'|((?:[^\x00-\x20()"%\[]++|\[[^\]]*+\])++)|(.))',
    re.DOTALL,
)
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
    for parenthesis, quoted, atom, other in _TOKEN.findall(text.rstrip()):
        if atom:
            open_lists[-1].append(_word(atom))
        elif quoted:
            content = quoted[1:-1]
            open_lists[-1].append(_ESCAPED.sub(rb"\1", content) if b"\\" in content else content)
        elif parenthesis == b"(":
            open_lists.append([])
            if len(open_lists) > MAX_NESTING:
                raise GrammarError("lists too deep")
        elif parenthesis and len(open_lists) > 1:
            finished = tuple(open_lists.pop())
            open_lists[-1].append(finished)
        elif other in (b'"', b"["):
            raise GrammarError("a string that does not end")
        else:
            open_lists[-1].append(parenthesis or other)


def _word(atom: bytes) -> Tree:
    if atom == b"NIL":
        return None
    if atom.isdigit() and (atom[:1] != b"0" or len(atom) == 1):
        if len(atom) > 20:
            raise GrammarError("a number too large")
        return int(atom)
    if atom[:1] == b"{":
        raise GrammarError("a literal without its octets")
    return atom
