"""How mailboxes and messages are spelled in URLs.

A mailbox name is escaped once here and once more by the URL itself, so that its '/'
survives servers and browsers; the characters that mean something in a URL or in a
Content-Security-Policy take the same road.  There is one spelling only: what ``reverse``
gives, what these functions give and what ``data-ref`` holds is the same text.
"""

from functools import lru_cache
from urllib.parse import quote, unquote

from webmail.store.mailbox import MessageRef

_ESCAPED = frozenset("%/\\!$&'()*+,;=:@?#\"<>[]^`{|}")
_NAME_LIMIT = 1000


class MailboxConverter:
    """``<mailbox:…>``: the full name of a mailbox, as the server spells it."""

    regex = "[^/]+"

    def to_python(self, value: str) -> str:
        name = unquote(value, errors="strict")
        if not name or len(name) > _NAME_LIMIT or any(c in name for c in "\0\r\n"):
            raise ValueError("this names no mailbox")
        return name

    def to_url(self, name: str) -> str:
        # A lone . or .. is a step in a path to every browser, escaped once or not.
        escaped = _ESCAPED | {"."} if name.strip(".") == "" else _ESCAPED
        return "".join(f"%{ord(c):02X}" if c in escaped else c for c in name)


class PlaceConverter:
    """``<place:…>``: ``<uidvalidity>.<uid>`` as two numbers, never a bare UID."""

    regex = r"(?:0|[1-9][0-9]{0,9})\.[1-9][0-9]{0,9}"

    def to_python(self, value: str) -> tuple[int, int]:
        uidvalidity, _, uid = value.partition(".")
        if int(uidvalidity) >= 2**32 or int(uid) >= 2**32:
            raise ValueError("not 32 bits")
        return int(uidvalidity), int(uid)

    def to_url(self, place: tuple[int, int]) -> str:
        uidvalidity, uid = place
        return f"{int(uidvalidity)}.{int(uid)}"


_mailbox = MailboxConverter()


@lru_cache(maxsize=1024)
def mailbox_text(account_key: str, mailbox: str) -> str:
    """``<account>/<mailbox>`` as it stands in a URL."""
    return f"{account_key}/{quote(_mailbox.to_url(mailbox), safe='~')}"


def mailbox_url(account_key: str, mailbox: str) -> str:
    return f"/mail/{mailbox_text(account_key, mailbox)}/"


def ref_text(account_key: str, ref: MessageRef) -> str:
    """The value of ``data-ref``: ``/mail/<data-ref>/`` is the message's page."""
    return f"{mailbox_text(account_key, ref.mailbox)}/{ref.uidvalidity}.{ref.uid}"


def message_url(account_key: str, ref: MessageRef) -> str:
    return f"/mail/{ref_text(account_key, ref)}/"


def part_url(account_key: str, ref: MessageRef, section: str) -> str:
    return f"{message_url(account_key, ref)}part/{section}/"


def parse_ref_text(text: str) -> tuple[str, MessageRef]:
    """The account's key and the message; raises ValueError for anything else."""
    account_key, _, rest = text.partition("/")
    name, _, place = rest.partition("/")
    if not account_key or not name or not place:
        raise ValueError(f"{text!r} names no message")
    uidvalidity, _, uid = place.partition(".")
    if not (uidvalidity.isdecimal() and uid.isdecimal() and place.isascii()):
        raise ValueError(f"{text!r} names no message")
    mailbox = _mailbox.to_python(unquote(name, errors="strict"))
    return account_key, MessageRef(mailbox, int(uidvalidity), int(uid))
