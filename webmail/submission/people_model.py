"""What somebody says of the people they write to: lists of them, and who is not to be offered."""

from typing import ClassVar

from django.conf import settings
from django.db import models

from webmail.accounts.models import new_key


class Group(models.Model):
    """A list of people under a name (RFC 5322, section 3.4); ``members`` as in an address field."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="groups_of_people"
    )
    key = models.CharField(max_length=12, unique=True, default=new_key)
    name = models.CharField(max_length=60)
    members = models.TextField()

    class Meta:
        ordering: ClassVar[list[str]] = ["name"]

    def __str__(self) -> str:
        return self.name


class ForgottenPerson(models.Model):
    """An address that is not offered any more, until it is written to again; in lower case."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="forgotten_people"
    )
    addr_spec = models.CharField(max_length=254)
    at = models.BigIntegerField()  # in seconds since 1970

    class Meta:
        ordering: ClassVar[list[str]] = ["addr_spec"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["user", "addr_spec"], name="one_forgotten_person")
        ]

    def __str__(self) -> str:
        return self.addr_spec
