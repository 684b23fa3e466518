"""What is kept of the outbox of somebody who was removed."""

from django.db import models


class RemovedMail(models.Model):
    """A row that was here, by its key: what the journal still knows of it is no sign that the
    database is an older one (restoring.py).  Goes with the journal's own line.
    """

    key = models.CharField(max_length=12, unique=True)
    removed_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return self.key
