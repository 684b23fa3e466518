"""What Postfix, Exim and OpenSMTPD offer in EHLO, and what is sent where they do not."""

import contextlib
import smtplib
import tempfile
from pathlib import Path

import pytest

from tests.interop.conftest import started
from tests.interop.sending import (
    ADA,
    BEN,
    arrived,
    assert_only_a_trace_was_added,
    person,
    queue,
    send,
)
from tests.lab import start as start_lab
from tests.lab.exim import start_exim
from tests.lab.opensmtpd import start_opensmtpd
from tests.lab.place import remove_mail
from tests.lab.postfix import start_postfix
from webmail.message.address import Address
from webmail.message.build import DraftAttachment
from webmail.submission import outbox
from webmail.submission.models import State, Trouble

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("trusted_lab")]

JUERG = "jürg@hearth.test"
USERS = {ADA: "ada-secret", BEN: "ben-secret", JUERG: "jürg-secret"}
EIGHT_BIT = "Subject: Grüße\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nSchön.\r\n".encode()
START = {"postfix": start_postfix, "exim": start_exim, "opensmtpd": start_opensmtpd}
ALL = {"8bitmime", "dsn", "smtputf8"}
# A server with SMTPUTF8 has 8BITMIME too (RFC 6531, 3.1); Exim will not hide that.
OFFERS = (ALL, ALL - {"dsn"}, ALL - {"smtputf8"}, {"dsn"}, set())
SERVERS = [
    *((name, offer) for name in ("postfix", "exim") for offer in OFFERS),
    # It has no SMTPUTF8, and never hides its 8BITMIME.
    *(("opensmtpd", offer) for offer in ({"8bitmime", "dsn"}, {"8bitmime"})),
]
# What Exim's submission mode puts at the end of the header, of who signed in as it spells it.
EXIMS_SENDER = b"Sender: j\\303\\274rg@hearth.test\r\n"
NEEDS = {"seven bits": set(), "eight bits": {"8bitmime"}, "utf-8": {"8bitmime", "smtputf8"}}


@pytest.fixture(scope="module")
def lab():
    """With a user whose address is not ASCII."""
    folder = Path(tempfile.mkdtemp(prefix="hearth-lab-"))
    folder.chmod(0o755)
    running = started(start_lab, folder, USERS)
    yield running
    running.stop()
    remove_mail(folder)


@pytest.fixture(
    scope="module",
    params=SERVERS,
    ids=[f"{name}-{'+'.join(sorted(offer)) or 'bare'}" for name, offer in SERVERS],
)
def server_and_offer(request, lab):
    name, offer = request.param
    running = started(START[name], lab.dovecot, lab.authority.good, hidden=sorted(ALL - offer))
    yield running, offer
    running.stop()


@pytest.fixture(params=["submissions", "submission+starttls"])
def scheme(request):
    return request.param


def queue_kind(kind, server, scheme):
    """A message that takes the extensions of ``NEEDS[kind]``; all go to Ben."""
    fields = {"subject": "Grüße aus Kōbe", "text": "Schön hier.\nZeile zwei."}
    if kind == "eight bits":
        fields["attachments"] = (DraftAttachment("Gruß.eml", "message/rfc822", EIGHT_BIT),)
    if kind == "utf-8":
        fields["cc"] = (Address("Jürg", JUERG),)
    return queue(person(server, scheme), password=USERS[ADA], **fields)


def test_ehlo_says_what_this_server_is_here_for(server_and_offer, lab, scheme):
    server, offer = server_and_offer
    with contextlib.ExitStack() as stack:
        if scheme == "submissions":
            port = server.ports["submissions"]
            talk = stack.enter_context(smtplib.SMTP_SSL("127.0.0.1", port, context=lab.tls()))
        else:
            talk = stack.enter_context(smtplib.SMTP("127.0.0.1", server.ports["submission"]))
            talk.starttls(context=lab.tls())
        talk.ehlo()
        assert ALL & set(talk.esmtp_features) == offer


@pytest.mark.parametrize("kind", NEEDS)
def test_what_a_server_offers_to_carry_arrives_octet_for_octet_and_the_rest_is_refused_here(
    server_and_offer, lab, scheme, kind
):
    server, offer = server_and_offer
    row = queue_kind(kind, server, scheme)
    wire = outbox.wire_bytes(row)
    assert wire.isascii() == (kind == "seven bits")
    sent = send(row)
    if missing := NEEDS[kind] - offer:
        assert (sent.state, sent.trouble) == (State.FAILED, Trouble.REFUSED)
        assert f"no {max(missing).upper()}" in sent.last_error
        assert sent.data_started_at is None
        return
    assert (sent.state, sent.last_error) == (State.ACCEPTED, "")
    for address in [BEN, *([JUERG] if kind == "utf-8" else [])]:
        assert_only_a_trace_was_added(arrived(lab, address), wire)


def test_a_sender_outside_ascii_signs_in_and_is_who_the_message_is_from(
    server_and_offer, lab, scheme
):
    server, offer = server_and_offer
    row = queue(person(server, scheme, address=JUERG), password=USERS[JUERG])
    wire = outbox.wire_bytes(row)
    sent = send(row)
    if "smtputf8" not in offer:
        assert (sent.state, sent.trouble) == (State.FAILED, Trouble.REFUSED)
        assert "no SMTPUTF8" in sent.last_error
        return
    assert (sent.state, sent.last_error) == (State.ACCEPTED, "")
    assert_only_a_trace_was_added(arrived(lab, BEN).replace(EXIMS_SENDER, b""), wire)
