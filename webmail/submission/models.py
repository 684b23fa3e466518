"""The outbox and the drafts that lead to it.  The rows are the truth; Redis only rings."""

import uuid
from typing import ClassVar

from django.conf import settings
from django.db import models

from webmail.accounts.models import Account, Identity, new_key


class StoredDraft(models.Model):
    """A message being written: what the compose window holds.

    ``client_token`` is made with the draft, so that every tab that sends it says the same
    word (F01, F02).  ``revision`` rises with each save (F34).  ``fields`` is the
    composer's own shape: to, cc, bcc, subject, text, html, identity, format.
    """

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="drafts")
    account = models.ForeignKey(Account, on_delete=models.CASCADE)
    key = models.CharField(max_length=12, unique=True, default=new_key)
    client_token = models.UUIDField(default=uuid.uuid4, unique=True)
    revision = models.PositiveIntegerField(default=0)
    fields = models.JSONField(default=dict)
    # The message this answers, and how: reply, reply_all, forward, or empty.
    relation = models.CharField(max_length=12, blank=True)
    source_mailbox = models.CharField(max_length=1000, blank=True)
    source_uidvalidity = models.BigIntegerField(default=0)
    source_uid = models.BigIntegerField(default=0)
    in_reply_to = models.TextField(blank=True)
    references = models.TextField(blank=True)
    # Its copy in the Drafts mailbox.
    message_id = models.CharField(max_length=998, blank=True)
    copy_mailbox = models.CharField(max_length=1000, blank=True)
    copy_uidvalidity = models.BigIntegerField(default=0)
    copy_uid = models.BigIntegerField(default=0)
    copy_revision = models.PositiveIntegerField(default=0)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)


class Outgoing(models.Model):
    """A message on its way: security.md 3.1.  Bytes are frozen at queueing."""

    class State(models.TextChoices):
        HELD = "held"
        READY = "ready"
        CLAIMED = "claimed"
        DATA = "data"
        RETRY_WAIT = "retry_wait"
        ACCEPTED = "accepted"
        DONE = "done"
        FAILED = "failed"
        UNCERTAIN = "uncertain"
        CANCELLED = "cancelled"

    class Step(models.TextChoices):
        """The state of a thing to do after acceptance."""

        PENDING = "pending"
        DONE = "done"
        SKIPPED = "skipped"
        FAILED = "failed"

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="outbox")
    account = models.ForeignKey(Account, on_delete=models.PROTECT)
    identity = models.ForeignKey(Identity, null=True, on_delete=models.SET_NULL)
    key = models.CharField(max_length=12, unique=True, default=new_key)
    client_token = models.UUIDField()
    draft_key = models.CharField(max_length=12, blank=True)
    message_id = models.CharField(max_length=998, unique=True)
    subject = models.CharField(max_length=998, blank=True)
    wire_path = models.CharField(max_length=200)
    wire_sha256 = models.CharField(max_length=64)
    sent_path = models.CharField(max_length=200)
    sent_sha256 = models.CharField(max_length=64)
    size_bytes = models.BigIntegerField()
    mail_from = models.CharField(max_length=254)
    rcpt_to = models.JSONField(default=list)
    send_at = models.DateTimeField(db_index=True)
    state = models.CharField(max_length=12, choices=State.choices, db_index=True)
    attempt = models.PositiveIntegerField(default=0)
    next_attempt_at = models.DateTimeField(null=True)
    lease_token = models.CharField(max_length=36, blank=True)
    lease_until = models.DateTimeField(null=True)
    data_started_at = models.DateTimeField(null=True)
    accepted_at = models.DateTimeField(null=True)
    smtp_reply = models.TextField(blank=True)
    last_error = models.TextField(blank=True)
    refused_recipients = models.JSONField(default=dict)
    send_grant = models.BinaryField(blank=True, default=bytes)  # vault.py knows its shape
    sent_copy = models.CharField(max_length=8, choices=Step.choices, default=Step.PENDING)
    sent_copy_error = models.TextField(blank=True)
    answered_flag = models.CharField(max_length=8, choices=Step.choices, default=Step.PENDING)
    draft_cleanup = models.CharField(max_length=8, choices=Step.choices, default=Step.PENDING)
    steps_attempt = models.PositiveIntegerField(default=0)
    # What \\Answered or $Forwarded is set on, and which draft copy is removed.
    relation = models.CharField(max_length=12, blank=True)
    source_mailbox = models.CharField(max_length=1000, blank=True)
    source_uidvalidity = models.BigIntegerField(default=0)
    source_uid = models.BigIntegerField(default=0)
    copy_mailbox = models.CharField(max_length=1000, blank=True)
    copy_uidvalidity = models.BigIntegerField(default=0)
    copy_uid = models.BigIntegerField(default=0)
    restore_epoch = models.PositiveIntegerField(default=0)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["user", "client_token"], name="one_send_per_token")
        ]
