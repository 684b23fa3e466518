"""Rows that are remembered as HTML."""

from dataclasses import fields, replace
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from django.template import Context
from django.template.loader import get_template

from tests.web.conftest import Reader
from tests.web.letters import letter
from webmail.index.rows import ListedMessage
from webmail.message.address import Address
from webmail.store.mailbox import MessageRef
from webmail.web import drawn as drawn_module
from webmail.web.drawn import drawn
from webmail.web.row_maker import RowMaker
from webmail.web.rows import Clock, RowView, grouped_by_day

STOCKHOLM, LISBON = ZoneInfo("Europe/Stockholm"), ZoneInfo("Europe/Lisbon")
EVENING = datetime(2026, 11, 22, 22, 50, tzinfo=UTC)
ROW = RowView(
    ref="acc0unt/INBOX/7.1",
    people="Jonas Okafor",
    subject="Cabin & boiler",
    snippet="Hello there",
    initials="JO",
    hue=3,
    time_text="10:42",
    time_iso="2026-11-22T10:42+01:00",
    day="Today",
    is_unread=False,
    is_flagged=False,
    is_draft=False,
    has_attachment=False,
    has_invitation=False,
    is_open=False,
)
OTHER = {
    **{str: "<other> & more", int: 5, bool: True, tuple[str, ...]: ("boiler",)},
    "time_iso": "2026-11-22T10:42+00:00",
}


def anew(row):
    """As the template draws it, with nothing remembered."""
    return get_template("mailbox/_row.html").template.render(Context({"row": row})).strip()


def message(at=EVENING, subject="Cabin"):
    jonas = Address("Jonas", "jonas@hearth.example")
    ref = MessageRef("INBOX", 7, 1)
    return ListedMessage(ref, (jonas,), (), subject, "Hello", frozenset(), at, False, False)


def row_at(now, zone=STOCKHOLM, **kinds):
    return RowMaker("acc0unt", Clock(zone, now.astimezone(zone)), **kinds).row(message())


@pytest.mark.parametrize("field", fields(RowView), ids=lambda field: field.name)
def test_a_row_that_differs_in_anything_is_drawn_for_itself(field):
    other = replace(ROW, **{field.name: OTHER.get(field.name, OTHER[field.type])})
    assert [drawn([ROW]), drawn([other]), drawn([ROW])] == [anew(ROW), anew(other), anew(ROW)]


def test_an_equal_row_is_drawn_once():
    row = replace(ROW, subject="Drawn once")
    before = drawn_module._draw.cache_info().misses
    assert drawn([row, replace(row)]) == anew(row) * 2
    assert drawn_module._draw.cache_info().misses == before + 1


@pytest.mark.parametrize(
    "hostile",
    [
        "<script>alert(1)</script>",
        '" onmouseover="alert(1)',
        "&lt;img src=x onerror=alert(1)&gt;",
        "{{ settings.SECRET_KEY }}{% csrf_token %}",
        "boiler \U0001f525 <b>",
    ],
)
@pytest.mark.parametrize("words", [(), ("boiler",), ("<script>",), ("&lt;",)])
def test_hostile_words_stay_words_each_time(hostile, words):
    row = replace(
        ROW, people=hostile, subject=hostile, snippet=hostile, folder=hostile, words=words
    )
    first, again = drawn([row]), drawn([replace(row)])
    assert first == again == anew(row)
    assert "<script" not in first
    assert "<img" not in first
    assert '" onmouseover' not in first


def test_a_mark_and_the_letters_of_one_are_two_things():
    marked = replace(ROW, subject="x boiler", words=("boiler",))
    literal = replace(ROW, subject="x <mark>boiler</mark>")
    assert "x <mark>boiler</mark></span>" in drawn([marked])
    assert "x &lt;mark&gt;boiler&lt;/mark&gt;</span>" in drawn([literal])


def test_at_midnight_a_row_of_today_becomes_one_of_yesterday():
    before, after = row_at(EVENING), row_at(EVENING.replace(hour=23, minute=5))
    assert ">23:50</time>" in drawn([before])
    assert ">Sun</time>" in drawn([after])
    headings = [grouped_by_day([row])[0].heading for row in (before, after)]
    assert headings == ["Today", "Yesterday"]


def test_readers_in_two_zones_see_two_times_of_one_message():
    week_later = datetime(2026, 12, 5, 12, tzinfo=UTC)
    here, there = (drawn([row_at(week_later, zone)]) for zone in (STOCKHOLM, LISBON))
    assert 'datetime="2026-11-22T23:50+01:00" title="Sun 22 November 2026, 23:50"' in here
    assert 'datetime="2026-11-22T22:50+00:00" title="Sun 22 November 2026, 22:50"' in there


def test_what_one_person_has_seen_is_not_shown_to_another(mara, store):
    store.append("INBOX", letter("Same subject"))
    ida = Reader()
    ida.post("/sign-in/", {"address": "ida@hearth.example", "password": "secret"})
    her_key = ida.get("/mail/")["Location"].split("/")[2]
    assert her_key != mara.key
    for reader, key, other in ((mara, mara.key, her_key), (ida, her_key, mara.key)):
        for _ in range(2):
            page = reader.part(f"/mail/{key}/INBOX/").content.decode()
            assert f'data-ref="{key}/' in page
            assert other not in page


def test_only_so_many_rows_are_remembered():
    for number in range(5000):
        drawn([replace(ROW, ref=f"acc0unt/INBOX/7.{number + 1}")])
    assert drawn_module._draw.cache_info().currsize == 2048
