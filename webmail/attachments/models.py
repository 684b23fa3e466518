"""Files on their way into a message."""

from django.conf import settings
from django.db import models

from webmail.accounts.models import new_key


class Place(models.TextChoices):
    """Where the message shows a file: ``LEFT`` was a picture in the text before it was plain."""

    FILE = ""
    TEXT = "text"
    LEFT = "left"


class Upload(models.Model):
    """A file attached to a draft; kept on disk under our own key, never its name (T26, T31)."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE)
    draft_key = models.CharField(max_length=12, db_index=True)
    key = models.CharField(max_length=12, unique=True, default=new_key)
    filename = models.CharField(max_length=255)
    media_type = models.CharField(max_length=127)
    size_bytes = models.BigIntegerField()
    sha256 = models.CharField(max_length=64)
    content_id = models.CharField(max_length=200, blank=True)  # set for inline pictures
    photo = models.CharField(max_length=40, blank=True)  # photos.py: what there is to ask
    place = models.CharField(max_length=4, blank=True, choices=Place.choices)
    created_at = models.DateTimeField(auto_now_add=True, db_index=True)


class Unfinished(models.Model):
    """A file that has not arrived whole; what has is on disk, and tells how much that is."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE)
    draft_key = models.CharField(max_length=12, db_index=True)
    key = models.CharField(max_length=12, unique=True, default=new_key)
    filename = models.CharField(max_length=255)
    media_type = models.CharField(max_length=127)
    size_bytes = models.BigIntegerField()
    content_id = models.CharField(max_length=200, blank=True)
    touched_at = models.DateTimeField(db_index=True)
