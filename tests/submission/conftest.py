"""A person with an account, and a message of theirs, without any server."""

import uuid
from datetime import UTC, datetime

import pytest

from webmail.accounts.models import Account, Identity, User
from webmail.accounts.vault import Secret
from webmail.message.address import Address
from webmail.message.build import Draft, build, new_message_id
from webmail.submission import outbox, tasks
from webmail.submission.models import Outgoing, StoredDraft
from webmail.submission.wishes import NO_WISHES

NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def data_folder(settings, tmp_path):
    settings.WEBMAIL_DATA_DIR = tmp_path
    return tmp_path


@pytest.fixture(autouse=True)
def hints(monkeypatch):
    """The hints that would have gone to Redis."""
    rung = []
    monkeypatch.setattr(
        tasks, "ring", lambda task, row_id: rung.append((task.name, row_id)) or True
    )
    return rung


@pytest.fixture
def ada(db):
    user = User.objects.create(address="ada@hearth.test")
    account = Account.objects.create(
        user=user,
        address=user.address,
        imap_url="imap://127.0.0.1:1",
        submission_url="submission://127.0.0.1:1",
    )
    Identity.objects.create(account=account, addr_spec=user.address)
    return user


@pytest.fixture
def draft(ada):
    return StoredDraft.objects.create(user=ada, account=ada.accounts.get())


@pytest.fixture
def queue(ada):
    """Queues a message of Ada's; options are those of outbox.queue."""

    def act(**options) -> Outgoing:
        return queue_for(ada, **options)[0]

    return act


def queue_for(user, **options):
    account = user.accounts.get()
    message_id = new_message_id("hearth.test")
    written = Draft(
        from_=Address("Ada", account.address),
        to=(Address("", "ben@hearth.test"),),
        bcc=tuple(Address("", each) for each in options.pop("bcc", ())),
        subject="Hello",
        text="Hi.",
        asks_receipt=options.get("wishes", NO_WISHES).receipt,
    )
    defaults = {"client_token": uuid.uuid4(), "draft": None, "undo_s": 0}
    return outbox.queue(
        user=user,
        account=account,
        identity=account.identities.first(),
        built=build(written, message_id=message_id, date=NOON),
        message_id=message_id,
        subject="Hello",
        password=Secret("ada-secret"),
        **defaults | options,
    )
