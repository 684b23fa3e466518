"""Whether an element with such a style is seen at all, and how large its letters are (T12)."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

_CLIPPING = ("max-height", "max-width", "height", "width")
_AWAY = ("margin-left", "margin-right", "margin-top")
_INTEREST = frozenset(
    {"display", "visibility", "opacity", "font", "font-size", "text-indent", "overflow"}
    | {"overflow-x", "overflow-y", "margin", "padding"}
    | {f"padding-{side}" for side in ("top", "right", "bottom", "left")}
    | {*_CLIPPING, *_AWAY}
)
_NUMBER = r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:e[+-]?[0-9]+)?"
_SIZE = re.compile(rf"({_NUMBER})([a-z%]*)")
_PART = re.compile(rf"({_NUMBER})([a-z%]*)|(calc|min|max|clamp)?(\()|([-+*/,)])|\s+")
_FLOW = (
    *(("-inline-start", "-left"), ("-inline-end", "-right"), ("-block-start", "-top")),
    *(("-block-end", "-bottom"), ("-inline", "-left"), ("-block", "-top")),
    *(("inline-size", "width"), ("block-size", "height")),
)
_IN_PX = {"": 1, "px": 1, "pt": 4 / 3, "pc": 16, "in": 96, "cm": 37.8, "mm": 3.78, "q": 0.945}
_USUAL_PX = 15.0
# Letters and boxes below that are not seen; what is moved by that much is not either.
_LEAST_PX, _FAR_PX = 2.0, -100.0
_LEAST_OPACITY = 0.02
_MAX_CHARS = 300


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


def is_of_interest(name: str) -> bool:
    return name in _INTEREST


def physical(name: str) -> str:
    """``margin-inline-start`` is the left margin of most; ``margin-inline`` begins with it."""
    for flow, side in _FLOW:
        name = name.replace(flow, side)
    return name


def shown_by(style: Mapping[str, str], around: State) -> State:
    if not style:
        return around
    font = _font_px(style, around.font_px)
    opacity = around.opacity * min(_number(style.get("opacity", ""), font, 1.0), 1.0)
    visibility = style.get("visibility", "")
    return State(
        is_gone=around.is_gone
        or style.get("display") == "none"
        or opacity < _LEAST_OPACITY
        or _is_away(style, font)
        or _is_clipped(style, font),
        is_invisible=visibility in ("hidden", "collapse")
        or (around.is_invisible and visibility in ("", "inherit", "unset")),
        font_px=font,
        opacity=opacity,
    )


def _font_px(style: Mapping[str, str], around: float) -> float:
    value = style.get("font-size", "")
    for piece in style.get("font", "").split() if not value else ():
        size = piece.partition("/")[0]
        match = _SIZE.fullmatch(size)
        if "(" in size or (match and (match[2] or not float(match[1]))):
            value = size
            break
    if value.endswith("%"):
        return around * _number(value[:-1], around, 100.0) / 100
    return abs(_number(value, around, around))


def _is_away(style: Mapping[str, str], font: float) -> bool:
    """Moved out of sight, and not back by as much padding."""
    if _number(style.get("text-indent", ""), font, 0.0) <= _FAR_PX:
        return True
    return any(
        _side(style, "margin", side) is not None
        and _number(_side(style, "margin", side) or "", font, 0.0)
        + _number(_side(style, "padding", side) or "", font, 0.0)
        <= _FAR_PX
        for side in ("top", "right", "left")
    )


def _is_clipped(style: Mapping[str, str], font: float) -> bool:
    overflow = " ".join(style.get(name, "") for name in ("overflow", "overflow-x", "overflow-y"))
    if not set(overflow.split()) & {"hidden", "clip", "auto", "scroll"}:
        return False
    for name in _CLIPPING:
        sides = ("top", "bottom") if name.endswith("height") else ("left", "right")
        room = [_number(_side(style, "padding", side) or "", font, 0.0) for side in sides]
        if _number(style.get(name, ""), font, 99.0) + sum(room) < _LEAST_PX:
            return True
    return False


def _side(style: Mapping[str, str], box: str, side: str) -> str | None:
    """As ``margin: 1 2 3 4`` counts, where the side has nothing of its own."""
    if f"{box}-{side}" in style:
        return style[f"{box}-{side}"]
    values = style.get(box, "").split() if "(" not in style.get(box, "") else [style[box]]
    places = {1: (0, 0, 0, 0), 2: (0, 1, 0, 1), 3: (0, 1, 2, 1), 4: (0, 1, 2, 3)}.get(len(values))
    at = ("top", "right", "bottom", "left").index(side)
    return values[places[at]] if places else None


# -- lengths -------------------------------------------------------------------------------------


def _number(text: str, font: float, otherwise: float) -> float:
    """In pixels; percentages count as such.  A sum too long to be meant is nothing."""
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
    if unit == "%" or unit in _IN_PX:
        return float(number) * _IN_PX.get(unit, 1)
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
