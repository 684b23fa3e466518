"""Random acts of two clients, restarts and mailboxes made anew: our view stays the server's.

MODEL_ACTIONS sets how many acts there are (security.md 4.5 asks for 10,000; the test run
takes fewer).  Every hundredth act is a restart of Dovecot, every five hundredth a mailbox
deleted and made anew.
"""

import contextlib
import os
import random
import time
from collections import Counter
from dataclasses import dataclass, field

import pytest

from tests.lab import start
from tests.lab.dovecot import start_dovecot
from tests.store.contract import letter
from webmail.index import checking, growing, listing, sync
from webmail.index.models import IndexedMailbox
from webmail.index.telling import TellingStore
from webmail.outbound import parse_endpoint
from webmail.store.imap import ImapStore
from webmail.store.mailbox import ANSWERED, FLAGGED, FORWARDED, SEEN
from webmail.store.pool import SessionPool
from webmail.store.protocol import MailboxNotFound, MessageGone, StoreError

ADDRESS, PASSWORD, ACCOUNT = "ada@hearth.test", "secret", 1
ACTIONS = int(os.environ.get("MODEL_ACTIONS", "1200"))
PLACES = ("INBOX", "Work", "Archive")
FLAGS = (SEEN, FLAGGED, ANSWERED, FORWARDED)
pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(max(1800, ACTIONS))]


@dataclass
class World:
    """Both clients, and what must be there in the end.

    ``filed`` are the messages a server said it took, ``doomed`` those that somebody asked
    to remove: the rest must exist.  ``copied`` may exist more than once.
    """

    folder: object
    lab: object
    random: random.Random
    pool: SessionPool = field(default_factory=SessionPool)
    filed: set[str] = field(default_factory=set)
    doomed: set[str] = field(default_factory=set)
    copied: set[str] = field(default_factory=set)
    number: int = 0
    troubles: Counter = field(default_factory=Counter)
    last_trouble: str = ""
    them: ImapStore | None = None

    def open_store(self):
        endpoint = parse_endpoint(self.lab.imaps_url, "imap")
        return ImapStore.open(endpoint, ADDRESS, PASSWORD, tls=self.lab.tls(), connect_timeout_s=5)

    @contextlib.contextmanager
    def ours(self):
        with self.pool.lend("ada", self.open_store) as store:
            yield TellingStore(store, ACCOUNT)

    def theirs(self):
        if self.them is None or not self.them.is_alive(ask=True):
            self.part()
            self.them = self.open_store()
        return self.them

    def part(self):
        if self.them is not None:
            self.them.close()
        self.them = None

    def next_letter(self):
        self.number += 1
        return f"<{self.number}@hearth.test>", letter(self.number)


# -- acts: ours go by what our list shows, theirs by what the server has now ----------------------


def shown(world, store, mailbox):
    """Our list, drawn anew only now and then: refs may be old, as on a screen."""
    if world.random.random() < 0.5:
        row = sync.reconcile(store, ACCOUNT, mailbox)
        if not row.is_whole and world.random.random() < 0.5:
            growing.extend(store, row, 10)
    row = IndexedMailbox.objects.filter(account_id=ACCOUNT, name=mailbox).first()
    return listing.page(row, size=40).rows if row else ()


def known(rows):
    """Refs with the Message-ID that the list said they have: the letters' numbers."""
    return [(row.ref, f"<{row.subject.removeprefix('Letter ')}@hearth.test>") for row in rows]


def now_there(store, mailbox):
    rows = store.page(mailbox, size=40).rows
    return [(row.ref, row.envelope.message_id) for row in rows]


def act(world, store, candidates):
    name = world.random.choice(["append", "append", "flags", "flags", "move", "copy", "expunge"])
    mailbox, target = world.random.sample(PLACES, 2)
    if name == "append":
        message_id, octets = world.next_letter()
        store.append(mailbox, octets, flags=world.random.sample(FLAGS, 1))
        world.filed.add(message_id)
        return
    rows = candidates(store, mailbox)
    chosen = world.random.sample(rows, min(len(rows), world.random.randint(1, 4)))
    refs, ids = [ref for ref, _ in chosen], {message_id for _, message_id in chosen}
    if not refs:
        return
    if name == "flags":
        add, remove = world.random.sample(FLAGS, 2)
        store.set_flags(refs, add=[add], remove=[remove])
    elif name == "move":
        store.move(refs, target)
    elif name == "copy":
        world.copied |= ids  # written down first: it may be done though we never hear of it
        store.copy(refs, target)
    else:
        world.doomed |= ids
        store.expunge(refs)


def act_of_ours(world):
    with world.ours() as store:
        act(world, store, lambda store, mailbox: known(shown(world, store, mailbox)))


def act_of_theirs(world):
    act(world, world.theirs(), now_there)


def make_anew(world):
    """Another UIDVALIDITY under the old name; what lay in it is gone by intent (F44).

    A restart can leave Dovecot with an error of its own to tell (NO [SERVERBUG]): once more.
    """
    for _ in range(5):
        with contextlib.suppress(MailboxNotFound), part_from_trouble(world):
            store = world.theirs()
            world.doomed |= {message_id for _, message_id in now_there_all(store, "Work")}
            store.delete_mailbox("Work")
        with part_from_trouble(world):
            world.theirs().create_mailbox("Work")
            return
    raise AssertionError(f"Work could not be made anew: {world.last_trouble}")


@contextlib.contextmanager
def part_from_trouble(world):
    try:
        yield
    except MailboxNotFound:
        raise
    except StoreError as trouble:
        world.troubles[type(trouble).__name__] += 1
        world.last_trouble = str(trouble)
        world.part()
        time.sleep(0.2)


def now_there_all(store, mailbox):
    rows = store.page(mailbox, size=100_000).rows
    return [(row.ref, row.envelope.message_id) for row in rows]


def restart(world):
    ports = dict(world.lab.dovecot.ports)
    world.lab.dovecot.stop()
    for lock in (world.folder / "mail").resolve().rglob("dovecot-uidlist.lock"):
        lock.unlink()
    world.lab.dovecot = start_dovecot(
        world.folder, {ADDRESS: PASSWORD}, world.lab.authority.good, ports=ports
    )


# -- the end --------------------------------------------------------------------------------------


def settle(world, mailbox):
    """Our view of a mailbox once all is quiet, and the server's."""
    with world.ours() as store:
        row = sync.reconcile(store, ACCOUNT, mailbox)
        growing.grow(store, row, for_s=600)
        row = sync.reconcile(store, ACCOUNT, mailbox)
        rows, place = [], None
        while page := listing.page(row, older_than=place, size=500).rows:
            rows += page
            place = page[-1].place
        proof = checking.prove(store, row)
    ours = {(row.ref, row.flags, row.subject) for row in rows}
    assert len(ours) == len(rows), "a message stands twice in a list"
    rows = world.theirs().page(mailbox, size=100_000).rows
    server = {(row.ref, row.flags, row.envelope.subject) for row in rows}
    assert proof.holds
    return ours, server


def test_after_random_acts_and_restarts_our_view_is_the_servers(tmp_path):
    tmp_path.chmod(0o755)
    for above in list(tmp_path.parents)[:2]:
        above.chmod(0o755)
    lab = start(tmp_path, {ADDRESS: PASSWORD})
    world = World(tmp_path, lab, random.Random(20261125))  # noqa: S311
    try:
        world.theirs().create_mailbox("Work")
        _run(world)
        _check(world)
    finally:
        world.part()
        world.pool.close()
        world.lab.stop()


def _run(world):
    for number in range(1, ACTIONS + 1):
        if number % 100 == 0:
            restart(world)
        elif number % 500 == 250:
            make_anew(world)
        try:
            (act_of_ours if world.random.random() < 0.6 else act_of_theirs)(world)
        except (MessageGone, MailboxNotFound):
            world.troubles["gone"] += 1
        except StoreError as trouble:
            world.troubles[type(trouble).__name__] += 1
            world.part()
            time.sleep(0.02)


def _check(world):
    found: Counter = Counter()
    for mailbox in PLACES:
        ours, server = settle(world, mailbox)
        assert ours == server
        found.update(message_id for _, message_id in now_there_all(world.theirs(), mailbox))
    lost = world.filed - world.doomed - found.keys()
    assert not lost, "a message that nobody removed is gone"
    assert {key for key, times in found.items() if times > 1} <= world.copied
    assert len(world.filed) > ACTIONS / 10
