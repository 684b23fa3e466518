"""What each extension is used for, and what is done without it (docs/protocols.md)."""

import contextlib
from datetime import date

import pytest

from tests.lab import start
from tests.store.contract import MORNING, file, letter
from tests.store.scripted import HERE, signed_in
from tests.store.test_contract import sessions
from webmail.message.query import Term
from webmail.store.mailbox import DRAFT, MessageRef, Quota, SortKey, SpecialUse
from webmail.store.protocol import Refused, Unsupported

DONE = "{tag} OK done\r\n"
REF = MessageRef("INBOX", 9, 5)


@pytest.fixture
def store(lab):
    with sessions(lab.imaps_url, "ben@hearth.test", "ben-secret", lab.tls(), count=1) as (store,):
        yield store
    lab.clear()


# ID (RFC 2971)


def test_the_server_hears_our_name_and_nothing_more(opened):
    told = '* ID ("name" "Cyrus" "version" "3.8" "os" NIL)\r\n' + DONE
    with signed_in(told, HERE, HERE, more=" ID") as server:
        store = opened(server)
        store._session.select("INBOX")
        store._session.select("Other")
        assert server.commands[0] == 'ID ("name" "Hearth")'
        assert server.commands[1:] == ['SELECT "INBOX"', 'SELECT "Other"']
    assert store.server_id == {"name": "Cyrus", "version": "3.8", "os": ""}


@pytest.mark.parametrize("answer", ["* ID NIL\r\n" + DONE, "{tag} NO who asks?\r\n"])
def test_a_server_may_keep_its_name_to_itself(answer, opened):
    with signed_in(answer, HERE, more=" ID") as server:
        store = opened(server)
        store._session.select("INBOX")
    assert store.server_id == {}


def test_who_does_not_offer_id_is_not_asked(opened):
    with signed_in(HERE) as server:
        store = opened(server)
        store._session.select("INBOX")
        assert server.commands == ['SELECT "INBOX"']


# QUOTA (RFC 9208)


def test_the_quota_with_the_least_room_counts(opened):
    told = (
        '* QUOTAROOT INBOX "" shared\r\n* QUOTA "" (STORAGE 10 512)\r\n'
        "* QUOTA shared (MESSAGE 20 100 STORAGE 99 100)\r\n"
    )
    with signed_in(told + DONE, more=" QUOTA") as server:
        store = opened(server)
        assert store.features.quota
        assert store.quota() == Quota(99 * 1024, 100 * 1024)


@pytest.mark.parametrize(
    "answer", ["* QUOTAROOT INBOX\r\n" + DONE, "{tag} NO not here\r\n", "* QUOTA x ()\r\n" + DONE]
)
def test_an_account_may_have_no_quota(answer, opened):
    with signed_in(answer, more=" QUOTA=RES-STORAGE") as server:
        assert opened(server).quota() is None


def test_without_quota_nobody_is_asked(opened):
    with signed_in() as server:
        store = opened(server)
        assert store.quota() is None
        assert not store.features.quota
        assert server.commands == []


def test_dovecot_tells_its_quota(tmp_path):
    tmp_path.chmod(0o755)
    for above in list(tmp_path.parents)[:2]:
        above.chmod(0o755)
    lab = start(tmp_path, {"ada@hearth.test": "secret"}, quota_kib=100)
    with contextlib.ExitStack() as stack:
        stack.callback(lab.stop)
        (store,) = stack.enter_context(
            sessions(lab.imaps_url, "ada@hearth.test", "secret", lab.tls(), count=1)
        )
        store.append("INBOX", letter(1, body="x" * 20_000))
        quota = store.quota()
    assert quota.limit_bytes == 100 * 1024
    assert 20_000 < quota.used_bytes < 30_000


# APPENDLIMIT (RFC 7889)


def test_what_is_too_big_is_not_sent(opened):
    with signed_in(more=" APPENDLIMIT=100") as server:
        store = opened(server)
        assert store.features.append_limit_bytes == 100
        with pytest.raises(Refused, match="100 bytes") as caught:
            store.append("INBOX", letter(1))
        assert server.commands == []
    assert caught.value.code == "TOOBIG"


def test_a_limit_of_one_mailbox_is_asked_for_before_much_is_sent(opened):
    with signed_in("* STATUS INBOX (APPENDLIMIT 90000)\r\n" + DONE, more=" APPENDLIMIT") as server:
        with pytest.raises(Refused):
            opened(server).append("INBOX", letter(1, body="x" * 100_000))
        assert server.commands == ['STATUS "INBOX" (APPENDLIMIT)']


def test_no_limit_is_no_limit(opened):
    told = "* STATUS INBOX (APPENDLIMIT NIL)\r\n" + DONE
    with signed_in(told, DONE, more=" APPENDLIMIT LITERAL+") as server:
        assert opened(server).append("INBOX", letter(1, body="x" * 100_000)) is None


# STATUS=SIZE (RFC 8438)


def test_the_size_of_a_mailbox_is_one_command(store):
    letters = [letter(1), letter(2, body="x" * 5000)]
    for each in letters:
        store.append("INBOX", each)
    before = store.commands_sent
    size_bytes = store.size_bytes("INBOX")
    assert store.commands_sent - before == 1
    # Mail that another test sent may have come here late.
    rows = store.page("INBOX").rows
    assert size_bytes == sum(row.size_bytes for row in rows) >= sum(map(len, letters))


def test_without_it_all_sizes_are_added(opened):
    sizes = "".join(f"* {n} FETCH (RFC822.SIZE {n}00)\r\n" for n in (1, 2, 3))
    with signed_in(HERE, sizes + DONE) as server:
        assert opened(server).size_bytes("INBOX") == 600
        assert server.commands[-1] == "FETCH 1:3 (RFC822.SIZE)"


# OBJECTID (RFC 8474), X-GM-EXT-1

FACTS = (
    '* 1 FETCH (UID 7 FLAGS () INTERNALDATE "01-Mar-2026 09:30:15 +0200" RFC822.SIZE 9 {more}'
    " BODY[HEADER.FIELDS (SUBJECT)] {15}\r\nSubject: Hi\r\n\r\n)\r\n{tag} OK done\r\n"
)


@pytest.mark.parametrize(
    ("offered", "asked", "told", "thread", "email"),
    [
        (" OBJECTID", "EMAILID THREADID", "EMAILID (M6d99) THREADID (T64b4)", "T64b4", "M6d99"),
        (" OBJECTID", "EMAILID THREADID", "EMAILID (M6d99) THREADID NIL", "", "M6d99"),
        (" X-GM-EXT-1", "X-GM-THRID", "X-GM-THRID 1278455344230334865", "1278455344230334865", ""),
        ("", "", "", "", ""),
    ],
)
def test_facts_name_the_conversation_where_the_server_knows_it(
    offered, asked, told, thread, email, opened
):
    with signed_in(HERE, FACTS.replace("{more}", told), more=offered) as server:
        (fact,) = opened(server).facts("INBOX", [range(7, 8)])
        assert server.commands[-1].rstrip(")").endswith(asked or "CONTENT-TYPE)]")
    assert (fact.thread_id, fact.email_id, fact.ref.uid) == (thread, email, 7)


# SAVEDATE (RFC 8514)


def test_what_came_here_lately_is_not_old_however_old_it_is(store):
    store.append("INBOX", letter(1), internal_date=MORNING.replace(year=2001))
    assert store.saved_before("INBOX", date(2020, 1, 1)) == ()


def test_without_savedate_the_internal_date_counts(opened):
    with signed_in(HERE, "* SEARCH 7 5\r\n" + DONE) as server:
        refs = opened(server).saved_before("INBOX", date(2026, 3, 1))
        assert server.commands[-1] == "UID SEARCH BEFORE 1-Mar-2026"
    assert [ref.uid for ref in refs] == [7, 5]


# SEARCHRES (RFC 5182)


def test_the_server_remembers_what_it_found(store):
    refs = file(store, 1, 11)
    store.page("INBOX")
    before = store.commands_sent
    assert store.find_message_id("INBOX", "<1@hearth.test>") == (refs[0],)
    assert store.commands_sent - before == 3
    assert store.find_message_id("INBOX", "<nobody@hearth.test>") == ()


FOUND = "* 1 FETCH (UID 7 BODY[HEADER.FIELDS (MESSAGE-ID)] {20}\r\nMessage-ID: <a@b>\r\n\r\n)\r\n"


@pytest.mark.parametrize(
    ("offered", "answer", "fetched"),
    [
        (" ESEARCH SEARCHRES", '* ESEARCH (TAG "x") UID COUNT 1\r\n', "$"),
        (" ESEARCH", '* ESEARCH (TAG "x") UID ALL 7\r\n', "7"),
        ("", "* SEARCH 7\r\n", "7"),
    ],
)
def test_a_message_id_is_looked_at_where_it_was_found(offered, answer, fetched, opened):
    found = FOUND.replace("{20}", "{21}")
    with signed_in(HERE, answer + DONE, found + DONE, more=offered) as server:
        refs = opened(server).find_message_id("INBOX", "<a@b>")
        assert server.commands[-1].startswith(f"UID FETCH {fetched} ")
    assert [ref.uid for ref in refs] == [7]


# PARTIAL (RFC 9394)

ROWS = (
    '* {n} FETCH (UID {n} FLAGS () INTERNALDATE "01-Mar-2026 09:30:15 +0200" RFC822.SIZE 9'
    ' BODYSTRUCTURE ("TEXT" "PLAIN" NIL NIL NIL "7BIT" 5 1)'
    ' BODY[HEADER.FIELDS (SUBJECT)] {15}\r\nSubject: Hi\r\n\r\n PREVIEW "Hi")\r\n'
)


def test_the_newest_page_of_a_search_is_all_that_comes(opened):
    told = '* ESEARCH (TAG "x") UID COUNT 900 PARTIAL (-1:-2 5,9)\r\n' + DONE
    rows = ROWS.replace("{n}", "5") + ROWS.replace("{n}", "9") + DONE
    with signed_in(HERE, told, rows, more=" ESEARCH PARTIAL PREVIEW") as server:
        page = opened(server).page("INBOX", Term("subject", "x"), size=2)
        assert server.commands[1].startswith("UID SEARCH RETURN (COUNT PARTIAL -1:-2) ")
    assert [row.ref.uid for row in page.rows] == [9, 5]
    assert (page.total, page.first_position) == (900, 1)
    assert (page.has_newer, page.has_older) == (False, True)


def test_a_search_that_finds_nothing_is_an_empty_page(opened):
    told = '* ESEARCH (TAG "x") UID COUNT 0 PARTIAL (-1:-50 NIL)\r\n' + DONE
    with signed_in(HERE, told, more=" ESEARCH PARTIAL PREVIEW") as server:
        page = opened(server).page("INBOX", Term("subject", "x"))
    assert (page.rows, page.total, page.has_older, page.has_newer) == ((), 0, False, False)


# SORT (RFC 5256)


def test_messages_come_in_the_order_asked(store):
    for number, body in ((1, "x" * 500), (2, "x"), (3, "x" * 5000)):
        store.append("INBOX", letter(number, body=body))
    refs = store.sort("INBOX", Term("subject", "Letter"), SortKey.SIZE, descending=True)
    assert [store.summary(ref).envelope.subject for ref in refs] == [
        *("Letter 3", "Letter 1", "Letter 2"),
    ]
    assert store.features.sort


def test_without_sort_nobody_may_ask(opened):
    with signed_in(HERE) as server:
        store = opened(server)
        assert not store.features.sort
        with pytest.raises(Unsupported):
            store.sort("INBOX", Term("subject", "x"), SortKey.SIZE)


# UNSELECT (RFC 3691)


@pytest.mark.parametrize(("offered", "let_go"), [(" UNSELECT", "UNSELECT"), ("", 'SELECT "INBOX"')])
def test_a_mailbox_is_let_go_before_it_is_deleted(offered, let_go, opened):
    with signed_in(HERE, HERE, DONE, DONE, more=offered) as server:
        store = opened(server)
        store._session.select("Old")
        store.delete_mailbox("Old")
        assert server.commands[1:3] == [let_go, 'DELETE "Old"']


# LIST-STATUS (RFC 5819), SPECIAL-USE (RFC 6154)

LISTED = '* LIST (\\Subscribed) "/" INBOX\r\n* LIST (\\Subscribed \\Sent) "/" Outgoing\r\n'
STATUS = "* STATUS {name} (MESSAGES 2 UNSEEN 1 UIDNEXT 3 UIDVALIDITY 9)\r\n"


def status_of(name):
    return STATUS.replace("{name}", name)


def test_one_command_lists_everything(opened):
    told = LISTED + status_of("INBOX") + status_of("Outgoing") + DONE
    with signed_in(told, more=" LIST-EXTENDED LIST-STATUS SPECIAL-USE OBJECTID") as server:
        found = opened(server).mailboxes()
        assert len(server.commands) == 1
    assert [(m.name, m.special_use, m.status.unseen) for m in found] == [
        *(("INBOX", "inbox", 1), ("Outgoing", "sent", 1)),
    ]


def test_without_list_status_each_mailbox_is_asked(opened):
    plain = '* LIST () "/" INBOX\r\n* LIST () "/" Sent\r\n' + DONE
    lsub = '* LSUB () "/" Sent\r\n' + DONE
    with signed_in(plain, lsub, status_of("INBOX") + DONE, status_of("Sent") + DONE) as server:
        found = opened(server).mailboxes()
        assert [c.partition(" ")[0] for c in server.commands] == [
            "LIST",
            "LSUB",
            "STATUS",
            "STATUS",
        ]
    assert [(m.name, m.special_use, m.is_subscribed) for m in found] == [
        *(("INBOX", "inbox", True), ("Sent", "sent", True)),
    ]


@pytest.mark.parametrize(
    ("offered", "answers", "created"),
    [
        (" CREATE-SPECIAL-USE", (DONE, DONE), ['CREATE "Old" (USE (\\Archive))']),
        (
            " CREATE-SPECIAL-USE",
            ("{tag} NO [USEATTR] taken\r\n", DONE, DONE),
            ['CREATE "Old" (USE (\\Archive))', 'CREATE "Old"'],
        ),
        ("", (DONE, DONE), ['CREATE "Old"']),
    ],
)
def test_a_mailbox_is_made_for_its_use_where_that_can_be_said(offered, answers, created, opened):
    with signed_in(*answers, more=offered) as server:
        opened(server).create_mailbox("Old", SpecialUse.ARCHIVE)
        assert server.commands == [*created, 'SUBSCRIBE "Old"']


# MOVE (RFC 6851), UIDPLUS (RFC 4315): F46, F47


COPIED = "{tag} OK [COPYUID 8 5 1] copied\r\n"


@pytest.mark.parametrize(
    ("offered", "answers", "verbs"),
    [
        (" MOVE UIDPLUS", ("* OK [COPYUID 8 5 1] moved\r\n" + DONE,), ["UID MOVE"]),
        (" UIDPLUS", (COPIED, DONE, DONE), ["UID COPY", "UID STORE", "UID EXPUNGE"]),
        ("", (DONE, DONE), ["UID COPY", "UID STORE"]),
    ],
)
def test_a_move_is_the_safest_the_server_can(offered, answers, verbs, opened):
    with signed_in(HERE, *answers, more=offered) as server:
        places = opened(server).move([REF], "There")
        sent = [" ".join(command.split(" ")[:2]) for command in server.commands[1:]]
    assert sent == verbs
    assert [place.uid for place in places] == ([1] if offered else [])


def test_a_message_takes_the_place_of_another_in_one_step(opened):
    """REPLACE (RFC 8508)."""
    took = "* OK [APPENDUID 9 8] there\r\n* 4 EXISTS\r\n* 2 EXPUNGE\r\n{tag} OK replaced\r\n"
    with signed_in(HERE, took, more=" REPLACE LITERAL+") as server:
        store = opened(server)
        assert store.features.replace
        place = store.replace(REF, b"Subject: Anew\r\n\r\n", flags=[DRAFT])
        assert place == MessageRef("INBOX", 9, 8)
        assert store._session.selected.exists == 3
    assert server.commands[1].startswith('UID REPLACE 5 "INBOX" (\\Draft) {')


def test_without_replace_nobody_may_ask(opened):
    with signed_in(HERE) as server:
        store = opened(server)
        assert not store.features.replace
        with pytest.raises(Unsupported):
            store.replace(REF, b"x")
