"""Which attributes of strangers' HTML stay, and what of their values (T01-T18)."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache

from webmail.message.css import COMPOSE_PROPERTIES, filter_declarations
from webmail.message.css_newer import Variables, with_values
from webmail.message.css_selectors import prefixed
from webmail.message.link_tracking import true_link
from webmail.message.links import safe_link
from webmail.message.safe_html import NOTHING
from webmail.message.withheld import Withheld

CidUrl = Callable[[str], str | None]

_SIGNATURE = ("div", "class", "signature")  # signature_block.py finds it by that
_USUAL_STYLE_CHARS, _MOST_STYLE_CHARS = 300, 4000
_FEW_PIXELS = re.compile(r"\d")
_DATA_IMAGE = re.compile(
    r"data:image/(?:png|jpe?g|gif|webp);base64,[A-Za-z0-9+/=\s]+", re.IGNORECASE
)
# What an attribute of another kind than words never has: then it is meant for another parser.
_ADDRESS = re.compile(r"[:\\]|//")
_WORDS = frozenset({"alt", "title"})
_UNWANTED = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f<>`]")


@dataclass(slots=True)
class Attributes:
    """Judges each attribute by its value, and counts what it withholds."""

    cid_url: CidUrl
    withheld: Withheld = field(default_factory=lambda: Withheld(NOTHING))
    classes: frozenset[str] = frozenset()
    fragments: frozenset[str] = frozenset()
    variables: Variables = field(default_factory=dict)
    styles: dict[str, str] = field(default_factory=dict)
    named: dict[str, bool] = field(default_factory=dict)

    def for_reading(self, tag: str, name: str, value: str) -> str | None:
        if name == "style":
            return self._style(value)
        if name == "src":
            return self._picture(value)
        if tag == "a" and name == "title":
            return None  # it would stand where the true target is looked for
        if name == "href" and not self.withheld.allowed.link_tracking:
            return true_link(value)
        return self._other(name, value)

    def _style(self, value: str) -> str | None:
        """Newsletters repeat the same few styles hundreds of times."""
        if value not in self.styles:
            plain = with_values(value, self.variables, _MOST_STYLE_CHARS)
            filtered = _filtered_before if len(plain) <= _USUAL_STYLE_CHARS else _filtered
            self.styles[value], hosts = filtered(plain)
            for host in hosts:
                self.withheld.note(host)
        return self.styles[value] or None

    def for_quoting(self, tag: str, name: str, value: str) -> str | None:
        """As for reading, but a ``cid:`` stays itself: it goes into another message."""
        if (tag, name, value) == _SIGNATURE:
            return value
        return _own_picture(value) if name == "src" else self.for_reading(tag, name, value)

    def for_compose(self, tag: str, name: str, value: str) -> str | None:
        if name == "style":
            return filter_declarations(value, COMPOSE_PROPERTIES) or None
        if name == "class":
            return value if (tag, name, value) == _SIGNATURE else None
        if name in ("border", "cellpadding"):
            return value if _FEW_PIXELS.fullmatch(value) else None
        return _own_picture(value) if name == "src" else self._other(name, value)

    def _other(self, name: str, value: str) -> str | None:
        if name == "href":
            return safe_link(value)
        if name == "class":
            names = (prefixed(word) for word in value.split()[:50])
            return " ".join(filter(self._is_named, names)) or None
        if name == "id":
            return value if prefixed(f"id-{value}") in self.classes else None
        if name == "background":
            self.withheld.note_target(value)
            return None
        if name not in _WORDS and _ADDRESS.search(value):
            return None
        return _UNWANTED.sub("", value)[:2000]

    def _is_named(self, word: str) -> bool:
        if word not in self.named:
            is_part = any(piece in word for piece in self.fragments)
            self.named[word] = is_part or word in self.classes
        return self.named[word]

    def _picture(self, value: str) -> str | None:
        if value.strip().lower().startswith("cid:"):
            return self.cid_url(value.strip()[4:])
        if _DATA_IMAGE.fullmatch(value.strip()):
            return value.strip()
        return self.withheld.picture(value)


def _filtered(style: str) -> tuple[str, tuple[str, ...]]:
    """A style attribute as it may stay, and the hosts of what was taken out."""
    hosts: list[str] = []
    return filter_declarations(style, on_remote=hosts.append), tuple(hosts)


# What one sender sends has the same styles every time.
_filtered_before = lru_cache(maxsize=2048)(_filtered)


def _own_picture(value: str) -> str | None:
    value = value.strip()
    is_cid = value.lower().startswith("cid:") and not _UNWANTED.search(value)
    return value if is_cid or _DATA_IMAGE.fullmatch(value) else None
