"""A draft whose message leaves Drafts: its row and files go along, its text never does."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from tests.web.conftest import ADDRESS
from tests.web.forms import begin, copies_in_drafts, form_of, ref_of, upload
from webmail.attachments.models import Upload
from webmail.store.protocol import Unreachable
from webmail.submission.models import Outgoing, StoredDraft

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("submission")]


@pytest.fixture
def saved(mara):
    """A draft with a file, in Drafts: its URL and its fields."""
    action, fields = begin(mara, to="a@hearth.example", subject="Firewood", text="Bring some")
    mara.post(action, fields | {"do": "save", "files": upload("list.txt", b"birch")})
    return action, form_of(mara.get(action))[1]


def the_draft(store):
    return store.page("Drafts").rows[0].ref


def undo_token(answer):
    return next(
        tag.removeprefix("undo:")
        for message in answer.wsgi_request._messages
        for tag in message.extra_tags.split()
        if tag.startswith("undo:")
    )


@pytest.mark.parametrize(
    ("do", "more"),
    [
        ("delete", {}),
        ("archive", {}),
        ("spam", {}),
        ("move", {"target": "Archive"}),
        ("destroy", {"confirmed": "1"}),
    ],
)
def test_a_draft_taken_out_of_drafts_leaves_nothing_behind(mara, store, saved, do, more):
    assert mara.act(do, the_draft(store), **more).status_code == 303
    assert copies_in_drafts(store) == []
    assert not StoredDraft.objects.exists()
    assert not Upload.objects.exists()
    assert mara.get(saved[0]).status_code == 404


@pytest.mark.parametrize("do", ["flag", "seen", "copy"])
def test_other_acts_leave_the_draft_alone(mara, store, saved, do):
    mara.act(do, the_draft(store), target="Archive")
    assert StoredDraft.objects.exists()
    assert Upload.objects.exists()


def test_undo_brings_back_all_that_was_written_and_attached(mara, store, saved):
    action, fields = saved
    # An autosave and a file later, the copy on the server is behind.
    answer = mara.post(
        action,
        fields | {"do": "save", "autosave": "1", "text": "Bring some dry birch"},
        headers={"accept": "application/json"},
    )
    assert answer.json()["revision"] > StoredDraft.objects.get().copy_revision
    mara.post(f"{action}files/", {"files": upload("map.txt", b"here")})
    answer = mara.act("delete", the_draft(store))
    assert not StoredDraft.objects.exists()
    mara.post("/undo/", {"token": undo_token(answer)})
    (copy,) = copies_in_drafts(store)
    assert b"Bring some dry birch" in copy
    action, fields = begin(mara, f"?draft_of={ref_of(the_draft(store))}")
    assert (fields["to"], fields["text"].strip()) == ("a@hearth.example", "Bring some dry birch")
    mara.post(action, fields | {"do": "save"})
    assert sorted(each.filename for each in Upload.objects.all()) == ["list.txt", "map.txt"]


def test_a_draft_that_cannot_be_copied_first_keeps_its_row(mara, store, saved, monkeypatch):
    action, fields = saved
    fields |= {"do": "save", "autosave": "1", "text": "Newer"}
    mara.post(action, fields, headers={"accept": "application/json"})

    def away(*_, **__):
        raise Unreachable("no route", host="mail.hearth.example")

    monkeypatch.setattr(store, "append", away)
    mara.act("delete", the_draft(store))
    assert StoredDraft.objects.get().fields["text"] == "Newer"


def test_a_draft_on_its_way_out_keeps_its_row_for_undo(mara, store, saved):
    action, fields = saved
    mara.post(action, fields | {"do": "send"})
    mara.act("delete", the_draft(store))
    answer = mara.post(f"/outbox/{Outgoing.objects.get().key}/", {"do": "undo"}, follow=True)
    assert form_of(answer)[1]["text"] == "Bring some"


# -- the sweep ------------------------------------------------------------------------------------


def sign_in():
    Client().post("/sign-in/", {"address": ADDRESS, "password": "secret"})


def age(days=31, **changes):
    StoredDraft.objects.update(updated_at=timezone.now() - timedelta(days=days), **changes)


def test_a_row_whose_copy_another_program_took_away_goes_after_thirty_days(mara, store, saved):
    store.expunge([the_draft(store)])
    age(29)
    sign_in()
    assert StoredDraft.objects.exists()
    age(31)
    sign_in()
    assert not StoredDraft.objects.exists()


def test_a_row_whose_copy_is_there_stays(mara, store, saved):
    age(400)
    sign_in()
    assert StoredDraft.objects.exists()


def test_a_row_whose_copy_moved_within_drafts_stays(mara, store, saved):
    copy = b"".join(store.source(the_draft(store)))
    store.expunge([the_draft(store)])
    store.append("Drafts", copy)
    age(400)
    sign_in()
    assert StoredDraft.objects.exists()


@pytest.mark.parametrize("changes", [{"copy_revision": 0}, {"copy_uid": 0}])
def test_text_that_is_in_no_copy_is_never_swept(mara, store, saved, changes):
    store.expunge([the_draft(store)])
    age(4000, **changes)
    sign_in()
    assert StoredDraft.objects.exists()


def test_a_server_in_trouble_sweeps_nothing_and_lets_people_in(mara, store, saved, monkeypatch):
    def away(*_, **__):
        raise Unreachable("no route", host="mail.hearth.example")

    age(400)
    monkeypatch.setattr(store, "summary", away)
    sign_in()
    assert StoredDraft.objects.exists()
