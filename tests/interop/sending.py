"""Ada's outbox, emptied through the submission server of a test, and what then arrived."""

import uuid
from datetime import UTC, datetime
from email import message_from_bytes, policy

from webmail.accounts.models import Account, Identity, User
from webmail.accounts.vault import Secret
from webmail.message.address import Address
from webmail.message.build import Draft, build, new_message_id
from webmail.submission import outbox, pipeline
from webmail.submission.models import Outgoing

ADA, BEN, CHIYO = "ada@hearth.test", "ben@hearth.test", "chiyo@hearth.test"
NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
TRACE = {"return-path", "delivered-to", "received", "x-original-to"}


def person(server, scheme="submissions", *, address=ADA):
    """Ada, who sends through ``server``: by TLS from the start, or by STARTTLS."""
    port = server.ports[scheme.partition("+")[0]]
    user = User.objects.create(address=address)
    account = Account.objects.create(
        user=user,
        address=address,
        imap_url="imap://127.0.0.1:1",
        submission_url=f"{scheme}://127.0.0.1:{port}",
    )
    Identity.objects.create(account=account, addr_spec=address)
    return account


def queue(account, *, password, **fields):
    written = Draft(
        **{
            "from_": Address("Ada", account.address),
            "to": (Address("", BEN),),
            "subject": "Kindling",
            "text": "Is there any?",
        }
        | fields
    )
    message_id = new_message_id("hearth.test")
    built = build(written, message_id=message_id, date=NOON)
    return queue_built(account, built, message_id, password=password)


def queue_built(account, built, message_id, *, password):
    row, _ = outbox.queue(
        user=account.user,
        account=account,
        identity=account.identities.get(),
        client_token=uuid.uuid4(),
        draft=None,
        built=built,
        message_id=message_id,
        subject="",
        password=Secret(password),
        undo_s=0,
    )
    return row


def send(row):
    """The worker's try, and the row as it then stands."""
    pipeline.deliver(row.pk)
    return Outgoing.objects.get(pk=row.pk)


def arrived(lab, address):
    (uid,) = lab.wait_for(address, "INBOX", "ALL")
    return lab.raw(address, "INBOX", uid)


def assert_only_a_trace_was_added(raw, wire):
    """Servers put their trace fields on top and touch nothing below."""
    assert raw.endswith(wire)
    added = message_from_bytes(raw.removesuffix(wire), policy=policy.default)
    assert {name.lower() for name in added} <= TRACE
