"""By which server something leaves: columns that a message and one that repeats share."""

from django.db import models


class Leaving(models.Model):
    """The own server of its identity, and the grant for that; all empty: the account's.

    route.py sets and reads them.
    """

    submission_url = models.CharField(max_length=300, blank=True)
    submission_username = models.CharField(max_length=254, blank=True)
    submission_provider = models.CharField(max_length=20, blank=True)
    submission_grant = models.BinaryField(blank=True, default=bytes)

    class Meta:
        abstract = True
