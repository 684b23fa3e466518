"""A server that goes away and comes back: the next block works again (F42)."""

import threading
import time

import pytest

from tests.lab import start
from tests.lab.dovecot import start_dovecot
from tests.store.contract import letter
from webmail.outbound import parse_endpoint
from webmail.store.imap import ImapStore
from webmail.store.mailbox import FLAGGED, SEEN
from webmail.store.pool import SessionPool
from webmail.store.protocol import Refused, Unreachable

ADDRESS, PASSWORD = "ada@hearth.test", "secret"


@pytest.fixture
def lab(tmp_path):
    tmp_path.chmod(0o755)
    for above in list(tmp_path.parents)[:2]:
        above.chmod(0o755)
    lab = start(tmp_path, {ADDRESS: PASSWORD})
    yield lab
    lab.stop()


def test_after_a_restart_the_first_block_has_a_live_session(lab, tmp_path):
    pool = SessionPool()
    endpoint = parse_endpoint(lab.imaps_url, "imap")

    def open_store():
        return ImapStore.open(endpoint, ADDRESS, PASSWORD, tls=lab.tls())

    with pool.lend("ada", open_store) as store:
        ref = store.append("INBOX", letter(1))
        store.page("INBOX")
    ports = dict(lab.dovecot.ports)
    lab.dovecot.stop()
    time.sleep(0.5)  # the sessions end a moment after the master
    with pytest.raises(Unreachable) as caught, pool.lend("ada", open_store):
        pass
    assert caught.value.reason == "connect"
    lab.dovecot = start_dovecot(tmp_path, {ADDRESS: PASSWORD}, lab.authority.good, ports=ports)
    with pool.lend("ada", open_store) as store:
        store.set_flags([ref], add=[SEEN])
        assert store.summary(ref).flags == {SEEN}
    pool.close()


def test_a_restart_under_many_acts_loses_and_doubles_nothing(lab, tmp_path):
    pool, done, filed = SessionPool(), threading.Event(), []
    endpoint = parse_endpoint(lab.imaps_url, "imap")

    def open_store():
        return ImapStore.open(endpoint, ADDRESS, PASSWORD, tls=lab.tls(), connect_timeout_s=2)

    def work():
        number = 0
        while not done.is_set():
            number += 1
            try:
                with pool.lend("ada", open_store) as store:
                    ref = store.append("INBOX", letter(number))
                    filed.append(number)
                    store.set_flags([ref], add=[FLAGGED])
            except (Unreachable, Refused):  # a stopping Dovecot says NO [SERVERBUG] too
                time.sleep(0.05)

    thread = threading.Thread(target=work)
    thread.start()
    ports = dict(lab.dovecot.ports)
    for _ in range(2):
        time.sleep(0.7)
        lab.dovecot.stop()
        # Killed in the middle of an APPEND, Dovecot 2.3 leaves a lock it honors for two minutes.
        for lock in (tmp_path / "mail").resolve().rglob("dovecot-uidlist.lock"):
            lock.unlink()
        lab.dovecot = start_dovecot(tmp_path, {ADDRESS: PASSWORD}, lab.authority.good, ports=ports)
    before, deadline = len(filed), time.monotonic() + 180
    while len(filed) == before and time.monotonic() < deadline:
        time.sleep(0.1)
    done.set()
    thread.join(60)
    assert len(filed) > before > 0, "it did not come back"
    with pool.lend("ada", open_store) as store:
        rows = store.page("INBOX", size=10_000).rows
    found = [row.envelope.message_id for row in rows]
    assert len(found) == len(set(found))
    assert {f"<{number}@hearth.test>" for number in filed} <= set(found)
    pool.close()
