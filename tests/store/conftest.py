"""What the tests of stores share; plain asserts in the contract explain themselves too."""

import ssl

import pytest

from webmail.store.imap import ImapStore


@pytest.fixture
def opened():
    """Opens a store on a scripted server, and drops it after the test."""
    stores = []

    def open_store(server, timeout_s=1.0):
        tls = ssl.create_default_context()
        stores.append(ImapStore.open(server.endpoint, "ada", "x", tls=tls, timeout_s=timeout_s))
        return stores[-1]

    yield open_store
    for store in stores:
        store._session.wire.drop()
