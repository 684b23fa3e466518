"""What a call costs: commands, octets and memory, on Dovecot."""

import base64
import tracemalloc
from contextlib import contextmanager

import pytest

from tests.store.contract import letter, letter_with_file
from webmail.message.query import Term
from webmail.outbound import parse_endpoint
from webmail.store.imap import ImapStore
from webmail.store.mailbox import FLAGGED, SEEN

MAILBOX = "Costs"


@pytest.fixture(scope="module")
def store(lab):
    store = ImapStore.open(
        parse_endpoint(lab.imaps_url, "imap"), "chiyo@hearth.test", "chiyo-secret", tls=lab.tls()
    )
    store.create_mailbox(MAILBOX)
    for number in range(120):
        store.append(MAILBOX, letter(number))
    yield store
    store.delete_mailbox(MAILBOX)
    store.close()


@contextmanager
def counted(store, expected):
    before = store.commands_sent
    yield
    assert store.commands_sent - before == expected


@contextmanager
def transferred(store, at_most):
    """Octets from the server, below TLS."""
    wire = store._session.wire
    before = wire.octets_received
    yield
    assert wire.octets_received - before <= at_most


def test_signing_in_costs_one_command(lab):
    endpoint = parse_endpoint(lab.imaps_url, "imap")
    store = ImapStore.open(endpoint, "chiyo@hearth.test", "chiyo-secret", tls=lab.tls())
    assert store.commands_sent == 1
    store.close()


def test_listing_all_mailboxes_costs_one_command(store):
    with counted(store, 1):
        assert store.mailboxes()


def test_the_newest_page_costs_two_commands_warm_or_cold(store):
    store.page("INBOX")
    with counted(store, 2):
        assert len(store.page(MAILBOX).rows) == 50
    with counted(store, 2):
        store.page(MAILBOX)


def test_an_older_page_costs_three_commands(store):
    first = store.page(MAILBOX)
    with counted(store, 3):
        assert len(store.page(MAILBOX, older_than=first.rows[-1].ref.uid).rows) == 50


def test_a_page_of_a_search_costs_three_commands(store):
    store.page(MAILBOX)
    with counted(store, 3):
        assert store.page(MAILBOX, Term("subject", "letter")).total == 120


def test_opening_a_message_and_marking_it_seen_costs_two_commands(store):
    (row, *_) = store.page(MAILBOX, size=1).rows
    with counted(store, 2):
        (opened,) = store.fetch([row.ref], lambda structure: {structure.section: 10_000})
        store.begin_flags([row.ref], add=[SEEN])
        store.settle()
    assert opened.parts["1"].startswith(b"Hello there")


def test_what_is_left_of_several_messages_comes_in_one_round_trip(store, monkeypatch):
    long = letter(7, body="A line of some words.\r\n" * 3000)
    refs = [store.append("INBOX", long) for _ in range(3)]
    store.summary(refs[0])
    sent = []
    plain = store._session.wire._sock.sendall
    monkeypatch.setattr(
        store._session.wire, "_sock", _Sending(store._session.wire._sock, sent, plain)
    )
    found = store.fetch(refs, lambda structure: {structure.section: 100_000})
    monkeypatch.undo()
    assert [len(each.parts["1"]) > 60_000 for each in found] == [True] * 3
    assert len(sent) == 2
    store.expunge(refs)


class _Sending:
    """A socket that writes down what is sent."""

    def __init__(self, sock, sent, sendall):
        self._sock, self._sent, self._sendall = sock, sent, sendall

    def __getattr__(self, name):
        return getattr(self._sock, name)

    def sendall(self, octets):
        self._sent.append(octets)
        self._sendall(octets)


def test_a_whole_mailbox_is_flagged_by_one_command(store):
    refs = [row.ref for row in store.page(MAILBOX, size=1000).rows]
    with counted(store, 1):
        store.set_flags(refs, add=[FLAGGED])


def test_opening_a_message_with_a_large_file_transfers_a_few_kilobytes(store):
    store.append("INBOX", letter_with_file(bytes(30_000_000)))
    ref = store.page("INBOX", size=1).rows[0].ref
    with transferred(store, 20_000):
        (opened,) = store.fetch([ref], lambda structure: {"1": 10_000})
    assert b"See the file." in opened.parts["1"]
    store.expunge([ref])


def test_a_large_file_passes_through_without_being_held(store):
    octets = base64.b64encode(bytes(30_000_000))
    store.append("INBOX", letter_with_file(bytes(30_000_000)))
    ref = store.page("INBOX", size=1).rows[0].ref
    tracemalloc.start()
    size = sum(len(piece) - piece.count(b"\r\n") * 2 for piece in store.part(ref, "2"))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    store.expunge([ref])
    assert abs(size - len(octets)) < 1000
    assert peak < 2_000_000
