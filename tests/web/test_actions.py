"""What is done to messages, and taken back."""

import re
import time
from html import unescape

import pytest
from django.core import signing

from tests.web.letters import letter
from webmail.store.mailbox import FLAGGED, JUNK, NOT_JUNK, SEEN
from webmail.store.protocol import Refused, Unreachable


@pytest.fixture
def ref(store):
    return store.append("INBOX", letter())


def names_in(store, mailbox):
    return [row.envelope.subject for row in store.page(mailbox).rows]


def only(store, mailbox):
    (row,) = store.page(mailbox).rows
    return row


def undo(mara):
    """Presses Undo on the next page."""
    page = mara.get(mara.list_url()).content.decode()
    token = re.search(r'name="token" value="([^"]+)"', page)
    assert token, "no Undo was offered"
    return mara.post("/undo/", {"token": unescape(token.group(1))})


@pytest.mark.parametrize(
    ("do", "before", "after"),
    [
        ("seen", set(), {SEEN}),
        ("unseen", {SEEN}, set()),
        ("flag", {SEEN}, {SEEN, FLAGGED}),
        ("unflag", {SEEN, FLAGGED}, {SEEN}),
    ],
)
def test_flags_are_set_and_taken_back(do, before, after, mara, store, ref):
    store.set_flags([ref], add=before)
    answer = mara.act(do, ref)
    assert (answer.status_code, answer["Location"]) == (303, mara.list_url())
    assert store.summary(ref).flags == after
    undo(mara)
    assert store.summary(ref).flags == before


def test_undoing_many_leaves_alone_what_was_so_before(mara, store, ref):
    read_before = store.append("INBOX", letter(), flags=[SEEN])
    mara.act("seen", ref, read_before)
    undo(mara)
    assert store.summary(ref).flags == set()
    assert store.summary(read_before).flags == {SEEN}


@pytest.mark.parametrize(
    ("do", "fields", "place", "said"),
    [
        ("archive", {}, "Archive", "1 message archived"),
        ("delete", {}, "Trash", "1 message moved to Trash"),
        ("spam", {}, "Junk", "1 message moved to Spam"),
        ("move", {"target": "Sent"}, "Sent", "1 message moved to Sent"),
        ("move", {"to": "Sent"}, "Sent", "1 message moved to Sent"),
    ],
)
def test_messages_move_and_come_back(do, fields, place, said, mara, store, ref):
    mara.act(do, ref, **fields)
    assert names_in(store, "INBOX") == []
    assert names_in(store, place) == ["Firewood"]
    assert said in mara.get(mara.list_url()).content.decode()


def test_an_archived_message_comes_back_by_undo(mara, store, ref):
    mara.act("archive", ref)
    undo(mara)
    assert names_in(store, "INBOX") == ["Firewood"]
    assert names_in(store, "Archive") == []


def test_spam_teaches_the_filter_and_undo_unteaches_it(mara, store, ref):
    mara.act("spam", ref)
    assert JUNK in only(store, "Junk").flags
    undo(mara)
    assert JUNK not in only(store, "INBOX").flags
    mara.act("spam", only(store, "INBOX").ref)
    mara.act("not_spam", only(store, "Junk").ref)
    assert NOT_JUNK in only(store, "INBOX").flags


def test_a_copy_is_made_and_undo_removes_the_copy_alone(mara, store, ref):
    store.append("Archive", letter("Other"))
    mara.act("copy", ref, target="Archive")
    assert sorted(names_in(store, "Archive")) == ["Firewood", "Other"]
    undo(mara)
    assert names_in(store, "Archive") == ["Other"]
    assert names_in(store, "INBOX") == ["Firewood"]


def test_messages_of_several_mailboxes_go_together(mara, store, ref):
    other = store.append("Sent", letter("Other"))
    mara.act("archive", ref, other)
    assert sorted(names_in(store, "Archive")) == ["Firewood", "Other"]
    undo(mara)
    assert names_in(store, "INBOX") == ["Firewood"]
    assert names_in(store, "Sent") == ["Other"]


def test_an_archive_is_made_where_there_is_none(mara, store, ref):
    store.delete_mailbox("Archive")
    mara.act("archive", ref)
    assert names_in(store, "Archive") == ["Firewood"]


def test_a_folder_that_another_program_took_away_is_looked_for_again(mara, store, ref):
    """The page knew it: the act believes that first, since to ask each time would cost more."""
    mara.get(mara.list_url())
    store.delete_mailbox("Archive")
    mara.act("archive", ref)
    assert names_in(store, "Archive") == ["Firewood"]


def test_what_may_have_become_the_trash_meanwhile_is_not_emptied_by_delete(mara, store, ref):
    """Which folder is Trash now decides between moving and destroying: that was not asked."""
    mara.get(mara.list_url())
    store.delete_mailbox("Trash")
    assert mara.act("delete", ref).status_code == 404
    assert names_in(store, "INBOX") == ["Firewood"]


def test_the_folders_are_asked_for_once_at_most(mara, store, ref, monkeypatch):
    mara.get(mara.list_url())
    asked = []
    mailboxes = store.mailboxes
    monkeypatch.setattr(store, "mailboxes", lambda: asked.append(1) or mailboxes())
    for do, more in (("flag", {}), ("move", {"target": "Archive"})):
        fields = {"do": do, "ref": mara.text_of(ref), **more}
        mara.post("/mail/actions/", fields, headers={"HX-Request": "true"})
        assert len(asked) <= 1
        asked.clear()


def test_in_trash_deleting_is_for_good_and_asks_first(mara, store):
    ref = store.append("Trash", letter())
    asked = mara.act("delete", ref)
    assert asked.status_code == 200
    assert "Delete 1 message for good?" in asked.content.decode()
    assert names_in(store, "Trash") == ["Firewood"]
    mara.act("destroy", ref, confirmed="1")
    assert names_in(store, "Trash") == []
    assert "1 message deleted for good" in mara.get(mara.list_url()).content.decode()


@pytest.mark.parametrize("do", ["destroy", "erase"])
def test_nothing_is_destroyed_without_the_second_word(do, mara, store, ref):
    assert "for good?" in mara.act(do, ref).content.decode()
    assert names_in(store, "INBOX") == ["Firewood"]


def test_a_script_that_deletes_in_trash_is_told_where_to_ask(mara, store):
    ref = store.append("Trash", letter())
    answer = mara.post(
        "/mail/actions/",
        {"do": "delete", "ref": mara.text_of(ref)},
        headers={"HX-Request": "true"},
    )
    assert answer.status_code == 409
    assert names_in(store, "Trash") == ["Firewood"]


def test_moving_without_a_folder_asks_for_one(mara, store, ref):
    answer = mara.act("move", ref)
    page = answer.content.decode()
    assert "Move 1 message" in page
    assert '<option value="Archive">Archive</option>' in page


def test_only_a_folder_that_the_server_lists_is_moved_to(mara, store, ref):
    answer = mara.act("move", ref, target="Elsewhere\r\nA1 DELETE INBOX")
    assert answer.status_code == 404
    assert names_in(store, "INBOX") == ["Firewood"]


@pytest.mark.parametrize("fields", [{"do": "explode"}, {"do": ""}, {}])
def test_an_act_that_is_none_changes_nothing(fields, mara, ref):
    answer = mara.post("/mail/actions/", {**fields, "ref": mara.text_of(ref)})
    assert answer.status_code == 303
    assert "out of date" in mara.get(mara.list_url()).content.decode()


def test_nothing_selected_is_said(mara, store):
    answer = mara.post("/mail/actions/", {"do": "archive", "next": mara.list_url()})
    assert "Select one or more messages" in mara.get(answer["Location"]).content.decode()


@pytest.mark.parametrize("text", ["x", "other/INBOX/1.1", "../../etc"])
def test_what_is_no_message_of_mine_is_not_there(text, mara):
    assert mara.post("/mail/actions/", {"do": "archive", "ref": text}).status_code == 404


def test_a_ref_in_the_query_stands_alone(mara, store, ref):
    ticked = store.append("INBOX", letter("Ticked"))
    url = f"/mail/actions/?ref={mara.text_of(ref).replace('%', '%25')}"
    mara.post(url, {"do": "archive", "ref": mara.text_of(ticked)})
    assert names_in(store, "INBOX") == ["Ticked"]


@pytest.mark.parametrize(
    "target", ["//evil.example", "https://evil.example/", "/\\evil.example", "x"]
)
def test_next_leads_only_to_our_own_pages(target, mara, ref):
    answer = mara.act("seen", ref, next=target)
    assert answer["Location"] == mara.list_url()


def test_a_script_gets_the_notice_with_undo_and_the_folders(mara, store, ref):
    answer = mara.post(
        "/mail/actions/",
        {"do": "archive", "ref": mara.text_of(ref)},
        headers={"HX-Request": "true", "HX-Current-URL": f"http://testserver{mara.list_url()}"},
    )
    part = answer.content.decode()
    assert answer.status_code == 200
    assert '<div id="notices">' in part
    assert "1 message archived" in part
    assert "data-undo" in part
    assert 'id="folders"' in part
    assert 'aria-current="page"' in part


def test_a_refusal_quotes_the_server(mara, store, ref, monkeypatch):
    def refuse(*_args, **_options):
        raise Refused("Quota exceeded", host="mail.hearth.example", code="OVERQUOTA")

    monkeypatch.setattr(store, "move", refuse)
    answer = mara.act("archive", ref)
    assert answer.status_code == 409
    assert "It says: “Quota exceeded”" in answer.content.decode()
    part = mara.post(
        "/mail/actions/",
        {"do": "archive", "ref": mara.text_of(ref)},
        headers={"HX-Request": "true"},
    )
    assert part.status_code == 409
    assert "data-toast" in part.content.decode()


def test_what_was_done_before_the_trouble_is_said_and_can_be_taken_back(
    mara, store, ref, monkeypatch
):
    other = store.append("Sent", letter("Other"))
    move = store.move

    def move_once(refs, target):
        if refs[0].mailbox == "Sent":
            raise Unreachable("The connection was cut.", host="mail.hearth.example", reason="cut")
        return move(refs, target)

    monkeypatch.setattr(store, "move", move_once)
    answer = mara.act("archive", ref, other)
    assert answer.status_code == 503
    assert "1 message archived" in answer.content.decode()


def test_an_undo_is_the_persons_own_and_lives_ten_minutes(mara, store, ref, monkeypatch):
    mara.act("archive", ref)
    page = mara.get(mara.list_url()).content.decode()
    token = unescape(re.search(r'name="token" value="([^"]+)"', page).group(1))
    forged = signing.dumps([10**6, []], salt="hearth.undo")
    for bad in (forged, token[:-1], ""):
        mara.post("/undo/", {"token": bad})
        assert names_in(store, "INBOX") == []
    later = time.time() + 601
    monkeypatch.setattr(signing.time, "time", lambda: later)
    mara.post("/undo/", {"token": token})
    assert names_in(store, "INBOX") == []


def test_undo_says_when_the_folder_has_changed(mara, store, ref):
    mara.act("archive", ref)
    store.delete_mailbox("Archive")
    store.create_mailbox("Archive")
    answer = undo(mara)
    assert names_in(store, "INBOX") == []
    assert answer.status_code in {303, 404, 410}
