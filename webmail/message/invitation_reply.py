"""The answer to an invitation: METHOD:REPLY of RFC 5546, section 3.2.3."""

import re
from datetime import UTC, datetime
from enum import StrEnum

from webmail.message.content_lines import Component, escaped, folded, read_components

# What an answer takes over from the invitation, so that the organiser knows which it means.
_KEPT = ("UID", "SEQUENCE", "RECURRENCE-ID", "DTSTART", "DTEND", "DURATION", "ORGANIZER", "SUMMARY")
_MOST_EVENTS = 20
_CONTROLS = re.compile(r"[\x00-\x1f\x7f]")


class Answer(StrEnum):
    """The values of PARTSTAT that somebody invited gives."""

    ACCEPTED = "accepted"
    TENTATIVE = "tentative"
    DECLINED = "declined"


def build_reply(
    raw: bytes, answer: Answer, *, address: str, name: str, now: datetime, comment: str = ""
) -> bytes | None:
    """The calendar that answers this one; None where it holds nothing to answer.

    Zones come along for the times that name them.
    """
    calendars = read_components(raw, "VCALENDAR")
    parts = [part for calendar in calendars for part in calendar.components]
    events = [part for part in parts if part.name in ("VEVENT", "VTODO") and part.text("UID")]
    events = [event for event in events if event.text("UID") == events[0].text("UID")]
    if not events:
        return None
    zones = [part for part in parts if part.name == "VTIMEZONE" and part.text("TZID")][:20]
    lines = ["BEGIN:VCALENDAR", "PRODID:-//Hearth//Hearth//EN", "VERSION:2.0", "METHOD:REPLY"]
    for zone in zones:
        lines += _whole(zone)
    for event in events[:_MOST_EVENTS]:
        lines += _answered(event, answer, _attendee(answer, address, name), now, comment)
    lines.append("END:VCALENDAR")
    return "".join(folded(_CONTROLS.sub("", line)) for line in lines).encode("utf-8", "replace")


def _whole(component: Component) -> list[str]:
    lines = [line.raw for line in component.lines]
    inner = [line for each in component.components for line in _whole(each)]
    return [f"BEGIN:{component.name}", *lines, *inner, f"END:{component.name}"]


def _answered(
    event: Component, answer: Answer, attendee: str, now: datetime, comment: str
) -> list[str]:
    kept = [line.raw for name in _KEPT if (line := event.first(name)) is not None]
    stamp = f"DTSTAMP:{now.astimezone(UTC):%Y%m%dT%H%M%SZ}"
    said = [f"COMMENT:{escaped(comment)}"] if comment else []
    return [f"BEGIN:{event.name}", *kept, stamp, attendee, *said, f"END:{event.name}"]


def _attendee(answer: Answer, address: str, name: str) -> str:
    plain = name.replace('"', "'").strip()
    cn = f';CN="{plain}"' if plain else ""
    return f"ATTENDEE{cn};PARTSTAT={answer.value.upper()}:mailto:{address}"
