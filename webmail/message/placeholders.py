"""Placeholders in saved texts, as ``{first name}``: found, filled, and told where they are left."""

import re
from collections.abc import Collection, Mapping
from html import escape, unescape

KNOWN = ("first name", "name", "address", "date", "my name", "subject")
_PLACEHOLDER = re.compile(r"\{([^{}<>\r\n]{1,60})\}")


def find_placeholders(text: str, names: Collection[str] = KNOWN) -> tuple[str, ...]:
    """Those of ``names`` that stand in the text, in its order; other braces are the writer's."""
    wanted = {_plain(name) for name in names}
    found = (_plain(each[1]) for each in _PLACEHOLDER.finditer(text))
    return tuple(dict.fromkeys(name for name in found if name in wanted))


def fill_text(text: str, values: Mapping[str, str]) -> str:
    """With the values there are; what has none, or an empty one, is left."""
    known = {_plain(name): value for name, value in values.items() if value}
    return _PLACEHOLDER.sub(lambda each: known.get(_plain(each[1]), each[0]), text)


def fill_html(html: str, values: Mapping[str, str]) -> str:
    """The same in HTML: a value is text there, and never a tag (T11)."""
    known = {_plain(name): value for name, value in values.items() if value}

    def value(each: re.Match[str]) -> str:
        found = known.get(_plain(unescape(each[1])))
        return each[0] if found is None else escape(found).replace("\n", "<br>")

    return _PLACEHOLDER.sub(value, html)


def _plain(name: str) -> str:
    return " ".join(name.replace("\xa0", " ").lower().split())
