"""The outbox through submission servers of different make, to inboxes, every octet intact."""

import smtplib
import uuid
from datetime import UTC, datetime
from email import message_from_bytes, policy

import pytest

from start.child import StartError
from tests.conftest import USERS
from tests.lab.exim import start_exim
from webmail.accounts import connect
from webmail.accounts.models import Account, Identity, User
from webmail.accounts.vault import Secret
from webmail.message.address import Address
from webmail.message.build import Draft, DraftAttachment, build, new_message_id
from webmail.submission import outbox, pipeline, smtp, tasks
from webmail.submission.models import Outgoing, State, Trouble

pytestmark = pytest.mark.django_db(transaction=True)

ADA, BEN, CHIYO = "ada@hearth.test", "ben@hearth.test", "chiyo@hearth.test"
NOBODY = "nobody@hearth.test"
NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
LIMIT_BYTES = 2_000_000
DOTS = "\n".join([".", "..", ".dot", "...", "", ".", "From the top", "x" * 2000, "", "."])
TRACE = {"return-path", "delivered-to", "received"}


@pytest.fixture(scope="module")
def exim(lab):
    try:
        running = start_exim(lab.dovecot, lab.authority.good, message_size_limit=LIMIT_BYTES)
    except StartError as error:
        pytest.fail(str(error), pytrace=False)
    yield running
    running.stop()


@pytest.fixture(params=["lab", "exim"])
def server(request, lab):
    """The lab's Postfix (aiosmtpd where nobody is root), and Exim."""
    return lab.msa if request.param == "lab" else request.getfixturevalue("exim")


@pytest.fixture(autouse=True)
def surroundings(lab, settings, tmp_path, monkeypatch):
    settings.WEBMAIL_DATA_DIR = tmp_path
    settings.WEBMAIL_CA_FILE = str(lab.ca_file)
    connect.tls_context.cache_clear()
    monkeypatch.setattr(tasks, "ring", lambda task, row_id: True)
    lab.clear()
    yield
    connect.tls_context.cache_clear()


def person(server, scheme="submissions"):
    """Ada, who sends through ``server``: by TLS from the start, or by STARTTLS."""
    port = server.ports[scheme.partition("+")[0]]
    user = User.objects.create(address=ADA)
    account = Account.objects.create(
        user=user,
        address=ADA,
        imap_url="imap://127.0.0.1:1",
        submission_url=f"{scheme}://127.0.0.1:{port}",
    )
    Identity.objects.create(account=account, addr_spec=ADA)
    return account


def queue(account, *, password=USERS[ADA], **fields):
    written = Draft(
        **{
            "from_": Address("Ada", ADA),
            "to": (Address("", BEN),),
            "subject": "Kindling",
            "text": "Is there any?",
        }
        | fields
    )
    message_id = new_message_id("hearth.test")
    row, _ = outbox.queue(
        user=account.user,
        account=account,
        identity=account.identities.get(),
        client_token=uuid.uuid4(),
        draft=None,
        built=build(written, message_id=message_id, date=NOON),
        message_id=message_id,
        subject=written.subject,
        password=Secret(password),
        undo_s=0,
    )
    return row


def file_of(size_bytes):
    content = (bytes(range(256)) * (size_bytes // 256 + 1))[:size_bytes]
    return DraftAttachment("Plan.bin", "application/octet-stream", content)


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


@pytest.mark.parametrize("scheme", ["submissions", "submission+starttls"])
@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"subject": "Grüße aus Kōbe – 神戸 🔥", "text": "Schöne Grüße, 山"},
        {"text": DOTS},
        {"text": "With the plan.", "attachments": (file_of(1_000_000),)},
    ],
    ids=["plain", "not-ascii", "dots", "file"],
)
def test_a_message_arrives_as_it_was_frozen(server, lab, scheme, fields):
    row = queue(person(server, scheme), **fields)
    wire = outbox.wire_bytes(row)
    sent = send(row)
    assert (sent.state, sent.last_error) == (State.ACCEPTED, "")
    assert sent.smtp_reply.startswith("250 ")
    raw = arrived(lab, BEN)
    assert_only_a_trace_was_added(raw, wire)
    message = message_from_bytes(raw, policy=policy.default)
    assert message["Subject"] == fields.get("subject", "Kindling")
    for part in message.iter_attachments():
        assert part.get_content() == file_of(1_000_000).content


@pytest.mark.parametrize("scheme", ["submissions", "submission+starttls"])
def test_nobody_learns_of_a_hidden_recipient(server, lab, scheme):
    row = queue(person(server, scheme), bcc=(Address("Chiyo", CHIYO),))
    wire = outbox.wire_bytes(row)
    assert send(row).state == State.ACCEPTED
    assert_only_a_trace_was_added(arrived(lab, CHIYO), wire)
    open_copy = arrived(lab, BEN)
    assert_only_a_trace_was_added(open_copy, wire)
    assert b"chiyo" not in open_copy.lower()
    assert b"\nbcc:" not in open_copy.lower()


@pytest.mark.parametrize("scheme", ["submissions", "submission+starttls"])
def test_one_unknown_recipient_stops_it_for_all_and_is_named(server, lab, scheme):
    people = (Address("", BEN), Address("", NOBODY), Address("", CHIYO))
    row = send(queue(person(server, scheme), to=people))
    assert (row.state, row.trouble) == (State.FAILED, Trouble.REFUSED)
    assert list(row.refused_recipients) == [NOBODY]
    assert row.refused_recipients[NOBODY].startswith("550 ")
    assert NOBODY in row.last_error
    # Whatever had been let in before would come before this one.
    assert send(queue(row.account, subject="Afterwards")).state == State.ACCEPTED
    assert b"Subject: Afterwards\r\n" in arrived(lab, BEN)
    assert lab.uids(CHIYO) == []


@pytest.mark.parametrize("scheme", ["submissions", "submission+starttls"])
def test_a_wrong_password_is_the_persons_matter_and_mended_by_the_right_one(server, lab, scheme):
    row = send(queue(person(server, scheme), password="not this one"))
    assert (row.state, row.trouble) == (State.RETRY_WAIT, Trouble.AUTH)
    assert "did not accept the user name and password: 535 " in row.last_error
    wire = outbox.wire_bytes(row)
    assert outbox.send_again(row.user, row.key, password=Secret(USERS[ADA]))
    assert send(row).state == State.ACCEPTED
    assert_only_a_trace_was_added(arrived(lab, BEN), wire)


def test_what_is_larger_than_the_server_says_is_not_offered_to_it(exim, lab):
    row = send(queue(person(exim), attachments=(file_of(LIMIT_BYTES * 3 // 4),)))
    assert (row.state, row.trouble) == (State.FAILED, Trouble.REFUSED)
    assert "takes messages up to 2.0 MB; this one has 2.1 MB" in row.last_error
    assert row.data_started_at is None


def test_a_server_that_first_keeps_its_limit_to_itself_refuses_at_mail(exim, lab, monkeypatch):
    monkeypatch.setattr(smtp.Submission, "size_limit_bytes", None)
    row = send(queue(person(exim), attachments=(file_of(LIMIT_BYTES * 3 // 4),)))
    assert (row.state, row.trouble) == (State.FAILED, Trouble.REFUSED)
    assert row.last_error.startswith("552 ")
    assert row.data_started_at is None


def test_exim_takes_no_password_before_tls_and_no_mail_without_one(exim, lab):
    with smtplib.SMTP("127.0.0.1", exim.ports["submission"]) as talk:
        talk.ehlo()
        assert "auth" not in talk.esmtp_features
        talk.starttls(context=lab.tls())
        talk.ehlo()
        assert "PLAIN" in talk.esmtp_features["auth"]
        assert talk.mail(ADA) == (550, b"sign in first")
