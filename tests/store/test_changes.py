"""What a store can tell of changes, by what its server offers (RFC 5161, 7162)."""

import pytest

from tests.store.contract import file
from tests.store.scripted import HERE, signed_in
from tests.store.test_contract import sessions
from webmail.store.mailbox import FLAGGED, SEEN, MailboxStatus

KNOWN = MailboxStatus(messages=3, unseen=1, uidnext=6, uidvalidity=9, highestmodseq=40)
CONDSTORE, QRESYNC = " CONDSTORE", " ENABLE CONDSTORE QRESYNC"
ENABLED = "* ENABLED QRESYNC\r\n{tag} OK enabled\r\n"
STATUS = ['STATUS "INBOX" (MESSAGES UNSEEN UIDNEXT UIDVALIDITY HIGHESTMODSEQ)']
DONE = "{tag} OK done\r\n"
CHANGED = "* 1 FETCH (UID 2 FLAGS (\\Seen) MODSEQ (41))\r\n"


def status(messages=3, uidnext=6, modseq=40, uidvalidity=9):
    return (
        f"* STATUS INBOX (MESSAGES {messages} UNSEEN 1 UIDNEXT {uidnext}"
        f" UIDVALIDITY {uidvalidity} HIGHESTMODSEQ {modseq})\r\n{{tag}} OK done\r\n"
    )


@pytest.fixture
def pair(lab):
    with sessions(lab.imaps_url, "ben@hearth.test", "ben-secret", lab.tls(), count=2) as pair:
        yield pair


def test_an_unchanged_mailbox_costs_one_command_open_or_not(lab, pair):
    store, _ = pair
    file(store, 1, 2)
    known = store.status("INBOX")
    for _ in range(2):
        before = store.commands_sent
        assert store.changes_since("INBOX", known).is_whole
        assert store.commands_sent - before == 1
        store.page("INBOX")
        store.changes_since("INBOX", known)
    lab.clear()


def test_changes_of_a_mailbox_that_is_not_open_cost_two_commands(lab, pair):
    store, other = pair
    refs = file(store, 1, 2)
    store._session.enable()
    known = store.status("INBOX")
    other.set_flags(refs, add=[FLAGGED])
    before = store.commands_sent
    assert len(store.changes_since("INBOX", known).flags) == 2
    assert store.commands_sent - before == 2
    lab.clear()


def test_extensions_are_enabled_once_before_the_first_mailbox_is_open(opened):
    more = QRESYNC + " UTF8=ACCEPT"
    enabled = "* ENABLED UTF8=ACCEPT QRESYNC\r\n{tag} OK\r\n"
    with signed_in(enabled, HERE, HERE, more=more) as server:
        store = opened(server)
        store._session.select("INBOX")
        store._session.select("Other")
        assert server.commands == [
            *("ENABLE UTF8=ACCEPT QRESYNC", 'SELECT "INBOX"', 'SELECT "Other"'),
        ]
        assert store._session.is_utf8
        assert store._session.is_qresync


@pytest.mark.parametrize("answer", [DONE, "* ENABLED\r\n{tag} OK\r\n", "{tag} NO not now\r\n"])
def test_what_was_not_enabled_is_not_used(answer, opened):
    told = CHANGED + DONE
    with signed_in(status(modseq=41), answer, HERE, told, more=QRESYNC) as server:
        changes = opened(server).changes_since("INBOX", KNOWN)
        assert server.commands[-1].endswith("(UID FLAGS MODSEQ) (CHANGEDSINCE 40)")
    assert changes.is_whole
    assert [state.uid for state in changes.flags] == [2]


def test_without_qresync_numbers_may_prove_that_nothing_vanished(opened):
    told = CHANGED + "* 4 FETCH (UID 6 FLAGS () MODSEQ (42))\r\n" + DONE
    with signed_in(status(4, 7, 42), HERE, told, more=CONDSTORE) as server:
        changes = opened(server).changes_since("INBOX", KNOWN)
    assert changes.is_whole
    assert [(state.uid, state.flags, state.modseq) for state in changes.flags] == [
        *((2, {SEEN}, 41), (6, frozenset(), 42)),
    ]


def test_without_qresync_a_missing_message_makes_it_a_part_of_the_story(opened):
    told = "* 3 FETCH (UID 6 FLAGS () MODSEQ (42))\r\n" + DONE
    with signed_in(status(3, 7, 42), HERE, told, more=CONDSTORE) as server:
        changes = opened(server).changes_since("INBOX", KNOWN)
    assert not changes.is_whole
    assert changes.flags == ()


def test_without_condstore_nothing_is_ever_the_whole_story(opened):
    answer = status().replace(" HIGHESTMODSEQ 40", "")
    known = MailboxStatus(messages=3, unseen=1, uidnext=6, uidvalidity=9)
    with signed_in(answer) as server:
        store = opened(server)
        assert not store.changes_since("INBOX", known).is_whole
        assert store.commands_sent == 2


@pytest.mark.parametrize("now", [status(modseq=39), status(uidnext=5, modseq=41), status(modseq=0)])
def test_a_server_set_back_is_compared_whole(now, opened):
    with signed_in(now, more=QRESYNC) as server:
        assert not opened(server).changes_since("INBOX", KNOWN).is_whole


def test_a_mailbox_made_anew_between_the_commands_is_not_the_old_one(opened):
    anew = HERE.replace("UIDVALIDITY 9", "UIDVALIDITY 10")
    with signed_in(status(modseq=41), ENABLED, anew, more=QRESYNC) as server:
        assert not opened(server).changes_since("INBOX", KNOWN).is_whole


def test_select_itself_tells_the_changes(opened):
    told = "* VANISHED (EARLIER) 1:3,5\r\n" + CHANGED.replace("UID 2", "UID 4") + HERE
    with signed_in(status(modseq=41), ENABLED, told, more=QRESYNC) as server:
        store = opened(server)
        changes = store.changes_since("INBOX", KNOWN)
        assert server.commands[-1] == 'SELECT "INBOX" (QRESYNC (9 40))'
    assert changes.vanished == (range(1, 4), range(5, 6))
    assert [state.uid for state in changes.flags] == [4]
    assert store._session.selected.exists == 3, "what vanished earlier was never counted"


def test_a_message_told_of_and_then_gone_is_gone(opened):
    told = CHANGED + "* VANISHED 2\r\n" + HERE
    with signed_in(status(modseq=41), ENABLED, told, more=QRESYNC) as server:
        changes = opened(server).changes_since("INBOX", KNOWN)
    assert (changes.flags, changes.vanished) == ((), (range(2, 3),))


def test_a_large_mailbox_is_asked_about_in_pieces(opened, monkeypatch):
    monkeypatch.setattr("webmail.store.imap_changes.MANY", 2)
    pieces = ("* VANISHED (EARLIER) 1\r\n" + DONE, CHANGED.replace("UID 2", "UID 5") + DONE)
    with signed_in(status(modseq=41), ENABLED, HERE, *pieces, more=QRESYNC) as server:
        changes = opened(server).changes_since("INBOX", KNOWN)
        assert [c.split(" ")[2] for c in server.commands[-2:]] == ["1:3", "4:5"]
    assert (changes.vanished, [s.uid for s in changes.flags]) == ((range(1, 2),), [5])


def test_more_changes_than_fit_are_left_to_a_comparison(opened, monkeypatch):
    monkeypatch.setattr("webmail.store.imap_changes.MANY", 2)
    told = "".join(CHANGED.replace("UID 2", f"UID {uid}") for uid in (1, 2, 3))
    with signed_in(status(2, modseq=44), ENABLED, told + HERE, more=QRESYNC) as server:
        assert not opened(server).changes_since("INBOX", KNOWN).is_whole


def test_vanished_messages_are_counted_like_expunged_ones(opened):
    news = "* VANISHED 4:5\r\n* VANISHED (EARLIER) 1:100\r\n{tag} OK\r\n"
    with signed_in(ENABLED, HERE, news, more=QRESYNC) as server:
        store = opened(server)
        store._session.refresh("INBOX")
        assert store._session.refresh("INBOX").exists == 1


@pytest.mark.parametrize(
    "news", ["* 4 EXISTS\r\n", "* VANISHED 4\r\n", "* 1 FETCH (UID 1 FLAGS () MODSEQ (41))\r\n"]
)
@pytest.mark.parametrize("late", [False, True], ids=["before the status", "with the status"])
def test_a_status_holds_until_news_come(news, late, opened):
    """Also news that come with the status itself: it may be the older of the two."""
    first = (DONE, news * late + status())
    second = (news * (not late) + DONE, status(modseq=41))
    with signed_in(ENABLED, HERE, *first, *second, DONE, more=QRESYNC) as server:
        store = opened(server)
        store._session.select("INBOX")
        assert store.status("INBOX").highestmodseq == 40
        assert store.status("INBOX").highestmodseq == 41
        assert store.status("INBOX").highestmodseq == 41
        assert server.commands[2:] == ["NOOP", *STATUS, "NOOP", *STATUS, "NOOP"]


def test_our_own_writes_unsettle_a_status(lab, pair):
    store, _ = pair
    refs = file(store, 1, 2)
    store.page("INBOX")
    before = store.status("INBOX")
    store.set_flags(refs, add=[SEEN])
    assert store.status("INBOX").unseen == 0
    assert store.status("INBOX").highestmodseq > before.highestmodseq
    lab.clear()
