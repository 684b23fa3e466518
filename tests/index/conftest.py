"""A store that a test changes behind the index's back."""

import pytest

from webmail.store.memory import MemoryStore

ACCOUNT = 7


@pytest.fixture
def store(db):
    return MemoryStore()
