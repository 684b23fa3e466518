"""A one-time code, to be copied instead of typed."""

from dataclasses import dataclass

from webmail.message.one_time_code import find_code
from webmail.web.sheet import Sheet

_MAX_TEXT = 5000


@dataclass(frozen=True, slots=True)
class CodeCard:
    code: str
    spoken: str


def make(sheet: Sheet) -> CodeCard | None:
    """Only of short messages: a long one that speaks of codes is about something else."""
    text = sheet.opened.body.text
    if len(text) > _MAX_TEXT or sheet.sender.addr_spec.lower() in sheet.mine:
        return None
    code = find_code(f"{sheet.summary.envelope.subject}\n\n{text}")
    return CodeCard(code, " ".join(code)) if code else None
