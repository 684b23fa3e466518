"""What a hostile or broken server can do to a session: end it, nothing worse (T41, F42)."""

import ssl
import time
import tracemalloc

import pytest

from tests.store.scripted import HELLO, HERE, IN, scripted, signed_in
from webmail.message.query import Term
from webmail.store import imap_wire
from webmail.store.imap import ImapStore
from webmail.store.imap_encoder import encode
from webmail.store.mailbox import SEEN, MessageRef
from webmail.store.protocol import MailboxNotFound, MessageGone, Refused, Unreachable

REF = MessageRef("INBOX", 9, 5)


def flood(text):
    def script(line):
        line.command()
        while True:
            line.send(text)

    return script


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ("* 1 FETCH (BODY[1] {4294967296}\r\n", "4294967296 octets"),
        ("* 1 FETCH (BODY[1] {99999999999999999999}\r\n", "octets"),
        ("* BYE shutting down\r\n", "shutting down"),
        ("* 1 FETCH (UID 5 BODY[1]<0> {100}\r\nonly this", "ended the connection"),
        ("x1 OK not yours\r\n", "unexpected answer"),
        ("{tag}9 OK not yours either\r\n", "unexpected answer"),
        ("+ go on\r\n", "unexpected answer"),
        ("\r\n", "unexpected answer"),
        ("\x00\xff\r\n", "unexpected answer"),
        ('* 1 FETCH (UID 5 BODY[1]<0> "x\r\n{tag} OK\r\n', "cannot be read"),
        ("* 1 FETCH (UID 5 " + "(" * 5000 + "\r\n{tag} OK\r\n", "cannot be read"),
    ],
)
def test_nonsense_ends_the_session_with_a_sentence(answer, words, opened):
    def close(line):
        line.sock.close()

    with signed_in(HERE, answer, then=close) as server:
        store = opened(server)
        with pytest.raises(Unreachable, match=words):
            list(store.part(REF, "1"))
        store.close()


def test_an_endless_line_is_cut_off(opened):
    with signed_in(then=flood(b"x" * 65536)) as server:
        store = opened(server)
        with pytest.raises(Unreachable, match="endless line"):
            store.status("INBOX")
        assert not store.is_open


def test_endless_answers_are_cut_off(monkeypatch, opened):
    monkeypatch.setattr(imap_wire, "REPLY_LIMIT", 1024 * 1024)
    with signed_in(then=flood(b"* 5 EXISTS\r\n" * 1000)) as server:
        store = opened(server)
        with pytest.raises(Unreachable, match="endless answer"):
            store.status("INBOX")


def test_a_million_tiny_responses_are_cut_off_before_they_fill_the_memory(monkeypatch, opened):
    """Tried with a twentieth of the limit, and reckoned from that."""
    limit = imap_wire.RESPONSES_LIMIT
    monkeypatch.setattr(imap_wire, "RESPONSES_LIMIT", limit // 20)
    with signed_in(then=flood(b"* 5 EXISTS\r\n" * 5000)) as server:
        store = opened(server, timeout_s=10)
        tracemalloc.start()
        try:
            with pytest.raises(Unreachable, match="endless answer"):
                store.status("INBOX")
            peak = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
    assert peak * 20 < 100 * 1024 * 1024
    assert not store.is_open


@pytest.mark.parametrize("lines", [1, 3])
def test_goodbye_within_a_literal_is_content_and_the_cut_after_it_the_end(lines, opened):
    """Only what the octets of the literal leave over can be a response (F42)."""
    bye = "* BYE shutting down\r\n"

    def close(line):
        line.sock.close()

    inside = "* 1 FETCH (UID 5 BODY[1]<0> {60}\r\n" + bye * lines
    with signed_in(HERE, inside, then=close) as server:
        store = opened(server)
        with pytest.raises(Unreachable, match="ended the connection"):
            list(store.part(REF, "1"))
        assert not store.is_open
        with pytest.raises(Unreachable):
            list(store.part(REF, "1"))


def test_a_literal_that_says_goodbye_is_a_literal(opened):
    bye = "* BYE shutting down\r\n"
    answer = f"* 1 FETCH (UID 5 BODY[1]<0> {{{len(bye)}}}\r\n{bye})\r\n{{tag}} OK\r\n"
    with signed_in(HERE, answer) as server:
        store = opened(server)
        assert b"".join(store.part(REF, "1")) == bye.encode()
        assert store.is_open


def test_silence_in_a_literal_is_a_timeout(opened):
    with signed_in(HERE, "* 1 FETCH (UID 5 BODY[1]<0> {100}\r\nonly this") as server:
        store = opened(server, timeout_s=0.3)
        with pytest.raises(Unreachable, match="did not answer in time"):
            list(store.part(REF, "1"))
        assert not store.is_open


def test_many_literals_together_are_cut_off_too(monkeypatch, opened):
    monkeypatch.setattr(imap_wire, "REPLY_LIMIT", 1024 * 1024)
    with signed_in(
        then=flood(b"* 1 FETCH (BODY[] {60000}\r\n" + b"x" * 60000 + b")\r\n")
    ) as server:
        store = opened(server)
        with pytest.raises(Unreachable, match="endless answer"):
            store.status("INBOX")


def test_a_response_of_endless_literals_is_cut_off_too(monkeypatch, opened):
    monkeypatch.setattr(imap_wire, "REPLY_LIMIT", 1024 * 1024)
    with signed_in(then=flood(b"* 1 FETCH (" + b"{1}\r\nx" * 1000)) as server:
        store = opened(server)
        with pytest.raises(Unreachable, match="endless answer"):
            store.status("INBOX")


def test_silence_is_a_timeout(opened):
    with signed_in() as server:
        store = opened(server, timeout_s=0.3)
        started = time.monotonic()
        with pytest.raises(Unreachable, match="did not answer in time") as caught:
            store.status("INBOX")
        assert caught.value.reason == "timeout"
        assert time.monotonic() - started < 2
        assert not store.is_open


def test_a_trickle_is_a_timeout_too(monkeypatch, opened):
    monkeypatch.setattr(imap_wire, "REPLY_SECONDS", 0.5)

    def trickle(line):
        while True:
            line.send("x")
            time.sleep(0.05)

    with signed_in(then=trickle) as server:
        store = opened(server)
        with pytest.raises(Unreachable, match="did not answer in time"):
            store.status("INBOX")


def test_after_a_bad_the_connection_is_not_used_again(opened):
    with signed_in("{tag} BAD no such thing\r\n") as server:
        store = opened(server)
        with pytest.raises(Refused, match="no such thing"):
            store.status("INBOX")
        assert not store.is_open
        with pytest.raises(Unreachable):
            store.status("INBOX")


def test_after_a_no_the_connection_is_as_good_as_before(opened):
    full = "{tag} NO [OVERQUOTA] Mailbox is full (0.001 + 0.000 secs).\r\n"
    with signed_in(full, HERE) as server:
        store = opened(server)
        with pytest.raises(Refused, match="^Mailbox is full$") as caught:
            store.create_mailbox("x")
        assert caught.value.code == "OVERQUOTA"
        assert store.is_open


def test_a_literal_that_is_not_wanted_is_not_sent(opened):
    refused = "{tag} NO [TOOBIG] no\r\n"
    with signed_in(refused, "* BYE\r\n{tag} OK bye\r\n") as server:
        store = opened(server)
        with pytest.raises(Refused) as caught:
            store.append("INBOX", b"the message itself")
        assert caught.value.code == "TOOBIG"
        store.close()
    assert b"the message itself" not in server.clear


def test_a_literal_answered_with_ok_is_an_unexpected_answer(opened):
    with signed_in("{tag} OK done already\r\n") as server:
        store = opened(server)
        with pytest.raises(Unreachable, match="before it was asked"):
            store.append("INBOX", b"x")


def test_news_in_a_refusal_are_news(opened):
    with signed_in(
        HERE, "* 4 EXISTS\r\n{tag} NO [NOPERM] no\r\n", more=" ESEARCH PREVIEW"
    ) as server:
        store = opened(server)
        with pytest.raises(Refused):
            store.set_flags([REF], add=[SEEN])
        assert store._session.selected.exists == 4


def test_expunges_lower_the_count(opened):
    with signed_in(HERE, "* 2 EXPUNGE\r\n* 2 EXPUNGE\r\n{tag} OK\r\n") as server:
        store = opened(server)
        store.set_flags([REF], add=[SEEN])
        assert store._session.selected.exists == 1


def test_rows_that_vanish_while_they_are_fetched_are_left_out(opened):
    row = (
        '* 2 FETCH (UID 7 FLAGS () INTERNALDATE "01-Mar-2026 09:30:15 +0200" RFC822.SIZE 9'
        ' BODYSTRUCTURE ("TEXT" "PLAIN" NIL NIL NIL "7BIT" 5 1)'
        ' BODY[HEADER.FIELDS (SUBJECT)] {15}\r\nSubject: Hi\r\n\r\n PREVIEW "")\r\n'
    )
    answers = (HERE, row + "* 1 FETCH (FLAGS (\\Seen))\r\n{tag} NO [EXPUNGEISSUED] some gone\r\n")
    with signed_in(*answers, more=" PREVIEW") as server:
        page = opened(server).page("INBOX")
    assert [row.envelope.subject for row in page.rows] == ["Hi"]


def test_a_preview_the_server_has_not_got_is_read_from_the_text(opened):
    """Cyrus 3.6.1 offers PREVIEW and says NIL of what came by APPEND."""
    row = (
        '* 2 FETCH (UID 7 FLAGS () INTERNALDATE "01-Mar-2026 09:30:15 +0200" RFC822.SIZE 9'
        ' BODYSTRUCTURE ("TEXT" "PLAIN" NIL NIL NIL "7BIT" 5 1)'
        " BODY[HEADER.FIELDS (SUBJECT)] {15}\r\nSubject: Hi\r\n\r\n PREVIEW NIL)\r\n{tag} OK\r\n"
    )
    text = '* 2 FETCH (UID 7 BODY[1]<0> "Hello there")\r\n{tag} OK\r\n'
    with signed_in(HERE, row, text, more=" PREVIEW") as server:
        page = opened(server).page("INBOX")
    assert [row.preview for row in page.rows] == ["Hello there"]


def test_a_part_of_a_message_that_is_gone_is_gone(opened):
    with signed_in(HERE, "{tag} OK nothing to fetch\r\n") as server, pytest.raises(MessageGone):
        list(opened(server).part(REF, "1"))


def test_a_search_answered_with_nonsense_ends_there(opened):
    answer = '* ESEARCH (TAG "x") UID ALL 1:4294967295,5\r\n{tag} OK\r\n'
    with (
        signed_in(HERE, answer, more=" ESEARCH") as server,
        pytest.raises(Unreachable, match="nonsense"),
    ):
        opened(server).search("INBOX", Term("subject", "x"))


@pytest.mark.parametrize("code", ["", "[NONEXISTENT] ", "[TRYCREATE] "])
def test_a_no_to_select_is_a_mailbox_not_found(code, opened):
    with signed_in("{tag} NO " + code + "nope\r\n") as server, pytest.raises(MailboxNotFound):
        opened(server).page("Lost")


def test_a_plain_no_of_a_mailbox_that_is_not_listed_means_there_is_none(opened):
    """Cyrus 3.6.1 and Courier 5.0.13 give DELETE no code, imap4d 3.15 gives none at all."""
    no = "{tag} NO Mailbox does not exist\r\n"
    with (
        signed_in(no, "{tag} OK nothing\r\n") as server,
        pytest.raises(MailboxNotFound),
    ):
        opened(server).delete_mailbox("Lost")


def test_a_plain_no_of_a_mailbox_that_is_listed_is_the_servers_word(opened):
    listed = '* LIST () "/" Kept\r\n{tag} OK\r\n'
    with (
        signed_in("{tag} NO Permission denied\r\n", listed) as server,
        pytest.raises(Refused, match="Permission denied"),
    ):
        opened(server).delete_mailbox("Kept")


def test_a_mailbox_that_empties_is_opened_anew(opened):
    """Cyrus 3.6.1 shows sessions of a deleted mailbox an empty one, though a new one is there."""
    emptied = "* 1 EXPUNGE\r\n" * 3 + "{tag} OK\r\n"
    anew = "* 0 EXISTS\r\n* OK [UIDVALIDITY 10] valid\r\n{tag} OK [READ-WRITE] open\r\n"
    with signed_in(HERE, "* SEARCH\r\n{tag} OK\r\n", emptied, anew) as server:
        store = opened(server)
        store.search("INBOX", Term("subject", "x"))
        assert store.page("INBOX").uidvalidity == 10


def test_a_place_among_the_messages_is_asked_by_search_alone(opened):
    """imap4d of Mailutils 3.15 answers BAD to UID FETCH of a UID that is none."""
    asked = []

    def script(line):
        line.send(HELLO.replace("{more}", ""))
        line.answer(IN.replace("{more}", ""))
        line.answer(HERE)
        for answer in ("* SEARCH\r\n{tag} OK\r\n", "* SEARCH 1\r\n{tag} OK\r\n"):
            asked.append(line.answer(answer))
        asked.append(line.answer("{tag} OK\r\n"))
        line.listen()

    with scripted(script) as server:
        assert opened(server).page("INBOX", older_than=5).first_position == 0
    assert asked == ["SEARCH UID 4", "SEARCH UID 1:4", asked[2]]
    assert asked[2].startswith("FETCH 1:1 ")


def test_a_mailbox_one_may_not_open_is_refused_in_the_servers_words(opened):
    answer = "{tag} NO [NOPERM] Not yours\r\n"
    with signed_in(answer) as server, pytest.raises(Refused, match="Not yours"):
        opened(server).page("Private")


@pytest.mark.parametrize(
    "said", ["[SERVERBUG] Internal error", "[CORRUPTION] Internal", "Mailbox was deleted under us"]
)
def test_a_server_that_reports_a_bug_in_itself_ends_the_session(said, opened):
    """Dovecot 2.3 may say it of one mailbox for as long as the session lives."""
    with signed_in(f"{{tag}} NO {said}\r\n") as server:
        store = opened(server)
        with pytest.raises(Unreachable, match=said.rpartition("] ")[2]):
            store.status("INBOX")
        assert not store.is_open


def test_without_move_and_uidplus_nothing_is_expunged(opened):
    heard = []

    def script(line):
        line.send(HELLO.replace("{more}", ""))
        line.answer(IN.replace("{more}", ""))
        for answer in (HERE, "{tag} OK copied\r\n", "{tag} OK stored\r\n"):
            heard.append(line.answer(answer).split(" ")[:2])
        line.listen()

    with scripted(script) as server:
        assert opened(server).move([REF], "There") == ()
    assert heard == [["SELECT", '"INBOX"'], ["UID", "COPY"], ["UID", "STORE"]]


def test_without_move_only_what_copyuid_names_is_removed(opened):
    heard = []
    refs = [REF, MessageRef("INBOX", 9, 6), MessageRef("INBOX", 9, 8)]

    def script(line):
        line.send(HELLO.replace("{more}", ""))
        line.answer(IN.replace("{more}", " UIDPLUS"))
        copied = "{tag} OK [COPYUID 44 5:6 101:102] copied\r\n"
        for answer in (HERE, copied, "{tag} OK\r\n", "{tag} OK\r\n"):
            heard.append(line.answer(answer))
        line.listen()

    with scripted(script) as server:
        places = opened(server).move(refs, "There")
    assert places == (MessageRef("There", 44, 101), MessageRef("There", 44, 102))
    assert heard[1:] == [
        'UID COPY 5:6,8 "There"',
        "UID STORE 5:6 +FLAGS.SILENT (\\Deleted)",
        "UID EXPUNGE 5:6",
    ]


def test_utf8_accept_sends_names_as_they_are(opened):
    def script(line):
        line.send(HELLO.replace("{more}", ""))
        line.answer(IN.replace("{more}", " ENABLE UTF8=ACCEPT LITERAL+"))
        line.answer("* ENABLED UTF8=ACCEPT\r\n{tag} OK\r\n", expect="ENABLE UTF8=ACCEPT")
        tag, _ = line.command()
        line.answer(f'* STATUS "Überfällig" (MESSAGES 7)\r\n{tag} OK\r\n')
        line.listen()

    with scripted(script) as server:
        assert opened(server).status("Überfällig").messages == 7
    assert "STATUS {12+}\r\nÜberfällig (MESSAGES" in server.clear.decode()


def test_names_go_in_utf7_where_utf8_was_offered_and_not_enabled(opened):
    def script(line):
        line.send(HELLO.replace("{more}", ""))
        line.answer(IN.replace("{more}", " ENABLE UTF8=ACCEPT"))
        line.answer("* ENABLED\r\n{tag} OK\r\n", expect="ENABLE UTF8=ACCEPT")
        line.answer(
            '* STATUS "&ANw-berf&AOQ-llig" (MESSAGES 7)\r\n{tag} OK\r\n',
            expect='STATUS "&ANW-BERF&AOQ-LLIG"',
        )
        line.listen()

    with scripted(script) as server:
        assert opened(server).status("Überfällig").messages == 7


@pytest.mark.parametrize(
    ("offered", "size", "marker"),
    [
        ("", 10, "{10}"),
        (" LITERAL+", 5000, "{5000+}"),
        (" LITERAL-", 4096, "{4096+}"),
        (" LITERAL-", 4097, "{4097}"),
        (" IMAP4rev2", 4096, "{4096+}"),
        (" IMAP4rev2", 4097, "{4097}"),
    ],
)
def test_a_literal_waits_unless_the_server_takes_it_unasked(offered, size, marker, opened):
    heard = []

    def script(line):
        line.send(HELLO.replace("{more}", ""))
        line.answer(IN.replace("{more}", offered))
        tag, rest = line.command()
        heard.append(rest.rpartition(" ")[2])
        if "+" not in rest:
            line.send("+ go on\r\n")
        literal, _ = line.command()
        heard.append(len(literal))
        line.send(f"{tag} OK done\r\n")
        line.listen()

    with scripted(script) as server:
        opened(server).append("INBOX", b"x" * size)
    assert heard == [marker, size]


def test_a_session_the_server_ended_is_noticed_without_asking(opened):
    with signed_in(HERE, then=lambda line: line.sock.close()) as server:
        store = opened(server)
        with pytest.raises(Unreachable):
            store.page("INBOX")
        assert not store.is_alive()


def test_news_that_wait_are_read_before_a_session_is_lent(opened):
    def script(line):
        line.send(HELLO.replace("{more}", ""))
        line.answer(IN.replace("{more}", ""))
        line.answer(HERE)
        line.send("* 9 EXISTS\r\n")
        line.answer("{tag} OK\r\n", expect="NOOP")
        line.listen()

    with scripted(script) as server:
        store = opened(server)
        store._session.select("INBOX")
        time.sleep(0.1)
        assert store.is_alive()
        assert store._session.selected.exists == 9


@pytest.mark.parametrize("argument", [True, 1.5, None])
def test_what_has_no_form_in_imap_is_refused(argument):
    with pytest.raises(TypeError):
        list(encode(argument))


def test_a_new_mailbox_goes_into_the_personal_namespace():
    heard = []

    def script(line):
        line.send(HELLO.replace("{more}", ""))
        line.answer(IN.replace("{more}", " NAMESPACE"))
        space = '* NAMESPACE (("INBOX." ".")) NIL NIL\r\n{tag} OK\r\n'
        for answer in (space, *["{tag} OK\r\n"] * 4):
            heard.append(line.answer(answer))
        line.listen()

    with scripted(script) as server:
        store = ImapStore.open(server.endpoint, "a", "b", tls=ssl.create_default_context())
        assert store.create_mailbox("Recipes") == "INBOX.Recipes"
        assert store.create_mailbox("INBOX.Recipes.Soup") == "INBOX.Recipes.Soup"
        store._session.wire.drop()
    assert heard[1:3] == ['CREATE "INBOX.Recipes"', 'SUBSCRIBE "INBOX.Recipes"']
