"""What a sender asks of those on the way: a delivery notice, a receipt, TLS throughout.

The first and the last are options of the envelope; the receipt is a field of the header.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass

_PLAIN = re.compile(r"[!-*,-<>-~]")  # xchar of RFC 3461, section 4
_PLAIN_UTF8 = re.compile(r"[!-*,-<>-\[\]-~]")  # QCHAR of RFC 6533, section 3
_NAMES = ("delivery", "receipt", "tls")


@dataclass(frozen=True, slots=True)
class Wishes:
    """``delivery``: RFC 3461, ``receipt``: RFC 8098, ``tls``: RFC 8689."""

    delivery: bool = False
    receipt: bool = False
    tls: bool = False

    @property
    def names(self) -> list[str]:
        """As they stand in a draft's fields and in the form."""
        return [name for name in _NAMES if getattr(self, name)]


NO_WISHES = Wishes()


def wishes_from_names(names: Iterable[object]) -> Wishes:
    """Unknown ones are passed over."""
    named = set(map(str, names))
    return Wishes(**{name: name in named for name in _NAMES})


def mail_options(envelope_id: str) -> list[str]:
    """Of MAIL, for a delivery notice; the header of the message is enough to come back."""
    return ["RET=HDRS", f"ENVID={_xtext(envelope_id)}"]


def rcpt_options(recipient: str) -> list[str]:
    """Of RCPT, for a delivery notice."""
    return ["NOTIFY=SUCCESS,FAILURE,DELAY", f"ORCPT={_original_recipient(recipient)}"]


def _original_recipient(recipient: str) -> str:
    if recipient.isascii():
        return f"rfc822;{_xtext(recipient)}"
    return "utf-8;" + "".join(
        each if _PLAIN_UTF8.match(each) else f"\\x{{{ord(each):02X}}}" for each in recipient
    )


def _xtext(text: str) -> str:
    return "".join(each if _PLAIN.match(each) else f"+{ord(each):02X}" for each in text)
