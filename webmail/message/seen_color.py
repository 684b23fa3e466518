"""In which colour a text stands on which ground, and whether it can be told from it (T12)."""

from collections.abc import Mapping
from dataclasses import dataclass

from webmail.message.cascade import Given, given_by, hints
from webmail.message.colors import WHITE, Color
from webmail.message.html_tokens import Token

INK = Color(0x1D / 255, 0x1C / 255, 0x1A / 255)
LINK = Color(0x2F / 255, 0x48 / 255, 0xB3 / 255)
PROPERTIES = ("color", "background-color", "background-image", "text-shadow")
# Of a channel's 1: less is not told apart.
_ALIKE = 0.024
_KEEPS_GROUND = frozenset({"table", "tr", "td", "th"})


@dataclass(frozen=True, slots=True)
class Paint:
    """``ground`` is None where it is not one colour: a gradient, or whatever it is laid over."""

    ink: Color = INK
    ground: Color | None = WHITE

    @property
    def is_seen(self) -> bool:
        if self.ground is None:
            return True
        ink = self.ink.over(self.ground)
        pairs = zip(_channels(ink), _channels(self.ground), strict=True)
        return max(abs(one - other) for one, other in pairs) > _ALIKE


def _channels(color: Color) -> tuple[float, float, float]:
    return color.red, color.green, color.blue


def given_to(token: Token, style: Mapping[str, str]) -> Given:
    """The colours of an element: ``style`` is of longhands, from all that applies to it."""
    said = ";".join(f"{name}:{style[name]}" for name in PROPERTIES if style.get(name))
    return {**dict(hints(token)), **given_by(said)} if said else dict(hints(token))


def painted(given: Given, name: str, around: Paint, *, is_laid_over: bool = False) -> Paint:
    ground = None if is_laid_over else around.ground
    own = given.get("background-color")
    if "background-image" in given or "text-shadow" in given:
        ground = None
    elif isinstance(own, Color) and own.alpha > 0:
        opaque = own.alpha == 1
        ground = own if opaque else own.over(ground) if ground is not None else None
    ink = LINK if name == "a" and "color" not in given else around.ink
    color = given.get("color")
    return Paint(color if isinstance(color, Color) else ink, ground)


def with_colors(token: Token, given: Given, paint: Paint) -> str:
    """The tag, telling itself those colours that only a sheet or a lost attribute tells."""
    said = _lost(token, given, paint)
    if not said:
        return token.source
    own = token.attribute("style")
    style = f"{own};{said}" if own else said
    if own:
        return token.source.replace(f' style="{_written(token)}"', f' style="{_escaped(style)}"', 1)
    at = 1 + len(token.name)
    return f'{token.source[:at]} style="{style}"{token.source[at:]}'


def _written(token: Token) -> str:
    return token.source.partition(' style="')[2].partition('"')[0]


def _escaped(style: str) -> str:
    return style.replace("&", "&amp;").replace('"', "&quot;")


def _lost(token: Token, given: Given, paint: Paint) -> str:
    kept: Given = {}
    if "style=" in token.source:
        kept = given_by(token.attribute("style"))
    if token.name in _KEEPS_GROUND or token.name == "font":
        kept = {**dict(hints(token)), **kept}
    said = []
    ink, ground = given.get("color"), given.get("background-color")
    if isinstance(ink, Color) and kept.get("color") != ink:
        said.append(f"color:{ink.over(paint.ground or WHITE).hex}")
    # Of a gradient, cleaning would keep its first colour.
    is_kept = bool(kept.get("background-color")) and "background-image" not in given
    if isinstance(ground, Color) and ground.alpha > 0 and not is_kept:
        said.append(f"background-color:{ground.over(paint.ground or WHITE).hex}")
    return ";".join(said)


def page_style(paint: Paint) -> str:
    """What the page's own colours are, where they are not those of paper and ink."""
    if paint == Paint():
        return ""
    ground = paint.ground or WHITE
    return f"color:{paint.ink.over(ground).hex};background-color:{ground.hex}"
