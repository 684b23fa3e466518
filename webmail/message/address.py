"""Addresses of RFC 5322, section 3.4."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Address:
    """An RFC 5322 mailbox: a display name, decoded, and an addr-spec.

    ``name`` is empty when the field had none.  ``addr_spec`` is empty only where a
    sender wrote none at all; it is shown as it came otherwise, valid or not.
    """

    name: str
    addr_spec: str

    @property
    def domain(self) -> str:
        """The part after the last ``@``, lower case; empty without one."""
        return self.addr_spec.rpartition("@")[2].lower() if "@" in self.addr_spec else ""
