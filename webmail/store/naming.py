"""Names that come in from URLs and forms, before they become part of a command."""

import re

from webmail.store.protocol import MessageGone, Refused

_SECTION = re.compile(r"(?:0\.)?[1-9][0-9]{0,3}(\.[1-9][0-9]{0,3}){0,60}|TEXT")
_NOT_IN_NAMES = re.compile("[\x00-\x1f\x7f\ud800-\udfff]")


def check_section(section: str) -> None:
    """MessageGone for what is no part specifier (RFC 9051, 6.4.5), nor one of our own."""
    if not _SECTION.fullmatch(section):
        raise MessageGone("This message has no such part.")


def check_mailbox_name(name: str, *, host: str = "") -> None:
    """Refused for an empty name and for controls, which no server should have to keep."""
    if not name or _NOT_IN_NAMES.search(name):
        text = "A folder needs a name, without line breaks and other control characters."
        raise Refused(text, host=host, code="CANNOT")
