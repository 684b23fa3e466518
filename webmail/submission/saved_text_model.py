"""A text that is written often: a template for messages."""

from typing import ClassVar

from django.conf import settings
from django.db import models

from webmail.accounts.models import new_key


class SavedText(models.Model):
    """``html`` is empty for a text without formatting; it has been sanitised (T11)."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="saved_texts"
    )
    key = models.CharField(max_length=12, unique=True, default=new_key)
    name = models.CharField(max_length=60)
    subject = models.CharField(max_length=990, blank=True)
    text = models.TextField()
    html = models.TextField(blank=True)

    class Meta:
        ordering: ClassVar[list[str]] = ["name"]

    def __str__(self) -> str:
        return self.name
