"""The state of an outgoing message in words, for its sender."""

from collections.abc import Callable
from datetime import datetime
from math import ceil

from webmail.submission import clock
from webmail.submission.models import Outgoing, State, Step, Trouble
from webmail.submission.standing import LATE, Tally

UNCERTAIN_TEXT = (
    "The server may or may not have taken this message: the connection broke before it "
    "answered. Look whether it arrived, then choose “Send again” or “Mark as sent”."
)

RESTORED_TEXT = (
    "Not sent by itself: Hearth was restored from a backup, and this message may have left after "
    "the backup was made. Look in Sent, then choose “Send again” or “Mark as sent”."
)

TOO_LATE_TEXT = (
    "Not sent by itself: it was to leave {span} ago, and nothing could send it until now. "
    "Choose “Send now”, or change it first."
)

_UNASKED = "Not sent yet: it leaves only if nobody has answered, and that could not be asked."
_AFTER_A_DAY = "After a day we ask you instead of sending it."
_NOBODY_KNOWS = "Nobody could ask the mail server whether it was answered meanwhile."


def state_text(row: Outgoing) -> str:
    """One or two plain sentences; the server's words are quoted."""
    return _TEXTS[State(row.state)](row)


def tally_text(tally: Tally) -> str:
    """What a page says of the outbox: empty, or a sentence for each kind of trouble."""
    said = [
        (tally.failed, "{0} was not sent.", "{0} were not sent."),
        (tally.unclear, "The mail server may or may not have taken {0}.", ""),
        (
            tally.locked_out,
            "{0} is waiting: the mail server refuses your password.",
            "{0} are waiting: the mail server refuses your password.",
        ),
        (
            tally.shut_out,
            "{0} is waiting: the sending server of its name refuses the password.",
            "{0} are waiting: the sending server of their name refuses the password.",
        ),
        (
            tally.late,
            "{0} could not be sent yet; we keep trying.",
            "",
        ),
        (tally.unfiled, "{0} was sent, but not filed in Sent.", "{0} were sent, but not filed."),
        (
            tally.restored,
            "{0} came back with a backup and may have been sent since.",
            "",
        ),
        (
            tally.too_late,
            "{0} missed its time by more than a day and waits for your word.",
            "{0} missed their time by more than a day and wait for your word.",
        ),
        (
            tally.answered,
            "{0} was not sent, because somebody answered first.",
            "{0} were not sent, because somebody answered first.",
        ),
    ]
    sentences = (
        (several or one if count > 1 else one).format(_messages(count))
        for count, one, several in said
        if count
    )
    return " ".join(sentence[0].upper() + sentence[1:] for sentence in sentences)


def _messages(count: int) -> str:
    return "one message" if count == 1 else f"{count} messages"


def _held(row: Outgoing) -> str:
    if row.is_restored:
        return RESTORED_TEXT
    seconds = (row.send_at - clock.now()).total_seconds()
    if row.is_too_late:
        text = TOO_LATE_TEXT.format(span=_span(-seconds, round))
        return f"{text} {_NOBODY_KNOWS}" if row.unless_answered else text
    if seconds <= 0:
        return _about_to_be_sent(row)
    return f"Will be sent in {_span(seconds)}{condition_text(row)}. You can still undo."


def condition_text(row: Outgoing) -> str:
    """What a sentence on when it leaves goes on with."""
    return ", unless somebody answers first" if row.unless_answered else ""


def _about_to_be_sent(row: Outgoing) -> str:
    late = _lateness(row)
    return f"{late}. It leaves now." if late else "About to be sent."


def _lateness(row: Outgoing) -> str:
    """Of a message for which nobody came at its time (F38); empty where somebody did.

    One that was tried before has other words for why it is late.
    """
    since = row.trying_since or clock.now()
    if row.attempt > 1 or since - row.send_at < LATE:
        return ""
    span = _span((since - row.send_at).total_seconds(), round)
    return f"{span} late: nothing could send it when its time came"


def is_late(row: Outgoing) -> bool:
    """Whether it is on its way, or left, long after its time, and nobody had tried."""
    return row.state != State.CANCELLED and bool(_lateness(row))


def _sent(row: Outgoing) -> str:
    late = _lateness(row)
    return f"Sent, {late}." if late else "Sent."


def _retry(row: Outgoing) -> str:
    when = _next_try(row.next_attempt_at)
    if row.trouble in {Trouble.AUTH, Trouble.ACCOUNT}:
        cure = "Sign in again with the right password"
        if row.submission_url:
            cure = "Correct the password in Settings, Names and signatures,"
        if row.submission_provider:
            cure = "Allow it again in Settings, Names and signatures,"
        return f"Not sent yet. {_sentence(row.last_error)} {cure} and it leaves by itself. {when}"
    if row.trouble == Trouble.UNASKED:
        return f"{_UNASKED} {_sentence(row.last_error)} {when} {_AFTER_A_DAY}"
    if row.trouble == Trouble.LATER:
        return f"Not sent yet: the mail server wants us to come back later. {_said(row)} {when}"
    return f"Not sent yet. {_sentence(row.last_error)} {when}"


def _failed(row: Outgoing) -> str:
    if row.refused_recipients:
        names = ", ".join(row.refused_recipients)
        words = "; ".join(row.refused_recipients.values())
        return f"Sent to nobody: the mail server refused {names}. It said: “{words}”."
    if row.trouble == Trouble.TOO_OLD:
        return f"Not sent: we tried for two days and gave up. The last answer: “{row.last_error}”."
    if row.trouble == Trouble.REFUSED:
        return f"Not sent: the mail server refused the message. {_said(row)}"
    return f"Not sent: {row.last_error}. Choose “Send again” or edit the message."


def _accepted(row: Outgoing) -> str:
    if row.sent_copy == Step.PENDING and row.sent_copy_error:
        return (
            "The message was sent, but could not be filed in Sent yet: "
            f"“{row.sent_copy_error}”. It is kept here, and we keep trying for two weeks. "
            "Has your password changed? Sign in again, and it is filed by itself."
        )
    if row.sent_copy == Step.PENDING:
        return f"{_sent(row)} The copy for the Sent folder follows."
    return _sent(row)


def _done(row: Outgoing) -> str:
    if row.sent_copy == Step.FAILED and row.sent_path:
        return (
            f"Sent, but no copy could be filed in Sent: “{row.sent_copy_error}”. "
            "The only copy is here: download it, or try again."
        )
    if row.sent_copy == Step.FAILED:
        return f"Sent, but no copy could be filed in Sent: “{row.sent_copy_error}”."
    return _sent(row)


def answered_text(row: Outgoing, at: str) -> str:
    """``at`` is when it was answered, in the reader's own words; empty to leave that out."""
    when = f" on {at}" if at else " first"
    return f"Not sent: {row.answered_by or 'somebody'} answered{when}. {_where(row)}"


def _where(row: Outgoing) -> str:
    return "This is the only copy." if row.wire_path else "Your message is back in Drafts."


def _cancelled(row: Outgoing) -> str:
    if row.is_answered:
        return answered_text(row, "")
    if row.wire_path:
        return "Not sent. Its draft was discarded; this is the only copy."
    return "Not sent. It is back in Drafts."


_TEXTS = {
    State.HELD: _held,
    State.READY: _about_to_be_sent,
    State.CLAIMED: lambda row: "Being sent now.",
    State.DATA: lambda row: "Being sent now: waiting for the mail server to confirm.",
    State.RETRY_WAIT: _retry,
    State.ACCEPTED: _accepted,
    State.DONE: _done,
    State.FAILED: _failed,
    State.UNCERTAIN: lambda row: UNCERTAIN_TEXT,
    State.CANCELLED: _cancelled,
}


def _said(row: Outgoing) -> str:
    """The server's words begin with a reply code; what we found out ourselves does not."""
    if row.last_error[:3].isdecimal():
        return f"It said: “{row.last_error}”."
    return _sentence(row.last_error)


def _sentence(words: str) -> str:
    return words if words.endswith((".", "!", "?")) else f"{words}."


def _next_try(at: datetime | None) -> str:
    if at is None:
        return ""
    seconds = (at - clock.now()).total_seconds()
    return "Trying again now." if seconds <= 0 else f"Next try in {_span(seconds)}."


def _span(seconds: float, whole: Callable[[float], int] = ceil) -> str:
    """Seconds in the unit people would use, rounded up or as told."""
    for unit, size in (("day", 86400), ("hour", 3600), ("minute", 60), ("second", 1)):
        if seconds > size or size == 1:
            count = max(1, whole(seconds / size))
            return f"{count} {unit}" if count == 1 else f"{count} {unit}s"
    return ""
