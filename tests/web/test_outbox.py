"""The outbox page: states in words, and what can be done about them."""

from html import unescape

import pytest
from django.test import Client

from tests.web.forms import begin, form_of
from webmail.outbound import parse_endpoint
from webmail.submission import size
from webmail.submission.models import Outgoing, State, Trouble

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def submission(settings, monkeypatch):
    monkeypatch.setattr(size, "ask_limit", lambda endpoint, tls: None)
    settings.WEBMAIL_SUBMISSION = parse_endpoint("submissions://mail.hearth.example", "submission")


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
