"""What was chosen beside Send is still chosen when a message is taken back."""

import re
from datetime import timedelta
from html import unescape

import pytest
from django.utils import timezone

from tests.web.forms import begin, ref_of
from tests.web.letters import letter
from webmail.accounts.models import User
from webmail.submission.models import FollowUp, Outgoing, StoredDraft

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("submission")]

AT = (timezone.now() + timedelta(days=2)).replace(second=0, microsecond=0)
THEN = f"later:{AT:%Y-%m-%dT%H:%M}"


@pytest.fixture
def form(mara, store):
    User.objects.update(time_zone="UTC")
    raw = letter("Firewood", to="mara@hearth.example", head="Message-ID: <q@x>")
    return begin(mara, f"?reply={ref_of(store.append('INBOX', raw))}", text="Well?")


def taken_back(client, form, act="undo", **changes):
    """The compose page to which Undo leads."""
    action, fields = form
    assert client.post(action, fields | changes).status_code == 303
    answer = client.post(f"/outbox/{Outgoing.objects.latest('pk').key}/", {"do": act})
    assert answer["Location"] == action
    return unescape(client.get(action).content.decode())


def chosen(page):
    """Ticks, reminders, days and times: the menu is on the page twice."""
    return (
        page.count('name="unless_answered" value="1" checked'),
        re.findall(r'<option value="(\w+)" selected>(?:After|On the day)', page),
        re.findall(r'type="date" name="remind_on" value="([^"]+)"', page),
        re.findall(r'value="(later:[^"]+)"[^>]*>(?:<svg[^\n]*?</svg>)?As before: ', page),
    )


def again(form, page, **changes):
    """That page's form as a browser sends it, with what both menus show."""
    hidden = dict(re.findall(r'name="(\w+_was)" value="([^"]*)"', page))
    shown = {"revision": StoredDraft.objects.get().revision}
    return form[0], form[1] | hidden | shown | changes


@pytest.mark.parametrize("act", ["undo", "edit"])
def test_condition_time_and_reminder_are_shown_chosen(mara, form, act):
    page = taken_back(mara, form, act, unless_answered="1", remind="3", do=THEN)
    assert chosen(page) == (2, ["3", "3"], [], [THEN, THEN])
    assert not FollowUp.objects.exists()


def test_a_day_is_a_day_again_and_what_left_at_once_has_no_time(mara, form):
    day = f"{timezone.now() + timedelta(days=40):%Y-%m-%d}"
    page = taken_back(mara, form, remind="on", remind_on=day, do="send")
    assert chosen(page) == (0, ["on", "on"], [day, day], [])


def test_a_choice_is_undone_in_either_menu(mara, form):
    page = taken_back(mara, form, unless_answered="1", remind="3", do=THEN)
    changes = {"unless_answered": ["1"], "remind": ["3", ""], "remind_on": ["", ""]}
    action, fields = again(form, page, **changes)
    mara.post(action, fields | {"do": "save"})
    assert chosen(unescape(mara.get(action).content.decode())) == (0, [], [], [THEN, THEN])
    fields["revision"] = StoredDraft.objects.get().revision
    assert mara.post(action, fields | {"do": THEN}).status_code == 303
    assert not Outgoing.objects.latest("pk").unless_answered
    assert not FollowUp.objects.exists()


def test_what_is_left_as_it_stands_is_chosen_again(mara, form):
    page = taken_back(mara, form, unless_answered="1", remind="3", do=THEN)
    changes = {"unless_answered": ["1", "1"], "remind": ["3", "3"], "remind_on": ["", ""]}
    action, fields = again(form, page, **changes)
    assert mara.post(action, fields | {"do": THEN}).status_code == 303
    row = Outgoing.objects.latest("pk")
    assert (row.unless_answered, row.send_at) == (True, AT)
    assert FollowUp.objects.get().remind_at == AT + timedelta(days=3)
