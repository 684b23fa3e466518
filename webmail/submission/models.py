"""The outbox and the drafts that lead to it.  The rows are the truth; Redis only rings."""

import uuid
from datetime import datetime, timedelta
from typing import ClassVar

from django.conf import settings
from django.db import models

from webmail.accounts.models import Account, Identity, new_key
from webmail.submission.follow_up_model import FollowUp as FollowUp
from webmail.submission.leaving_model import Leaving
from webmail.submission.mailing_model import Mailing as Mailing
from webmail.submission.people_model import ForgottenPerson as ForgottenPerson
from webmail.submission.people_model import Group as Group
from webmail.submission.removed_model import RemovedMail as RemovedMail
from webmail.submission.saved_text_model import SavedText as SavedText
from webmail.submission.series_model import Series as Series
from webmail.submission.wishes import Wishes


class StoredDraft(models.Model):
    """A message being written: what the compose window holds.

    ``client_token`` is made with the draft, so that every tab that sends it says the same
    word (F01, F02).  ``revision`` rises with each save (F34), and ``marks`` say whose words
    these are (``marks.py``).  ``fields`` is the composer's own shape: to, cc, bcc, subject,
    text, html, identity, format.  Of a message that has left the row stays for a while without
    its words (``left_rows.py``).
    """

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="drafts"
    )
    account = models.ForeignKey(Account, on_delete=models.CASCADE)
    key = models.CharField(max_length=12, unique=True, default=new_key)
    client_token = models.UUIDField(default=uuid.uuid4, unique=True)
    revision = models.PositiveIntegerField(default=0)
    marks = models.CharField(max_length=400, blank=True)
    fields = models.JSONField(default=dict)
    has_left = models.BooleanField(default=False)
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
    # A copy was begun, and nobody wrote down where it is.
    copy_unsettled = models.BooleanField(default=False)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)


# The relation of a message that is sent on as it is (message/redirect.py).
REDIRECT = "redirect"


class State(models.TextChoices):
    """Where an outgoing message stands; the arrows between them are in ``states.py``."""

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


class Trouble(models.TextChoices):
    """Why the last try did not end in acceptance."""

    NONE = ""
    CONNECTION = "connection"
    LATER = "later"  # the server said: not now
    AUTH = "auth"
    ACCOUNT = "account"  # not tried: its server just refused the password to another message
    REFUSED = "refused"
    TOO_OLD = "too_old"
    DAMAGED = "damaged"
    UNCLEAR = "unclear"
    RESTORED = "restored"  # not tried: it may have left after the backup that came back
    TOO_LATE = "too_late"  # not tried: its time was over a day ago when a worker came back
    UNASKED = "unasked"  # not tried: nobody could say whether it was answered
    ANSWERED = "answered"  # not sent: somebody answered first


WAITING = (State.HELD, State.READY, State.RETRY_WAIT)
LEASED = (State.CLAIMED, State.DATA)
# What nobody has sent for so long is not sent before its writer was asked (F38).
ASK_AFTER = timedelta(hours=24)


class OutgoingQuerySet(models.QuerySet["Outgoing"]):
    def due(self, now: datetime) -> "OutgoingQuerySet":
        """Messages whose next try has come, the longest waiting first."""
        return self.filter(state__in=WAITING, next_attempt_at__lte=now).order_by("next_attempt_at")

    def in_time(self, now: datetime) -> "OutgoingQuerySet":
        """Due messages that a machine may send without asking."""
        return self.due(now).filter(next_attempt_at__gt=now - ASK_AFTER)

    def too_late(self, now: datetime) -> "OutgoingQuerySet":
        """Due messages that nobody came for in a day (F38)."""
        return self.filter(state__in=WAITING, next_attempt_at__lte=now - ASK_AFTER)

    def unfinished(self, now: datetime) -> "OutgoingQuerySet":
        """Messages with something to do after DATA: a step, or a look for proof."""
        return (
            self.filter(state__in=[State.ACCEPTED, State.UNCERTAIN], next_attempt_at__lte=now)
            .exclude(lease_until__gt=now)
            .order_by("next_attempt_at")
        )

    def overdue(self, state: State, now: datetime) -> "OutgoingQuerySet":
        """Messages whose worker has not been heard of since its lease ran out."""
        return self.filter(state=state, lease_until__lt=now)


class Outgoing(Leaving):
    """A message on its way: security.md 3.1.  Bytes are frozen at queueing.

    ``next_attempt_at`` is when a machine next does something about the row: a try to
    submit it, or what remains after acceptance.  Null: never by itself.
    """

    State = State
    Step = Step
    Trouble = Trouble

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="outbox"
    )
    account = models.ForeignKey(Account, on_delete=models.PROTECT)
    identity = models.ForeignKey(Identity, null=True, on_delete=models.SET_NULL)
    key = models.CharField(max_length=12, unique=True, default=new_key)
    client_token = models.UUIDField()
    draft_key = models.CharField(max_length=12, blank=True)
    message_id = models.CharField(max_length=998, unique=True)  # of a redirection: the resent one
    subject = models.CharField(max_length=998, blank=True)
    # Names of files in the outbox folder; frozen.py knows it.  Empty once erased.
    wire_path = models.CharField(max_length=200)
    wire_sha256 = models.CharField(max_length=64)
    sent_path = models.CharField(max_length=200)
    sent_sha256 = models.CharField(max_length=64)
    size_bytes = models.BigIntegerField()
    mail_from = models.CharField(max_length=254)
    rcpt_to = models.JSONField(default=list)
    needs_smtputf8 = models.BooleanField(default=False)
    send_at = models.DateTimeField(db_index=True)
    state = models.CharField(max_length=12, choices=State.choices)
    attempt = models.PositiveIntegerField(default=0)  # rises with every claim
    failures = models.PositiveIntegerField(default=0)  # definite ones, since somebody last asked
    trying_since = models.DateTimeField(null=True)
    next_attempt_at = models.DateTimeField(null=True)
    lease_token = models.CharField(max_length=36, blank=True)
    lease_until = models.DateTimeField(null=True)
    data_started_at = models.DateTimeField(null=True)
    accepted_at = models.DateTimeField(null=True)
    smtp_reply = models.TextField(blank=True)
    trouble = models.CharField(max_length=12, choices=Trouble.choices, blank=True)
    troubled_at = models.DateTimeField(null=True)
    untold = models.BooleanField(default=False)  # untold.py
    last_error = models.TextField(blank=True)
    refused_recipients = models.JSONField(default=dict)
    recipient_replies = models.JSONField(default=dict)  # of the last try: its words to each
    # wishes.py.  The receipt is asked for in the header; it stands here to be known.
    wants_delivery_notice = models.BooleanField(default=False)
    delivery_notice_offered = models.BooleanField(null=True)  # null: not asked, or not known yet
    wants_receipt = models.BooleanField(default=False)
    requires_tls = models.BooleanField(default=False)
    # condition.py.  ``follows`` are the Message-IDs of the conversation it goes on with.
    unless_answered = models.BooleanField(default=False)
    follows = models.JSONField(default=list)
    answered_by = models.CharField(max_length=320, blank=True)
    answered_at = models.DateTimeField(null=True)
    send_grant = models.BinaryField(blank=True, default=bytes)  # vault.py knows its shape
    granted_at = models.DateTimeField(null=True)
    sent_copy = models.CharField(max_length=8, choices=Step.choices, default=Step.PENDING)
    sent_copy_attempt = models.PositiveIntegerField(default=0)
    sent_copy_error = models.TextField(blank=True)
    sent_copy_mailbox = models.CharField(max_length=1000, blank=True)
    sent_copy_uidvalidity = models.BigIntegerField(default=0)
    sent_copy_uid = models.BigIntegerField(default=0)
    answered_flag = models.CharField(max_length=8, choices=Step.choices, default=Step.PENDING)
    answered_flag_attempt = models.PositiveIntegerField(default=0)
    draft_cleanup = models.CharField(max_length=8, choices=Step.choices, default=Step.PENDING)
    draft_cleanup_attempt = models.PositiveIntegerField(default=0)
    # reply, reply_all, reply_list, forward or redirect.
    # What \\Answered or $Forwarded is set on, and which draft copy is removed.
    relation = models.CharField(max_length=12, blank=True)
    source_mailbox = models.CharField(max_length=1000, blank=True)
    source_uidvalidity = models.BigIntegerField(default=0)
    source_uid = models.BigIntegerField(default=0)
    copy_mailbox = models.CharField(max_length=1000, blank=True)
    copy_uidvalidity = models.BigIntegerField(default=0)
    copy_uid = models.BigIntegerField(default=0)
    # The occurrence that this is: series.py.
    series = models.ForeignKey(Series, null=True, on_delete=models.SET_NULL, related_name="made")
    occurrence = models.DateField(null=True)
    # The list that this is one mail of: mailings.py.
    mailing = models.ForeignKey(Mailing, null=True, on_delete=models.SET_NULL, related_name="mails")
    # How often a backup had come back when this was last held for its writer to look at.
    restore_epoch = models.PositiveIntegerField(default=0)
    created_at = models.DateTimeField(auto_now_add=True)

    objects: ClassVar[models.Manager["Outgoing"]] = OutgoingQuerySet.as_manager()

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["user", "client_token"], name="one_send_per_token"),
            models.UniqueConstraint(fields=["series", "occurrence"], name="one_per_occurrence"),
        ]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["state", "next_attempt_at"], name="outgoing_due"),
            models.Index(fields=["user"], condition=models.Q(untold=True), name="outgoing_untold"),
        ]

    @property
    def id_field(self) -> str:
        """The field that ``message_id`` stands in."""
        return "Resent-Message-ID" if self.relation == REDIRECT else "Message-ID"

    @property
    def wishes(self) -> Wishes:
        return Wishes(self.wants_delivery_notice, self.wants_receipt, self.requires_tls)

    @property
    def is_restored(self) -> bool:
        """Held since a backup came back, for its writer to look at (F55)."""
        return self.state == State.HELD and self.trouble == Trouble.RESTORED

    @property
    def is_too_late(self) -> bool:
        """Held because its time is long over, for its writer to decide (F38)."""
        return self.state == State.HELD and self.trouble == Trouble.TOO_LATE

    @property
    def is_answered(self) -> bool:
        """Not sent, because somebody answered first."""
        return self.state == State.CANCELLED and self.trouble == Trouble.ANSWERED

    @property
    def waits_for_writer(self) -> bool:
        return self.is_restored or self.is_too_late


class Outcome(models.Model):
    """What came of a sent message at one recipient, as far as reports told: outcomes.py.

    A recipient has one row for its ``delivery`` and one for its ``receipt``.  ``at`` is when
    the report came.  What is not ``is_sure`` was only said, by ``said_by``.
    """

    DELIVERY = "delivery"
    RECEIPT = "receipt"

    outgoing = models.ForeignKey(Outgoing, on_delete=models.CASCADE, related_name="outcomes")
    recipient = models.CharField(max_length=320)
    track = models.CharField(max_length=8)
    # delivered, relayed, expanded, delayed, failed; or a disposition of RFC 8098
    kind = models.CharField(max_length=12)
    words = models.TextField(blank=True)
    at = models.DateTimeField()
    is_sure = models.BooleanField(default=False)
    said_by = models.CharField(max_length=320, blank=True)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["outgoing", "recipient", "track"], name="one_outcome_per_recipient"
            )
        ]

    def __str__(self) -> str:
        return f"{self.recipient}: {self.kind}"
