"""Tells the writers of messages that only a person can do more about, page or no page."""

from django.db import transaction

from webmail.push.hub import Word, publish
from webmail.push.models import Kind
from webmail.push.tasks import ring_notice
from webmail.submission import untold


def tell_all() -> None:
    for user_id in untold.writers():
        _tell(user_id)


def _tell(user_id: int) -> None:
    """In one transaction: that it is to be told stands in one row or in the other."""
    with transaction.atomic():
        if untold.take(user_id):
            ring_notice(user_id, Kind.FAILED)
            transaction.on_commit(lambda: publish(user_id, Word()))
