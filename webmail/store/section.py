"""Part specifiers (RFC 9051, 6.4.5) as they come in from URLs."""

import re

from webmail.store.protocol import MessageGone

_SECTION = re.compile(r"[1-9][0-9]{0,3}(\.[1-9][0-9]{0,3}){0,60}")


def check_section(section: str) -> None:
    """MessageGone for what numbers no part; only then may it become part of a command."""
    if not _SECTION.fullmatch(section):
        raise MessageGone("This message has no such part.")
