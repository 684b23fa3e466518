"""A watch on real servers, and on servers that cheat."""

import contextlib
import select
import ssl
import time

import pytest
from imapclient import IMAPClient

from tests.lab.cutter import Cutter
from tests.store.scripted import scripted
from webmail.outbound import Endpoint, Security, parse_endpoint
from webmail.store import imap_watch
from webmail.store.imap_lines import LINE_LIMIT, LineReader
from webmail.store.imap_watch import News, Way, open_watch
from webmail.store.protocol import SignInRefused, Unreachable

ADA = "ada@hearth.test"
MAIL = b"From: ben@hearth.test\r\nSubject: x\r\n\r\nHello.\r\n"
GREETING = "* OK [CAPABILITY IMAP4rev1{more}] hello\r\n"


def drive(watch, *, until=lambda news: False, seconds=5.0):
    """What the watcher's loop does, for one connection; the news that came."""
    news = []
    end = time.monotonic() + seconds
    while time.monotonic() < end and not until(news):
        readable, _, _ = select.select([watch], [], [], 0.05)
        if readable:
            news += watch.receive()
        if watch.due_at <= time.monotonic():
            watch.tick(time.monotonic())
    return news


def settle(watch):
    drive(watch, until=lambda _: watch.is_settled)
    assert watch.is_settled
    drive(watch, seconds=0.3)


@contextlib.contextmanager
def watching(endpoint, tls, password):
    watch = open_watch(endpoint, ADA, password, tls)
    try:
        settle(watch)
        yield watch
    finally:
        watch.close()


@pytest.fixture
def ada(lab):
    lab.clear()
    for mailbox in ("INBOX", "Work", "Küche"):
        lab.append(ADA, mailbox, MAIL)
    with watching(parse_endpoint(lab.imaps_url, "imap"), lab.tls(), lab.users[ADA]) as watch:
        yield watch


CHANGES = {
    "a message": lambda imap, mailbox: imap.append(mailbox, MAIL),
    "a flag": lambda imap, mailbox: imap.add_flags(imap.search(), [b"\\Flagged"]),
    "a keyword": lambda imap, mailbox: imap.add_flags(imap.search(), [b"$Later"]),
    "read": lambda imap, mailbox: imap.add_flags(imap.search(), [b"\\Seen"]),
    "an expunge": lambda imap, mailbox: (imap.delete_messages(imap.search()), imap.expunge()),
    "a move": lambda imap, mailbox: imap.move(imap.search(), "Trash"),
}


@pytest.mark.parametrize("mailbox", ["INBOX", "Work", "Küche"])
@pytest.mark.parametrize("change", CHANGES)
def test_notify_tells_of_every_change_in_every_mailbox(ada, lab, mailbox, change):
    assert ada.way is Way.NOTIFY
    with lab.imap(ADA) as imap:
        imap.select_folder(mailbox)
        CHANGES[change](imap, mailbox)
    assert News(mailbox) in drive(ada, until=lambda news: News(mailbox) in news, seconds=3)


def test_notify_tells_when_mailboxes_come_and_go(ada, lab):
    with lab.imap(ADA) as imap:
        for act in (
            lambda: imap.create_folder("New"),
            lambda: imap.rename_folder("New", "Newer"),
            lambda: imap.delete_folder("Newer"),
        ):
            act()
            assert News() in drive(ada, until=lambda news: News() in news, seconds=4)


def test_nothing_is_told_where_nothing_happens(ada, monkeypatch):
    monkeypatch.setattr(imap_watch, "ASK_EVERY_SECONDS", 0.2)
    monkeypatch.setattr(imap_watch, "JITTER_SECONDS", 0.05)
    ada.tick(time.monotonic())
    assert drive(ada, seconds=1.5) == []


def without(capability, monkeypatch):
    """The server seems not to have it."""
    learn = imap_watch.sign_in

    def signed_in(wire, *arguments):
        learn(wire, *arguments)
        wire.capabilities -= {capability}

    monkeypatch.setattr(imap_watch, "sign_in", signed_in)


@pytest.mark.parametrize("change", CHANGES)
def test_idle_tells_of_every_change_in_the_inbox(lab, change, monkeypatch):
    without("NOTIFY", monkeypatch)
    lab.clear()
    lab.append(ADA, "INBOX", MAIL)
    endpoint = parse_endpoint(lab.imaps_url, "imap")
    with watching(endpoint, lab.tls(), lab.users[ADA]) as watch, lab.imap(ADA) as imap:
        assert watch.way is Way.IDLE
        imap.select_folder("INBOX")
        CHANGES[change](imap, "INBOX")
        told = drive(watch, until=lambda news: News("INBOX") in news, seconds=3)
    assert News("INBOX") in told


def test_the_question_finds_in_the_other_mailboxes_what_idle_cannot_tell(lab, monkeypatch):
    without("NOTIFY", monkeypatch)
    monkeypatch.setattr(imap_watch, "ASK_EVERY_SECONDS", 0.5)
    monkeypatch.setattr(imap_watch, "JITTER_SECONDS", 0.1)
    lab.clear()
    lab.append(ADA, "Work", MAIL)
    endpoint = parse_endpoint(lab.imaps_url, "imap")
    with watching(endpoint, lab.tls(), lab.users[ADA]) as watch:
        lab.append(ADA, "Work", MAIL)
        assert News("Work") in drive(watch, until=lambda news: News("Work") in news, seconds=4)
        # And IDLE goes on after the question.
        lab.append(ADA, "INBOX", MAIL)
        assert News("INBOX") in drive(watch, until=lambda news: News("INBOX") in news, seconds=4)


def test_a_weak_server_is_watched_too(pymap_server):
    endpoint = parse_endpoint(pymap_server.imap_url, "imap")
    with watching(endpoint, ssl.create_default_context(), pymap_server.users[ADA]) as watch:
        assert watch.way is Way.IDLE
        with IMAPClient(endpoint.host, endpoint.port, ssl=False) as imap:
            imap.login(ADA, pymap_server.users[ADA])
            imap.append("INBOX", MAIL)
        assert News("INBOX") in drive(watch, until=lambda news: News("INBOX") in news, seconds=5)


def test_a_wrong_password_is_refused(lab):
    with pytest.raises(SignInRefused):
        open_watch(parse_endpoint(lab.imaps_url, "imap"), ADA, "wrong", lab.tls())


def test_the_end_of_the_connection_is_noticed_at_once(lab):
    with Cutter(lab.dovecot.ports["imap"]) as cutter:
        endpoint = Endpoint("imap", "127.0.0.1", cutter.port, Security.CLEARTEXT)
        with watching(endpoint, lab.tls(), lab.users[ADA]) as watch:
            cutter.refuse()
            with pytest.raises(Unreachable, match="ended the connection"):
                drive(watch, seconds=2)


# -- servers that cheat --------------------------------------------------------------------------


def signed_in(line, more=""):
    line.send(GREETING.replace("{more}", more))
    welcome = f"OK [CAPABILITY IMAP4rev1{more}] welcome"
    line.answer(f"{{tag}} {welcome}\r\n", expect="LOGIN")


@contextlib.contextmanager
def watching_scripted(script):
    with scripted(script) as server:
        watch = open_watch(server.endpoint, ADA, "secret", ssl.create_default_context())
        try:
            yield watch
        finally:
            watch.close()


def test_a_server_that_no_longer_answers_is_given_up_after_ten_seconds(monkeypatch):
    monkeypatch.setattr(imap_watch, "ANSWER_SECONDS", 0.3)

    def script(line):
        signed_in(line)
        line.listen()

    with (
        watching_scripted(script) as watch,
        pytest.raises(Unreachable, match="did not answer within"),
    ):
        drive(watch, seconds=3)


ATTACKS = {
    "an endless line": b"* STATUS " + b"x" * (LINE_LIMIT + 100),
    "a literal of": b"* LIST () NIL {4000000000}\r\n",
    "more than news": b"* OK still here, and here is some more for you to read\r\n" * 90_000,
    "no IMAP": b'* STATUS "INBOX (MESSAGES 1)\r\n',
    "not asked": b"w0 OK done\r\n",
    "ended the session": b"* BYE off\r\n",
    "stopped telling": b"* OK [NOTIFICATIONOVERFLOW] too many\r\n",
}


@pytest.mark.parametrize("complaint", ATTACKS)
def test_a_hostile_server_is_dropped_and_costs_little(complaint):
    def script(line):
        signed_in(line)
        line.answer("{tag} OK\r\n", expect="STATUS")
        with contextlib.suppress(OSError):
            line.send(ATTACKS[complaint])
            line.listen()

    with watching_scripted(script) as watch, pytest.raises(Unreachable, match=complaint):
        drive(watch, seconds=5)


def test_a_server_that_refuses_notify_is_watched_by_idle():
    more = " NOTIFY ENABLE CONDSTORE LIST-EXTENDED LIST-STATUS IDLE"

    def script(line):
        signed_in(line, more)
        if not connections:
            connections.append(line)
            line.answer("* ENABLED CONDSTORE\r\n{tag} OK\r\n", expect="ENABLE")
            line.answer("{tag} BAD what is that\r\n", expect="NOTIFY")
            return
        line.answer("* 0 EXISTS\r\n{tag} OK\r\n", expect="EXAMINE")
        line.answer("{tag} OK\r\n", expect="LIST")
        line.answer("+ idling\r\n", expect="IDLE")
        line.send("* 1 EXISTS\r\n")
        line.listen()

    connections = []
    with watching_scripted(script) as watch:
        assert watch.way is Way.IDLE
        assert News("INBOX") in drive(watch, until=lambda news: News("INBOX") in news)


@pytest.mark.parametrize("size", [1, 2, 7, 1000])
def test_a_line_is_the_same_however_it_arrives(size):
    octets = b"* STATUS {5}\r\nA{1}b (MESSAGES 1)\r\n* LIST () NIL {0}\r\n\r\n* BYE\r\n"
    reader = LineReader("host")
    pieces = [octets[at : at + size] for at in range(0, len(octets), size)]
    assert [line for piece in pieces for line in reader.feed(piece)] == [
        ((b"* STATUS {5}", b"A{1}b"), b" (MESSAGES 1)"),
        ((b"* LIST () NIL {0}", b""), b""),
        (b"* BYE",),
    ]
