"""Whether an element with such a style is seen at all, and how large its letters are (T12)."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

_SIDES = ("top", "right", "bottom", "left")
_CLIPPING = ("max-height", "max-width", "height", "width")
_BOXES = frozenset(f"{box}-{side}" for box in ("margin", "padding") for side in _SIDES)
_LENGTHS = frozenset({*_CLIPPING, "min-height", "min-width", "text-indent", *_BOXES})
_OTHERS = frozenset({"visibility", "opacity", "font-size", "overflow-x", "overflow-y"})
_NUMBER = r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:e[+-]?[0-9]+)?"
_SIZE = re.compile(rf"({_NUMBER})([a-z%]*)")
_PART = re.compile(rf"({_NUMBER})([a-z%]*)|(calc|min|max|clamp)?(\()|([-+*/,)])|\s+")
_FLOW = (
    *(("-inline-start", "-left"), ("-inline-end", "-right"), ("-block-start", "-top")),
    *(("-block-end", "-bottom"), ("inline-size", "width"), ("block-size", "height")),
)
_IN_PX = {"px": 1, "pt": 4 / 3, "pc": 16, "in": 96, "cm": 37.8, "mm": 3.78, "q": 0.945}
_USUAL_PX = 15.0
_NAMED_PX = {
    **{"xx-small": 9.0, "x-small": 10.0, "small": 13.0, "medium": 16.0, "large": 18.0},
    **{"x-large": 24.0, "xx-large": 32.0, "xxx-large": 48.0, "initial": 16.0},
}
# Letters and boxes below that are not seen.
_LEAST_PX = 2.0
# What is moved further than that from where it stood is out of sight.  Less is a hanging
# indent, or a text laid over a picture.
_FAR_PX, _FAR_UP_PX = -500.0, -2000.0
_LAID_OVER_PX = -10.0
# Of a column, about: "-100%" is the next column, and seen.
_PX_OF_PERCENT = 4.0
_LEAST_OPACITY = 0.02
_MAX_CHARS = 300
_SCROLLED = frozenset({"hidden", "clip", "auto", "scroll"})
_INLINE = frozenset(
    """
    a abbr acronym b bdi bdo big cite code del dfn em font i ins kbd mark q s samp small span
    strike strong sub sup time tt u var
    """.split()  # noqa: SIM905 - a table to read
)
_TABLE = frozenset({"table", "tbody", "thead", "tfoot", "tr", "td", "th", "col", "colgroup"})
_DISPLAYS = re.compile(
    r"none|block|contents|flow-root|list-item|ruby(?:-[a-z]+)?|(?:inline-?|block )?"
    r"(?:block|flex|grid|table(?:-[a-z-]+)?|flow(?:-root)?)?|-webkit-(?:inline-)?(?:box|flex)|"
    r"initial|inherit|unset|revert"
)


@dataclass(frozen=True, slots=True)
class State:
    """``is_gone`` with all inside; ``is_invisible`` and ``font_px`` until one inside differs."""

    is_gone: bool = False
    is_invisible: bool = False
    font_px: float = _USUAL_PX
    opacity: float = 1.0

    def keeps(self, kind: str) -> bool:
        """A token's kind, or ``img`` for an element that holds nothing."""
        if self.is_gone or (self.is_invisible and kind in ("text", "img")):
            return False
        return kind != "text" or self.font_px >= _LEAST_PX


ROOT = State()


def longhands(name: str, value: str) -> Iterator[tuple[str, str]]:
    """What a declaration sets of what is looked at here; nothing where a browser skips it."""
    for flow, side in _FLOW:
        name = name.replace(flow, side)
    if name in ("margin-inline", "padding-inline", "margin-block", "padding-block"):
        box, _, way = name.partition("-")
        yield from _sides(box, value, ("left", "right") if way == "inline" else ("top", "bottom"))
    elif name in ("margin", "padding"):
        yield from _sides(name, value, _SIDES)
    elif name == "overflow":
        words = value.split()
        yield from (("overflow-x", words[0]), ("overflow-y", words[-1])) if words else ()
    elif name == "font":
        size = next(filter(_is_font_size, (w.partition("/")[0] for w in value.split())), "")
        yield "font-size", size or (value if "(" in value else "initial")
    elif name == "display":
        if _DISPLAYS.fullmatch(value):
            yield name, value
    elif name == "float":
        yield name, value
    elif name in _LENGTHS:
        yield from [(name, value)] * _is_length(name, value)
    elif name in _OTHERS and (name != "font-size" or _is_font_size(value)):
        yield name, value


def _sides(box: str, value: str, sides: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    """As ``margin: 1 2 3 4`` counts."""
    values = [value] if "(" in value else value.split()
    four = {1: (0, 0, 0, 0), 2: (0, 1, 0, 1), 3: (0, 1, 2, 1)}.get(len(values), (0, 1, 2, 3))
    places = four if len(sides) == 4 else (0, len(values) - 1)
    if 0 < len(values) <= len(sides):
        yield from ((f"{box}-{side}", values[at]) for side, at in zip(sides, places, strict=True))


def _is_length(name: str, value: str) -> bool:
    """A bare number is none, except for nothing; only what moves may be negative."""
    match = _SIZE.fullmatch(value)
    if match is None:
        return True
    is_below = float(match[1]) < 0 and not name.startswith(("margin", "text-indent"))
    return not is_below and (bool(match[2]) or not float(match[1]))


def _is_font_size(value: str) -> bool:
    if match := _SIZE.fullmatch(value):
        return float(match[1]) >= 0 and (bool(match[2]) or not float(match[1]))
    known = ("inherit", "unset", "revert", "smaller", "larger")
    return "(" in value or value in _NAMED_PX or value in known


def shown_by(style: Mapping[str, str], around: State, name: str = "div") -> State:
    """``name`` is the element's; ``style`` is of longhands."""
    if not style:
        return around
    font = _font_px(style, around.font_px)
    opacity = around.opacity * min(_opacity(style.get("opacity", ""), font), 1.0)
    visibility = style.get("visibility", "")
    is_box = _is_box(style, name)
    return State(
        is_gone=around.is_gone
        or style.get("display") == "none"
        or opacity < _LEAST_OPACITY
        or (is_box and (_is_away(style, font) or _is_clipped(style, font))),
        is_invisible=visibility in ("hidden", "collapse")
        or (around.is_invisible and visibility in ("", "inherit", "unset", "revert")),
        font_px=font,
        opacity=opacity,
    )


def is_laid_over(style: Mapping[str, str]) -> bool:
    """Whether it may stand on what came before it, or sticks out of its own ground."""
    moved = (style.get(f"margin-{side}", "") for side in ("top", "left", "bottom"))
    if any(_number(value, _USUAL_PX, 0.0) < _LAID_OVER_PX for value in moved):
        return True
    sizes = (style.get(name, "") for name in _CLIPPING)
    return any(_number(value, _USUAL_PX, 99.0) < _LEAST_PX for value in sizes)


def _is_box(style: Mapping[str, str], name: str) -> bool:
    """Whether a height or an indent counts: lines have none, and what is of a table grows."""
    if style.get("float") in ("left", "right"):
        return True
    usual = "inline" if name in _INLINE else "table" if name in _TABLE else "block"
    display = style.get("display", usual)
    return display not in ("inline", "contents") and "table" not in display


def _opacity(value: str, font: float) -> float:
    if value.endswith("%"):
        return _number(value[:-1] + "px", font, 100.0) / 100
    return _number(value, font, 1.0)


def _font_px(style: Mapping[str, str], around: float) -> float:
    value = style.get("font-size", "")
    if value in _NAMED_PX:
        return _NAMED_PX[value]
    if value.endswith("%"):
        return around * _number(value[:-1] + "px", around, 100.0) / 100
    return abs(_number(value, around, around))


def _is_away(style: Mapping[str, str], font: float) -> bool:
    """Moved out of sight, and not back by as much padding."""
    up, left = (
        sum(_number(style.get(f"{box}-{side}", ""), font, 0.0) for box in ("margin", "padding"))
        for side in ("top", "left")
    )
    indent = _number(style.get("text-indent", ""), font, 0.0)
    return up <= _FAR_UP_PX or left <= _FAR_PX or indent + max(left, 0.0) <= _FAR_PX


def _is_clipped(style: Mapping[str, str], font: float) -> bool:
    if not {style.get("overflow-x"), style.get("overflow-y")} & _SCROLLED:
        return False
    for name in _CLIPPING:
        size = name.removeprefix("max-")
        sides = ("top", "bottom") if size == "height" else ("left", "right")
        room = [_number(style.get(f"padding-{side}", ""), font, 0.0) for side in sides]
        least = _number(style.get(f"min-{size}", ""), font, 0.0)
        if max(_number(style.get(name, ""), font, 99.0), least) + sum(room) < _LEAST_PX:
            return True
    return False


# -- lengths -------------------------------------------------------------------------------------


def _number(text: str, font: float, otherwise: float) -> float:
    """In pixels, percentages as of a column.  A sum too long to be meant is nothing."""
    match = _SIZE.fullmatch(text if "(" in text else text.partition(" ")[0])
    if match is not None:
        return _in_px(match[1], match[2], font, otherwise)
    if "(" not in text:
        return otherwise
    if len(text) > _MAX_CHARS:
        return 0.0
    found = _sum_of(text, font)
    return otherwise if found is None else found


def _in_px(number: str, unit: str, font: float, otherwise: float) -> float:
    if unit in ("%", ""):
        return float(number) * (_PX_OF_PERCENT if unit else 1)
    if unit in _IN_PX:
        return float(number) * _IN_PX[unit]
    factor = {"em": font, "ex": font / 2, "ch": font / 2, "rem": _USUAL_PX, "vw": 10.0}.get(unit)
    return otherwise if factor is None else float(number) * factor


def _sum_of(text: str, font: float) -> float | None:
    """What ``calc``, ``min``, ``max`` and ``clamp`` come to; None for what is not of these."""
    parts: list[str | float] = []
    at = 0
    while at < len(text):
        match = _PART.match(text, at)
        if match is None:
            return None
        at = match.end()
        if match[1]:
            parts.append(_in_px(match[1], match[2], font, 99.0))
        elif match[4]:
            parts.append(match[3] or "calc")
        elif match[5]:
            parts.append(match[5])
    reader = _Sum(parts)
    found = reader.added()
    return found if not reader.parts else None


class _Sum:
    def __init__(self, parts: list[str | float]) -> None:
        self.parts = parts[::-1]

    def _take(self, *wanted: str) -> str:
        here = self.parts[-1] if self.parts else ""
        if isinstance(here, str) and here in wanted:
            self.parts.pop()
            return here
        return ""

    def added(self) -> float:
        value = self._multiplied()
        while sign := self._take("+", "-"):
            value += self._multiplied() * (1 if sign == "+" else -1)
        # "1px -2px": the sign was read as the number's own.
        while self.parts and isinstance(self.parts[-1], float):
            value += self._multiplied()
        return value

    def _multiplied(self) -> float:
        value = self._one()
        while sign := self._take("*", "/"):
            other = self._one()
            value = value * other if sign == "*" else value / other if other else 0.0
        return value

    def _one(self) -> float:
        if name := self._take("calc", "min", "max", "clamp"):
            values = [self.added()]
            while self._take(","):
                values.append(self.added())
            self._take(")")
            return _combined(name, values)
        here = self.parts.pop() if self.parts else 0.0
        return here if isinstance(here, float) else 0.0


def _combined(name: str, values: list[float]) -> float:
    if name == "clamp" and len(values) == 3:
        return max(values[0], min(values[1], values[2]))
    return max(values) if name == "max" else min(values)
