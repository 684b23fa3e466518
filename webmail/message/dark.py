"""A designed message in the dark: the same document, with colours for dark pages over its own.

Nothing of the cleaned HTML is written anew.  Elements get a class name of ours (``d1``, ``d2``,
which no message can have, T14), and one style sheet in front says what those are in the dark.
Where its rules do not apply, in the light or on paper, the message is as it was sent.
"""

import re
from dataclasses import dataclass, field
from functools import lru_cache

from webmail.message.cascade import LINES, Cascade, Element, Given, root_given
from webmail.message.colors import (
    WHITE,
    Color,
    dark_ground,
    dark_ground_on,
    dark_line,
    dark_text,
    plate,
)
from webmail.message.html_tokens import VOID, Token, tokens
from webmail.message.safe_html import SafeHtml

# Counted up where the same HTML comes out different, for those who keep what came out.
DARK_RULES = 3

_INK = Color(0x1D / 255, 0x1C / 255, 0x1A / 255)
_LINK = Color(0x2F / 255, 0x48 / 255, 0xB3 / 255)
_CLASS = re.compile(r'( class=")')
_OWN_DARK = re.compile(r"@media[^{}]*prefers-color-scheme[^{}]*\{", re.IGNORECASE)
_SHEET = re.compile(r"<style>[^<]*</style>")
_SCHEME = re.compile(r"prefers-color-scheme(?:\s*:\s*([a-z-]+))?", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class _Place:
    """An open element: its text and its ground, as sent and in the dark."""

    element: Element
    ink: Color
    ground: Color
    dark: Color


@lru_cache(maxsize=16)
def darkened(html: str, *, always: bool) -> SafeHtml:
    """The cleaned HTML with its colours for dark pages; ``html`` is the sanitizer's.

    They apply where the system is dark, or ``always``, but never on paper.  The last few are
    remembered: who goes back to a message waits for nothing.
    """
    # A message's own rules for the dark would mix with ours.
    html = _SHEET.sub(lambda sheet: _OWN_DARK.sub("@media not all{", sheet[0]), html)
    listed = list(tokens(html))
    writer = _Writer(_cascade(listed))
    body = "".join(writer.written(token) for token in listed)
    condition = "screen" if always else "screen and (prefers-color-scheme: dark)"
    # In a layer, what is important outdoes what is important in the message's own sheet.
    sheet = f"@layer dark{{@media {condition}{{{writer.sheet()}}}}}"
    return SafeHtml(f"<style>{sheet}</style>{body}")


def in_the_light(html: str) -> SafeHtml:
    """The cleaned HTML as it is on a light system, whatever the system.

    Many senders' own rules for the dark count on a dark page, and would write white on white.
    """
    if _SCHEME.search(html) is None:
        return SafeHtml(html)
    return SafeHtml(_SHEET.sub(lambda sheet: _OWN_DARK.sub(_settled, sheet[0]), html))


def _settled(media: re.Match[str]) -> str:
    """A query that is never true of the dark, and always of the light."""

    def width(scheme: re.Match[str]) -> str:
        return "max-width:0" if (scheme[1] or "").lower() == "dark" else "min-width:0"

    return _SCHEME.sub(width, media[0])


def _cascade(listed: list[Token]) -> Cascade:
    cascade = Cascade()
    is_sheet = False
    for token in listed:
        if is_sheet and token.kind == "text":
            cascade.add_sheet(token.source)
        is_sheet = token.name == "style" and token.kind == "open"
    return cascade


@dataclass(slots=True)
class _Writer:
    cascade: Cascade
    classes: dict[str, str] = field(default_factory=dict)
    _open: list[_Place] = field(default_factory=list)
    _path: list[Element] = field(default_factory=list)
    _root: str = ""
    _is_sheet: bool = False

    def __post_init__(self) -> None:
        given = root_given(self.cascade)
        ink, ground = _over(given.get("color"), WHITE, _INK), WHITE
        if (own := given.get("background-color")) and isinstance(own, Color):
            ground = own.over(WHITE)
        dark = dark_ground(ground)
        self._root = f"color:{dark_text(ink, dark).hex};background-color:{dark.hex}"
        if "background-image" in given:
            self._root += ";background-image:none"
        for name in ("html", "body"):
            self._open.append(_Place(Element(name, frozenset()), ink, ground, dark))
            self._path.append(self._open[-1].element)

    def written(self, token: Token) -> str:
        if token.name == "style":
            self._is_sheet = token.kind == "open"
            return token.source
        if token.kind == "close":
            if len(self._open) > 2 and self._open[-1].element.name == token.name:
                self._open.pop()
                self._path.pop()
            return token.source
        if token.kind == "text":
            return token.source
        return self._opened(token)

    def _opened(self, token: Token) -> str:
        around = self._open[-1]
        names = frozenset(token.attribute("class").split()) if "class=" in token.source else None
        element = Element(token.name, names or frozenset())
        self._path.append(element)
        given = self.cascade.given(self._path, token)
        place = _placed(element, given, around)
        if token.name in VOID:
            self._path.pop()
        else:
            self._open.append(place)
        style = _style(token, given, place, around)
        return _with_class(token.source, self._class(style)) if style else token.source

    def _class(self, style: str) -> str:
        return self.classes.setdefault(style, f"d{len(self.classes) + 1}")

    def sheet(self) -> str:
        ours = [f":root,body{{{_important(self._root)}}}"]
        ours += [f".{name}{{{_important(style)}}}" for style, name in self.classes.items()]
        for media, selector, given in self.cascade.conditional:
            style = _conditional_style(given)
            rule = f"{selector}{{{_important(style)}}}" if style else ""
            ours.append(f"{media}{{{rule}}}" if media and rule else rule)
        return "\n".join(filter(None, ours))


def _placed(element: Element, given: Given, around: _Place) -> _Place:
    ground, dark = around.ground, around.dark
    own = given.get("background-color")
    if isinstance(own, Color) and own.alpha > 0:
        ground = own.over(around.ground)
        dark = dark_ground_on(ground, around.ground, around.dark)
    ink = around.ink
    if element.name == "a" and "color" not in given:
        ink = _LINK
    return _Place(element, _over(given.get("color"), ground, ink), ground, dark)


def _over(color: Color | str | None, ground: Color, otherwise: Color) -> Color:
    return color.over(ground) if isinstance(color, Color) else otherwise


def _style(token: Token, given: Given, place: _Place, around: _Place) -> str:
    """What an element must be told in the dark; empty where it inherits all of it."""
    if token.name == "img":
        is_shown = 'src="' in token.source and token.attribute("alt").strip()
        return f"background-color:{plate(around.ground).hex}" if is_shown else ""
    said: list[str] = []
    is_ground = isinstance(own := given.get("background-color"), Color) and own.alpha > 0
    if is_ground:
        said.append(f"background-color:{place.dark.hex}")
    if is_ground or place.ink != around.ink or isinstance(given.get("color"), Color):
        said.append(f"color:{dark_text(place.ink, place.dark).hex}")
    said += _lines(given, place)
    if "text-shadow" in given:
        said.append("text-shadow:none")
    if "background-image" in given:
        said.append("background-image:none")
    return ";".join(said)


def _lines(given: Given, place: _Place) -> list[str]:
    said = []
    for name in LINES:
        line = given.get(name)
        if isinstance(line, Color) and line.alpha > 0:
            # A button's border is part of it.
            same = line.over(place.ground) == place.ground
            color = place.dark if same else dark_line(line.over(place.ground))
            said.append(f"{name}:{color.hex}")
    return said


def _conditional_style(given: Given) -> str:
    said = []
    ground = given.get("background-color")
    paper = dark_ground(WHITE)
    if isinstance(ground, Color) and ground.alpha > 0:
        paper = dark_ground(ground.over(WHITE))
        said.append(f"background-color:{paper.hex}")
    if "background-image" in given:
        said.append("background-image:none")
    ink = given.get("color")
    if isinstance(ink, Color):
        said.append(f"color:{dark_text(ink.over(WHITE), paper).hex}")
    for name in LINES:
        line = given.get(name)
        if isinstance(line, Color) and line.alpha > 0:
            said.append(f"{name}:{dark_line(line.over(WHITE)).hex}")
    return ";".join(said)


def _important(style: str) -> str:
    return ";".join(f"{each}!important" for each in style.split(";"))


def _with_class(source: str, name: str) -> str:
    """The tag with one more class; ``source`` is a tag as the sanitizer writes it."""
    if _CLASS.search(source):
        return _CLASS.sub(rf"\g<1>{name} ", source, count=1)
    at = re.match(r"<[a-z0-9]+", source)
    return f'{source[: at.end()]} class="{name}"{source[at.end() :]}' if at else source
