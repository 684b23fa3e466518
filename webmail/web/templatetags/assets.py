"""Built files by their plain name, as static/built/manifest.json maps them."""

import json
from functools import lru_cache

from django import template
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.utils.safestring import SafeString, mark_safe

register = template.Library()
_BUILT = settings.BASE_DIR / "static" / "built"


@lru_cache(maxsize=16)
def _read(name: str, _changed_ns: int) -> str:
    return (_BUILT / name).read_text(encoding="utf-8")


def _built_text(name: str) -> str:
    """The text of a built file, read again only after a new build."""
    try:
        return _read(name, (_BUILT / name).stat().st_mtime_ns)
    except FileNotFoundError as error:
        raise ImproperlyConfigured(
            f"static/built/{name} is missing: run npm ci && npm run build."
        ) from error


@register.simple_tag
def asset(name: str) -> str:
    """The URL of a built file: ``{% asset "app.css" %}``."""
    return f"{settings.STATIC_URL}{_hashed(name)}"


def script(name: str) -> str:
    """The text of a built script, for one that is served under a name of its own."""
    return _built_text(_hashed(name))


def _hashed(name: str) -> str:
    names: dict[str, str] = json.loads(_built_text("manifest.json"))
    return names[name]


@register.simple_tag
def sprite() -> SafeString:
    """The icon symbols, once in each page, for ``{% icon %}`` to point at."""
    return mark_safe(_built_text("sprite.svg"))  # noqa: S308  our own build wrote it
