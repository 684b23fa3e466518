"""Servers with few connections, little room, slow lines and mailboxes that go away (F54)."""

import ssl
import threading
from types import SimpleNamespace

import pytest

from tests.lab.authority import make_authority
from tests.lab.cutter import Cutter
from tests.lab.dovecot import start_dovecot
from tests.lab.place import remove_mail
from tests.store.contract import letter, subjects
from webmail.outbound import Endpoint, Security
from webmail.store.imap import ImapStore
from webmail.store.mailbox import SEEN
from webmail.store.pool import SessionPool
from webmail.store.protocol import MailboxNotFound, Refused, Unreachable

ADDRESS, PASSWORD = "ada@hearth.test", "secret"


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    """A Dovecot that lends each person three connections and 64 KiB."""
    folder = tmp_path_factory.mktemp("small")
    authority = make_authority(folder / "tls")
    server = start_dovecot(folder, {ADDRESS: PASSWORD}, authority.good, quota_kib=64, connections=3)
    tls = ssl.create_default_context(cafile=str(authority.ca_file))
    yield SimpleNamespace(ports=server.ports, tls=tls)
    server.stop()
    remove_mail(folder)


@pytest.fixture
def opened(small):
    """Opens sessions, at the server itself or at a port before it."""
    stores = []

    def open_store(port=small.ports["imap"], security=Security.STARTTLS):
        place = Endpoint("imap", "127.0.0.1", port, security)
        stores.append(ImapStore.open(place, ADDRESS, PASSWORD, tls=small.tls, timeout_s=5))
        return stores[-1]

    yield open_store
    for store in stores:
        store.close()


def test_a_fourth_connection_is_told_that_the_server_is_busy(opened):
    for _ in range(3):
        opened()
    with pytest.raises(Unreachable) as caught:
        opened()
    assert caught.value.reason == "busy"
    assert "connections" in str(caught.value)


def test_twelve_readers_of_one_account_wait_for_each_other(opened):
    first = opened()
    first.page("INBOX")  # Dovecot makes it now; two who ask for it at once get "already exists"
    first.close()
    pool, seen = SessionPool(wait_s=20), []

    def read():
        with pool.lend("ada", opened) as store:
            seen.append(store.page("INBOX").total)

    readers = [threading.Thread(target=read) for _ in range(12)]
    for reader in readers:
        reader.start()
    for reader in readers:
        reader.join(30)
    pool.close()
    assert len(seen) == 12


def test_a_reader_waits_where_others_hold_what_the_server_lends(opened):
    pool, telephone, seen = SessionPool(wait_s=20), [opened(), opened()], []

    def read():
        with pool.lend("ada", opened) as store:
            seen.append(store)

    with pool.lend("ada", opened) as first:
        reader = threading.Thread(target=read)
        reader.start()
        reader.join(1)
        assert seen == []
    reader.join(20)
    assert seen == [first]
    assert all(store.is_alive(ask=True) for store in telephone)
    pool.close()


def test_a_full_mailbox_says_so_and_the_session_goes_on(opened):
    store = opened()
    ref = store.append("INBOX", letter(1))
    with pytest.raises(Refused) as caught:
        store.append("INBOX", letter(2, body="x" * 100_000))
    assert caught.value.code == "OVERQUOTA"
    store.set_flags([ref], add=[SEEN])
    store.expunge([ref])
    assert subjects(store) == []


def test_a_mailbox_deleted_underneath_is_not_found_and_the_rest_goes_on(opened):
    store, other = opened(), opened()
    name = store.create_mailbox("Gone")
    store.append(name, letter(1))
    store.page(name)
    other.delete_mailbox(name)
    with pytest.raises((MailboxNotFound, Unreachable)):
        _ = [store.page(name) for _ in range(2)]
    again = store if store.is_open else opened()
    assert again.page("INBOX").rows == ()
    with pytest.raises(MailboxNotFound):
        again.page(name)


def test_answers_an_octet_at_a_time_are_read_whole(small, opened):
    store = opened()
    ref = store.append("INBOX", letter(1, body="Slow and steady"))
    with Cutter(small.ports["imap"], octets_at_once=1) as line:
        slow = opened(line.port, Security.CLEARTEXT)
        assert [row.preview for row in slow.page("INBOX").rows] == ["Slow and steady"]
        assert b"".join(slow.source(ref)) == letter(1, body="Slow and steady")
    store.expunge([ref])
