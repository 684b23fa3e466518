"""Sent mail whose writer wants to hear when nobody has answered it."""

from typing import ClassVar

from django.conf import settings
from django.db import models

from webmail.accounts.models import Account, new_key


class FollowUp(models.Model):
    """``waiting`` until its time, then ``due`` unless somebody answered; follow_ups.py.

    It is about a message by its Message-ID, whichever program sent it.  One of ours has its
    row as ``outgoing`` and is not sent for certain: then there is nothing to wait for yet.
    """

    class State(models.TextChoices):
        WAITING = "waiting"
        DUE = "due"
        ANSWERED = "answered"
        DONE = "done"

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="follow_ups"
    )
    account = models.ForeignKey(Account, on_delete=models.CASCADE)
    outgoing = models.OneToOneField(
        "submission.Outgoing", null=True, on_delete=models.CASCADE, related_name="follow_up"
    )
    key = models.CharField(max_length=12, unique=True, default=new_key)
    message_id = models.CharField(max_length=998)
    subject = models.CharField(max_length=998, blank=True)
    recipients = models.JSONField(default=list)
    sent_at = models.DateTimeField()
    remind_at = models.DateTimeField()
    state = models.CharField(max_length=8, choices=State.choices, default=State.WAITING)
    asked_at = models.DateTimeField(null=True)
    answered_by = models.CharField(max_length=320, blank=True)
    answered_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["account", "message_id"], name="one_follow_up_per_mail")
        ]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["user", "state"], name="follow_up_of_user"),
            models.Index(fields=["state", "remind_at"], name="follow_up_due"),
        ]

    def __str__(self) -> str:
        return f"{self.subject}: {self.state}"
