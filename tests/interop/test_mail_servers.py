"""The contract of a store on the mail servers that Debian ships beside Dovecot."""

import itertools
import ssl

import pytest

from tests.store.contract import Abilities, MailStoreContract
from tests.store.contract_changes import ChangesContract
from tests.store.test_contract import sessions

PASSWORD = 'pass word\\"ü'
_NUMBERS = itertools.count(1)


class OnServer(MailStoreContract, ChangesContract):
    """Three sessions over TLS, each test as a user of its own; subclasses say ``server``."""

    @pytest.fixture
    def trio(self, server):
        address = f"user{next(_NUMBERS)}@hearth.test"
        server.add_users({address: PASSWORD})
        tls = ssl.create_default_context(cafile=str(server.ca_file))
        with sessions(server.imaps_url, address, PASSWORD, tls) as trio:
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


class TestCyrus(OnServer):
    """Cyrus IMAPd 3.6.1: CONDSTORE, QRESYNC, SPECIAL-USE, PREVIEW, OBJECTID and more.

    It takes few characters in names, and PREVIEW is NIL.
    """

    abilities = Abilities(
        names_refused=frozenset(
            {'with "quotes"', "back\\slash", "a{5}", "{5+}", "percent % and star *"}
        )
    )

    @pytest.fixture
    def server(self, cyrus):
        return cyrus


class TestCourier(OnServer):
    """Courier-IMAP 5.0.13: all below INBOX., UTF8=ACCEPT; no ESEARCH, MOVE or LIST-STATUS.

    RENAME of a mailbox that is not there ends the session, COPY to a name outside the
    namespace is a BAD.
    """

    abilities = Abilities(namespace="INBOX.", tells_changes=False)

    @pytest.fixture
    def server(self, courier):
        return courier
