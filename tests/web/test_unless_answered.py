"""Choosing that a message leaves only if nobody has answered, and reading that it did not."""

import re
from datetime import UTC, datetime, timedelta
from html import unescape
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone

from tests.web.forms import begin, ref_of
from tests.web.letters import letter
from webmail.accounts.models import User
from webmail.store.protocol import Unreachable
from webmail.submission import pipeline, standing, states
from webmail.submission.answers import awaited, find_answer
from webmail.submission.models import Outgoing, State, StoredDraft

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("submission")]

ANNA = "Anna Weber <anna@example.org>"


@pytest.fixture
def question(store):
    raw = letter("Firewood", sender=ANNA, to="mara@hearth.example", head="Message-ID: <q@x>")
    return store.append("INBOX", raw, internal_date=datetime.now(UTC) - timedelta(days=1))


@pytest.fixture
def form(mara, question):
    return begin(mara, f"?reply={ref_of(question)}", text="Well?")


def later(mara, form, **more):
    action, fields = form
    at = timezone.now() + timedelta(days=2)
    return mara.post(action, fields | {"do": f"later:{at:%Y-%m-%dT%H:%M}", **more}, follow=True)


def come_due():
    now = timezone.now()
    Outgoing.objects.update(send_at=now, next_attempt_at=now)
    return pipeline.deliver(Outgoing.objects.get().pk)


def page(client):
    return unescape(client.get("/outbox/").content.decode())


def test_it_is_offered_for_an_answer_and_not_for_a_new_message(mara, question):
    box = 'name="unless_answered"'
    assert box in mara.get(f"/compose/?reply={ref_of(question)}").content.decode()
    assert box not in mara.get("/compose/").content.decode()


def test_the_choice_is_kept_and_told_in_the_outbox(mara, form):
    answer = later(mara, form, unless_answered="1")
    assert "unless somebody answers first." in answer.content.decode()
    row = Outgoing.objects.get()
    assert (row.unless_answered, row.follows) == (True, ["<q@x>", "<q@x>"])
    assert re.search(r"Will be sent on .*, unless somebody answers first\.", page(mara))


def test_what_leaves_at_once_has_no_condition(mara, form):
    action, fields = form
    mara.post(action, fields | {"do": "send", "unless_answered": "1"})
    assert not Outgoing.objects.get().unless_answered


def test_a_question_asked_first_does_not_lose_the_choice(mara, form):
    action, fields = form
    answer = later(mara, (action, fields | {"subject": ""}), unless_answered="1")
    assert "The message has no subject." in answer.content.decode()
    assert 'name="unless_answered" value="1" checked' in answer.content.decode()


def test_a_message_that_answers_nothing_is_not_queued_with_a_condition(mara):
    answer = later(mara, begin(mara, to="anna@example.org"), unless_answered="1")
    assert "this message answers no other" in answer.content.decode()
    assert not Outgoing.objects.exists()


def test_an_answer_is_told_with_its_author_and_time_until_its_reader_says_ok(mara, form, store):
    User.objects.update(time_zone="Europe/Berlin")
    later(mara, form, unless_answered="1")
    at = timezone.now().replace(microsecond=0) + timedelta(seconds=1)
    head = "Message-ID: <a@x>\r\nIn-Reply-To: <q@x>"
    store.append("INBOX", letter("Re: Firewood", sender=ANNA, head=head), internal_date=at)
    assert come_due() is False
    row = Outgoing.objects.get()
    assert (row.state, bytes(row.send_grant), row.wire_path) == (State.CANCELLED, b"", "")
    local, shown = at.astimezone(ZoneInfo("Europe/Berlin")), page(mara)
    when = f"{local.day} {local:%b} at {local:%H:%M}"
    assert f"Not sent: Anna Weber answered on {when}. Your message is back in Drafts." in shown
    assert standing.tally_of(row.user).answered == 1
    assert "because somebody answered first" in mara.get("/mail/", follow=True).content.decode()
    draft = StoredDraft.objects.get()
    assert f'href="/compose/{draft.key}/"' in shown
    assert mara.get(f"/compose/{draft.key}/").status_code == 200
    mara.post(f"/outbox/{row.key}/", {"do": "dismiss"})
    assert "Everything is sent" in page(mara)
    assert StoredDraft.objects.filter(key=draft.key).exists()


def test_a_draft_that_was_answered_first_can_be_sent_all_the_same(mara, form, store):
    later(mara, form, unless_answered="1")
    head = "Message-ID: <a@x>\r\nIn-Reply-To: <q@x>"
    store.append("INBOX", letter("Re", sender=ANNA, head=head))
    come_due()
    draft = StoredDraft.objects.get()
    fields = form[1] | {"do": "send", "revision": draft.revision}
    mara.post(f"/compose/{draft.key}/", fields)
    assert Outgoing.objects.filter(state=State.HELD).count() == 1


def test_an_undo_between_the_asking_and_the_claim_wins(mara, form, monkeypatch):
    """F37: one outcome, told truly."""
    later(mara, form, unless_answered="1")
    row = Outgoing.objects.get()
    ask = pipeline.condition.find_answer

    def undo_meanwhile(store, wanted):
        mara.post(f"/outbox/{row.key}/", {"do": "undo"})
        return ask(store, wanted)

    monkeypatch.setattr(pipeline.condition, "find_answer", undo_meanwhile)
    assert come_due() is False
    row.refresh_from_db()
    assert (row.state, row.trouble) == (State.CANCELLED, "")


def test_while_nobody_can_be_asked_it_says_so_and_can_be_changed(mara, form, monkeypatch):
    later(mara, form, unless_answered="1")

    def away(store, wanted):
        raise Unreachable("no route", host="mail.hearth.example")

    monkeypatch.setattr(pipeline.condition, "find_answer", away)
    come_due()
    shown = page(mara)
    assert "it leaves only if nobody has answered, and that could not be asked" in shown
    assert 'value="edit"' in shown
    assert Outgoing.objects.get().next_attempt_at > timezone.now()


def test_two_workers_that_could_not_ask_count_once(mara, form):
    later(mara, form, unless_answered="1")
    row = Outgoing.objects.get()
    assert states.wait_unasked(row, "unasked", "away") is True
    assert states.wait_unasked(row, "unasked", "away") is False
    assert Outgoing.objects.get().failures == 1


def test_of_a_long_conversation_its_beginning_and_its_end_are_asked_about():
    ids = [f"<{number}@x>" for number in range(30)]
    wanted = awaited(ids, ["A@x"], timezone.now())
    assert wanted.follows == ("<0@x>", *ids[-11:])
    assert wanted.who == {"a@x"}


def test_a_message_that_begins_a_conversation_has_no_answer_to_look_for(store):
    assert find_answer(store, awaited([], ["a@x"], timezone.now())) is None
