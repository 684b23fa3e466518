"""Rows as HTML, each drawn once and remembered.

A list is asked for again and again with the same rows in it, and drawing one is half the
cost of a request.  A RowView holds whatever shows of a row, and the place of its message
with it, so an equal one looks the same, whoever asks.
"""

from collections.abc import Iterable
from functools import lru_cache

from django.template import Context, Template
from django.template.loader import get_template
from django.utils.safestring import SafeString, mark_safe

from webmail.web.rows import RowView

_REMEMBERED = 2048  # about 4 MB


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
