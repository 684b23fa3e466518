"""Keys as their owners gave them: private ones under a passphrase that never comes here."""

from typing import ClassVar

from django.db import models

from webmail.accounts.models import User, new_key


class Encryption(models.Model):
    """Somebody has turned OpenPGP on; without this row nothing of it is shown.

    ``writes_autocrypt``: mail of theirs carries their public key in an Autocrypt field.
    """

    user = models.OneToOneField(User, on_delete=models.CASCADE, related_name="encryption")
    is_on = models.BooleanField(default=True)
    writes_autocrypt = models.BooleanField(default=False)

    def __str__(self) -> str:
        return "on" if self.is_on else "off"


class OwnKey(models.Model):
    """A key pair of somebody.  ``private`` is armored and locked by their passphrase.

    ``revocation`` is the certificate that was made with the key, empty where there is none; of
    one that was revoked both halves have it in them.
    """

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="own_keys")
    key = models.CharField(max_length=12, unique=True, default=new_key)
    fingerprint = models.CharField(max_length=64)  # hexadecimal, upper case
    addr_specs = models.JSONField(default=list)  # of its user IDs, in lower case
    holder = models.CharField(max_length=400)  # the first, as it is shown
    private = models.TextField()
    public = models.TextField()
    revocation = models.TextField(default="", blank=True)
    revoked_at = models.DateTimeField(null=True)
    made_at = models.DateTimeField()  # as the key says
    added_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering: ClassVar[list[str]] = ["-added_at", "-id"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["user", "fingerprint"], name="one_row_per_own_key")
        ]

    def __str__(self) -> str:
        return self.holder


class KnownKey(models.Model):
    """The public key of a correspondent.

    ``addr_specs`` are those it is used for: of its user IDs, or the one that it was asked or
    sent for.  ``seen_at`` is when mail last brought it (Autocrypt).  ``is_withdrawn``: its owner
    has revoked it, as the browser found, which alone can check that; it stays so.
    """

    class Origin(models.TextChoices):
        IMPORTED = "imported"
        DIRECTORY = "directory"  # Web Key Directory
        AUTOCRYPT = "autocrypt"

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="known_keys")
    key = models.CharField(max_length=12, unique=True, default=new_key)
    fingerprint = models.CharField(max_length=64)
    addr_specs = models.JSONField(default=list)
    holder = models.CharField(max_length=400)
    public = models.TextField()
    origin = models.CharField(max_length=10, choices=Origin.choices)
    is_verified = models.BooleanField(default=False)
    is_withdrawn = models.BooleanField(default=False)
    made_at = models.DateTimeField()
    seen_at = models.DateTimeField(null=True)
    added_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering: ClassVar[list[str]] = ["holder", "id"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["user", "fingerprint"], name="one_row_per_known_key")
        ]

    def __str__(self) -> str:
        return self.holder
