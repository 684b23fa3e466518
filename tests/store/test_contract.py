"""Every store against the contract."""

import contextlib
import ssl
import time

import pytest

from tests.lab.dovecot import SPECIAL_USE
from tests.store.contract import Abilities, MailStoreContract
from tests.store.contract_changes import ChangesContract
from webmail.outbound import parse_endpoint
from webmail.store.imap import ImapStore
from webmail.store.memory import MemoryStore
from webmail.store.protocol import Refused

PASSWORD = 'pass word\\"ü'


@contextlib.contextmanager
def sessions(url, address, password, tls, count=3):
    """Several signed-in sessions of one account."""
    endpoint = parse_endpoint(url, "imap")
    with contextlib.ExitStack() as stack:
        stores = [ImapStore.open(endpoint, address, password, tls=tls) for _ in range(count)]
        for store in stores:
            stack.callback(store.close)
        yield stores


@pytest.fixture(scope="module")
def addresses(lab):
    """People nobody else is, one for each test; Dovecot looks at its user file once a second."""
    people = {f"user{number}@hearth.test": PASSWORD for number in range(200)}
    lab.dovecot.users.update(people)
    lab.dovecot.add_user("user0@hearth.test", PASSWORD)
    time.sleep(1.1)
    yield iter(people)
    for address in people:
        del lab.dovecot.users[address]


class TestMemoryStore(MailStoreContract, ChangesContract):
    @pytest.fixture
    def store(self):
        return MemoryStore()

    @pytest.fixture
    def other(self, store):
        return store

    @pytest.fixture
    def third(self, store):
        return store


class TestDovecot(MailStoreContract, ChangesContract):
    """Over TLS, each test as a user of its own."""

    @pytest.fixture
    def trio(self, lab, addresses):
        with sessions(lab.imaps_url, next(addresses), PASSWORD, lab.tls()) as trio:
            yield trio

    @pytest.fixture
    def store(self, trio):
        return trio[0]

    @pytest.fixture
    def other(self, trio):
        return trio[1]

    @pytest.fixture
    def third(self, trio):
        return trio[2]

    def test_the_usual_mailboxes_are_marked_by_attribute(self, store):
        marked = {m.special_use.value for m in store.mailboxes() if m.special_use}
        assert marked == {"inbox", *(name.lower() for name in SPECIAL_USE)}


class TestPymap(MailStoreContract, ChangesContract):
    """A weak server: no LIST-STATUS, ESEARCH, PREVIEW, NAMESPACE or keywords.

    pymap 0.36.7 also stores LF for CRLF, leaves dispositions out of BODYSTRUCTURE and counts
    headers into the size of parts, numbers
    the parts of embedded messages otherwise, copies empty messages between Maildirs, and
    dies of CREATE with a name that is taken.
    """

    abilities = Abilities(
        keywords=False,
        keeps_line_ends=False,
        describes_parts=False,
        numbers_embedded_parts=False,
        copies_contents=False,
        survives_a_name_taken=False,
        tells_changes=False,
    )

    @pytest.fixture
    def trio(self, pymap_server):
        tls = ssl.create_default_context(cafile=str(pymap_server.ca_file))
        with sessions(pymap_server.imap_starttls_url, "ada@hearth.test", "ada-secret", tls) as trio:
            for store in trio:
                store._session.trusted_s = 0  # or one would wait 10 s for the check to count
            _empty(trio[0])
            yield trio

    @pytest.fixture
    def store(self, trio):
        return trio[0]

    @pytest.fixture
    def other(self, trio):
        return trio[1]

    @pytest.fixture
    def third(self, trio):
        return trio[2]


def _empty(store):
    for mailbox in store.mailboxes():
        page = store.page(mailbox.name, size=1000)
        store.expunge(row.ref for row in page.rows)
        if mailbox.name != "INBOX":
            with contextlib.suppress(Refused):
                store.delete_mailbox(mailbox.name)
