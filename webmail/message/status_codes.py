"""Why a mail server refused, in plain words: RFC 3463, the register of RFC 5248, RFC 5321.

Servers say more in their own words than in their codes, and often the codes are wrong: a
full mailbox comes as 5.0.0, 5.1.1 or 5.2.1.  So the words are looked at first.
"""

import re

from webmail.message.refusals import (
    AMBIGUOUS,
    BAD_ADDRESS,
    BLOCKED,
    CLOSED,
    CONTENT,
    DISABLED,
    ENCRYPTION,
    EXPIRED,
    FAULT,
    FULL,
    LOOP,
    MOVED,
    NO_DOMAIN,
    NO_ROOM,
    NOT_ALLOWED,
    POLICY,
    SENDER,
    SIGN_IN,
    TOO_LARGE,
    TOO_MANY,
    TOO_MANY_RECEIVERS,
    UNKNOWN,
    UNPROVEN,
    UNREACHABLE,
    UNSAID,
    WORDS,
    Reason,
)

_ENHANCED = re.compile(r"(?<![\d.])([245])\.(\d{1,3})\.(\d{1,3})(?![\d]|\.\d)")
_BASIC = re.compile(r"(?<![\d.])([45]\d\d)(?=[ \-:#;\]]|$)")
_MAX_LOOKED_AT = 4000


_COMPILED = tuple((reason, re.compile(words, re.IGNORECASE)) for reason, words in WORDS)

# RFC 3463 and the IANA register of RFC 5248, by subject and detail.
_BY_CODE: dict[str, Reason] = {
    "1.1": UNKNOWN, "1.2": NO_DOMAIN, "1.3": BAD_ADDRESS, "1.4": AMBIGUOUS, "1.6": MOVED,
    "1.7": SENDER, "1.8": SENDER, "1.10": UNKNOWN,
    "2.1": DISABLED, "2.2": FULL, "2.3": TOO_LARGE, "2.4": NOT_ALLOWED,
    "3.1": NO_ROOM, "3.2": CLOSED, "3.4": TOO_LARGE, "3.5": FAULT,
    "4.1": UNREACHABLE, "4.2": UNREACHABLE, "4.3": UNREACHABLE, "4.4": NO_DOMAIN, "4.5": CLOSED,
    "4.6": LOOP, "4.7": EXPIRED,
    "5.3": TOO_MANY_RECEIVERS,
    "6.1": CONTENT, "6.2": CONTENT, "6.3": CONTENT,
    "7.1": POLICY, "7.2": NOT_ALLOWED, "7.4": ENCRYPTION, "7.5": ENCRYPTION, "7.8": SIGN_IN,
    "7.9": POLICY, "7.10": ENCRYPTION, "7.13": DISABLED, "7.17": MOVED, "7.20": UNPROVEN,
    "7.21": UNPROVEN, "7.22": UNPROVEN, "7.23": UNPROVEN, "7.24": UNPROVEN, "7.25": BLOCKED,
    "7.26": UNPROVEN, "7.27": SENDER, "7.28": TOO_MANY,
}  # fmt: skip
_BY_SUBJECT = {
    "1": UNKNOWN, "2": CLOSED, "3": FAULT, "4": UNREACHABLE, "5": FAULT, "6": CONTENT, "7": POLICY,
}  # fmt: skip
# RFC 5321, section 4.2.3.
_BY_REPLY = {
    "421": CLOSED, "450": CLOSED, "451": FAULT, "452": NO_ROOM, "550": UNSAID, "551": MOVED,
    "552": TOO_LARGE, "553": BAD_ADDRESS, "530": SIGN_IN, "535": SIGN_IN, "556": NO_DOMAIN,
}  # fmt: skip


def reason_of(status: str, words: str) -> Reason:
    """The reason in the server's ``words``, else in its enhanced status code, else in its reply.

    ``status`` is the field of a delivery status (``5.1.1``), or empty.
    """
    words = " ".join(words[:_MAX_LOOKED_AT].split())
    for reason, pattern in _COMPILED:
        if pattern.search(words):
            return reason
    codes = [*_ENHANCED.findall(words), *_ENHANCED.findall(status)]
    for _, subject, detail in codes:
        if f"{subject}.{detail}" in _BY_CODE:
            return _BY_CODE[f"{subject}.{detail}"]
    for _, subject, _ in codes:
        if subject in _BY_SUBJECT:
            return _BY_SUBJECT[subject]
    reply = _BASIC.search(words)
    return _BY_REPLY.get(reply[1], UNSAID) if reply else UNSAID


def find_status(words: str) -> str:
    """The first enhanced status code of a failure in a text, or empty."""
    found = next((code for code in _ENHANCED.findall(words) if code[0] != "2"), None)
    return ".".join(found) if found else ""


def has_refusal(words: str) -> bool:
    """Whether a text holds a server's refusal, by code or by its words."""
    return has_code(words) or any(pattern.search(words) for _, pattern in _COMPILED)


def has_code(words: str) -> bool:
    """Whether a text holds the code of a server's refusal."""
    return bool(find_status(words) or _BASIC.search(words))
