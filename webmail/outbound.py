"""Every connection to a host that a setting or a person named."""

from dataclasses import dataclass
from enum import StrEnum


class Security(StrEnum):
    """How a connection is protected (RFC 8314)."""

    TLS = "tls"
    STARTTLS = "starttls"
    CLEARTEXT = "cleartext"


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where to connect: ``imaps://host:993`` and its like, taken apart.

    ``protocol`` is ``imap``, ``pop3``, ``submission`` or ``sieve``.
    """

    protocol: str
    host: str
    port: int
    security: Security
