"""Pictures fetched when mail comes, for those who want it so."""

import random
from datetime import UTC, datetime

import pytest

from tests.web.newsletters import SENDER, newsletter
from webmail.accounts.models import User
from webmail.index import sync, tasks
from webmail.index.models import IndexedMailbox
from webmail.web import arrivals


@pytest.fixture
def arrived(mara, store, host, monkeypatch):
    """A mailbox in the index into which a newsletter came just now."""
    arrivals.lately.forget_all()
    account = User.objects.get().accounts.get()
    mara.get(mara.list_url())
    sync.reconcile(store, account.pk, "INBOX")
    store.append("INBOX", newsletter(host), internal_date=datetime.now(UTC))
    User.objects.update(fetches_on_arrival=True)
    return sync.reconcile(store, account.pk, "INBOX")


def test_nothing_is_fetched_for_a_sender_nobody_allowed(arrived, host):
    arrivals.fetch_pictures(arrived.pk)
    assert not host.asked


def test_pictures_of_an_allowed_sender_are_there_before_the_mail_is_opened(
    mara,
    arrived,
    store,
    host,
):
    mara.post("/pictures/", {"do": "sender", "sender": SENDER})
    arrivals.fetch_pictures(arrived.pk)
    assert [path for path, _ in host.asked] == ["/a.png?k=1"]
    arrivals.fetch_pictures(arrived.pk)
    assert len(host.asked) == 1


def test_it_is_off_until_somebody_wants_it(mara, arrived, host):
    mara.post("/pictures/", {"do": "sender", "sender": SENDER})
    mara.post("/settings/privacy/", {"fetches_on_arrival": ""})
    arrivals.fetch_pictures(arrived.pk)
    assert not host.asked
    assert User._meta.get_field("fetches_on_arrival").default is False


def test_the_ring_comes_some_minutes_later_and_one_at_a_time(arrived, monkeypatch):
    rings = []
    monkeypatch.setattr(tasks, "_ring", lambda *args, countdown: rings.append((args, countdown)))
    tasks._pictures_at.clear()
    random.seed(1)
    for _ in range(3):
        tasks.wake_pictures(IndexedMailbox.objects.get(pk=arrived.pk))
    ((args, wait_s),) = rings
    assert args == ("web.fetch_pictures", arrived.pk)
    assert 20 <= wait_s <= 600


@pytest.mark.parametrize("use", ["junk", "sent", "drafts", "trash"])
def test_no_ring_for_mail_that_is_not_there_to_be_read(arrived, monkeypatch, use):
    monkeypatch.setattr(tasks, "_ring", lambda *_, countdown: pytest.fail("rang"))
    tasks._pictures_at.clear()
    arrived.special_use = use
    tasks.wake_pictures(arrived)
