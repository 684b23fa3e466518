"""An invitation in a message: the card, and the answer that goes out on a click."""

from html import unescape

import pytest

from tests.web.letters import letter
from webmail.accounts.models import Identity
from webmail.message.invitation import read_invitation
from webmail.message.parse import parse_message
from webmail.outbound import parse_endpoint
from webmail.submission import outbox, tasks
from webmail.submission.models import Outgoing

pytestmark = pytest.mark.django_db(transaction=True)

EVENT = """BEGIN:VCALENDAR
METHOD:{method}
BEGIN:VEVENT
UID:1@school.example
SUMMARY:Parents’ evening <b>3B</b>
DTSTART;TZID=Europe/Stockholm:20261126T183000
DTEND;TZID=Europe/Stockholm:20261126T193000
LOCATION:Room 14
SEQUENCE:{sequence}
RRULE:FREQ=WEEKLY;BYDAY=TH;COUNT=3
ORGANIZER;CN=Office:mailto:office@school.example
{attendees}
END:VEVENT
END:VCALENDAR
"""
ATTENDEES = (
    "ATTENDEE;PARTSTAT=NEEDS-ACTION:mailto:mara@hearth.example\n"
    "ATTENDEE;CN=Jonas;PARTSTAT=ACCEPTED:mailto:jonas@hearth.example"
)


@pytest.fixture(autouse=True)
def submission(settings, monkeypatch):
    settings.WEBMAIL_SUBMISSION = parse_endpoint("submissions://mail.hearth.example", "submission")
    monkeypatch.setattr(tasks, "ring", lambda task, outgoing_id: True)


def invited(store, *, method="REQUEST", sequence=0, attendees=ATTENDEES, sender="Office"):
    event = EVENT.format(method=method, sequence=sequence, attendees=attendees)
    kind = f"text/calendar; charset=utf-8; method={method}"
    raw = letter("Invitation", event, sender=f"{sender} <office@school.example>", kind=kind)
    return store.append("INBOX", raw)


def page(client, ref):
    return unescape(client.get(client.url_of(ref)).content.decode())


def test_the_card_says_what_when_where_and_with_whom_in_the_readers_zone(mara, store):
    ref = invited(store)
    user = Identity.objects.get().account.user
    user.time_zone = "America/New_York"
    user.save()
    shown = page(mara, ref)
    assert "Thursday 26 November 2026" in shown or "Thursday 26 November, " in shown
    assert "12:30–13:30 (18:30 in Stockholm)" in shown
    assert "Room 14" in shown
    assert "Every week on Thursday, 3 times" in shown
    assert "Office and 2 guests, 1 accepted" in shown
    for label in ("Accept", "Maybe", "Decline"):
        assert f">{label}</button>" in shown


def test_words_of_the_calendar_are_shown_as_text(mara, store):
    raw = mara.get(mara.url_of(invited(store))).content.decode()
    assert "&lt;b&gt;3B&lt;/b&gt;" in raw


def test_nothing_is_answered_by_looking(mara, store):
    page(mara, invited(store))
    assert not Outgoing.objects.exists()


def test_accepting_sends_an_answer_from_the_address_that_was_invited(mara, store):
    account = Identity.objects.get().account
    Identity.objects.create(account=account, addr_spec="m.lindgren@hearth.example", name="M. L.")
    ref = invited(store, attendees="ATTENDEE:mailto:M.Lindgren@hearth.example")
    answer = mara.post(f"{mara.url_of(ref)}invitation/", {"answer": "accepted", "once": "1"})
    assert answer.status_code == 303
    row = Outgoing.objects.get()
    assert row.mail_from == "m.lindgren@hearth.example"
    assert row.rcpt_to == ["office@school.example"]
    message = parse_message(outbox.wire_bytes(row))
    assert message.envelope.subject.startswith("Accepted: Parents’ evening")
    part = next(p for p in message.structure.walk() if p.media_type == "text/calendar")
    assert part.parameter("method") == "REPLY"
    shown = page(mara, ref)
    assert "You accepted." in shown
    assert "Change" in shown


def test_pressing_twice_sends_once_and_changing_ones_mind_sends_again(mara, store):
    url = f"{mara.url_of(invited(store))}invitation/"
    mara.post(url, {"answer": "accepted", "once": "1"})
    mara.post(url, {"answer": "accepted", "once": "1"})
    assert Outgoing.objects.count() == 1
    mara.post(url, {"answer": "declined", "once": "2"})
    assert Outgoing.objects.count() == 2


def test_an_update_and_a_cancellation_say_so(mara, store):
    assert "This was changed since" in page(mara, invited(store, sequence=3))
    cancelled = page(mara, invited(store, method="CANCEL", sequence=4))
    assert "This was cancelled." in cancelled
    assert ">Accept</button>" not in cancelled


def test_an_answer_to_ones_own_invitation_names_who_answered(mara, store):
    attendees = "ATTENDEE;CN=Jonas Okafor;PARTSTAT=ACCEPTED:mailto:jonas@hearth.example"
    shown = page(mara, invited(store, method="REPLY", attendees=attendees))
    assert "Jonas Okafor accepted. The answer was sent by office@school.example." in shown


def test_an_answer_that_does_not_exist_is_not_sent(mara, store):
    url = f"{mara.url_of(invited(store))}invitation/"
    assert mara.post(url, {"answer": "perhaps"}).status_code == 404
    assert mara.get(url).status_code == 405
    assert not Outgoing.objects.exists()


def test_the_calendar_of_the_answer_can_be_read_again(mara, store):
    ref = invited(store)
    mara.post(f"{mara.url_of(ref)}invitation/", {"answer": "tentative", "once": "1"})
    message = parse_message(outbox.wire_bytes(Outgoing.objects.get()))
    part = next(p for p in message.structure.walk() if p.media_type == "text/calendar")
    from webmail.message.bodystructure import decode_part

    found = read_invitation(decode_part(message.part_bytes(part.section), part.encoding))
    assert [a.answer for a in found.main.attendees] == ["tentative"]
