"""Certificates as they were given: private keys only locked by their owner's passphrase."""

from typing import ClassVar

from django.db import models

from webmail.accounts.models import User, new_key


class OwnCertificate(models.Model):
    """A certificate of somebody, with its private key (message/smime_key.py).

    ``signs``: new mail from its address is to be signed, as the last one was.
    """

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="own_certificates")
    key = models.CharField(max_length=12, unique=True, default=new_key)
    fingerprint = models.CharField(max_length=64)
    addr_specs = models.JSONField(default=list)  # in lower case
    certificate = models.BinaryField()  # DER
    chain = models.BinaryField(blank=True, default=bytes)  # PEM
    locked = models.BinaryField()
    valid_from = models.DateTimeField()
    valid_until = models.DateTimeField()
    signs = models.BooleanField(default=False)
    added_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering: ClassVar[list[str]] = ["-valid_until", "-id"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["user", "fingerprint"], name="one_row_per_certificate")
        ]

    def __str__(self) -> str:
        return ", ".join(self.addr_specs)


class KnownCertificate(models.Model):
    """The certificate of a correspondent, one for each address.

    ``is_chosen``: somebody added it, so no mail takes its place while it is valid.
    ``reads_gcm``: mail of theirs said that they can open authenticated encryption.
    """

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="known_certificates")
    key = models.CharField(max_length=12, unique=True, default=new_key)
    addr_spec = models.CharField(max_length=320)  # in lower case
    fingerprint = models.CharField(max_length=64)
    certificate = models.BinaryField()
    valid_from = models.DateTimeField()
    valid_until = models.DateTimeField()
    reads_gcm = models.BooleanField(default=False)
    is_chosen = models.BooleanField(default=False)
    added_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering: ClassVar[list[str]] = ["addr_spec"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["user", "addr_spec"], name="one_certificate_for_an_address"
            )
        ]

    def __str__(self) -> str:
        return self.addr_spec
