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
    has_author_name,
    is_machine,
    is_system,
    read_delivery_status,
    read_original,
)
from webmail.message.giving_way import politely
from webmail.message.header import Fields, first
from webmail.message.refusals import UNSAID
from webmail.message.status_codes import find_status, has_code, has_refusal, reason_of
from webmail.message.words import decode_header_words

_MAX_TEXT = 40_000

# In X.400 addresses and quotation marks too; dots go on only before a further letter.
_SPEC = (
    r"[A-Za-z0-9!#$%&*+/?^_`{|}~.-][A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]{0,63}"
    r"@[A-Za-z0-9](?:[A-Za-z0-9-]|\.(?=[A-Za-z0-9])){1,250}"
)
_ADDRESS = re.compile(rf"(?:(?:smtp|rfc822)[=:])?({_SPEC})", re.IGNORECASE)
# Not who got no mail: it came from there.
_FROM = re.compile(r"\bfrom:?\s+[<\"'(]*$", re.IGNORECASE)
# The address as the sender wrote it, where the server made another of it.
_MADE_FROM = re.compile(
    rf"\s*>?\s*\((?:ultimately )?(?:generated|expanded) from:?\s+<?({_SPEC})", re.IGNORECASE
)
# What is above such words says what was sent, what is below whom it did not reach.
_INTRODUCED = re.compile(
    r"\b(?:following|these|failed|intended)\s+(?:\w+\s+){0,3}(?:recipient|address|user)"
    r"(?:e?s\b|\(e?s\)|\b)",
    re.IGNORECASE,
)
# Where the copy of the message begins; everything above it is the mail system speaking.
_COPY = re.compile(
    r"""^[ \t]*(?:
      -{2,}[ ]*(?:below[ ]this[ ]line|(?:attachment|this)[ ]is[ ]a[ ]copy|original[ ]message
        |returned[ ](?:message|mail)
        |the[ ]header[ ]of[ ]the[ ]original|the[ ]body[ ]of|unsent[ ]message|message[ ]header)
      |(?:the[ ])?original[ ]message[ ](?:headers?|details|follows)|message[ ]headers[ ]follow
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
    |fail(?:ed)?[ ](?:permanently|address|recipient)|mail[ ]failed|has[ ]been[ ]returned
    |no[ ]such[ ]user|user[ ]unknown|no[ ]ha[ ]sido[ ]entregad|n.a[ ]pas[ ]été[ ](?:remis|distribué)
    |não[ ](?:foi|p[ôo]de)[ ][\w\s]{0,20}entreg|mancato[ ]recapito|onbestelbaar
    |nie[ ][\w\s]{0,20}dostarcz|nebyla?[ ]doručena|не[ ]был[оаи]?[ ]доставлен
    |teslim[ ]edilemedi|传输失败|投递失败|无法(?:发送|投递|送达)|退信|배달[ ]?실패|전송[ ]?실패
    |may[ ]not[ ]exist|存在しない|delivery[ ]error|was[ ]aborted|bounce[ ]notification""",
    re.IGNORECASE | re.VERBOSE,
)
_DELAYED = re.compile(
    r"""(?:has|have)[ ](?:not[ ]yet|yet[ ]not)[ ]been[ ]delivered
    |still[ ](?:being[ ])?(?:retr|tr)ying
    |will[ ](?:keep|continue)[ ](?:trying|to[ ]be[ ](?:tried|made)|to[ ]try|retrying)
    |been[ ]postponed|delivery[ ][\w\s]{0,30}delayed
    |\bdelayed\b|no[ ]action[ ]is[ ]required|do[ ]not[ ]need[ ]to[ ]resend
    |warning[ ]message[ ]only""",
    re.IGNORECASE | re.VERBOSE,
)
# So begins the subject of a bounce, whatever the program that wrote it calls itself.
_BOUNCE_SUBJECT = re.compile(
    r"(?:undeliver(?:ed|able)|non-?delivery|returned (?:e-?)?mail|failure notice|failed mail"
    r"|mail (?:delivery (?:fail|error|system|problem)|could not be delivered|failed|failure)"
    r"|delivery (?:status notification|fail|error|has failed)|unzustellbar|mancato recapito"
    r"|message (?:undeliverable|not delivered)|onbestelbaar)",
    re.IGNORECASE,
)
_GIVEN_UP = re.compile(r"given up|permanent(?:ly)? (?:error|fail)|fail(?:ed)? permanently", re.I)
_AFTER_REPORT = re.compile(r"^--|^(?:Content-Type|Received|Return-Path):", re.M | re.I)
# A person's own program answering, not the mail system (RFC 3834).
_ANSWERS = re.compile(
    r"^(?:auto(?:matic)?[ -]?(?:reply|respon\w*|answer)|out of (?:the )?office|abwesen|absence"
    r"|vacation|respuesta autom|réponse autom|risposta autom|automatisch)",
    re.IGNORECASE,
)


def find_delivery_in_text(
    fields: Fields, sender: str, text: str, *, has_copy: bool = False
) -> Delivery | None:
    """What a bounce that is no report says; None for everything that is not one.

    ``text`` is what the message shows, ``sender`` the address in From; ``has_copy`` says
    whether a message is attached.
    """
    subject = decode_header_words(first(fields, "Subject")).strip()
    failed = _failed_recipients(fields)
    if _ANSWERS.match(subject):
        return None
    notice, copy = _cut(text[:_MAX_TEXT])
    others = {sender.lower(), *_addresses(decode_text(first(fields, "To")))}
    if not (failed or is_machine(fields, sender)):
        is_proven = _speaks_as_machine(subject, notice, others, has_copy=has_copy or bool(copy))
        if has_author_name(fields) or not is_proven:
            return None
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
    return Delivery(_recipients(notice, failed, others, original, action), original)


def _speaks_as_machine(subject: str, notice: str, others: set[str], *, has_copy: bool) -> bool:
    """Whether a gateway of any name says it; a lure about held mail has none of the proof."""
    if not (_BOUNCE_SUBJECT.match(subject) and _FAILED.search(notice)):
        return False
    names_somebody = _INTRODUCED.search(notice) is not None and bool(_named(notice, others))
    return has_copy or names_somebody or has_code(notice)


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
    named = (
        found
        for found in politely(_ADDRESS.finditer(text))
        if not _FROM.search(text, max(found.start() - 12, 0), found.start())
    )
    return list(dict.fromkeys(found[1].lower() for found in named))


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
        replace(blank, address=_as_written(notice, address), said=said[:600],
                status=find_status(said), reason=reason_of("", said))
        for address, said in _sayings(notice, named[:MAX_RECIPIENTS])
    )  # fmt: skip


def _named(notice: str, others: set[str]) -> list[str]:
    """Who is told of; addresses at the beginning of a line first: the text around names others."""
    introduced = _INTRODUCED.search(notice)
    below = notice[introduced.end() :] if introduced else ""
    for text in (below, notice):
        heads = [
            found[1].lower()
            for line in text.splitlines()
            if (found := _ADDRESS.match(line[:200].strip(" \t<>*\"'“”-[(")))
        ]
        for candidates in (list(dict.fromkeys(heads)), _addresses(text)):
            named = [address for address in candidates if address not in others]
            if named:
                return [each for each in named if not is_system(each)] or named
    return [found[1].lower() for found in _MADE_FROM.finditer(notice)]


def _as_written(notice: str, address: str) -> str:
    """What the sender wrote, where the server says what it made of it."""
    place = notice.lower().find(address)
    found = _MADE_FROM.match(notice, place + len(address)) if place >= 0 else None
    return found[1].lower() if found else address


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
