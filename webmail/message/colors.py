"""Colours as numbers: how light they look, how well they stand out, what they are in the dark."""

import math
import re
from dataclasses import dataclass
from functools import lru_cache

# Lightness in OKLCH.  Nothing behind text is lighter than _LIGHTEST_GROUND in the dark, so
# that white text always stands out from it; the white of paper becomes _PAPER.  What is
# vivid, as buttons are, stays lighter by as much as that allows.
_LIGHTEST_GROUND = 0.45
_PAPER = 0.235
_VIVID_CHROMA = 0.12
_VIVID_LIFT = 0.1
# Two grounds that were so far apart stay apart, by as much as is seen.
_APART, _APART_IN_THE_DARK, _RAISED = 3.0, 1.3, 0.1
_DIMMEST_TEXT = 0.76
_CHROMA_KEPT = 0.85
CONTRAST_AA = 4.5
# A little more, for what rounding to 8 bits takes away.
_CONTRAST_AIM = 4.6

_LEGACY_JUNK = re.compile("[^0-9a-f]")


@dataclass(frozen=True, slots=True)
class Color:
    """Channels of sRGB and the alpha, each from 0 to 1."""

    red: float
    green: float
    blue: float
    alpha: float = 1.0

    @property
    def hex(self) -> str:
        channels = (self.red, self.green, self.blue)
        return "#" + "".join(f"{round(min(max(c, 0), 1) * 255):02x}" for c in channels)

    def over(self, ground: "Color") -> "Color":
        """What is seen of it on an opaque ground."""
        mine, rest = self.alpha, 1 - self.alpha
        return Color(
            self.red * mine + ground.red * rest,
            self.green * mine + ground.green * rest,
            self.blue * mine + ground.blue * rest,
        )


WHITE = Color(1, 1, 1)


def legacy_color(text: str) -> Color | None:
    """The colour of a ``bgcolor`` or ``color`` attribute that is no colour of CSS (HTML, 2.3.6)."""
    text = text.strip().lower()[:128].removeprefix("#")
    if not text or text == "transparent":
        return None
    digits = _LEGACY_JUNK.sub("0", text)
    if len(text) == 3 and digits == text:
        return Color(*(int(c * 2, 16) / 255 for c in text))
    digits += "0" * (-len(digits) % 3) if digits else "000"
    size = len(digits) // 3
    parts = [digits[start : start + size][-8:] for start in (0, size, 2 * size)]
    while len(parts[0]) > 2 and all(part.startswith("0") for part in parts):
        parts = [part[1:] for part in parts]
    return Color(*(int(part[:2], 16) / 255 for part in parts))


def luminance(color: Color) -> float:
    """Relative luminance (WCAG 2.2)."""
    red, green, blue = (_linear(c) for c in (color.red, color.green, color.blue))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: Color, other: Color) -> float:
    """From 1, the same, to 21, black on white (WCAG 2.2)."""
    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


@lru_cache(maxsize=4096)
def dark_ground(color: Color) -> Color:
    """A background in the dark: what is dark stays, what is light is folded below it."""
    light, chroma, hue = _oklch(color)
    lift = _VIVID_LIFT * min(chroma / _VIVID_CHROMA, 1)
    lightest = _LIGHTEST_GROUND + lift
    if light <= lightest:
        return color
    span = (light - lightest) / (1 - lightest)
    light = lightest - span * (_LIGHTEST_GROUND - _PAPER)
    return _from_oklch(light, chroma * _CHROMA_KEPT, hue)


@lru_cache(maxsize=4096)
def dark_ground_on(color: Color, around: Color, dark_around: Color) -> Color:
    """A background in the dark inside of another: a black button on white paper is still one."""
    if color == around:
        return dark_around
    dark = dark_ground(color)
    if contrast(color, around) < _APART or contrast(dark, dark_around) >= _APART_IN_THE_DARK:
        return dark
    _, chroma, hue = _oklch(dark)
    light = min(_oklch(dark_around)[0] + _RAISED, _LIGHTEST_GROUND)
    return _from_oklch(light, chroma, hue)


@lru_cache(maxsize=4096)
def dark_line(color: Color) -> Color:
    """A border in the dark, just lighter than a background of its colour."""
    light, chroma, hue = _oklch(dark_ground(color))
    return _from_oklch(min(light + 0.09, 0.6), chroma, hue)


@lru_cache(maxsize=4096)
def dark_text(color: Color, ground: Color) -> Color:
    """A text in the dark, lightened until it stands out from its ground; its hue kept."""
    light, chroma, hue = _oklch(color)
    light = max(light, 0.95 - 0.32 * light, _DIMMEST_TEXT)
    chroma *= _CHROMA_KEPT
    found = _from_oklch(light, chroma, hue)
    while contrast(found, ground) < _CONTRAST_AIM and light < 1:
        light = min(light + 0.02, 1)
        found = _from_oklch(light, chroma, hue)
    return found


@lru_cache(maxsize=1024)
def plate(ground: Color) -> Color:
    """Behind a picture that may be transparent: what its sender saw it on, a little dimmed."""
    light, chroma, hue = _oklch(ground)
    return _from_oklch(min(light, 0.93), chroma, hue)


def _linear(channel: float) -> float:
    return channel / 12.92 if channel <= 0.04045 else ((channel + 0.055) / 1.055) ** 2.4


def _encoded(channel: float) -> float:
    return channel * 12.92 if channel <= 0.0031308 else 1.055 * channel ** (1 / 2.4) - 0.055


def _oklch(color: Color) -> tuple[float, float, float]:
    """Lightness, chroma and hue in radians (Ottosson's OKLab)."""
    red, green, blue = (_linear(c) for c in (color.red, color.green, color.blue))
    long = math.cbrt(0.4122214708 * red + 0.5363325363 * green + 0.0514459929 * blue)
    medium = math.cbrt(0.2119034982 * red + 0.6806995451 * green + 0.1073969566 * blue)
    short = math.cbrt(0.0883024619 * red + 0.2817188376 * green + 0.6299787005 * blue)
    light = 0.2104542553 * long + 0.7936177850 * medium - 0.0040720468 * short
    a = 1.9779984951 * long - 2.4285922050 * medium + 0.4505937099 * short
    b = 0.0259040371 * long + 0.7827717662 * medium - 0.8086757660 * short
    return light, math.hypot(a, b), math.atan2(b, a)


def color_of_oklab(space: str, coordinates: list[float], alpha: float) -> Color:
    """``oklab`` or ``oklch`` of CSS, the hue in degrees."""
    light, one, other = coordinates
    light, one = min(max(light, 0.0), 1.0), min(max(one, -1.0), 1.0)
    if space == "oklab":
        one, other = math.hypot(one, other), math.atan2(other, one)
    else:
        one, other = max(one, 0.0), math.radians(other)
    found = _from_oklch(light, one, other)
    return Color(found.red, found.green, found.blue, alpha)


def _from_oklch(light: float, chroma: float, hue: float) -> Color:
    """Within sRGB: where it is not, with less chroma."""
    for _ in range(24):
        channels = _rgb(light, chroma, hue)
        if all(-0.002 <= c <= 1.002 for c in channels):
            break
        chroma *= 0.85
    return Color(*(min(max(c, 0.0), 1.0) for c in channels))


def _rgb(light: float, chroma: float, hue: float) -> tuple[float, float, float]:
    a, b = chroma * math.cos(hue), chroma * math.sin(hue)
    long = (light + 0.3963377774 * a + 0.2158037573 * b) ** 3
    medium = (light - 0.1055613458 * a - 0.0638541728 * b) ** 3
    short = (light - 0.0894841775 * a - 1.2914855480 * b) ** 3
    return (
        _encoded(max(4.0767416621 * long - 3.3077115913 * medium + 0.2309699292 * short, -0.01)),
        _encoded(max(-1.2684380046 * long + 2.6097574011 * medium - 0.3413193965 * short, -0.01)),
        _encoded(max(-0.0041960863 * long - 0.7034186147 * medium + 1.7076147010 * short, -0.01)),
    )
