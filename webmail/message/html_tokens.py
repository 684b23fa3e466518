"""Tokens of HTML that has been cleaned, where ``<`` and ``>`` only ever bound a tag."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from html import unescape

VOID = frozenset({"br", "hr", "img", "wbr", "col"})

_TOKEN = re.compile(r"<(/?)([a-z0-9]+)([^<>]*)>|([^<]+)")
# As the sanitizer writes it; no value holds a quotation mark or an angle bracket.
_WITH_ID = re.compile(r'<[a-z0-9]+[^<>]*?( id="([\w-]*)")[^<>]*>')
_ATTRIBUTE = re.compile(r'([a-z-]+)="([^"]*)"')


@dataclass(frozen=True, slots=True)
class Token:
    """``kind`` is ``open``, ``close`` or ``text``; ``source`` is the token as written."""

    kind: str
    name: str
    source: str

    def attribute(self, name: str) -> str:
        return next((unescape(v) for k, v in _ATTRIBUTE.findall(self.source) if k == name), "")


def tokens(html: str) -> Iterator[Token]:
    for match in _TOKEN.finditer(html):
        if match[4] is not None:
            yield Token("text", "", match[0])
        else:
            yield Token("close" if match[1] else "open", match[2], match[0])


def with_ids_as_classes(html: str) -> str:
    """An id becomes one more class, which can be nobody's target (T14)."""
    return _WITH_ID.sub(_id_as_class, html) if ' id="' in html else html


def _id_as_class(match: re.Match[str]) -> str:
    tag = match[0].replace(match[1], "", 1)
    name = f"m-id-{match[2]}"
    if ' class="' in tag:
        return tag.replace(' class="', f' class="{name} ', 1)
    at = tag.index(" ") if " " in tag else -1
    return f'{tag[:at]} class="{name}"{tag[at:]}'
