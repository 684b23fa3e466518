"""Calendars by mail: what is read of them, in which zone, and the answer to one."""

import json
import time
from datetime import UTC, date, datetime, timedelta

import pytest

from tests.message.reading import SHARED_CORPUS, read
from webmail.message.bodystructure import decode_part
from webmail.message.invitation import read_duration, read_invitation
from webmail.message.invitation_reply import Answer, build_reply
from webmail.message.recurrence import recurrence_words

RAW = SHARED_CORPUS / "ics" / "raw"
INDEX = json.loads((RAW / "index.json").read_text("utf-8")) if RAW.is_dir() else []
MESSAGES = sorted(SHARED_CORPUS.glob("ics/*.eml"))

# The octets are no UTF-8 any more, or an attendee has no address to show.
DIFFERENT = {
    "itip-publish-10.ics": {"attendees"},
    "itip-publish-11.ics": {"summary", "location"},
}


def plain(text):
    return " ".join(text.split()).lower().removeprefix("mailto:") if isinstance(text, str) else text


def facts_of(event):
    start = event.start
    local = start and (start.at.replace(tzinfo=None) if start.at else start.day)
    return {
        "uid": event.uid,
        "summary": event.summary,
        "location": event.location,
        "status": event.status,
        "recurring": event.is_recurring,
        "dtstart": local and local.isoformat(),
        "tzid": start and start.zone_name,
        "organizer": event.organizer and event.organizer.address,
        "attendees": [each.address.lower() for each in event.attendees],
    }


def agrees(name, fact, ours):
    if name == "dtstart":
        return ours == fact.removesuffix("Z")
    if name == "attendees":
        return ours == [plain(each) for each in fact]
    return plain(ours) == plain(fact)


@pytest.mark.parametrize("item", INDEX, ids=lambda item: item["file"])
def test_the_facts_of_calendars_hold(item):
    started = time.process_time()
    found = read_invitation((RAW / item["file"]).read_bytes())
    assert time.process_time() - started < 2
    facts = item["facts"]
    if not facts:
        return
    events = [each for each in found.events if each.kind == "VEVENT"] if found else []
    assert (found.method if found else "") == (facts["method"] or "").upper()
    assert len(events) == facts["event_count"]
    wrong = {
        name
        for fact, event in zip(facts["events"], events, strict=True)
        for name, value in fact.items()
        if not agrees(name, value, facts_of(event)[name])
    }
    assert wrong == DIFFERENT.get(item["file"], set())


@pytest.mark.parametrize("path", MESSAGES, ids=lambda path: path.stem)
def test_an_invitation_by_mail_has_an_event_and_a_start(path):
    message, _ = read(path.read_bytes())
    part = next(p for p in message.structure.walk() if p.media_type == "text/calendar")
    found = read_invitation(decode_part(message.part_bytes(part.section), part.encoding))
    assert found is not None
    assert found.method or part.parameter("method")
    assert found.main is not None
    assert found.main.start is not None


def calendar(*lines, method="REQUEST", zone=()):
    event = ("BEGIN:VEVENT", "UID:1@school.example", *lines, "END:VEVENT")
    whole = ("BEGIN:VCALENDAR", f"METHOD:{method}", *zone, *event, "END:VCALENDAR", "")
    return "\r\n".join(whole).encode()


def start_of(*lines, zone=()):
    return read_invitation(calendar(*lines, zone=zone)).main.start


@pytest.mark.parametrize(
    "tzid",
    [
        "Europe/Stockholm",
        "/mozilla.org/20050126_1/Europe/Stockholm",
        "/freeassociation.sourceforge.net/Tzfile/Europe/Stockholm",
        "W. Europe Standard Time",
        "W. Europe Standard Time 1",
        "Europe/Stockholm (CET)",
        "(UTC+01:00) Amsterdam, Berlin, Bern, Rome, Stockholm, Vienna",
    ],
)
def test_a_zone_is_known_by_its_many_names(tzid):
    moment = start_of(f'DTSTART;TZID="{tzid}":20261126T183000')
    assert moment.at.astimezone(UTC) == datetime(2026, 11, 26, 17, 30, tzinfo=UTC)


ODD_ZONE = (
    *("BEGIN:VTIMEZONE", "TZID:Customized Time Zone"),
    *("BEGIN:STANDARD", "DTSTART:16010101T030000", "TZOFFSETTO:+0100"),
    *("RRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=10", "END:STANDARD"),
    *("BEGIN:DAYLIGHT", "DTSTART:16010101T020000", "TZOFFSETTO:+0200"),
    *("RRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=3", "END:DAYLIGHT", "END:VTIMEZONE"),
)


@pytest.mark.parametrize(("day", "hours"), [("20260715", 2), ("20261126", 1), ("20260101", 1)])
def test_a_zone_nobody_knows_is_what_the_calendar_says_it_is(day, hours):
    moment = start_of(f"DTSTART;TZID=Customized Time Zone:{day}T120000", zone=ODD_ZONE)
    assert moment.at.utcoffset() == timedelta(hours=hours)


@pytest.mark.parametrize(
    ("tzid", "hours"),
    [
        ("(UTC-05:00) Eastern Time (US & Canada)", -4),
        ("(GMT+01.00) Sarajevo/Warsaw/Zagreb", 2),
        ("tzone://Microsoft/Utc", 0),
        ("(UTC+05:30) Nowhere", 5.5),
    ],
)
def test_a_zone_shown_to_people_has_its_summer_time(tzid, hours):
    moment = start_of(f'DTSTART;TZID="{tzid}":20260715T120000')
    assert moment.at.utcoffset() == timedelta(hours=hours)


def test_a_time_may_bring_its_offset_and_an_end_before_the_start_is_none():
    lines = ("DTSTART:20261126T183000+0100", "DTEND:20261126T170000Z")
    event = read_invitation(calendar(*lines)).main
    assert event.start.at == datetime(2026, 11, 26, 17, 30, tzinfo=UTC)
    assert event.end is None


def test_a_whole_day_has_no_time_and_a_floating_time_no_zone():
    assert start_of("DTSTART;VALUE=DATE:20261126").at is None
    assert start_of("DTSTART:20261126T183000").is_floating
    assert start_of("DTSTART;TZID=Nowhere:20261126T183000").zone_name == "Nowhere"


def test_a_length_takes_the_place_of_an_end():
    event = read_invitation(calendar("DTSTART:20261126T183000Z", "DURATION:PT1H30M")).main
    assert event.end.at == datetime(2026, 11, 26, 20, 0, tzinfo=UTC)
    assert read_duration("P1W") == timedelta(weeks=1)
    assert read_duration("PT") == timedelta(0)
    assert read_duration("P9999999D") is None


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        ("FREQ=WEEKLY;BYDAY=TU,TH;UNTIL=20270312T000000Z",
         "Every week on Tuesday and Thursday, until 12 March 2027"),
        ("FREQ=DAILY;BYDAY=MO,TU,WE,TH,FR", "Every workday"),
        ("FREQ=MONTHLY;BYDAY=-1FR", "Every month on the last Friday"),
        ("FREQ=MONTHLY;BYDAY=MO;BYSETPOS=2", "Every month on the second Monday"),
        ("FREQ=MONTHLY;BYMONTHDAY=-1;INTERVAL=3", "Every 3 months on the last day"),
        ("FREQ=YEARLY;BYMONTH=11;BYMONTHDAY=26;COUNT=5",
         "Every year on day 26 in November, 5 times"),
        ("FREQ=SECONDLY", "Every second"),
        ("nonsense", "Repeats"),
    ],
)  # fmt: skip
def test_a_rule_is_told_in_words(rule, words):
    assert recurrence_words(rule) == words


def test_a_rule_without_end_is_never_followed():
    started = time.process_time()
    raw = calendar("DTSTART:20261126T183000Z", "RRULE:FREQ=SECONDLY", "SUMMARY:x" * 1)
    assert read_invitation(raw).main.recurrence == "Every second"
    assert time.process_time() - started < 0.2


def test_ten_thousand_events_and_endless_nesting_are_cut():
    many = calendar().replace(b"BEGIN:VEVENT", b"BEGIN:VEVENT\r\nEND:VEVENT\r\nBEGIN:VEVENT" * 5000)
    started = time.process_time()
    assert len(read_invitation(many).events) <= 1000
    read_invitation(b"BEGIN:VCALENDAR\r\n" * 50_000)
    read_invitation(b"X;" * 500_000 + b":y")
    assert time.process_time() - started < 3


INVITED = calendar(
    "SUMMARY:Parents’ evening\\, class 3B: the reading project, the spring trip and your questions",
    "DTSTART;TZID=Customized Time Zone:20261126T183000",
    "SEQUENCE:2",
    'ORGANIZER;CN="Office":mailto:office@school.example',
    "ATTENDEE;PARTSTAT=NEEDS-ACTION:mailto:mara@hearth.example",
    "ATTENDEE;PARTSTAT=ACCEPTED:mailto:jonas@hearth.example",
    zone=ODD_ZONE,
)
NOW = datetime(2026, 11, 20, 8, 0, tzinfo=UTC)


def test_an_answer_names_the_event_the_organiser_and_only_the_one_who_answers():
    raw = build_reply(INVITED, Answer.ACCEPTED, address="mara@hearth.example", name="Mara", now=NOW)
    assert all(len(line) <= 75 for line in raw.split(b"\r\n"))
    found = read_invitation(raw)
    assert found.method == "REPLY"
    assert found.main.uid == "1@school.example"
    assert found.main.sequence == 2
    assert found.main.organizer.address == "office@school.example"
    assert [(a.address, a.answer) for a in found.main.attendees] == [
        ("mara@hearth.example", "accepted")
    ]
    assert found.main.start.at.utcoffset() == timedelta(hours=1)
    assert found.main.start.day == date(2026, 11, 26)


def test_a_name_cannot_bring_a_line_of_its_own_into_the_answer():
    name = 'Mara"\r\nX-EVIL:1'
    raw = build_reply(INVITED, Answer.DECLINED, address="mara@hearth.example", name=name, now=NOW)
    assert b"\r\nX-EVIL" not in raw.replace(b"\r\n ", b"")
