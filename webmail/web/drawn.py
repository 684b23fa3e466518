"""Rows, and what stands around them, as HTML: each drawn once and remembered.

A list is asked for again and again with the same rows in it, and drawing one is half the
cost of a request.  A RowView holds whatever shows of a row, and the place of its message
with it, so an equal one looks the same, whoever asks.

A piece of a page is told its values by name and is drawn with nothing else.  What stands around
the rows is the same for one person from page to page, and takes Django longer than the rows.
"""

import secrets
from collections.abc import Hashable, Iterable
from functools import lru_cache

from django.template import Context, Template
from django.template.loader import get_template
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

from webmail.web.rows import RowView

_REMEMBERED = 2048  # about 4 MB
_PIECES = 256  # about 1 MB
# Stands in what is remembered where the form token of the one who asks goes.
_TOKEN = secrets.token_hex(16)


def drawn(rows: Iterable[RowView]) -> SafeString:
    """The rows by ``mailbox/_row.html``, one after the other."""
    template: Template = get_template("mailbox/_row.html").template  # type: ignore[attr-defined]
    pieces = [_draw(template, row) for row in rows]
    return mark_safe(b"".join(pieces).decode())  # noqa: S308  the template escaped each


@lru_cache(maxsize=_REMEMBERED)
def _draw(template: Template, row: RowView) -> bytes:
    """Octets, because one emoji makes a str four times as large.

    The template is part of the key: with WEBMAIL_DEBUG it is read anew each time.
    """
    return template.render(Context({"row": row})).strip().encode()


def piece(context: Context, name: str, **values: Hashable) -> SafeString:
    """``{% piece "shell/_bar.html" hue=shell.hue %}``: the template with these values only."""
    template: Template = get_template(name).template  # type: ignore[attr-defined]
    drawn = _draw_piece(template, **values).decode()
    if _TOKEN in drawn:
        drawn = drawn.replace(_TOKEN, escape(str(context.get("csrf_token", ""))))
    return mark_safe(drawn)  # noqa: S308  the template escaped each value


@lru_cache(maxsize=_PIECES, typed=True)
def _draw_piece(template: Template, /, **values: Hashable) -> bytes:
    """``typed``, since text that is safe as it stands is no less equal to text that is not."""
    return template.render(Context({**values, "csrf_token": _TOKEN})).encode()
