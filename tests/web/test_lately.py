"""What came lately is looked at once, also in a mailbox that was made anew."""

from contextlib import contextmanager
from types import SimpleNamespace

import pytest

from webmail.store.mailbox import MessageRef
from webmail.store.protocol import Unreachable
from webmail.web import lately
from webmail.web.lately import Lately

ACCOUNT = SimpleNamespace(pk=1)


@pytest.fixture
def looks(monkeypatch):
    """Looks at what is given to have come; answers with the UIDs that were new."""

    @contextmanager
    def store_for_worker(_account, _password):
        yield None

    monkeypatch.setattr(lately, "store_for_worker", store_for_worker)
    monkeypatch.setattr(lately.grants, "password_of", lambda account: "secret")
    watch = Lately("test")

    def look(validity, *uids, act=lambda _store, refs: [each.uid for each in refs]):
        refs = [MessageRef("INBOX", validity, uid) for uid in uids]
        monkeypatch.setattr(lately, "find_recent", lambda *_args, **_options: refs)
        return watch.look(7, ACCOUNT, act)

    return look


def test_each_is_looked_at_once(looks):
    assert looks(1, 8, 9) == [8, 9]
    assert looks(1, 8, 9) is None
    assert looks(1, 8, 9, 10) == [10]


def test_a_mailbox_made_anew_begins_anew(looks):
    assert looks(1, 8, 9) == [8, 9]
    assert looks(2, 1, 2) == [1, 2]


def test_what_could_not_be_read_is_looked_at_again(looks):
    def fail(_store, _refs):
        raise Unreachable("away")

    assert looks(1, 8, act=fail) is None
    assert looks(1, 8) == [8]
