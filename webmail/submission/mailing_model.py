"""One text to a list of people, a mail of their own for each."""

import uuid

from django.conf import settings
from django.db import models

from webmail.accounts.models import Account, new_key


class Mailing(models.Model):
    """``total`` mails are queued, or still to be; each is a row of the outbox.

    ``is_whole`` once all of them are; ``is_stopped`` when its writer ended it.
    """

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="mailings"
    )
    account = models.ForeignKey(Account, on_delete=models.PROTECT)
    key = models.CharField(max_length=12, unique=True, default=new_key)
    client_token = models.UUIDField(unique=True)
    draft_key = models.CharField(max_length=12)
    subject = models.CharField(max_length=998, blank=True)
    people = models.TextField()  # the list as it was typed
    next_at = models.DateTimeField(null=True)  # before which no further one may leave
    total = models.PositiveIntegerField()
    is_whole = models.BooleanField(default=False)
    is_stopped = models.BooleanField(default=False)
    is_over = models.BooleanField(default=False)  # read, and taken off the outbox
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return f"{self.subject}: {self.total}"

    def token_of(self, addr_spec: str) -> uuid.UUID:
        """The same for one person however often the list is sent."""
        return uuid.uuid5(self.client_token, addr_spec.lower())
