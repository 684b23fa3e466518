"""Delivery notices, receipts and required TLS, as a submission server hears of them."""

import ssl

import pytest

from tests.lab.authority import make_authority
from tests.lab.smtp_sink import EXTENSIONS, Act, SmtpSink
from webmail.accounts import connect
from webmail.submission import outbox, pipeline
from webmail.submission.models import Outgoing, State
from webmail.submission.wishes import Wishes, mail_options, rcpt_options, wishes_from_names
from webmail.submission.words import state_text

pytestmark = pytest.mark.django_db(transaction=True)

BEN, CHIYO = "ben@hearth.test", "chiyo@hearth.test"


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    return make_authority(tmp_path_factory.mktemp("tls"))


@pytest.fixture
def sink(tmp_path, authority, ada, monkeypatch):
    """A server reached by TLS, as REQUIRETLS wants it."""
    trust = ssl.create_default_context(cafile=str(authority.ca_file))
    monkeypatch.setattr(connect, "tls_context", lambda: trust)
    users = {ada.address: "ada-secret"}
    with SmtpSink(tmp_path / "sink", users, security="tls", certificate=authority.good) as running:
        ada.accounts.update(submission_url=running.url)
        yield running


def sent(row):
    pipeline.deliver(row.pk)
    return Outgoing.objects.get(pk=row.pk)


def lines(sink, stage):
    return [line for _, at, line in sink.log if at == stage]


def test_a_delivery_notice_is_asked_for_where_it_is_offered(sink, queue):
    sink.extensions = (*EXTENSIONS, "DSN")
    row = sent(queue(wishes=Wishes(delivery=True)))
    assert row.state == State.ACCEPTED
    assert row.delivery_notice_offered is True
    assert sink.taken[0].options.endswith(f" RET=HDRS ENVID={row.key}")
    assert lines(sink, "rcpt") == [
        f"RCPT TO:<{BEN}> NOTIFY=SUCCESS,FAILURE,DELAY ORCPT=rfc822;{BEN}"
    ]


def test_where_it_is_not_offered_the_message_leaves_without_and_that_is_known(sink, queue):
    row = sent(queue(wishes=Wishes(delivery=True)))
    assert row.state == State.ACCEPTED
    assert row.delivery_notice_offered is False
    assert "ENVID" not in sink.taken[0].options
    assert lines(sink, "rcpt") == [f"RCPT TO:<{BEN}>"]


def test_nobody_who_did_not_ask_gets_a_notice(sink, queue):
    sink.extensions = (*EXTENSIONS, "DSN", "REQUIRETLS")
    row = sent(queue())
    assert row.delivery_notice_offered is None
    assert sink.taken[0].options == f"SIZE={row.size_bytes}"


def test_required_tls_is_said_where_it_is_offered(sink, queue):
    sink.extensions = (*EXTENSIONS, "REQUIRETLS")
    row = sent(queue(wishes=Wishes(tls=True)))
    assert row.state == State.ACCEPTED
    assert sink.taken[0].options.endswith(" REQUIRETLS")


def test_without_required_tls_such_a_message_does_not_leave(sink, queue):
    row = sent(queue(wishes=Wishes(tls=True)))
    assert row.state == State.FAILED
    assert sink.taken == []
    assert "mail" not in sink.stages()
    assert "cannot promise encryption all the way" in state_text(row)


def test_required_tls_offered_on_a_cleartext_line_is_not_believed(tmp_path, ada, queue):
    with SmtpSink(tmp_path / "sink", {ada.address: "ada-secret"}) as sink:
        sink.extensions = (*EXTENSIONS, "REQUIRETLS")
        ada.accounts.update(submission_url=sink.url)
        assert sent(queue(wishes=Wishes(tls=True))).state == State.FAILED
        assert sink.taken == []


def test_a_receipt_is_asked_for_by_the_writer_alone(sink, queue):
    row = sent(queue(wishes=Wishes(receipt=True)))
    assert row.wants_receipt
    assert b"\r\nDisposition-Notification-To: Ada <ada@hearth.test>\r\n" in sink.taken[0].content


def test_each_recipient_has_the_servers_words(sink, queue):
    sink.plan("rcpt", Act(reply="251 2.1.5 forwarded"), times=1)
    row = sent(queue(bcc=[CHIYO]))
    assert row.recipient_replies == {BEN: "251 2.1.5 forwarded", CHIYO: "250 2.1.5 ok"}


@pytest.mark.parametrize(
    ("reply", "state"), [("550 5.1.1 nobody", State.FAILED), ("451 4.2.1 later", State.RETRY_WAIT)]
)
def test_of_a_refusal_it_is_known_who_was_meant(sink, queue, reply, state):
    sink.plan("rcpt", Act(reply=reply, match=CHIYO))
    row = sent(queue(bcc=[CHIYO]))
    assert row.state == state
    assert row.recipient_replies == {BEN: "250 2.1.5 ok", CHIYO: reply}


def test_a_new_try_forgets_the_words_of_the_last(sink, ada, queue):
    sink.plan("rcpt", Act(reply="451 4.2.1 later"))
    row = sent(queue())
    assert outbox.send_again(ada, row.key)
    row.refresh_from_db()
    assert row.recipient_replies == {}
    assert sent(row).recipient_replies == {BEN: "250 2.1.5 ok"}


@pytest.mark.parametrize(
    ("recipient", "written"),
    [
        ("ben@hearth.test", "rfc822;ben@hearth.test"),
        ("ben+wood=1@hearth.test", "rfc822;ben+2Bwood+3D1@hearth.test"),
        ('"b n"@hearth.test', 'rfc822;"b+20n"@hearth.test'),
        ("jörg+a@hearth.test", r"utf-8;j\x{F6}rg\x{2B}a@hearth.test"),
    ],
)
def test_no_address_can_add_an_option(recipient, written):
    assert rcpt_options(recipient)[1] == f"ORCPT={written}"


def test_an_envelope_id_is_one_word():
    assert mail_options("a b\r\nc")[1] == "ENVID=a+20b+0D+0Ac"


def test_wishes_nobody_knows_are_none():
    assert wishes_from_names(["delivery", "tls2", 3]) == Wishes(delivery=True)
