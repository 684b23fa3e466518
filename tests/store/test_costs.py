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


def test_opening_a_message_and_marking_it_seen_costs_three_commands(store):
    (row, *_) = store.page(MAILBOX, size=1).rows
    with counted(store, 3):
        summary = store.summary(row.ref)
        list(store.part(summary.ref, summary.structure.section))
        store.set_flags([row.ref], add=[SEEN])


def test_a_whole_mailbox_is_flagged_by_one_command(store):
    refs = [row.ref for row in store.page(MAILBOX, size=1000).rows]
    with counted(store, 1):
        store.set_flags(refs, add=[FLAGGED])


def test_opening_a_message_with_a_large_file_transfers_a_few_kilobytes(store):
    store.append("INBOX", letter_with_file(bytes(30_000_000)))
    ref = store.page("INBOX", size=1).rows[0].ref
    with transferred(store, 8_000):
        summary = store.summary(ref)
        list(store.part(ref, summary.structure.children[0].section))
        store.headers(ref)
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
