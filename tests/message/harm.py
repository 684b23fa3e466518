"""What may be left in cleaned HTML, read without the code under test."""

import re
from html.parser import HTMLParser

# A background-image can only be a gradient: all else that draws one has another of these words.
_IN_STYLES = r"url|<|\\|expression|(?<!background-)image"


class Seen(HTMLParser):
    """What is left in cleaned HTML that could do harm."""

    TAGS = frozenset(
        """
        a abbr acronym address article aside b bdi bdo big blockquote br caption center cite
        code col colgroup dd del details dfn div dl dt em fieldset figcaption figure font footer h1
        h2 h3 h4 h5 h6 header hr i img ins kbd legend li main mark nav ol p pre q rp rt ruby s samp
        section small span strike strong style sub summary sup table tbody td tfoot th thead
        time tr tt u ul var wbr
        """.split()  # noqa: SIM905 - a table to read
    )
    ATTRIBUTES = frozenset(
        """
        align alt bgcolor border cellpadding cellspacing class clear color colspan dir face
        height href hspace lang nowrap noshade open rel reversed rowspan size span src start
        style target title type valign value vspace width
        """.split()  # noqa: SIM905 - a table to read
    )

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.harm: list[object] = []
        self._in_style = False
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._in_style = tag == "style"
        if tag not in self.TAGS:
            self.harm.append(tag)
        for name, value in attrs:
            if name not in self.ATTRIBUTES or not self._is_harmless(name, value or ""):
                self.harm.append((tag, name, value))

    def handle_endtag(self, tag: str) -> None:
        self._in_style = False

    def handle_data(self, data: str) -> None:
        if self._in_style and re.search(rf"{_IN_STYLES}|@(?!media)", data, re.I):
            self.harm.append(data)

    def _is_harmless(self, name: str, value: str) -> bool:
        if name == "href":
            return value.startswith(("https://", "http://", "mailto:", "tel:"))
        if name == "src":
            return bool(re.match(r"data:image/(png|jpe?g|gif|webp);base64,|cid:", value, re.I))
        if name == "style":
            return re.search(rf"{_IN_STYLES}|@|/\*", value, re.I) is None
        return "<" not in value and ">" not in value
