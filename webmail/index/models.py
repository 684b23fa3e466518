"""The rows of the index.  All of it may be dropped at any moment and grows again.

The rows hold no bodies; docs/index.md lists what they do hold.  They live in a database of
their own under SQLite (``keeping.py``), so they name accounts by number, without a foreign
key, and a mailbox's rows are found by the range of their keys.
"""

from typing import ClassVar

from django.db import models

from webmail.store.mailbox import MailboxStatus

UID_BITS = 32


class IndexedAccount(models.Model):
    """How well an account is watched, and its list of mailboxes remembered.

    ``list_told`` counts the news about the list itself, ``list_heard`` is that count when
    the list was last read: equal and watched means in step.
    """

    account_id = models.BigAutoField(primary_key=True)
    watched_until = models.DateTimeField(null=True)
    watches_all = models.BooleanField(default=False)  # else only the inbox
    list_told = models.BigIntegerField(default=0)
    list_heard = models.BigIntegerField(default=-1)
    listed_at = models.DateTimeField(null=True)


class IndexedMailbox(models.Model):
    """A mailbox as LIST and STATUS told of it, and how far the index goes.

    ``listed`` is False for a mailbox that was opened before its server listed any.
    ``uidvalidity uidnext highestmodseq messages`` are those the rows agree with; ``unseen``
    and ``messages_told`` are the counts last told, which the rail shows.  Every message
    with a UID of ``grown_down_to`` or above is in the index, ``held`` rows in all (more where
    it begins anew from the top); 1 means the whole mailbox.  A worker that makes it grow has
    until ``growing_until``.
    ``told`` counts news of the mailbox (the watcher's, our own acts), ``heard`` is that
    count when the rows were last made to agree.  ``version`` rises with every change of
    the rows: who read an older one must not write.
    """

    account_id = models.BigIntegerField()
    name = models.CharField(max_length=1000)
    delimiter = models.CharField(max_length=4, blank=True)
    special_use = models.CharField(max_length=10, blank=True)
    is_selectable = models.BooleanField(default=True)
    is_subscribed = models.BooleanField(default=True)
    position = models.IntegerField(default=0)
    listed = models.BooleanField(default=False)

    uidvalidity = models.BigIntegerField(default=0)
    uidnext = models.BigIntegerField(default=0)
    highestmodseq = models.BigIntegerField(default=0)
    messages = models.BigIntegerField(default=0)
    messages_told = models.BigIntegerField(default=0)
    unseen = models.BigIntegerField(default=0)

    grown_down_to = models.BigIntegerField(default=2**UID_BITS)
    held = models.BigIntegerField(default=0)
    growing_until = models.DateTimeField(null=True)
    told = models.BigIntegerField(default=0)
    heard = models.BigIntegerField(default=-1)
    version = models.BigIntegerField(default=0)
    synced_at = models.DateTimeField(null=True)
    proved_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["account_id", "name"], name="one_row_per_mailbox")
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def is_whole(self) -> bool:
        return self.grown_down_to <= 1

    @property
    def status(self) -> MailboxStatus:
        """What the rows agree with."""
        return MailboxStatus(
            self.messages, self.unseen, self.uidnext, self.uidvalidity, self.highestmodseq
        )

    @property
    def first_key(self) -> int:
        """The key a message of UID 0 would have."""
        return self.pk << UID_BITS

    @property
    def keys(self) -> tuple[int, int]:
        """The lowest and the highest key of its rows."""
        return self.first_key, self.first_key | (2**UID_BITS - 1)


class IndexedMessage(models.Model):
    """One message in one mailbox of one UIDVALIDITY.

    The key is ``mailbox_id << 32 | uid``.  ``senders`` and ``recipients`` are addresses as
    ``rows.py`` packs them.  ``internal_date`` is in seconds since 1970.  ``keywords`` are
    the flags without a column, joined by spaces.  ``is_dressed`` says that structure and
    preview are known; before that ``has_attachment`` is a guess by the media type.
    ``conversation`` and ``message_hash`` are numbers of ``conversations.py``;
    ``is_newest`` marks the newest message of its conversation in its mailbox.
    """

    id = models.BigAutoField(primary_key=True)
    mailbox_id = models.IntegerField()
    modseq = models.BigIntegerField(default=0)
    internal_date = models.BigIntegerField()
    size_bytes = models.BigIntegerField(default=0)
    is_seen = models.BooleanField(default=False)
    is_flagged = models.BooleanField(default=False)
    is_answered = models.BooleanField(default=False)
    is_draft = models.BooleanField(default=False)
    is_deleted = models.BooleanField(default=False)
    keywords = models.CharField(max_length=500, blank=True)
    has_attachment = models.BooleanField(default=False)
    has_invitation = models.BooleanField(default=False)
    is_dressed = models.BooleanField(default=False)
    is_newest = models.BooleanField(default=True)
    senders = models.CharField(max_length=500, blank=True)
    recipients = models.CharField(max_length=500, blank=True)
    subject = models.CharField(max_length=500, blank=True)
    preview = models.CharField(max_length=160, blank=True)
    message_hash = models.BigIntegerField(default=0)
    conversation = models.BigIntegerField(default=0)

    # Not kept: all recipients' words, on the way into the word index.
    everyone = ""

    class Meta:
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["mailbox_id", "internal_date"], name="index_by_date"),
            models.Index(
                fields=["mailbox_id", "internal_date"],
                condition=models.Q(is_newest=True),
                name="index_by_conversation",
            ),
            models.Index(
                fields=["mailbox_id", "internal_date"],
                condition=models.Q(is_seen=False),
                name="index_unseen",
            ),
            models.Index(
                fields=["mailbox_id", "internal_date"],
                condition=models.Q(is_flagged=True),
                name="index_flagged",
            ),
            # Few rows have these, so that finding none of them must not read them all.
            models.Index(
                fields=["mailbox_id", "internal_date"],
                condition=models.Q(is_answered=True),
                name="index_answered",
            ),
            models.Index(
                fields=["mailbox_id", "internal_date"],
                condition=models.Q(is_draft=True),
                name="index_draft",
            ),
            models.Index(
                fields=["mailbox_id", "internal_date"],
                condition=models.Q(has_attachment=True),
                name="index_attachment",
            ),
            models.Index(fields=["conversation"], name="index_conversation"),
        ]


class KnownMessageId(models.Model):
    """Which conversation a Message-ID belongs to, whether or not its message was seen.

    The key is the hash of account and Message-ID (``conversations.py``).
    """

    id = models.BigAutoField(primary_key=True)
    conversation = models.BigIntegerField()

    class Meta:
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["conversation"], name="known_ids_of_conversation")
        ]
