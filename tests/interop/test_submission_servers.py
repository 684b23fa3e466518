"""The outbox through submission servers of different make, to inboxes, every octet intact."""

import smtplib
from email import message_from_bytes, policy
from functools import partial

import pytest

from tests.conftest import USERS
from tests.interop import sending
from tests.interop.conftest import started
from tests.interop.sending import (
    ADA,
    BEN,
    CHIYO,
    arrived,
    assert_only_a_trace_was_added,
    person,
    send,
)
from tests.lab.exim import start_exim
from tests.lab.opensmtpd import start_opensmtpd
from tests.web.test_identity_servers import IDENTITIES, deliver, write
from tests.web.test_writing_on_servers import ada  # noqa: F401  a fixture
from webmail.accounts import vault
from webmail.accounts.models import Identity, User
from webmail.accounts.vault import Secret
from webmail.message.address import Address
from webmail.message.build import DraftAttachment
from webmail.outbound import parse_endpoint
from webmail.submission import outbox, smtp
from webmail.submission.models import Outgoing, State, Trouble

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("trusted_lab")]

NOBODY = "nobody@hearth.test"
LIMIT_BYTES = 2_000_000
DOTS = "\n".join([".", "..", ".dot", "...", "", ".", "From the top", "x" * 2000, "", "."])
queue = partial(sending.queue, password=USERS[ADA])


@pytest.fixture(scope="module")
def exim(lab):
    running = started(start_exim, lab.dovecot, lab.authority.good, message_size_limit=LIMIT_BYTES)
    yield running
    running.stop()


@pytest.fixture(scope="module")
def opensmtpd(lab):
    running = started(start_opensmtpd, lab.dovecot, lab.authority.good)
    yield running
    running.stop()


@pytest.fixture(params=["lab", "exim", "opensmtpd"])
def server(request, lab):
    """The lab's Postfix (aiosmtpd where nobody is root), Exim and OpenSMTPD."""
    return lab.msa if request.param == "lab" else request.getfixturevalue(request.param)


def file_of(size_bytes):
    content = (bytes(range(256)) * (size_bytes // 256 + 1))[:size_bytes]
    return DraftAttachment("Plan.bin", "application/octet-stream", content)


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


@pytest.fixture(params=["exim", "opensmtpd"])
def work(request, lab, ada, settings):  # noqa: F811  a fixture of another module
    """Ada's name for work: it leaves by a server that knows her by another name and password."""
    server = request.getfixturevalue(request.param)
    settings.WEBMAIL_SUBMISSION = parse_endpoint(lab.submissions_url, "submission")
    account = User.objects.get(address=ADA).accounts.get()
    return server, Identity.objects.create(account=account, addr_spec="ada+work@hearth.test")


@pytest.mark.parametrize("scheme", ["submissions", "submission+starttls"])
def test_a_name_leaves_by_its_own_server_with_its_own_password(ada, work, lab, settings, scheme):  # noqa: F811
    server, name = work
    url = f"{scheme}://127.0.0.1:{server.ports[scheme.partition('+')[0]]}"
    settings.WEBMAIL_IDENTITY_SUBMISSION = (parse_endpoint(url, "submission"),)
    form = {"do": "server-save", "identity": name.key, "url": url, "username": CHIYO}
    refused = ada.post(IDENTITIES, form | {"password": USERS[ADA]})
    assert "did not accept the user name and password: 535 " in refused.content.decode()
    assert ada.post(IDENTITIES, form | {"password": USERS[CHIYO]}).status_code == 303
    rows = [write(ada, name, subject) for subject in ("Now", "Later")]
    box = vault.seal_grant(f"{rows[1].key}|{url}|{CHIYO}", Secret("changed since"))
    Outgoing.objects.filter(pk=rows[1].pk).update(submission_grant=box)
    home = write(ada, Identity.objects.get(addr_spec=ADA), "Home")
    now, later, by_home = (deliver(row) for row in (*rows, home))
    assert (now.state, now.submission_url, now.submission_username) == (State.DONE, url, CHIYO)
    assert (later.state, later.trouble) == (State.RETRY_WAIT, Trouble.AUTH)
    assert (by_home.state, by_home.submission_url) == (State.DONE, "")
    for subject in ("Now", "Home"):
        assert lab.wait_for(BEN, "INBOX", "SUBJECT", subject)
    assert ada.post(IDENTITIES, form | {"password": USERS[CHIYO]}).status_code == 303
    assert deliver(later).state == State.DONE, "the right password lets go what waited for it"
