"""The words of senders, recipients and subjects."""

from collections.abc import Sequence

from webmail.index.models import IndexedMessage


def add(messages: Sequence[IndexedMessage]) -> None:
    """Nothing yet."""
