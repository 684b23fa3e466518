"""Which browsers hear of news while no page is open, and of what (RFC 8030)."""

from typing import ClassVar

from django.conf import settings
from django.db import models

from webmail.accounts.models import new_key


class Kind(models.TextChoices):
    """What a notification may be about: all that it says."""

    FAILED = "failed"
    DUE = "due"
    MAIL = "mail"


class PushChoice(models.Model):
    """What somebody wants to hear of; ``*_at`` is when they last heard of it."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="push_choice"
    )
    failed = models.BooleanField(default=True)
    due = models.BooleanField(default=True)
    mail = models.BooleanField(default=False)
    failed_at = models.DateTimeField(null=True)
    due_at = models.DateTimeField(null=True)
    mail_at = models.DateTimeField(null=True)


class PushSubscription(models.Model):
    """A browser that somebody turned notifications on in.

    ``endpoint`` is of a push service (endpoints.py); ``p256dh`` and ``auth`` are the browser's
    public key and secret (RFC 8291, section 2), in base64url.
    """

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="push_subscriptions"
    )
    key = models.CharField(max_length=12, unique=True, default=new_key)
    name = models.CharField(max_length=60)
    endpoint = models.CharField(max_length=1000, unique=True)
    p256dh = models.CharField(max_length=88)
    auth = models.CharField(max_length=24)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering: ClassVar[list[str]] = ["created_at", "id"]

    def __str__(self) -> str:
        return self.name


class PushNotice(models.Model):
    """A browser is to be told of something of this kind: owing.py.  Gone once it is.

    ``owed_at`` is when the newest of it came, ``next_at`` when its push service is asked next.
    """

    subscription = models.ForeignKey(
        PushSubscription, on_delete=models.CASCADE, related_name="notices"
    )
    kind = models.CharField(max_length=6, choices=Kind.choices)
    owed_at = models.DateTimeField()
    next_at = models.DateTimeField(db_index=True)
    tries = models.PositiveIntegerField(default=0)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["subscription", "kind"], name="one_notice_of_a_kind")
        ]

    def __str__(self) -> str:
        return f"{self.kind} at {self.next_at:%H:%M:%S}"


class VapidKey(models.Model):
    """The key that push services know this Hearth by (RFC 8292); one row, sealed by vault.py."""

    sealed = models.BinaryField()
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return f"since {self.created_at:%Y-%m-%d}"
