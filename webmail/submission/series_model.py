"""A message that leaves again and again: what it says, and when."""

import uuid
from datetime import date
from typing import ClassVar
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import models

from webmail.accounts.models import Account, new_key
from webmail.submission.leaving_model import Leaving
from webmail.submission.recurrence import Rule


class Series(Leaving):
    """``fields`` are those of a draft; its files are kept under its own key.

    ``next_on`` is the day of the next occurrence in its zone and ``next_at`` the instant;
    ``said`` is what its writer must read: why it is paused, or what was not sent.
    """

    class State(models.TextChoices):
        ACTIVE = "active"
        PAUSED = "paused"
        ENDED = "ended"

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="series"
    )
    account = models.ForeignKey(Account, on_delete=models.PROTECT)
    key = models.CharField(max_length=12, unique=True, default=new_key)
    client_token = models.UUIDField(default=uuid.uuid4, unique=True)
    fields = models.JSONField(default=dict)
    draft_key = models.CharField(max_length=12, blank=True)  # of the draft it was last set from
    frequency = models.CharField(max_length=8)
    weekdays = models.JSONField(default=list)
    month_day = models.PositiveSmallIntegerField(default=1)
    at = models.TimeField()
    zone = models.CharField(max_length=64)
    until = models.DateField(null=True)
    times_left = models.PositiveIntegerField(null=True)
    state = models.CharField(max_length=8, choices=State.choices, default=State.ACTIVE)
    next_on = models.DateField(null=True)
    next_at = models.DateTimeField(null=True)
    said = models.TextField(blank=True)
    untold = models.BooleanField(default=False)  # untold.py
    missed_on = models.DateField(null=True)  # the latest of those not sent that are told of
    send_grant = models.BinaryField(blank=True, default=bytes)  # vault.py, by the key
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["state", "next_at"], name="series_due")
        ]

    def __str__(self) -> str:
        return f"{self.key}: {self.state}"

    @property
    def rule(self) -> Rule:
        return Rule(
            frequency=self.frequency,
            at=self.at,
            zone=ZoneInfo(self.zone),
            weekdays=frozenset(self.weekdays),
            month_day=self.month_day,
            until=self.until,
        )

    def token_of(self, day: date) -> uuid.UUID:
        """The same for one occurrence however often it is made."""
        return uuid.uuid5(self.client_token, day.isoformat())
