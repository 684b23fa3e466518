"""text/enriched (RFC 1896) and the text/richtext before it (RFC 1341) as plain text."""

import re

from webmail.message.giving_way import politely

_COMMAND = re.compile(r"<(/?)([A-Za-z0-9-]{1,60})>|<<")
_UNSHOWN = ("param", "comment")
_WRITTEN = {"lt": "<", "nl": "\n", "np": "\n\n", "paragraph": "\n\n"}
_BREAKS = re.compile(r"\n+")


def text_from_enriched(source: str, *, is_richtext: bool = False) -> str:
    """The words without the commands; what is a parameter or a comment is left out."""
    source = source.replace("\r\n", "\n").replace("\r", "\n")
    # One line end is a blank, each further one a line end (RFC 1896); all are blanks before it.
    joined = _BREAKS.sub(lambda ends: "\n" * (len(ends[0]) - 1) or " ", source)
    source = source.replace("\n", " ") if is_richtext else joined
    shown: list[str] = []
    hidden = position = 0
    for found in politely(_COMMAND.finditer(source)):
        if not hidden:
            shown.append(source[position : found.start()])
        position = found.end()
        name = (found[2] or "").lower()
        if name in _UNSHOWN:
            hidden = max(hidden + (-1 if found[1] else 1), 0)
        elif not hidden:
            shown.append("<" if found[0] == "<<" else "" if found[1] else _WRITTEN.get(name, ""))
    return "".join((*shown, "" if hidden else source[position:]))
