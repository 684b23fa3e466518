"""Bounces that are text for people and no report: qmail, Exim, sendmail, Exchange, Gmail…

Their shapes have three things in common: a mail system as the sender, a sentence that
something could not be delivered, and the copy of what came back below a line of its own.
"""

import re
from dataclasses import replace

from webmail.message.charset import decode_text
from webmail.message.delivery import (
    MAX_RECIPIENTS,
    Action,
    Delivery,
    Original,
    Recipient,
    is_machine,
    read_delivery_status,
    read_original,
)
from webmail.message.header import Fields, first
from webmail.message.refusals import UNSAID
from webmail.message.status_codes import find_status, has_refusal, reason_of
from webmail.message.words import decode_header_words

_MAX_TEXT = 40_000

_ADDRESS = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]{1,64}@[A-Za-z0-9][A-Za-z0-9.-]{1,250}\b")
# Where the copy of the message begins; everything above it is the mail system speaking.
_COPY = re.compile(
    r"""^[ \t]*(?:
      -{2,}[ ]*(?:below[ ]this[ ]line|this[ ]is[ ]a[ ]copy|original[ ]message|returned[ ]message
        |the[ ]header[ ]of[ ]the[ ]original|the[ ]body[ ]of|unsent[ ]message|message[ ]header)
      |(?:the[ ])?original[ ]message[ ](?:headers?|follows)|message[ ]headers[ ]follow
      |below[ ]is[ ]a[ ]copy|included[ ]is[ ]a[ ]copy|a[ ]copy[ ]of[ ](?:the|your)[ ]message
      |original[ ]message:|bounced[ ]e-mail:|original[ ]mail[ ]as[ ]follows
      |content-type:[ ]*(?:message/rfc822|text/rfc822-headers)
      |(?:received|return-path|x-received|dkim-signature):.*
    )""",
    re.IGNORECASE | re.MULTILINE | re.VERBOSE,
)
_HEADER_LINE = re.compile(r"^[ \t]{0,4}[A-Za-z][A-Za-z0-9-]{1,60}:", re.MULTILINE)
_FAILED = re.compile(
    r"""could[ ]not[ ]be[ ](?:\w+[ ])?(?:delivered|sent)|couldn.t[ ]be[ ]delivered
    |(?:was|were|is|have[ ]been|has[ ]been)[ ](?:not|unable)[ ](?:to[ ]be[ ])?(?:delivered|sent)
    |(?:unable|able)[ ]to[ ]deliver|not[ ]be[ ]delivered|cannot[ ]be[ ]delivered|did[ ]not[ ]reach
    |deliver(?:y|ing)[ ][\w\s(]{0,60}(?:fail|abort|unsuccessful|error|not[ ]possible)
    |(?:error|fail(?:ed|ure)?)[ ][\w\s]{0,60}deliver|undeliver(?:able|ed)|returned[ ]to[ ]sender
    |permanent[ ](?:fatal[ ])?(?:error|failure)|unknown[ ]user|delivery[ ]has[ ]failed
    |failure[ ](?:notice|reasons)|returned[ ]mail|mail[ ]failure|was[ ]rejected|following[ ]errors
    |mailbox[ ]exceeds|did[ ]not[ ]like[ ]our|unzustellbar|konnte[ ]nicht[ ]zugestellt
    |n.a[ ]pas[ ]pu[ ](?:être|etre)|non[ ](?:è|e)[ ]stato[ ]possibile|no[ ]se[ ]ha[ ]podido
    |no[ ]se[ ]pudo[ ]entregar|niet[ ]worden[ ]bezorgd|kunde[ ]inte[ ]levereras|не[ ]доставлено
    |не[ ]может[ ]быть[ ]доставлено|送信できません|配信できません|配信に失敗|送信に失敗
    |may[ ]not[ ]exist|存在しない|delivery[ ]error|was[ ]aborted|bounce[ ]notification""",
    re.IGNORECASE | re.VERBOSE,
)
_DELAYED = re.compile(
    r"""(?:has|have)[ ]not[ ](?:yet[ ])?been[ ]delivered|still[ ](?:being[ ])?(?:retr|tr)ying
    |will[ ](?:keep|continue)[ ](?:trying|to[ ]be[ ]tried|retrying)|delivery[ ][\w\s]{0,30}delayed
    |\bdelayed\b|no[ ]action[ ]is[ ]required|do[ ]not[ ]need[ ]to[ ]resend
    |warning[ ]message[ ]only""",
    re.IGNORECASE | re.VERBOSE,
)
_GIVEN_UP = re.compile(r"given up|permanent(?:ly)? (?:error|fail)|fail(?:ed)? permanently", re.I)
_AFTER_REPORT = re.compile(r"^--|^(?:Content-Type|Received|Return-Path):", re.M | re.I)
# A person's own program answering, not the mail system (RFC 3834).
_ANSWERS = re.compile(
    r"^(?:auto(?:matic)?[ -]?(?:reply|respon\w*|answer)|out of (?:the )?office|abwesen|absence"
    r"|vacation|respuesta autom|réponse autom|risposta autom|automatisch)",
    re.IGNORECASE,
)


def find_delivery_in_text(fields: Fields, sender: str, text: str) -> Delivery | None:
    """What a bounce that is no report says; None for everything that is not one.

    ``text`` is what the message shows, ``sender`` the address in From.
    """
    subject = decode_header_words(first(fields, "Subject"))
    failed = _failed_recipients(fields)
    if _ANSWERS.match(subject.strip()) or not (failed or is_machine(fields, sender)):
        return None
    notice, copy = _cut(text[:_MAX_TEXT])
    original = read_original(copy.encode("utf-8", "replace"))
    if "final-recipient:" in text.lower():
        recipients = read_delivery_status(_from_report(text))
        if recipients:
            return Delivery(recipients, original)
    words = f"{subject}\n{notice}"
    if not (failed or _FAILED.search(words) or _DELAYED.search(words)):
        return None
    action = Action.FAILED
    if _DELAYED.search(words) and not _GIVEN_UP.search(notice):
        action = Action.DELAYED
    others = {sender.lower(), *_addresses(decode_text(first(fields, "To")))}
    return Delivery(_recipients(notice, failed, others, original, action), original)


def _failed_recipients(fields: Fields) -> list[str]:
    """Exim and Gmail name them in a field of their own."""
    return _addresses(decode_text(first(fields, "X-Failed-Recipients")))[:MAX_RECIPIENTS]


def _cut(text: str) -> tuple[str, str]:
    """The notice, and the copy from its first header line on."""
    found = _COPY.search(text)
    if found is None:
        return text, ""
    start = found.start() if found[0].endswith(":") or ":" in found[0] else found.end()
    line = text[found.start() :].partition("\n")[0]
    if not _HEADER_LINE.match(line) or line.rstrip().endswith(":"):
        start = found.start() + len(line)
    header = _HEADER_LINE.search(text, start)
    lines = text[header.start() :].splitlines() if header else []
    indent = len(lines[0]) - len(lines[0].lstrip()) if lines else 0
    return text[: found.start()], "\n".join(line[indent:] for line in lines)


def _from_report(text: str) -> bytes:
    """The report inside the text: sendmail's boundary lines are left behind."""
    start = text.lower().rfind("\n", 0, text.lower().index("final-recipient:"))
    end = re.compile(r"^--|^(?:Content-Type|Received|Return-Path):", re.M | re.I).search(
        text, start + 1
    )
    return text[max(start, 0) : end.start() if end else None].strip().encode("utf-8", "replace")


def _addresses(text: str) -> list[str]:
    """Each address once, in lower case, where it first stands."""
    return list(dict.fromkeys(found.rstrip(".-").lower() for found in _ADDRESS.findall(text)))


def _recipients(
    notice: str, failed: list[str], others: set[str], original: Original, action: Action
) -> tuple[Recipient, ...]:
    named = failed or _named(notice, others) or _addresses(" ".join(original.to))
    if not named:
        words = _one_line(notice)
        reason = reason_of("", words) if has_refusal(words) else UNSAID
        return (Recipient("", action, reason, find_status(words), words[:600]),)
    blank = Recipient("", action, UNSAID)
    return tuple(
        replace(blank, address=address, said=said[:600], status=find_status(said),
                reason=reason_of("", said))
        for address, said in _sayings(notice, named[:MAX_RECIPIENTS])
    )  # fmt: skip


def _named(notice: str, others: set[str]) -> list[str]:
    """Addresses at the beginning of a line first: the text around may name others."""
    leading = [
        line.strip(" \t<>*\"'“”-") for line in notice.splitlines() if _ADDRESS.search(line[:100])
    ]
    heads = [found[0].lower() for line in leading if (found := _ADDRESS.match(line))]
    candidates = list(dict.fromkeys(heads)) or _addresses(notice)
    return [address for address in candidates if address not in others] or [
        address for address in _addresses(notice) if address not in others
    ]


def _sayings(notice: str, named: list[str]) -> list[tuple[str, str]]:
    """What is said of each: from where it is named up to where the next is."""
    low = notice.lower()
    places = sorted((max(low.find(address), 0), address) for address in named)
    ends = [place for place, _ in places[1:]] + [len(notice)]
    sayings = []
    for (place, address), end in zip(places, ends, strict=True):
        said = _one_line(notice[place:end])
        if not has_refusal(said):
            said = _one_line(notice)
        sayings.append((address, said))
    return sayings


def _one_line(text: str) -> str:
    return " ".join(text.split())
