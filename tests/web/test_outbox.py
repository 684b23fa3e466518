"""The outbox page: states in words, and what can be done about them."""

import re
from datetime import timedelta
from html import unescape

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from tests.web.conftest import ADDRESS
from tests.web.forms import begin, form_of
from webmail.accounts import connect, vault
from webmail.store.protocol import SignInRefused
from webmail.submission.models import Outgoing, State, Step, StoredDraft, Trouble

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("submission")]


@pytest.fixture
def queued(mara):
    """A message in the outbox; the URL that acts on it."""
    action, fields = begin(mara, to="a@hearth.example", subject="Firewood", text="Bring some")
    mara.post(action, fields | {"do": "send"})
    return f"/outbox/{Outgoing.objects.get().key}/"


def put_in(state, **more):
    Outgoing.objects.update(state=state, **more)


def page(client):
    return unescape(client.get("/outbox/").content.decode())


def acts_in(shown):
    """The buttons of the only message."""
    (row,) = re.findall(r'<li class="outgoing.*?</li>', shown, re.DOTALL)
    return re.findall(r'name="do" value="(\w+)"', row)


def test_an_empty_outbox_says_that_everything_is_sent(mara):
    assert "Everything is sent" in page(mara)


def test_a_held_message_can_be_undone_but_not_sent_again(mara, queued):
    shown = page(mara)
    assert "Firewood" in shown
    assert "You can still undo." in shown
    assert 'value="undo"' in shown
    assert 'value="send_again"' not in shown


def test_an_undo_that_comes_too_late_says_so(mara, queued):
    put_in(State.DATA)
    answer = mara.post(queued, {"do": "undo"}, follow=True)
    assert "Too late: the message is on its way." in answer.content.decode()
    assert Outgoing.objects.get().state == State.DATA


def test_a_refused_message_shows_the_servers_words_and_opens_again_with_one_click(mara, queued):
    put_in(State.FAILED, trouble=Trouble.REFUSED, last_error="550 no such person")
    shown = page(mara)
    assert "550 no such person" in shown
    answer = mara.post(queued, {"do": "edit"}, follow=True)
    _, fields = form_of(answer)
    assert (fields["to"], fields["text"]) == ("a@hearth.example", "Bring some")


def test_an_unclear_message_can_be_sent_again_or_marked_as_sent(mara, queued):
    put_in(State.UNCERTAIN)
    shown = page(mara)
    assert "may or may not have taken this message" in shown
    assert 'value="send_again"' in shown
    mara.post(queued, {"do": "mark_as_sent"})
    assert Outgoing.objects.get().state == State.ACCEPTED


def test_a_message_to_be_sent_again_is_ready_at_once(mara, queued):
    put_in(State.FAILED, trouble=Trouble.TOO_OLD, send_grant=b"")
    assert mara.post(queued, {"do": "send_again"}).status_code == 303
    row = Outgoing.objects.get()
    assert (row.state, bool(row.send_grant)) == (State.READY, True)


def test_the_frozen_message_can_be_downloaded_and_is_never_shown(mara, queued):
    answer = mara.get(f"{queued}source/")
    assert b"Subject: Firewood" in answer.content
    assert answer["Content-Disposition"].startswith("attachment;")
    assert "sandbox" in answer["Content-Security-Policy"]


def test_somebody_elses_outbox_is_unknown(mara, queued):
    ben = Client()
    ben.post("/sign-in/", {"address": "ben@hearth.example", "password": "x"})
    assert "Firewood" not in page(ben)
    assert ben.post(queued, {"do": "undo"}).status_code == 404
    assert ben.get(f"{queued}source/").status_code == 404
    assert Outgoing.objects.get().state == State.HELD


@pytest.mark.parametrize("act", ["", "explode"])
def test_an_act_that_does_not_exist_is_not_found(mara, queued, act):
    assert mara.post(queued, {"do": act}).status_code == 404


# -- what can be done about each ------------------------------------------------------------------


def test_the_only_copy_can_be_downloaded_and_is_discarded_only_when_sure(mara, queued):
    StoredDraft.objects.all().delete()
    mara.post(queued, {"do": "undo"})
    shown = page(mara)
    assert "this is the only copy" in shown
    assert f"{queued}source/" in shown
    assert 'value="discard"' in shown
    assert "kept nowhere else" in unescape(mara.post(queued, {"do": "discard"}).content.decode())
    assert Outgoing.objects.get().wire_path
    mara.post(queued, {"do": "discard", "sure": "1"})
    assert "Everything is sent" in page(mara)


def test_a_failed_message_without_its_draft_offers_no_way_into_drafts(mara, queued):
    StoredDraft.objects.all().delete()
    put_in(State.FAILED, trouble=Trouble.REFUSED, last_error="550 no such person")
    shown = page(mara)
    assert 'value="edit"' not in shown
    assert 'value="discard"' in shown
    assert "kept nowhere else" in unescape(mara.post(queued, {"do": "discard"}).content.decode())
    assert Outgoing.objects.get().state == State.FAILED


def test_a_sent_message_that_is_not_filed_says_so_and_is_tried_again(mara, queued):
    put_in(State.ACCEPTED, sent_copy_attempt=2, sent_copy_error="Over quota", next_attempt_at=None)
    shown = page(mara)
    assert "was sent, but could not be filed in Sent yet: “Over quota”" in shown
    assert f"{queued}source/" in shown
    mara.post(queued, {"do": "file_again"})
    assert Outgoing.objects.get().next_attempt_at is not None
    put_in(State.DONE, sent_copy=Step.FAILED, sent_copy_error="Over quota", wire_path="")
    shown = page(mara)
    assert "The only copy is here" in shown
    assert 'value="discard"' in shown
    mara.post(queued, {"do": "discard", "sure": "1"})
    assert "Everything is sent" in page(mara)


def test_mail_more_than_a_day_late_is_asked_about_on_every_page_and_sent_when_told(mara, queued):
    """F38: the words, and the button that answers them."""
    put_in(State.HELD, send_at=timezone.now() - timedelta(days=2), trouble=Trouble.TOO_LATE)
    shown = page(mara)
    assert "Not sent by itself: it was to leave 2 days ago" in shown
    assert acts_in(shown) == ["send_again", "edit", "discard"]
    assert "Send now" in shown
    assert "One message missed its time by more than a day" in alert_of(mara)
    mara.post(queued, {"do": "send_again"})
    assert Outgoing.objects.get().state == State.READY


def test_mail_that_left_late_is_told_for_a_day(mara, queued):
    """F38: marked late where its writer looks for it."""
    now = timezone.now()
    sent = {"attempt": 1, "wire_path": "", "sent_path": "", "sent_copy": Step.DONE}
    times = {"send_at": now - timedelta(hours=3), "trying_since": now, "accepted_at": now}
    put_in(State.DONE, **sent, **times)
    shown = page(mara)
    assert "Sent, 3 hours late" in shown
    assert "is-warn" in shown
    assert acts_in(shown) == []
    assert alert_of(mara) == ""
    put_in(State.DONE, accepted_at=now - timedelta(days=2))
    assert "Everything is sent" in page(mara)


# -- what every page says -------------------------------------------------------------------------


def alert_of(client, url="/mail/"):
    shown = unescape(client.get(url, follow=True).content.decode())
    found = re.search(r'<div id="outbox-alert">(.*?)</div>', shown, re.DOTALL)
    return found.group(1) if found else ""


@pytest.mark.parametrize(
    ("state", "more", "words", "level"),
    [
        (State.HELD, {}, "", ""),
        (State.RETRY_WAIT, {"trouble": "later", "failures": 1}, "", ""),
        (State.RETRY_WAIT, {"trouble": "later", "failures": 2}, "could not be sent yet", "warn"),
        (State.FAILED, {"trouble": "refused"}, "One message was not sent.", "bad"),
        (State.UNCERTAIN, {"trouble": "unclear"}, "may or may not have taken", "bad"),
        (State.RETRY_WAIT, {"trouble": "auth", "failures": 1}, "refuses your password", "warn"),
    ],
)
def test_every_page_says_what_does_not_leave(mara, store, queued, state, more, words, level):
    ref = store.append("INBOX", b"Subject: Hello\r\n\r\nHi\r\n")
    put_in(state, **more)
    for url in ("/mail/", mara.url_of(ref), "/search/?q=hello", "/compose/"):
        alert = alert_of(mara, url)
        assert words in alert
        assert (f"notice {level}" in alert, 'href="/outbox/"' in alert) == (bool(words),) * 2
        assert ("again=1" in alert) == (more.get("trouble") == "auth")
    assert alert_of(mara, "/outbox/") == ""
    assert ("needs a look" in page(mara)) == bool(words)


def test_the_alert_costs_no_query_of_its_own(mara, queued):
    put_in(State.FAILED)
    with CaptureQueriesContext(connection) as asked:
        mara.get(mara.list_url())
    assert sum("submission_outgoing" in each["sql"] for each in asked) == 1


def test_an_act_by_script_brings_the_alert_up_to_date(mara, store, queued):
    ref = store.append("INBOX", b"Subject: Hello\r\n\r\nHi\r\n")
    put_in(State.FAILED)
    fields = {"do": "flag", "ref": mara.text_of(ref)}
    answer = mara.post("/mail/actions/", fields, headers={"HX-Request": "true"})
    assert '<div id="outbox-alert" hx-swap-oob="outerHTML"><p' in answer.content.decode()


# -- passwords (F21, F41) -------------------------------------------------------------------------


def test_after_signing_in_with_the_right_password_waiting_mail_leaves_by_itself(mara, queued):
    """F21, F41: the new password is given to all that waited for it."""
    put_in(State.RETRY_WAIT, trouble=Trouble.AUTH, failures=1, last_error="535 no", lease_token="")
    Outgoing.objects.update(next_attempt_at=timezone.now() + timedelta(minutes=30))
    assert "it leaves by itself" in page(mara)
    Client().post("/sign-in/", {"address": ADDRESS, "password": "changed"})
    row = Outgoing.objects.get()
    assert row.state == State.READY
    assert row.next_attempt_at <= timezone.now()
    assert vault.open_grant(row.key, row.send_grant).reveal() == "changed"


def test_a_password_that_the_server_refuses_changes_nothing(mara, queued, monkeypatch):
    put_in(State.RETRY_WAIT, trouble=Trouble.AUTH, failures=1)

    def refuse(account, password):
        raise SignInRefused("no")

    monkeypatch.setattr(connect, "open_store", refuse)
    assert Client().post("/sign-in/", {"address": ADDRESS, "password": "x"}).status_code == 401
    row = Outgoing.objects.get()
    assert row.state == State.RETRY_WAIT
    assert vault.open_grant(row.key, row.send_grant).reveal() == "secret"
