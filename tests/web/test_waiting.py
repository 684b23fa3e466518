"""Reminders of mail that nobody answers: set, shown, put off, ended, and ended by an answer."""

import re
from datetime import UTC, datetime, timedelta
from html import unescape
from zoneinfo import ZoneInfo

import pytest
from django.test import Client
from django.utils import timezone

from tests.web.forms import begin
from tests.web.letters import letter
from webmail.accounts.models import User
from webmail.index import growing, sync
from webmail.push.models import Kind
from webmail.store.protocol import Unreachable
from webmail.submission import follow_ups
from webmail.submission.models import FollowUp, Outgoing, State
from webmail.web import answer_arrivals
from webmail.web.later import NoTime, read_reminder
from webmail.web.rows import Clock

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("submission")]

ANNA = "Anna Weber <anna@example.org>"
BERLIN = ZoneInfo("Europe/Berlin")


@pytest.fixture(autouse=True)
def no_news(monkeypatch):
    told = []
    monkeypatch.setattr(answer_arrivals, "publish", lambda user, *words: told.append(user))
    answer_arrivals.lately.forget_all()
    return told


@pytest.fixture
def sent(mara, store):
    """A mail to Anna in Sent, sent by another program an hour ago."""
    raw = letter(sender="Mara <mara@hearth.example>", to=ANNA, head="Message-ID: <m@x>")
    return store.append("Sent", raw, internal_date=datetime.now(UTC) - timedelta(hours=1))


def remind(mara, sent, do="remind:3", **more):
    return mara.post(f"{mara.url_of(sent)}remind/", {"do": do, **more}, follow=True)


def time_is_over():
    FollowUp.objects.update(remind_at=timezone.now() - timedelta(seconds=1))


def answer(store, head="In-Reply-To: <m@x>", sender=ANNA):
    raw = letter("Re: Firewood", sender=sender, head=f"Message-ID: <a@x>\r\n{head}")
    return store.append("INBOX", raw, internal_date=datetime.now(UTC))


def page(client, url="/waiting/"):
    return unescape(client.get(url).content.decode())


def test_a_mail_in_sent_offers_a_reminder_and_one_in_the_inbox_does_not(mara, store, sent):
    assert "Remind me if nobody answers" in page(mara, mara.url_of(sent))
    other = store.append("INBOX", letter())
    assert "Remind me if nobody answers" not in page(mara, mara.url_of(other))
    assert remind(mara, other).status_code == 404


def test_without_an_answer_the_mail_is_shown_above_every_list_when_its_time_comes(
    mara, sent, no_news
):
    told = remind(mara, sent).content.decode()
    assert "If nobody answers, you are reminded on" in told
    answer_arrivals.remind()
    assert (FollowUp.objects.get().state, no_news) == ("waiting", [])
    time_is_over()
    answer_arrivals.remind()
    assert FollowUp.objects.get().state == "due"
    assert no_news == [User.objects.get(address="mara@hearth.example").pk]
    inbox = page(mara, mara.list_url())
    assert "Nobody has answered one of your mails." in inbox
    assert 'href="/waiting/"' in inbox
    rail = page(mara, f"/rail/{mara.key}/")
    assert "Nobody has answered one of your mails." in rail
    shown = page(mara)
    assert "Nobody has answered. Sent on" in shown
    assert "Firewood" in shown
    assert "Nobody has answered this mail." in page(mara, mara.url_of(sent))


@pytest.mark.parametrize("head", ["In-Reply-To: <m@x>", "References: <q@x> <m@x> <n@x>"])
def test_an_answer_ends_it_before_anybody_is_reminded(mara, store, sent, head):
    remind(mara, sent)
    answer(store, head)
    time_is_over()
    answer_arrivals.remind()
    row = FollowUp.objects.get()
    assert (row.state, row.answered_by) == ("answered", "Anna Weber")
    assert "You wait for no answer" in page(mara)


@pytest.mark.parametrize(
    ("head", "sender"),
    [
        ("In-Reply-To: <m@x>\r\nAuto-Submitted: auto-replied", ANNA),
        ("In-Reply-To: <m@x>", "Eve <eve@example.org>"),
        ("In-Reply-To: <other@x>", ANNA),
    ],
)
def test_absence_notes_strangers_and_other_matters_do_not_end_it(mara, store, sent, head, sender):
    remind(mara, sent)
    answer(store, head, sender)
    time_is_over()
    answer_arrivals.remind()
    assert FollowUp.objects.get().state == "due"


def test_an_answer_that_comes_after_the_reminder_ends_it_too(mara, store, sent):
    remind(mara, sent)
    time_is_over()
    answer_arrivals.remind()
    answer(store)
    account = User.objects.get(address="mara@hearth.example").accounts.get()
    sync.reconcile(store, account.pk, "INBOX")
    mailbox = sync.reconcile(store, account.pk, "INBOX")
    growing.grow(store, mailbox, for_s=60)
    answer_arrivals.clear_answered(mailbox.pk)
    assert FollowUp.objects.get().state == "answered"
    assert "Nobody has answered" not in page(mara, mara.list_url())


def test_one_that_was_answered_already_says_so_at_once(mara, store, sent):
    answer(store)
    said = unescape(remind(mara, sent).content.decode())
    assert "Anna Weber has answered already: there is nothing to wait for." in said
    assert FollowUp.objects.get().state == "answered"


def test_while_the_server_is_away_nobody_is_called_unanswered(mara, sent, monkeypatch):
    remind(mara, sent)
    time_is_over()

    def away(store, rows):
        raise Unreachable("no route", host="mail.hearth.example")

    monkeypatch.setattr(answer_arrivals.follow_ups, "ask_about", away)
    answer_arrivals.remind()
    assert FollowUp.objects.get().state == "waiting"
    assert "still to be asked" in page(mara)


def test_it_can_be_put_off_and_ended(mara, sent):
    remind(mara, sent)
    time_is_over()
    answer_arrivals.remind()
    act = f"/waiting/{FollowUp.objects.get().key}/"
    said = mara.post(act, {"do": "later:7"}, follow=True).content.decode()
    assert "If nobody answers, you are reminded on" in said
    row = FollowUp.objects.get()
    assert row.state == "waiting"
    assert timedelta(days=6, hours=22) < row.remind_at - timezone.now() < timedelta(days=7, hours=2)
    mara.post(act, {"do": "done"})
    assert FollowUp.objects.get().state == "done"
    assert "You wait for no answer" in page(mara)
    assert "ended already" in mara.post(act, {"do": "done"}, follow=True).content.decode()


def test_writing_again_answers_all_of_ones_own_mail(mara, store, sent):
    remind(mara, sent)
    link = re.search(r'href="(/waiting/\w+/again/)"', page(mara))[1]
    form = mara.get(link, follow=True).content.decode()
    assert "anna@example.org" in form
    assert 'value="Re: Firewood"' in form
    store.expunge([sent])
    said = unescape(mara.get(link, follow=True).content.decode())
    assert "This mail is not in Sent any more." in said


def test_a_day_that_is_over_is_told_and_nothing_is_set(mara, sent):
    said = remind(mara, sent, "remind", remind_on="2001-01-01").content.decode()
    assert "is over before anybody could answer" in said
    assert not FollowUp.objects.exists()


def test_somebody_elses_reminder_is_unknown(mara, sent):
    remind(mara, sent)
    ben = Client()
    ben.post("/sign-in/", {"address": "ben@hearth.example", "password": "x"})
    answer = ben.post(f"/waiting/{FollowUp.objects.get().key}/", {"do": "done"})
    assert answer.status_code == 404
    assert FollowUp.objects.get().state == "waiting"
    assert "Firewood" not in page(ben)


# -- chosen with Send -----------------------------------------------------------------------------


def send(mara, do="send", **more):
    action, fields = begin(mara, to="anna@example.org", subject="Firewood", text="Well?")
    return mara.post(action, fields | {"do": do, **more}, follow=True)


def test_a_reminder_chosen_beside_send_is_told_and_waits_for_the_mail_to_leave(mara):
    said = send(mara, remind=["", "3"]).content.decode()
    assert "If nobody answers, you are reminded on" in said
    row = FollowUp.objects.get()
    assert row.outgoing == Outgoing.objects.get()
    time_is_over()
    answer_arrivals.remind()
    assert FollowUp.objects.get().state == "waiting"
    assert "Not sent yet." in page(mara)
    Outgoing.objects.update(state=State.DONE, accepted_at=timezone.now())
    answer_arrivals.remind()
    assert FollowUp.objects.get().state == "due"


def test_the_days_count_from_when_it_is_to_leave(mara):
    User.objects.update(time_zone="Europe/Berlin")
    at = (timezone.now() + timedelta(days=2)).astimezone(BERLIN).replace(second=0, microsecond=0)
    send(mara, f"later:{at:%Y-%m-%dT%H:%M}", remind="3")
    local = FollowUp.objects.get().remind_at.astimezone(BERLIN)
    assert (local.date() - at.date(), local.time()) == (timedelta(days=3), at.time())


def test_a_mail_taken_back_takes_its_reminder_along(mara):
    send(mara, remind="1")
    mara.post(f"/outbox/{Outgoing.objects.get().key}/", {"do": "undo"})
    assert not FollowUp.objects.exists()


def test_a_day_alone_is_enough_and_a_bad_one_sends_nothing(mara):
    assert "choose the day" in unescape(send(mara, remind="on").content.decode())
    assert "is over before" in send(mara, remind_on="2001-01-01").content.decode()
    assert not Outgoing.objects.exists()
    send(mara, remind_on=f"{timezone.now() + timedelta(days=9):%Y-%m-%d}")
    assert FollowUp.objects.get().remind_at.astimezone(UTC) > timezone.now() + timedelta(days=7)


def test_sending_twice_sets_one_reminder(mara):
    action, fields = begin(mara, to="anna@example.org", remind="3")
    for _ in range(2):
        mara.post(action, fields | {"do": "send"})
    assert FollowUp.objects.count() == 1


def test_somebody_who_waits_for_very_many_is_told(mara, sent, monkeypatch):
    monkeypatch.setattr(follow_ups, "MOST_OPEN", 0)
    assert "very many answers" in remind(mara, sent).content.decode()


@pytest.mark.parametrize(
    ("now", "days", "expected"),
    [
        ("2027-03-27T12:00", "1", "2027-03-28T12:00+02:00"),
        ("2026-10-24T12:00", "1", "2026-10-25T12:00+01:00"),
        ("2027-03-27T02:30", "1", "2027-03-28T03:30+02:00"),
    ],
)
def test_days_are_days_of_the_clock_on_the_wall(now, days, expected):
    """F39: the night that clocks are changed included."""
    clock = Clock(BERLIN, datetime.fromisoformat(now).replace(tzinfo=BERLIN))
    assert read_reminder(days, "", clock) == datetime.fromisoformat(expected)


@pytest.mark.parametrize(("days", "day"), [("", ""), ("x", ""), ("0", ""), ("9999", ""), ("", "?")])
def test_what_names_no_day_is_no_reminder(days, day):
    clock = Clock(BERLIN, datetime(2026, 11, 30, 12, tzinfo=BERLIN))
    with pytest.raises(NoTime):
        read_reminder(days, day, clock)


@pytest.mark.parametrize(("is_answered", "rings"), [(False, 1), (True, 0)])
def test_a_reminder_that_comes_due_rings_once(mara, store, sent, monkeypatch, is_answered, rings):
    rung = []
    monkeypatch.setattr(answer_arrivals, "ring_notice", lambda *told: rung.append(told))
    remind(mara, sent)
    answer_arrivals.remind()
    assert not rung, "its time has not come"
    if is_answered:
        answer(store)
    time_is_over()
    for _ in range(2):
        answer_arrivals.remind()
        FollowUp.objects.update(asked_at=None)
    assert rung == [(User.objects.get().pk, Kind.DUE)] * rings
