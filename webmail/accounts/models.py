"""Who may read what: people, their mail accounts, the names they write under."""

import secrets
from typing import ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models


def new_key() -> str:
    """A random name for a row in a URL: 60 bits, lower case, no look-alikes."""
    return "".join(secrets.choice("abcdefghjkmnpqrstuvwxyz23456789") for _ in range(12))


class People(BaseUserManager["User"]):
    def get_by_natural_key(self, address: str) -> "User":
        return self.get(address=address)


class User(AbstractBaseUser):
    """A person of the household, made at first sign-in; ``address`` is in lower case."""

    address = models.CharField(max_length=254, unique=True)
    name = models.CharField(max_length=120, blank=True)
    time_zone = models.CharField(max_length=64, blank=True)
    theme = models.CharField(max_length=8, blank=True)  # "", "light", "dark"
    density = models.CharField(max_length=8, blank=True)  # "", "compact"
    groups_conversations = models.BooleanField(default=True)
    newest_first = models.BooleanField(default=False)  # within a conversation
    prefers_text = models.BooleanField(default=False)  # where a message has plain text too
    watches_away = models.BooleanField(default=False)  # grants.py: reading while nobody is here
    fetches_on_arrival = models.BooleanField(default=False)  # pictures of allowed senders
    cleans_links = models.BooleanField(default=True)  # message/link_tracking.py
    answers_receipts = models.CharField(max_length=10, blank=True)  # "" asks each time
    asks_for_delivery = models.BooleanField(default=False)  # of what this person writes
    asks_for_receipts = models.BooleanField(default=False)
    photo_place = models.CharField(max_length=6, blank=True)  # "" asks, "remove", "keep"
    photo_size = models.CharField(max_length=6, blank=True)  # the last choice: offered first
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField(auto_now_add=True)
    dek_password_copy = models.BinaryField(blank=True, default=bytes)  # vault.py knows its shape

    # answers_receipts: whether senders who ask are told that a message was shown.
    NEVER = "never"
    TO_CONTACTS = "contacts"

    objects: ClassVar[People] = People()

    USERNAME_FIELD = "address"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    def __str__(self) -> str:
        return self.address


class Account(models.Model):
    """A mailbox account on a mail server; empty endpoints mean the configured ones."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="accounts")
    key = models.CharField(max_length=12, unique=True, default=new_key)
    address = models.CharField(max_length=254)
    imap_url = models.CharField(max_length=300, blank=True)
    submission_url = models.CharField(max_length=300, blank=True)
    sealed_password = models.BinaryField(blank=True, default=bytes)  # vault.py knows its shape
    in_unified = models.BooleanField(default=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering: ClassVar[list[str]] = ["created_at"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["user", "address"], name="one_account_per_address")
        ]

    def __str__(self) -> str:
        return self.address


class ReadingGrant(models.Model):
    """The account's password, for the watcher and the index while somebody uses Hearth.

    ``sealed`` opens by the key file alone (vault.py); grants.py says when the row goes.
    """

    account = models.OneToOneField(Account, on_delete=models.CASCADE, related_name="grant")
    sealed = models.BinaryField()
    expires_at = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return f"until {self.expires_at:%H:%M}"


class Identity(models.Model):
    """A name and address somebody writes under (RFC 8621, section 6)."""

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="identities")
    key = models.CharField(max_length=12, unique=True, default=new_key)
    name = models.CharField(max_length=120, blank=True)
    addr_spec = models.CharField(max_length=254)
    is_default = models.BooleanField(default=False)

    class Meta:
        ordering: ClassVar[list[str]] = ["-is_default", "id"]

    def __str__(self) -> str:
        return f"{self.name} <{self.addr_spec}>" if self.name else self.addr_spec


class SubmissionServer(models.Model):
    """Where an identity's mail leaves, where that is not by its account's server.

    ``sealed_password`` opens for this identity, server and user name only (identity_servers.py).
    """

    identity = models.OneToOneField(
        Identity, on_delete=models.CASCADE, related_name="submission_server"
    )
    url = models.CharField(max_length=300)
    username = models.CharField(max_length=254)
    sealed_password = models.BinaryField()
    # The key of an OAuth provider: then what is sealed is a refresh token.
    provider = models.CharField(max_length=20, blank=True)
    # A newer one that came while its owner was away, by the key file alone, until they come.
    fresh_token = models.BinaryField(blank=True, default=bytes)
    renewing_until = models.DateTimeField(null=True)  # one at a time asks for a new token
    proved_at = models.DateTimeField(auto_now=True)  # when it last took the password

    def __str__(self) -> str:
        return f"{self.username} at {self.url}"


class Signature(models.Model):
    """What somebody writes under their mail; an identity may have several.

    ``html`` is empty for one of plain text; ``text`` is never.  One of an identity at most is
    for new mail, and one for answers.
    """

    identity = models.ForeignKey(Identity, on_delete=models.CASCADE, related_name="signatures")
    key = models.CharField(max_length=12, unique=True, default=new_key)
    name = models.CharField(max_length=60)
    text = models.TextField()
    html = models.TextField(blank=True)
    for_new = models.BooleanField(default=False)
    for_answers = models.BooleanField(default=False)
    below_quote = models.BooleanField(default=False)  # in answers, where something is quoted

    class Meta:
        ordering: ClassVar[list[str]] = ["id"]

    def __str__(self) -> str:
        return self.name


class SenderShownAsSent(models.Model):
    """A sender whose designed messages keep their colours on dark pages; in lower case."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="shown_as_sent")
    addr_spec = models.CharField(max_length=254)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering: ClassVar[list[str]] = ["addr_spec"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["user", "addr_spec"], name="one_row_per_sender_as_sent")
        ]

    def __str__(self) -> str:
        return self.addr_spec


class ConversationEdit(models.Model):
    """Somebody took a message out of a conversation, or joined conversations.

    ``messages`` names messages by number, as index/edits.py reads it: the truth of a person,
    kept here because the index may be dropped at any moment.
    """

    class Kind(models.TextChoices):
        APART = "apart"
        JOINED = "joined"

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="edits")
    kind = models.CharField(max_length=8, choices=Kind.choices)
    messages = models.JSONField()
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return f"{self.kind}: {len(self.messages)} messages"


class PictureConsent(models.Model):
    """Somebody wants to see the pictures of a sender, or of everybody in a domain.

    ``name`` is an address or a domain in lower case.
    """

    class Kind(models.TextChoices):
        SENDER = "sender"
        DOMAIN = "domain"

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="picture_consents")
    key = models.CharField(max_length=12, unique=True, default=new_key)
    kind = models.CharField(max_length=8, choices=Kind.choices)
    name = models.CharField(max_length=254)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering: ClassVar[list[str]] = ["name"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["user", "kind", "name"], name="one_picture_consent")
        ]

    def __str__(self) -> str:
        return self.name


class SignInFailure(models.Model):
    """A refused sign-in, counted here so that a Redis flush forgets nothing (T53)."""

    at = models.DateTimeField(db_index=True)
    address = models.CharField(max_length=254, db_index=True)
    network = models.CharField(max_length=64, db_index=True)  # /32, or /64 of IPv6


class AcceptedSender(models.Model):
    """Somebody said that what looks odd about a sender is fine.

    ``kinds`` are those of message/evidence.py, joined by spaces; ``addr_spec`` is in lower
    case.  Other evidence against the same sender is still shown.
    """

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="accepted_senders")
    addr_spec = models.CharField(max_length=320)
    kinds = models.CharField(max_length=200)
    accepted_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering: ClassVar[list[str]] = ["addr_spec"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["user", "addr_spec"], name="accepted_once")
        ]

    def __str__(self) -> str:
        return self.addr_spec
