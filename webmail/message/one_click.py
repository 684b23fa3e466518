"""Leaving a list with one request to its page (RFC 8058), where a signature vouches for it.

Without one anybody could have written the address into the message, and a click here would
be a request of this server's to wherever they like.
"""

import re

from webmail.message.authentication import trusted_results
from webmail.message.charset import decode_text
from webmail.message.header import Fields
from webmail.message.list_headers import Command, MailingList

FORM = b"List-Unsubscribe=One-Click"
_NAMES = ("list-unsubscribe", "list-unsubscribe-post")
_TAG = re.compile(r"\s*([a-z]{1,3})\s*=([^;]*)(?:;|$)", re.I)
_BLANKS = re.compile(r"\s+")


def one_click_of(found: MailingList, fields: Fields, authserv_id: str) -> Command | None:
    """The page that takes the request; None where nobody vouches for it.

    A DKIM signature that our own mail server found good has to cover both fields
    (section 4), and there has to be one of each: of two, one is not the signer's.
    """
    page = next((each for each in found.unsubscribe if _is_https(each)), None)
    if page is None or not found.is_one_click:
        return None
    named = [name.lower() for name, _ in fields]
    if any(named.count(name) != 1 for name in _NAMES):
        return None
    return page if _is_covered(fields, authserv_id) else None


def _is_https(command: Command) -> bool:
    return command.url.lower().startswith("https://")


def _is_covered(fields: Fields, authserv_id: str) -> bool:
    good = [
        each
        for each in (trusted_results(fields, authserv_id) if authserv_id else ())
        if each.method == "dkim" and each.result == "pass"
    ]
    signatures = [_tags(value) for name, value in fields if name.lower() == "dkim-signature"]
    return any(
        _is_same(tags, result.value("header.d"), result.value("header.s"), result.value("header.b"))
        for result in good
        for tags in signatures
        if set(_NAMES) <= {each.lower() for each in tags.get("h", "").split(":")}
    )


def _tags(value: bytes) -> dict[str, str]:
    """``v=1; d=example.org; h=from:to``, without the blanks and folds (RFC 6376, 3.2)."""
    text = _BLANKS.sub("", decode_text(value[:16_384]))
    return {name.lower(): said for name, said in _TAG.findall(text)}


def _is_same(tags: dict[str, str], domain: str, selector: str, octets: str) -> bool:
    """Whether the result is about this signature, as far as the result says."""
    octets = octets.strip('"')
    return (
        bool(domain)
        and tags.get("d", "").lower() == domain.lower()
        and (not selector or tags.get("s", "").lower() == selector.lower())
        and tags.get("b", "").startswith(octets)
    )
