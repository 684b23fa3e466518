"""What a row says."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from webmail.index.rows import marks_of
from webmail.message.address import Address
from webmail.message.bodystructure import Part
from webmail.web.people import clean, first_name, hue_of, initials_of, names_of
from webmail.web.rows import Clock, day_heading, mark, reader_time, short_time

STOCKHOLM = ZoneInfo("Europe/Stockholm")
CLOCK = Clock(STOCKHOLM, datetime(2026, 11, 22, 12, 0, tzinfo=STOCKHOLM))


@pytest.mark.parametrize(
    ("at", "short", "long"),
    [
        ("2026-11-22T09:42", "10:42", "10:42"),
        ("2026-11-21T23:30", "00:30", "00:30"),  # today in Stockholm, yesterday in UTC
        ("2026-11-21T18:20", "Sat", "Yesterday, 19:20"),
        ("2026-11-16T08:00", "Mon", "Mon 09:00"),
        ("2026-11-15T08:00", "15 Nov", "15 Nov, 09:00"),
        ("2025-11-28T08:00", "28 Nov 2025", "28 Nov 2025, 09:00"),
        ("2026-11-24T08:00", "24 Nov", "24 Nov, 09:00"),
    ],
)
def test_times_are_told_in_the_readers_zone(at, short, long):
    at = datetime.fromisoformat(at).replace(tzinfo=UTC).astimezone(STOCKHOLM)
    assert (short_time(at, CLOCK), reader_time(at, CLOCK)) == (short, long)


@pytest.mark.parametrize(
    ("day", "heading"),
    [
        (date(2026, 11, 22), "Today"),
        (date(2026, 11, 21), "Yesterday"),
        (date(2026, 11, 16), "Earlier this week"),
        (date(2026, 11, 15), "Earlier this month"),
        (date(2026, 10, 31), "October"),
        (date(2025, 11, 22), "November 2025"),
        (date(2026, 11, 23), "Later"),
    ],
)
def test_days_stand_under_headings(day, heading):
    assert day_heading(day, date(2026, 11, 22)) == heading


def test_people_are_named_shortly():
    ingrid = Address("Ingrid Lindgren", "ingrid@hearth.example")
    jonas = Address("Okafor, Jonas", "jonas@hearth.example")
    mara = Address("Mara", "mara@hearth.example")
    mine = frozenset({"mara@hearth.example"})
    assert names_of((ingrid,)) == "Ingrid Lindgren"
    assert names_of((ingrid, jonas, mara), mine=mine) == "Ingrid, Jonas, you"
    assert names_of((ingrid, jonas, mara, ingrid, jonas)) == "Ingrid, Jonas, Mara and 2 more"
    assert first_name(Address("", "elsa@hearth.example")) == "elsa"


@pytest.mark.parametrize(
    ("name", "addr_spec", "letters"),
    [
        ("Mara Lindgren", "", "ML"),
        ("山本 結衣", "", "山結"),
        ("Pakket", "", "PA"),
        ("", "office@bjorkhaga.example", "OF"),
        ("🎉", "", "?"),
    ],
)
def test_an_avatar_has_at_most_two_letters(name, addr_spec, letters):
    assert initials_of(name, addr_spec) == letters


def test_an_address_always_has_the_same_tint():
    assert hue_of("Mara@hearth.example") == hue_of("mara@hearth.example")
    assert {hue_of(f"{n}@hearth.example") for n in range(200)} == set(range(1, 9))


def test_controls_and_turning_characters_are_taken_out_of_a_line():
    assert clean("in\u202egpj.exe\x00\x07\tvoice\n") == "ingpj.exe voice"


def test_found_words_are_marked_and_the_rest_is_escaped():
    marked = mark("<b>Boiler</b> & boiler", ("boiler",))
    assert marked == "&lt;b&gt;<mark>Boiler</mark>&lt;/b&gt; &amp; <mark>boiler</mark>"
    assert mark("İstanbul boiler", ("boil",)) == "İstanbul <mark>boil</mark>er"
    assert mark("Åsa & Jonas", ("asa",)) == "<mark>Åsa</mark> &amp; Jonas"


@pytest.mark.parametrize(
    ("part", "marks"),
    [
        (Part("1", "text/plain"), (False, False)),
        (Part("1", "application/pdf", disposition="attachment"), (True, False)),
        (Part("1", "image/png", filename="logo.png", content_id="x"), (False, False)),
        (Part("1", "image/png", filename="photo.png"), (True, False)),
        (Part("1", "text/calendar"), (False, True)),
        (Part("1", "message/rfc822"), (True, False)),
        (Part("1", "application/pgp-signature", filename="signature.asc"), (False, False)),
    ],
)
def test_marks_come_from_the_structure(part, marks):
    assert marks_of(part) == marks
