"""What reports tell is shown on the mail they are about, and a forged one spoils nothing."""

import re
from datetime import UTC, datetime, timedelta
from html import unescape

import pytest
from django.utils import timezone

from tests.web.forms import begin
from tests.web.letters import letter
from webmail.accounts.models import User
from webmail.index import sync
from webmail.push.models import Kind
from webmail.submission import outbox, outcomes
from webmail.submission.models import Outcome, Outgoing, State
from webmail.web import report_arrivals

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("submission")]

ANNA, BO = "anna@example.org", "bo@example.net"
TODAY = datetime.now(UTC).replace(hour=0, minute=41, second=0, microsecond=0)
SERVER = "Mail Delivery System <MAILER-DAEMON@a.example>"
TAKEN = "250 2.1.5 Ok"


@pytest.fixture
def sent(mara, store):
    """A mail to Anna and Bo that left with both wishes; its copy in Sent."""
    User.objects.update(time_zone="UTC")
    action, fields = begin(mara, to=f"{ANNA}, {BO}", subject="Firewood")
    mara.post(action, fields | {"wishes": ["delivery", "receipt"], "do": "send"})
    Outgoing.objects.update(
        state=State.DONE,
        data_started_at=timezone.now(),
        accepted_at=timezone.now(),
        delivery_notice_offered=True,
        recipient_replies={ANNA: TAKEN, BO: TAKEN},
    )
    row = Outgoing.objects.get()
    row.head = head = f"Message-ID: {row.message_id}"
    row.copy = store.append("Sent", letter(sender="mara@hearth.example", to=ANNA, head=head))
    return row


@pytest.fixture
def open_report(mara, store):
    def act(raw, at=TODAY):
        answer = mara.get(mara.url_of(store.append("INBOX", raw, internal_date=at)))
        assert answer.status_code == 200

    return act


def notice_of(row, action, recipient=ANNA, *, status="2.0.0", envelope=None, sender=SERVER):
    envelope = row.key if envelope is None else envelope
    named = f"Original-Envelope-Id: {envelope}\r\n" if envelope else ""
    body = (
        "--b\r\nContent-Type: text/plain\r\n\r\nA report.\r\n--b\r\n"
        f"Content-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; a.example\r\n{named}\r\n"
        f"Final-Recipient: rfc822; {recipient}\r\nAction: {action}\r\nStatus: {status}\r\n\r\n"
        f"--b\r\nContent-Type: text/rfc822-headers\r\n\r\nMessage-ID: {row.message_id}\r\n\r\n--b--"
    )
    kind = "multipart/report; report-type=delivery-status; boundary=b"
    return letter("Report", body, sender=sender, head="Return-Path: <>", kind=kind)


def receipt_of(row, recipient=ANNA, *, sender=ANNA, disposition="displayed", head=""):
    body = (
        "--b\r\nContent-Type: text/plain\r\n\r\nSeen.\r\n--b\r\n"
        "Content-Type: message/disposition-notification\r\n\r\n"
        f"Final-Recipient: rfc822; {recipient}\r\nOriginal-Message-ID: {row.message_id}\r\n"
        f"Disposition: manual-action/MDN-sent-manually; {disposition}\r\n\r\n--b--"
    )
    kind = "multipart/report; report-type=disposition-notification; boundary=b"
    return letter("Read", body, sender=sender, head=head, kind=kind)


def told(client, row):
    """What the sent mail's page says of each recipient."""
    page = unescape(client.get(client.url_of(row.copy)).content.decode())
    lines = re.findall(
        r'<bdi class="who">(.*?)</bdi>(?:<span class="fate">(.*?)</span>)?', page, re.DOTALL
    )
    return dict(lines)


def test_the_servers_word_to_each_recipient_stands_on_the_sent_mail(mara, sent):
    assert told(mara, sent) == {
        ANNA: "taken by the mail server",
        BO: "taken by the mail server",
    }
    assert TAKEN in mara.get(mara.url_of(sent.copy)).content.decode()


def test_delivered_and_shown_are_said_with_their_times(mara, sent, open_report):
    open_report(notice_of(sent, "delivered"))
    open_report(receipt_of(sent), at=TODAY + timedelta(minutes=9))
    assert told(mara, sent) == {
        ANNA: "delivered 00:41; shown 00:50",
        BO: "taken by the mail server",
    }


def test_a_bounce_says_why(mara, sent, open_report):
    open_report(notice_of(sent, "failed", status="5.2.2"))
    assert told(mara, sent)[ANNA] == "could not be delivered: the receiver’s mailbox is full"


def test_a_delay_ends_with_what_comes_after_it_in_whatever_order_they_are_opened(
    mara, sent, open_report
):
    open_report(notice_of(sent, "delivered"), at=TODAY + timedelta(minutes=5))
    open_report(notice_of(sent, "delayed", status="4.4.1"), at=TODAY + timedelta(minutes=7))
    assert told(mara, sent)[ANNA] == "delivered 00:46"
    open_report(notice_of(sent, "delayed", BO, status="4.4.1"))
    assert told(mara, sent)[BO].startswith("not delivered yet, as of 00:41: ")
    open_report(notice_of(sent, "failed", BO, status="5.1.1"), at=TODAY + timedelta(minutes=9))
    assert told(mara, sent)[BO] == "could not be delivered: there is no such address"


def test_opening_a_report_again_changes_nothing(mara, sent, store):
    ref = store.append("INBOX", notice_of(sent, "delivered"), internal_date=TODAY)
    mara.get(mara.url_of(ref))
    before = list(Outcome.objects.values())
    mara.get(mara.url_of(ref))
    assert list(Outcome.objects.values()) == before


@pytest.mark.parametrize(
    "forged",
    [
        {"envelope": ""},
        {"envelope": "notthekeyofit"},
        {"sender": "eve@evil.example"},
        {"recipient": "carol@example.com"},
    ],
)
def test_a_forged_bounce_spoils_nothing(mara, sent, open_report, forged):
    open_report(notice_of(sent, "delivered"))
    later = TODAY + timedelta(minutes=5)
    spoiled = notice_of(sent, "failed", **{"status": "5.1.1"} | forged)
    open_report(spoiled.replace(b"Return-Path: <>\r\n", b""), at=later)
    assert told(mara, sent)[ANNA] == "delivered 00:41"


def test_what_cannot_be_checked_is_said_to_be_said(mara, sent, open_report):
    open_report(notice_of(sent, "failed", status="5.1.1", envelope=""))
    assert told(mara, sent)[ANNA] == (
        "MAILER-DAEMON@a.example says: could not be delivered: there is no such address"
    )
    open_report(notice_of(sent, "delivered"), at=TODAY - timedelta(minutes=1))
    assert told(mara, sent)[ANNA] == "delivered 00:40"


def test_a_report_on_somebody_the_mail_did_not_go_to_is_only_said(mara, sent, open_report):
    open_report(notice_of(sent, "failed", "carol@example.com", status="5.1.1"))
    assert told(mara, sent)["carol@example.com"].startswith("MAILER-DAEMON@a.example says: ")
    for number in range(20):
        open_report(notice_of(sent, "failed", f"c{number}@example.com"))
    assert Outcome.objects.count() == outcomes.MOST_STRANGERS


@pytest.mark.parametrize(
    "forged",
    [
        {"sender": BO},
        {"sender": "eve@evil.example"},
        {"head": "Authentication-Results: mail.hearth.example; dmarc=fail header.from=example.org"},
    ],
)
def test_a_receipt_of_somebody_else_is_only_said_and_a_true_one_stays(
    mara, sent, open_report, forged
):
    open_report(receipt_of(sent, **forged))
    assert " says: shown 00:41" in told(mara, sent)[ANNA]
    open_report(receipt_of(sent))
    assert told(mara, sent)[ANNA] == "shown 00:41"
    open_report(receipt_of(sent, disposition="deleted", **forged), at=TODAY + timedelta(minutes=9))
    assert told(mara, sent)[ANNA] == "shown 00:41"


def test_words_of_a_report_are_words_on_the_page(mara, sent, open_report):
    open_report(notice_of(sent, "failed", "<script>alert(1)</script>@example.com"))
    open_report(receipt_of(sent, sender='"<b>" <a&b@evil.example>'))
    page = mara.get(mara.url_of(sent.copy)).content.decode()
    assert "<script>alert" not in page
    assert "<b>" not in page


def test_a_report_on_the_mail_of_another_account_is_no_news(mara, sent, open_report):
    User.objects.create(address="jonas@hearth.example").accounts.create(address="j@hearth.example")
    other = User.objects.get(address="jonas@hearth.example").accounts.get()
    Outgoing.objects.update(account=other)
    open_report(notice_of(sent, "delivered"))
    assert not Outcome.objects.exists()


def test_no_notice_of_what_never_left(mara, sent, open_report):
    Outgoing.objects.update(state=State.HELD, data_started_at=None)
    open_report(notice_of(sent, "delivered"))
    assert not Outcome.objects.exists()


def test_an_unclear_message_is_clear_once_a_server_on_the_way_reports(mara, sent, open_report):
    Outgoing.objects.update(state=State.UNCERTAIN, next_attempt_at=None)
    open_report(notice_of(sent, "delivered", envelope=""))
    assert Outgoing.objects.get().state == State.UNCERTAIN
    open_report(notice_of(sent, "delivered", BO))
    assert Outgoing.objects.get().state == State.ACCEPTED


@pytest.mark.parametrize("sender", ["eve@evil.example", "mara@hearth.example"])
def test_mail_that_only_poses_as_the_one_that_was_sent_shows_nothing(mara, sent, store, sender):
    User.objects.update(groups_conversations=False)
    head = f"Received: from evil.example by mail.hearth.example\r\nMessage-ID: {sent.message_id}"
    ref = store.append("INBOX", letter(sender=sender, head=head))
    assert "What became of this mail" not in mara.get(mara.url_of(ref)).content.decode()


@pytest.mark.parametrize(
    ("mailbox", "grouped"), [("All Mail", False), ("Projects", False), ("Projects", True)]
)
def test_the_sent_copy_tells_it_wherever_it_is_seen(
    mara, sent, store, open_report, mailbox, grouped
):
    """All mail has a name of its own for it; people move theirs."""
    User.objects.update(groups_conversations=grouped)
    open_report(notice_of(sent, "delivered"))
    store.create_mailbox(mailbox)
    ref = store.append(mailbox, letter(sender="mara@hearth.example", head=sent.head))
    page = mara.get(mara.url_of(ref)).content.decode()
    assert "What became of this mail" in page
    assert "delivered 00:41" in page


def test_that_the_server_offers_no_notices_stands_on_the_mail(mara, sent):
    Outgoing.objects.update(delivery_notice_offered=False)
    page = mara.get(mara.url_of(sent.copy)).content.decode()
    assert "No delivery notice was asked for: the mail server offers none." in page


def test_the_outbox_says_who_was_refused_in_the_servers_words(mara, sent):
    refused = "550 5.1.1 <b>nobody"
    Outgoing.objects.update(
        state=State.FAILED,
        refused_recipients={BO: refused},
        recipient_replies={ANNA: TAKEN, BO: refused},
    )
    page = unescape(mara.get("/outbox/").content.decode())
    assert f'{ANNA}</bdi><span class="fate">would be taken</span>' in page
    assert f'{BO}</bdi><span class="fate">refused</span>' in page
    assert "&lt;b&gt;nobody" in mara.get("/outbox/").content.decode()


def test_reports_are_read_when_they_come(mara, sent, store):
    account = User.objects.get().accounts.get()
    mara.get(mara.list_url())
    sync.reconcile(store, account.pk, "INBOX")
    now = datetime.now(UTC)
    store.append("INBOX", letter("Not a report"), internal_date=now)
    store.append("INBOX", notice_of(sent, "delivered"), internal_date=now)
    store.append("INBOX", receipt_of(sent), internal_date=now)
    mailbox = sync.reconcile(store, account.pk, "INBOX")
    report_arrivals.lately.forget_all()
    report_arrivals.learn_outcomes(mailbox.pk)
    assert {(each.track, each.kind) for each in Outcome.objects.all()} == {
        ("delivery", "delivered"),
        ("receipt", "displayed"),
    }
    assert all(each.is_sure for each in Outcome.objects.all())


@pytest.fixture
def redirected(mara, store, sent):
    """Her own firewood mail, sent on to Bo by her; its copy in Sent."""
    url = mara.url_of(sent.copy) + "redirect/"
    page = mara.get(url).content.decode()
    token = re.search(r'name="token" value="([^"]*)"', page)[1]
    assert mara.post(url, {"token": token, "to": BO}).status_code == 303
    row = Outgoing.objects.get(relation="redirect")
    Outgoing.objects.filter(pk=row.pk).update(
        state=State.DONE, data_started_at=timezone.now(), delivery_notice_offered=True
    )
    row.copy = store.append("Sent", outbox.sent_bytes(row))
    return row


@pytest.mark.parametrize("by_envelope", [True, False])
def test_a_bounce_of_redirected_mail_is_told_on_its_copy(
    mara, sent, redirected, open_report, by_envelope
):
    envelope = redirected.key if by_envelope else ""
    bounce = notice_of(redirected, "failed", BO, status="5.1.1", envelope=envelope)
    came_back = f"Resent-Message-ID: {redirected.message_id}\r\nMessage-ID: {sent.message_id}"
    open_report(bounce.replace(f"Message-ID: {redirected.message_id}".encode(), came_back.encode()))
    said = told(mara, redirected)[BO]
    assert said.endswith("could not be delivered: there is no such address")
    assert said.startswith("could") is by_envelope
    assert Outcome.objects.get().outgoing == redirected  # not the mail of hers that it was


@pytest.mark.parametrize(
    ("action", "envelope", "rings"),
    [("failed", None, 1), ("delivered", None, 0), ("failed", "of-nothing-we-sent", 0)],
    ids=["came back", "delivered", "forged"],
)
def test_mail_that_came_back_rings_once(mara, sent, store, monkeypatch, action, envelope, rings):
    rung = []
    monkeypatch.setattr(report_arrivals, "ring_notice", lambda *told: rung.append(told))
    account = User.objects.get().accounts.get()
    mara.get(mara.list_url())
    sync.reconcile(store, account.pk, "INBOX")
    report = notice_of(sent, action, status="5.1.1", envelope=envelope)
    store.append("INBOX", report, internal_date=datetime.now(UTC))
    mailbox = sync.reconcile(store, account.pk, "INBOX")
    for _ in range(2):
        report_arrivals.lately.forget_all()  # as after a restart
        report_arrivals.learn_outcomes(mailbox.pk)
    assert rung == [(account.user_id, Kind.FAILED)] * rings
