"""Setting a message that repeats, in words, and what its writer can do about it."""

import re
import uuid
from datetime import timedelta
from html import unescape
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone

from tests.web.forms import begin, upload
from webmail.accounts import vault
from webmail.accounts.models import User, new_key
from webmail.attachments import storage
from webmail.submission import outbox, untold
from webmail.submission.models import Outgoing, Series, State, StoredDraft
from webmail.web import occurrences, tasks

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("submission")]

BERLIN = ZoneInfo("Europe/Berlin")
RULE = {"frequency": "weekly", "weekdays": ["0"], "month_day": "1", "at": "08:00", "ends": "never"}


@pytest.fixture
def repeat_url(mara):
    User.objects.update(time_zone="Europe/Berlin")
    action, fields = begin(mara, to="anna@example.org", subject="Bins", text="Out with them")
    fields["files"] = upload("plan.txt", b"Mondays")
    answer = mara.post(action, fields | {"do": "go:repeat"})
    assert answer.status_code == 303
    return answer["Location"]


def page(client, url="/outbox/"):
    return unescape(client.get(url).content.decode())


def set_it(mara, url, **more):
    return mara.post(url, RULE | {"keeps_password": "1"} | more, follow=True)


def come_due():
    Series.objects.update(next_at=timezone.now() - timedelta(seconds=1))
    Series.objects.update(next_on=Series.objects.get().next_at.astimezone(BERLIN).date())


def test_it_is_told_in_words_and_leaves_no_draft(mara, repeat_url):
    said = set_it(mara, repeat_url).content.decode()
    assert "Will be sent every Monday, 08:00; the first time on Mon" in said
    shown = page(mara)
    assert re.search(r"Every Monday, 08:00\. Next on Mon \d+ \w+ \d+, 08:00\.", shown)
    assert "Everything is sent" not in shown
    assert not StoredDraft.objects.exists()
    assert not Outgoing.objects.exists()
    assert 'href="/outbox/"' in page(mara, mara.list_url())


def test_without_leave_to_keep_the_password_nothing_is_set(mara, repeat_url):
    said = unescape(mara.post(repeat_url, RULE).content.decode())
    assert "Tick that your password may be kept" in said
    assert not Series.objects.exists()


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"weekdays": []}, "Choose at least one day of the week."),
        ({"at": "25:00"}, "Choose a time"),
        ({"frequency": "hourly"}, "Choose a time"),
        ({"frequency": "monthly", "month_day": "32"}, "Choose a time"),
        ({"ends": "until", "until": "soon"}, "Choose a time"),
        ({"ends": "until", "until": "2001-01-01"}, "There is no such day to come."),
        ({"ends": "times", "times": "0"}, "Choose how often"),
    ],
)
def test_what_is_no_rule_is_told_and_nothing_is_set(mara, repeat_url, more, words):
    assert words in unescape(set_it(mara, repeat_url, **more).content.decode())
    assert not Series.objects.exists()
    assert StoredDraft.objects.exists()


def test_the_form_sent_twice_sets_one(mara, repeat_url):
    set_it(mara, repeat_url)
    assert set_it(mara, repeat_url).status_code == 200
    assert Series.objects.count() == 1


def test_an_occurrence_carries_text_and_files_to_the_recipients_alone(mara, repeat_url):
    set_it(mara, repeat_url)
    come_due()
    tasks.make_occurrences()
    row = Outgoing.objects.get()
    raw = outbox.wire_bytes(row)
    assert (row.rcpt_to, row.state) == (["anna@example.org"], State.HELD)
    assert b"Subject: Bins" in raw
    assert b"Out with them" in raw
    assert b"plan.txt" in raw
    assert f"Message-ID: {row.message_id}".encode() in raw
    assert row.occurrence is not None


def test_its_files_are_not_swept_away_as_left_over(mara, repeat_url, monkeypatch):
    set_it(mara, repeat_url)
    later = timezone.now() + timedelta(days=30)
    storage.sweep(later, existing=tasks._existing)
    assert storage.uploads_of(User.objects.get(), Series.objects.get().key)


def test_a_change_takes_the_place_of_the_old_one(mara, repeat_url):
    set_it(mara, repeat_url)
    key = Series.objects.get().key
    opened = mara.post(f"/repeating/{key}/", {"do": "edit"})["Location"]
    draft = StoredDraft.objects.get()
    assert draft.fields["text"] == "Out with them"
    fields = {"revision": "1", "to": "bo@example.net", "subject": "Bins", "text": "New"}
    url = mara.post(opened, fields | {"do": "go:repeat"})["Location"]
    assert re.search(r'name="weekdays" value="0" checked', page(mara, url))
    set_it(mara, url, frequency="monthly", month_day="31")
    row = Series.objects.get()
    assert (row.key, row.fields["to"]) == (key, "bo@example.net")
    assert "On day 31 of every month (the last day of shorter months), 08:00." in page(mara)
    assert len(storage.uploads_of(row.user, key)) == 1


def opened_again(mara):
    """The page that sets anew what repeats already, and its series."""
    row = Series.objects.get()
    opened = mara.post(f"/repeating/{row.key}/", {"do": "edit"})["Location"]
    fields = {"revision": "1", "to": "bo@example.net", "subject": "Bins", "text": "New"}
    return mara.post(opened, fields | {"do": "go:repeat"})["Location"], row


def test_a_change_to_no_day_leaves_the_old_one_its_files(mara, repeat_url):
    set_it(mara, repeat_url)
    url, row = opened_again(mara)
    before = [each.key for each in storage.uploads_of(row.user, row.key)]
    said = set_it(mara, url, ends="until", until="2020-01-01").content.decode()
    assert "There is no such day to come." in said
    assert [each.key for each in storage.uploads_of(row.user, row.key)] == before


def test_changed_on_a_day_that_it_was_sent_on_it_tells_of_the_next(mara, repeat_url):
    """One day is one occurrence, so it would not leave again and nobody would hear of it."""
    set_it(mara, repeat_url, at="23:59")
    monday = Series.objects.get().next_on
    come_due()
    Series.objects.update(next_on=monday)
    occurrences.make_due()
    assert Outgoing.objects.get().occurrence == monday
    url, _ = opened_again(mara)
    set_it(mara, url, at="23:59")
    assert Series.objects.get().next_on == monday + timedelta(days=7)


def test_what_was_not_sent_is_told_on_every_page_until_it_was_read(mara, repeat_url):
    set_it(mara, repeat_url)
    Series.objects.update(said="Not sent on 1 Dec.")
    assert "was not sent every time, or is paused" in page(mara, mara.list_url())
    assert "Not sent on 1 Dec." in page(mara)
    mara.post(f"/repeating/{Series.objects.get().key}/", {"do": "dismiss"})
    assert "was not sent every time" not in page(mara, mara.list_url())


def test_it_can_be_paused_gone_on_with_and_stopped(mara, repeat_url):
    set_it(mara, repeat_url)
    act = f"/repeating/{Series.objects.get().key}/"
    mara.post(act, {"do": "pause"})
    assert "Every Monday, 08:00. Paused." in page(mara)
    mara.post(act, {"do": "go_on"})
    assert Series.objects.get().state == "active"
    mara.post(act, {"do": "stop"})
    assert "Everything is sent" in page(mara)


def test_a_question_is_asked_before_it_repeats(mara):
    action, fields = begin(mara, to="anna@example.org", text="The plan is attached.")
    url = mara.post(action, fields | {"do": "go:repeat"})["Location"]
    assert "but no file is attached" in unescape(set_it(mara, url).content.decode())
    set_it(mara, url, sure="1")
    assert Series.objects.count() == 1


def test_one_whose_sender_is_gone_is_paused(mara, repeat_url):
    set_it(mara, repeat_url)
    row = Series.objects.get()
    Series.objects.update(fields={**row.fields, "to": ""})
    come_due()
    occurrences.make_due()
    assert "Paused, nothing was sent: it has nobody to go to." in page(mara)


def test_one_that_stumbles_is_paused_and_told_and_keeps_no_other(mara, repeat_url, monkeypatch):
    """It is the first of those that are due, each time."""
    set_it(mara, repeat_url)
    broken = Series.objects.get()
    come_due()
    whole = Series.objects.get(pk=broken.pk)
    whole.pk, whole.key, whole.client_token = None, new_key(), uuid.uuid4()
    whole.send_grant = vault.seal_grant(whole.key, vault.Secret("secret"))
    whole.save()
    build = occurrences.build
    monkeypatch.setattr(
        occurrences, "build", lambda row, now: build(row, now) if row.pk == whole.pk else {}[row]
    )
    occurrences.make_due()
    assert Outgoing.objects.get().series == whole
    assert "Hearth itself stumbled over it" in page(mara)
    assert untold.writers() == [whole.user_id]
    assert untold.take(whole.user_id)
    assert not untold.are_there()


def test_what_was_missed_is_told_to_browsers_too_until_it_was_read(mara, repeat_url):
    row = miss_two_days(mara, repeat_url)
    assert untold.writers() == [row.user_id]
    mara.post(f"/repeating/{row.key}/", {"do": "dismiss"})
    assert untold.writers() == []


def test_whoever_has_moved_reads_by_which_clock_it_leaves(mara, repeat_url):
    set_it(mara, repeat_url)
    User.objects.update(time_zone="Asia/Tokyo")
    assert "Every Monday, 08:00 by the clock of Europe/Berlin. Next on Mon" in page(mara)
    edit = mara.post(f"/repeating/{Series.objects.get().key}/", {"do": "edit"})
    form = page(mara, edit["Location"] + "repeat/")
    assert "By the clock of Asia/Tokyo, summer and winter." in form
    assert "Until now it was by that of Europe/Berlin." in form


def miss_two_days(mara, repeat_url):
    """The worker was away: the 28th and 29th are over by more than a day."""
    set_it(mara, repeat_url, frequency="daily")
    past = timezone.now().astimezone(BERLIN).replace(hour=8, minute=0) - timedelta(days=4)
    Series.objects.update(next_on=past.date(), next_at=past)
    occurrences.make_due()
    Outgoing.objects.all().delete()  # the latest, where its time is less than a day over
    return Series.objects.get()


def test_what_was_only_told_of_can_be_sent_now_and_once(mara, repeat_url):
    row = miss_two_days(mara, repeat_url)
    assert "Not sent on" in page(mara)
    assert "Send it now" in page(mara)
    act = f"/repeating/{row.key}/"
    said = mara.post(act, {"do": "send_missed"}, follow=True).content.decode()
    assert "It is on its way." in said
    made = Outgoing.objects.get()
    assert (made.occurrence, made.rcpt_to) == (row.missed_on, ["anna@example.org"])
    assert made.send_at <= timezone.now()
    assert Series.objects.get().next_at == row.next_at
    assert "Send it now" not in page(mara)
    again = mara.post(act, {"do": "send_missed"}, follow=True).content.decode()
    assert "There is nothing left to send." in again
    assert Outgoing.objects.count() == 1


def test_what_cannot_be_built_says_so_and_stays_to_be_sent(mara, repeat_url):
    row = miss_two_days(mara, repeat_url)
    Series.objects.update(fields={**row.fields, "to": ""})
    said = mara.post(f"/repeating/{row.key}/", {"do": "send_missed"}, follow=True).content.decode()
    assert "Not sent: it has nobody to go to." in said
    assert "Send it now" in said


@pytest.mark.parametrize(
    "state", [{"state": "paused"}, {"state": "ended", "next_at": None, "next_on": None}]
)
def test_one_that_does_not_run_sends_nothing_missed(mara, repeat_url, state):
    """A backup that came back pauses all, and may have sent it (F55)."""
    row = miss_two_days(mara, repeat_url)
    Series.objects.update(**state)
    assert "Send it now" not in page(mara)
    mara.post(f"/repeating/{row.key}/", {"do": "send_missed"})
    assert not Outgoing.objects.exists()


def test_a_name_stays_while_mail_is_to_leave_under_it(mara, repeat_url):
    set_it(mara, repeat_url)
    row = Series.objects.get()
    name = row.account.identities.create(name="Bins", addr_spec=row.account.address)
    Series.objects.update(fields={**row.fields, "identity": f"{name.key}/mara+b@hearth.example"})
    come_due()
    occurrences.make_due()
    made = Outgoing.objects.get()
    assert made.identity == name
    remove = {"do": "remove", "identity": name.key}
    refused = unescape(mara.post("/settings/identities/", remove).content.decode())
    assert (
        "Not removed: 1 message in the Outbox waits and 1 message that repeats is "
        "to leave under this name. Take back or stop them first." in refused
    )
    Outgoing.objects.update(state=State.DONE)
    mara.post(f"/repeating/{row.key}/", {"do": "stop"})
    assert mara.post("/settings/identities/", remove).status_code == 303
    assert Outgoing.objects.get().identity is None
