"""The state of an outgoing message in words, for its sender."""

from datetime import datetime
from math import ceil

from webmail.submission import clock
from webmail.submission.models import Outgoing, State, Step, Trouble

UNCERTAIN_TEXT = (
    "The server may or may not have taken this message: the connection broke before it "
    "answered. Look whether it arrived, then choose “Send again” or “Mark as sent”."
)


def state_text(row: Outgoing) -> str:
    """One or two plain sentences; the server's words are quoted."""
    return _TEXTS[State(row.state)](row)


def _held(row: Outgoing) -> str:
    seconds = (row.send_at - clock.now()).total_seconds()
    if seconds <= 0:
        return "About to be sent."
    return f"Will be sent in {_span(seconds)}. You can still undo."


def _retry(row: Outgoing) -> str:
    when = _next_try(row.next_attempt_at)
    if row.trouble in {Trouble.AUTH, Trouble.ACCOUNT}:
        return (
            f"Not sent yet. {_sentence(row.last_error)} Sign in with the right password and "
            f"choose “Send again”. {when}"
        )
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
            "The message was sent, but could not be filed in Sent yet: the server says "
            f"“{row.sent_copy_error}”. It is kept here, and we keep trying for two weeks."
        )
    if row.sent_copy == Step.PENDING:
        return "Sent. The copy for the Sent folder follows."
    return "Sent."


def _done(row: Outgoing) -> str:
    if row.sent_copy == Step.FAILED:
        return f"Sent, but no copy could be filed in Sent: “{row.sent_copy_error}”."
    return "Sent."


def _cancelled(row: Outgoing) -> str:
    if row.wire_path:
        return "Not sent. Its draft was discarded; this is the only copy."
    return "Not sent. It is back in Drafts."


_TEXTS = {
    State.HELD: _held,
    State.READY: lambda row: "About to be sent.",
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


def _span(seconds: float) -> str:
    """Seconds in the unit people would use, rounded up."""
    for unit, size in (("day", 86400), ("hour", 3600), ("minute", 60), ("second", 1)):
        if seconds > size or size == 1:
            count = max(1, ceil(seconds / size))
            return f"{count} {unit}" if count == 1 else f"{count} {unit}s"
    return ""
