"""Pieces of a page that few things change, each drawn once and remembered.

What stands around the rows of a list is the same for one person from page to page, and takes
Django longer to draw than the rows.  A piece is told its values by name and is drawn with
nothing else, so an equal piece looks the same, whoever asks.
"""

import secrets
from collections.abc import Hashable
from functools import lru_cache

from django.template import Context, Template
from django.template.loader import get_template
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

_REMEMBERED = 256  # about 1 MB
# Stands in what is remembered where the form token of the one who asks goes.
_TOKEN = secrets.token_hex(16)


def piece(context: Context, name: str, **values: Hashable) -> SafeString:
    """``{% piece "shell/_bar.html" hue=shell.hue %}``: the template with these values only."""
    template: Template = get_template(name).template  # type: ignore[attr-defined]
    drawn = _draw(template, **values).decode()
    if _TOKEN in drawn:
        drawn = drawn.replace(_TOKEN, escape(str(context.get("csrf_token", ""))))
    return mark_safe(drawn)  # noqa: S308  the template escaped each value


@lru_cache(maxsize=_REMEMBERED, typed=True)
def _draw(template: Template, /, **values: Hashable) -> bytes:
    """``typed``, since text that is safe as it stands is no less equal to text that is not."""
    return template.render(Context({**values, "csrf_token": _TOKEN})).encode()
