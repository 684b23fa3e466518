"""Documents no person would write: a grammar of what parsers disagree about, fed with octets."""

import json
from pathlib import Path

from hypothesis import strategies as st

_CORPUS = Path(__file__).resolve().parents[1] / "corpus"
VECTORS: list[str] = [
    each["html"]
    for name in ("hostile", "hostile_spellings")
    for each in json.loads((_CORPUS / f"{name}.json").read_text("utf-8"))
]

_TAGS = """
a abbr address applet article audio b base bdi blockquote body br button caption center code col
colgroup dd details dialog div dl dt embed fieldset figure font footer form frame frameset h1
head header hr html i iframe image img input isindex kbd keygen li link listing main map marquee
menu meta nav nobr noembed noframes noscript object ol optgroup option p param picture plaintext
portal pre q rb rp rt rtc ruby s script section select slot small source span strike strong
style sub summary sup table tbody td template textarea tfoot th thead time title tr track tt u
ul var video wbr xmp svg math mi mo mn ms mtext mglyph malignmark annotation-xml foreignObject
desc animate set use circle a:b x-y o:p v:rect center\0 IMG SvG sTyLe
""".split()  # noqa: SIM905 - a table to read
_ATTRIBUTES = """
href src srcset style class id name title alt align valign width height bgcolor background color
face size border cellpadding colspan rowspan onerror onload onclick xlink:href xmlns srcdoc data
action formaction poster cite ping longdesc usemap manifest http-equiv content media type rel
target dir lang is shadowrootmode popover start open reversed value encoding definitionurl \x01
" < `
""".split()  # noqa: SIM905 - a table to read
_VALUES = (
    *("", "x", "100%", "1", "-1", "9" * 40, "#fff", "red", "m-a", "a b", "text/html", "_top"),
    *("javascript:hurt()", "java\nscript:hurt()", "&#106;avascript&colon;hurt()", "\u2028x:y"),
    *("http://e.test/a?b=<c>&d", "//e.test/a", "\\\\e.test\\a", "http://[::1", "http://é.test/\\"),
    *(
        "mailto:a@b?subject=%0a",
        "tel:+1",
        "cid:a",
        "data:image/png;base64,AA==",
        "data:text/html,x",
    ),
    *("data:image/svg+xml,<svg/onload=x>", "color:red", "color:red;background:url(//e.test)"),
    *(
        "c\\olor:r\\65 d",
        "background:u\\72l(//e)",
        "/*",
        "*/color:red",
        "--x:url(a);color:var(--x)",
    ),
    *("font-family:'a\"b;c',\"d'e\"", "width:calc(1px + (2px*3))", "color:red!important", "a:b;}{"),
    *("--><img src=x onerror=hurt()>", "</style><img src=x onerror=hurt()>", "]]>", "&lt;p&gt;"),
    *(
        "&amp;lt;",
        "&notin;",
        "&#0;",
        "&#x110000;",
        "&#xD800;",
        "\ufffe\U000e0001\u202e",
        "\0\x0c\x1b",
    ),
)
_TEXTS = (
    *(
        "text",
        " ",
        "\n",
        "&",
        "&amp",
        "&lt;b&gt;",
        "&#60;script&#62;",
        "<",
        ">",
        "</",
        "<!",
        "<?",
        "<>",
    ),
    *(
        "]]>",
        "-->",
        "--!>",
        "\0",
        "\ufeff",
        "\u2028",
        "\ud83d\ude00",
        "é",
        "\x85",
        "&#x1F600;",
        "=",
        "/",
    ),
)
_RAW = (
    *(
        "<!-- ",
        "<!-->",
        "<!--->",
        " -->",
        " --!>",
        "<!--<!--",
        "<![CDATA[",
        "<!doctype html>",
        "<?x ?>",
    ),
    *("<!--[if mso]>", "<![endif]-->", "<![if !x]>", "</br>", "</p>", "</x/y>", "</ a>", "<a/b/c"),
    *("<img src='", '<p title="', "<style>", "</style>", "<style>p{color:red}", "<style>@media ("),
    *("<style>.a>.b,c:hover{color:#123;x:y}</style>", "<style>@import 'x';a{b:c}</style>"),
    *(
        "<style media='(max-width:9px)'>i{float:left}</style>",
        "<style>a{color:red}/*",
        "*/ b{c:d}</style>",
    ),
    *(
        "<table><a>",
        "<a><table><a>",
        "<b><p></b>",
        "<p><table>",
        "<select><p>",
        "<svg><p>",
        "<math><b>",
    ),
    *("<svg><style>", "<math><mtext><table><mglyph><style>", "<form><math><mtext></form><form>"),
    *(
        "<svg></p>",
        "<svg><![CDATA[",
        "<noscript><style>",
        "<template><tr>",
        "<frameset>",
        "<li><li>",
    ),
)


class _Reader:
    """Choices out of octets, the same for the same ones."""

    def __init__(self, octets: bytes) -> None:
        self._octets = octets
        self._at = 0

    def __bool__(self) -> bool:
        return self._at < len(self._octets)

    def number(self, below: int) -> int:
        here = self._octets[self._at : self._at + 2]
        self._at += 1 if below <= 256 else 2
        return int.from_bytes(here[: 1 if below <= 256 else 2], "big") % below

    def one_of(self, choices: "tuple[str, ...] | list[str]") -> str:
        return choices[self.number(len(choices))]


def document(octets: bytes) -> str:
    read, written, opened = _Reader(octets), [], []
    while read:
        kind = read.number(16)
        if kind < 6:
            name = read.one_of(_TAGS)
            opened.append(name)
            written.append(_tag(read, name))
        elif kind < 9:
            name = opened.pop() if opened and kind < 8 else read.one_of(_TAGS)
            written.append(f"</{name}>")
        elif kind < 11:
            written.append(read.one_of(_TEXTS))
        elif kind < 14:
            written.append(read.one_of(_RAW))
        else:
            written.append(_mutated(read))
    return "".join(written)


def _tag(read: _Reader, name: str) -> str:
    attributes = [_attribute(read) for _ in range(read.number(4))]
    end = (">", ">", ">", "/>", "", " \n>", "/ >")[read.number(7)]
    return f"<{name}{''.join(attributes)}{end}"


def _attribute(read: _Reader) -> str:
    before = (" ", "/", "\n", "\t", "\x0c", "")[read.number(6)]
    name, value = read.one_of(_ATTRIBUTES), read.one_of(_VALUES)
    quote = ('"', '"', "'", "", "`")[read.number(5)]
    return f"{before}{name}={quote}{value}{quote}"


def _mutated(read: _Reader) -> str:
    """A known vector with a piece cut out, doubled, or put in upper case."""
    vector = VECTORS[read.number(len(VECTORS))]
    start, how = read.number(max(len(vector), 1)), read.number(5)
    piece = vector[start : start + 1 + read.number(12)]
    if how == 0:
        return vector.replace(piece, "", 1)
    if how == 1:
        return vector.replace(piece, piece * 2, 1)
    if how == 2:
        return vector.replace(piece, piece.upper(), 1)
    if how == 3:
        return vector[:start] + read.one_of(_TEXTS) + vector[start:]
    return vector


DOCUMENTS = st.binary(max_size=120).map(document)
