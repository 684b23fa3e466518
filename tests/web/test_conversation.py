"""A message in its conversation: what is open, what is folded, what is read, and edits by hand."""

import itertools
import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from django.utils.http import urlencode

from tests.web.forms import begin, form_of, ref_of
from tests.web.letters import letter
from webmail.accounts.models import Account, ConversationEdit, User
from webmail.index import growing, sync
from webmail.index.models import IndexedMailbox, IndexedMessage, KnownMessageId
from webmail.store.mailbox import SEEN


def write(store, name, *answers, mailbox="INBOX", seen=True, **fields):
    head = f"Message-ID: <{name}@x>"
    head += f"\nReferences: {' '.join(f'<{each}@x>' for each in answers)}" if answers else ""
    ref = store.append(mailbox, letter("Cabin", f"Text of {name}.", head=head, **fields))
    if seen:
        store.set_flags([ref], add=[SEEN])
    return ref


@pytest.fixture(autouse=True)
def a_minute_for_each(store, monkeypatch):
    minutes = itertools.count()
    start = timezone.now() - timedelta(days=1)
    monkeypatch.setattr(store, "_clock", lambda: start + timedelta(minutes=next(minutes)))


@pytest.fixture
def thread(mara, store):
    """Seven messages, all read; the sixth is Mara's own."""
    refs = [write(store, "m0")]
    refs += [write(store, f"m{n}", *(f"m{m}" for m in range(n))) for n in range(1, 5)]
    refs.append(write(store, "m5", "m0", mailbox="Sent", sender="Mara <mara@hearth.example>"))
    refs.append(write(store, "m6", "m0", "m5"))
    mara.get(mara.list_url())
    mara.get(mara.list_url("Sent"))
    return refs


def page_of(mara, ref, query=""):
    answer = mara.get(mara.url_of(ref) + query)
    assert answer.status_code == 200
    return answer.content.decode()


def opened(mara, page):
    return re.findall(r'<li data-member="([^"]+)" data-open', page)


def folded(page):
    return re.findall(r'<li data-member="([^"]+)"(?: data-first-unread)?><a class="fold', page)


def is_seen(store, ref):
    return SEEN in store.summary(ref).flags


# -- the list -------------------------------------------------------------------------------------


def test_the_list_has_one_row_for_the_conversation_with_its_count(mara, thread):
    page = mara.get(mara.list_url()).content.decode()
    assert page.count('<li class="row') == 1
    assert '<span class="count">7<span class="sr"> messages</span></span>' in page
    assert "Jonas, you" in page


def test_a_person_may_turn_grouping_off_for_good_or_for_once(mara, thread):
    assert mara.get(f"{mara.list_url()}?group=0").content.decode().count('<li class="row') == 6
    User.objects.update(groups_conversations=False)
    assert mara.get(mara.list_url()).content.decode().count('<li class="row') == 6
    assert mara.get(f"{mara.list_url()}?group=1").content.decode().count('<li class="row') == 1
    page = page_of(mara, thread[0])
    assert opened(mara, page) == [mara.text_of(thread[0])]
    assert not folded(page)


def test_drafts_are_each_a_row(mara, store):
    for name in ("a", "b"):
        write(store, name, "root", mailbox="Drafts")
    assert mara.get(mara.list_url("Drafts")).content.decode().count('<li class="row') == 2


# -- open and folded ------------------------------------------------------------------------------


def test_the_newest_is_open_and_three_or_more_in_the_middle_are_one_line(mara, thread):
    page = page_of(mara, thread[6])
    assert opened(mara, page) == [mara.text_of(thread[6])]
    assert folded(page) == [mara.text_of(thread[0]), mara.text_of(thread[5])]
    assert "Show 4 earlier messages" in page
    assert "<bdi>You</bdi>" in page


def test_the_gap_opens_to_lines(mara, thread):
    page = page_of(mara, thread[6], "?open=lines")
    assert len(folded(page)) == 6
    assert "earlier messages" not in page


def test_a_folded_line_opens_by_its_link(mara, thread):
    link = re.search(r'class="fold" href="([^"]+)"', page_of(mara, thread[6])).group(1)
    page = page_of(mara, thread[6], link.replace("&amp;", "&"))
    assert opened(mara, page) == [mara.text_of(thread[0]), mara.text_of(thread[6])]


def test_all_open_and_all_fold(mara, thread):
    assert len(opened(mara, page_of(mara, thread[6], "?open=all"))) == 7
    assert len(opened(mara, page_of(mara, thread[6], "?open=none"))) == 1


def test_the_message_of_the_address_is_open_too(mara, thread):
    page = page_of(mara, thread[2])
    assert opened(mara, page) == [mara.text_of(thread[2]), mara.text_of(thread[6])]


def test_the_unread_are_open_and_the_first_of_them_is_where_reading_begins(mara, store, thread):
    new = [write(store, f"n{n}", "m0", seen=False) for n in range(2)]
    page = page_of(mara, new[1])
    assert opened(mara, page) == [mara.text_of(ref) for ref in new]
    first = re.search(r'data-member="([^"]+)" data-open data-first-unread', page).group(1)
    assert first == mara.text_of(new[0])


def test_the_order_can_be_turned(mara, thread):
    texts = [mara.text_of(ref) for ref in thread]
    members = re.compile(r'<li data-member="([^"]+)"')
    assert members.findall(page_of(mara, thread[6], "?open=lines")) == texts
    assert members.findall(page_of(mara, thread[6], "?open=lines&order=newest")) == texts[::-1]
    User.objects.update(newest_first=True)
    assert members.findall(page_of(mara, thread[6], "?open=lines")) == texts[::-1]


def test_trash_and_spam_are_left_out_of_what_is_read_in_the_inbox(mara, store, thread):
    gone = write(store, "t", "m0", mailbox="Trash")
    mara.get(mara.list_url("Trash"))
    assert mara.text_of(gone) not in page_of(mara, thread[6], "?open=lines")
    assert mara.text_of(gone) in page_of(mara, gone, "?open=lines")


# -- what it costs and what it marks --------------------------------------------------------------


def test_of_two_hundred_messages_only_the_open_ones_are_fetched(mara, store, monkeypatch):
    refs = [write(store, "m0")] + [write(store, f"m{n}", "m0") for n in range(1, 200)]
    fetched = []
    plain = store.fetch
    monkeypatch.setattr(
        store, "fetch", lambda refs, *args, **kw: fetched.extend(refs) or plain(refs, *args, **kw)
    )
    grow(store)
    page = page_of(mara, refs[-1])
    assert "Show 197 earlier messages" in page
    assert set(fetched) == {refs[-1]}


def test_a_conversation_of_many_unread_opens_ten_and_marks_no_other(mara, store):
    refs = [write(store, "m0", seen=False)]
    refs += [write(store, f"m{n}", "m0", seen=False) for n in range(1, 30)]
    page = page_of(mara, refs[-1])
    assert len(opened(mara, page)) == 10
    assert [is_seen(store, ref) for ref in refs].count(True) == 10
    assert 'class="fold is-unread"' in page


def grow(store):
    growing.grow(store, sync.reconcile(store, Account.objects.get().pk, "INBOX"), for_s=60)


def test_reading_marks_the_open_ones_in_every_mailbox_and_looking_marks_none(mara, store, thread):
    new = write(store, "n", "m0", seen=False)
    sent = write(store, "s", "m0", mailbox="Sent", seen=False)
    assert mara.head(mara.url_of(new)).status_code == 200
    assert not is_seen(store, new)
    page_of(mara, new)
    assert is_seen(store, new)
    assert is_seen(store, sent)


def test_a_script_opens_one_in_its_place(mara, store, thread):
    store.set_flags([thread[0]], remove=[SEEN])
    part = mara.part(f"{mara.url_of(thread[0])}?alone=1").content.decode()
    assert part.count("<li data-member") == 1
    assert "Text of m0." in part
    assert 'id="folders"' in part
    assert is_seen(store, thread[0])


def test_a_member_that_is_gone_is_left_out(mara, store, thread, monkeypatch):
    page = page_of(mara, thread[6])
    assert page
    store.expunge([thread[3]])
    assert mara.text_of(thread[3]) not in page_of(mara, thread[6], "?open=all")
    assert mara.get(mara.url_of(thread[3])).status_code == 410


def test_the_reply_goes_to_the_newest(mara, thread):
    page = page_of(mara, thread[2])
    newest = mara.text_of(thread[6])
    assert f'?reply={newest}" data-compose-link data-key="r"' in page


def test_what_was_begun_and_not_sent_stands_at_the_end(mara, store, thread):
    page = page_of(mara, thread[0])
    assert "data-begun" not in page
    draft = write(store, "d0", "m0", "m6", mailbox="Drafts", sender="Mara <mara@hearth.example>")
    mara.get(mara.list_url("Drafts"))
    page = page_of(mara, thread[0])
    begun = re.findall(r'<li data-begun="([^"]+)"><a class="fold is-begun" href="([^"]+)"', page)
    assert begun == [(ref_of(draft), f"/compose/?{urlencode({'draft_of': ref_of(draft)})}")]
    assert "Text of d0." in page
    store.expunge([draft])
    mara.get(mara.list_url("Drafts"))
    assert "data-begun" not in page_of(mara, thread[0])


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("submission")
def test_what_is_in_the_outbox_is_not_begun(mara, store, thread):
    action, fields = begin(mara, f"?reply={ref_of(thread[6])}")
    assert mara.post(action, fields | {"do": "save"}).status_code == 303
    mara.get(mara.list_url("Drafts"))
    assert "data-begun" in page_of(mara, thread[6])
    _, fields = form_of(mara.get(action))
    assert mara.post(action, fields | {"do": "send", "text": "Yes."}).status_code == 303
    assert "data-begun" not in page_of(mara, thread[6])


def test_the_page_counts_and_leads_by_conversation(mara, store, thread):
    other = write(store, "other")
    page = page_of(mara, thread[2])
    assert "2 of 2" in page
    assert f'rel="prev" href="{mara.url_of(other)}"' in page
    assert re.search(
        r'<li class="row is-open" data-ref="' + re.escape(mara.text_of(thread[6])), page
    )


# -- acts on a line -------------------------------------------------------------------------------


def test_what_is_done_to_a_line_is_done_to_all_of_it_in_this_mailbox(mara, store, thread):
    mara.act("archive", thread[6], whole="1")
    assert store.status("INBOX").messages == 0
    assert store.status("Archive").messages == 6
    assert store.status("Sent").messages == 1


def test_what_came_after_the_line_was_drawn_is_left_alone(mara, store, thread):
    late = write(store, "late", "m0", seen=False)
    mara.get(mara.list_url())
    mara.act("archive", thread[6], whole="1")
    assert store.summary(late)
    assert store.status("INBOX").messages == 1


def test_without_the_word_one_message_is_meant(mara, store, thread):
    mara.act("archive", thread[6])
    assert store.status("Archive").messages == 1


def test_deleting_for_good_asks_for_the_whole_line(mara, store):
    refs = [write(store, "a", mailbox="Trash"), write(store, "b", "a", mailbox="Trash")]
    mara.get(mara.list_url("Trash"))
    answer = mara.act("destroy", refs[1], whole="1")
    assert "Delete 2 messages for good" in answer.content.decode()
    assert 'name="whole" value="1"' in answer.content.decode()
    mara.act("destroy", refs[1], whole="1", confirmed="1")
    assert store.status("Trash").messages == 0


# -- by hand --------------------------------------------------------------------------------------


def edit(mara, do, *refs):
    fields = {"do": do, "ref": [mara.text_of(ref) for ref in refs], "next": mara.list_url()}
    answer = mara.post("/mail/conversations/", fields)
    assert answer.status_code == 303
    return mara.get(answer["Location"]).content.decode()


def counts(mara):
    page = mara.get(mara.list_url()).content.decode()
    rows = re.findall(r'<li class="row.*?</li>', page, re.DOTALL)
    return [int((re.search(r'class="count">(\d+)', row) or [0, 1])[1]) for row in rows]


def undo(mara, page):
    token = re.search(r'name="token" value="([^"]+)"', page).group(1)
    return mara.post("/undo/", {"token": token, "next": mara.list_url()})


def test_a_message_is_taken_out_and_put_back(mara, store, thread):
    page = edit(mara, "take_out", thread[2])
    assert "Taken out of the conversation" in page
    assert sorted(counts(mara)) == [1, 6]
    undo(mara, page)
    assert counts(mara) == [7]
    assert not ConversationEdit.objects.exists()


def test_two_conversations_are_joined_and_parted(mara, store, thread):
    other = write(store, "other")
    mara.get(mara.list_url())
    page = edit(mara, "join", thread[6], other)
    assert counts(mara) == [8]
    undo(mara, page)
    assert sorted(counts(mara)) == [1, 7]


def test_one_is_not_joined_with_itself(mara, thread):
    assert "Select two or more" in edit(mara, "join", thread[6])
    assert not ConversationEdit.objects.exists()


def test_edits_outlive_the_index(mara, store, thread):
    edit(mara, "take_out", thread[2])
    for model in (IndexedMessage, IndexedMailbox, KnownMessageId):
        model.objects.all().delete()
    mara.get(mara.list_url("Sent"))
    assert sorted(counts(mara)) == [1, 6]


def test_an_undo_of_another_person_is_none(mara, store, thread):
    token = re.search(r'name="token" value="([^"]+)"', edit(mara, "take_out", thread[2])).group(1)
    eve = Client()
    eve.post("/sign-in/", {"address": "eve@hearth.example", "password": "secret"})
    eve.post("/undo/", {"token": token})
    assert ConversationEdit.objects.count() == 1


@pytest.mark.parametrize("ref", ["", "nonsense", "x/INBOX/1.1"])
def test_what_is_no_message_of_theirs_is_not_there(ref, mara, thread):
    answer = mara.post("/mail/conversations/", {"do": "take_out", "ref": ref})
    assert answer.status_code == 404


def test_the_view_of_one_message_says_nothing_of_conversations(mara, store):
    page = page_of(mara, write(store, "alone"))
    assert "Take this message out" not in page
    assert "Open all messages" not in page


def test_what_was_said_to_be_fine_is_asked_for_once_of_all_its_messages(mara, thread):
    with CaptureQueriesContext(connection) as asked:
        page = page_of(mara, thread[-1], "?open=all")
    assert len(opened(mara, page)) == 7
    assert sum("accounts_acceptedsender" in each["sql"] for each in asked) == 1
