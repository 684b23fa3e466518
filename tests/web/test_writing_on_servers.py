"""Writing and sending on a real IMAP and a real submission server."""

import re
from datetime import timedelta
from email import message_from_bytes, policy

import pytest
from django.test import Client
from django.utils import timezone

from tests.lab.msa import start_plain_msa
from tests.web.forms import form_of, upload
from webmail.accounts import connect
from webmail.accounts.models import User
from webmail.outbound import parse_endpoint
from webmail.store.mailbox import MessageRef
from webmail.submission import left_rows, offers, pipeline, steps
from webmail.submission.models import Outgoing, StoredDraft
from webmail.web.paths import message_url, ref_text

pytestmark = pytest.mark.django_db(transaction=True)

ADA, BEN = "ada@hearth.test", "ben@hearth.test"
QUESTION = b"""From: Ben <ben@hearth.test>\r
To: ada@hearth.test\r
Subject: Kindling\r
Message-ID: <kindling@hearth.test>\r
\r
Is there any?\r
"""
FILE = bytes(range(256)) * 1000


@pytest.fixture
def ada(lab, settings, tmp_path):
    settings.WEBMAIL_DATA_DIR = tmp_path
    settings.WEBMAIL_IMAP = parse_endpoint(lab.imaps_url, "imap")
    settings.WEBMAIL_SUBMISSION = parse_endpoint(lab.submissions_url, "submission")
    settings.WEBMAIL_CA_FILE = str(lab.ca_file)
    lab.clear()
    yield sign_in(lab, ADA)
    connect.pool.close()


def deliver():
    """What beat and the worker do, once the time for Undo is over."""
    past = timezone.now() - timedelta(seconds=1)
    Outgoing.objects.filter(state="held").update(send_at=past, next_attempt_at=past)
    row = Outgoing.objects.get(state="held")
    assert pipeline.deliver(row.pk)
    steps.finish(row.pk)
    return Outgoing.objects.get(pk=row.pk)


def flags(lab, uid):
    with lab.imap(ADA) as imap:
        imap.select_folder("INBOX", readonly=True)
        return imap.get_flags([uid])[uid]


def test_an_answer_with_a_file_arrives_and_leaves_no_draft_behind(ada, lab):
    uid = lab.append(ADA, "INBOX", QUESTION)
    with lab.imap(ADA) as imap:
        uidvalidity = imap.folder_status("INBOX", ["UIDVALIDITY"])[b"UIDVALIDITY"]
    account = User.objects.get(address=ADA).accounts.get()
    ref = ref_text(account.key, MessageRef("INBOX", uidvalidity, uid))

    action, fields = form_of(ada.get(f"/compose/?reply={ref}"))
    file = upload("Plan für Elsa.bin", FILE)
    ada.post(action, fields | {"do": "save", "text": "A first try", "files": file})
    assert len(lab.uids(ADA, "Drafts")) == 1

    _, fields = form_of(ada.get(action))
    ada.post(action, fields | {"do": "save", "text": "Yes, enough"})
    (copy,) = lab.uids(ADA, "Drafts")
    assert b"Yes, enough" in lab.raw(ADA, "Drafts", copy)

    _, fields = form_of(ada.get(action))
    assert ada.post(action, fields | {"do": "send"}).status_code == 303
    assert deliver().state == "done"

    (arrived,) = lab.wait_for(BEN, "INBOX", "SUBJECT", "Kindling")
    message = message_from_bytes(lab.raw(BEN, "INBOX", arrived), policy=policy.default)
    (part,) = message.iter_attachments()
    assert message["In-Reply-To"] == "<kindling@hearth.test>"
    assert part.get_filename() == "Plan für Elsa.bin"
    assert part.get_content() == FILE
    assert b"\\Answered" in flags(lab, uid)
    assert len(lab.uids(ADA, "Sent")) == 1
    assert lab.uids(ADA, "Drafts") == []
    assert not StoredDraft.objects.filter(has_left=False).exists()


JSON = {"accept": "application/json"}


@pytest.fixture(params=["fresh", "saved before"])
def sent_long_ago(request, ada, lab):
    """A form whose message has arrived though nobody heard of it, and what was sent by it."""
    action, fields = form_of(ada.get("/compose/"))
    fields |= {"to": BEN, "subject": "Oak", "text": "It stands."}
    fields["marks"] = "0000000000000001.2"
    if request.param == "saved before":
        ada.post(action, fields | {"do": "save", "text": "It", "marks": "0000000000000001.1"})
        _, again = form_of(ada.get(action))
        fields |= {name: again[name] for name in ("fresh", "revision")}
    assert ada.post(action, fields | {"do": "send"}, headers=JSON).status_code == 201
    deliver()
    return action, fields


def test_send_pressed_again_when_it_has_arrived_is_the_same_send(ada, lab, sent_long_ago):
    """F03: who had no answer asks again, however late."""
    action, fields = sent_long_ago
    answer = ada.post(action, fields | {"do": "send", "marks": "0000000000000001.3"}, headers=JSON)
    assert answer.status_code == 200
    assert answer.json()["outgoing"] == Outgoing.objects.get().key
    late = ada.post(
        action,
        fields | {"do": "save", "text": "It st", "marks": "0000000000000001.1"},
        headers=JSON,
    )
    assert late.status_code == 200
    assert not StoredDraft.objects.filter(has_left=False).exists()
    assert lab.uids(ADA, "Drafts") == []
    assert "It stands." not in str(StoredDraft.objects.values_list("fields", flat=True))
    page = ada.get(action)
    assert (page.status_code, "Sent." in page.content.decode()) == (409, True)


def test_what_was_changed_since_it_arrived_is_a_draft_of_its_own(ada, sent_long_ago):
    action, fields = sent_long_ago
    for number, act in enumerate(("send", "save"), start=4):
        marks = f"0000000000000001.{number}"
        changed = fields | {"do": act, "text": f"It fell. {act}", "marks": marks}
        answer = ada.post(action, changed, headers=JSON)
        assert answer.status_code == 409
        assert "already sent" in answer.json()["conflict"]
    (draft,) = StoredDraft.objects.filter(has_left=False)
    assert (draft.fields["to"], draft.fields["text"]) == (BEN, "It fell. save")
    assert Outgoing.objects.count() == 1


def test_nobody_finds_it_after_a_month(sent_long_ago, ada):
    action, _ = sent_long_ago
    assert left_rows.sweep(timezone.now() + timedelta(days=29)) == 0
    assert left_rows.sweep(timezone.now() + timedelta(days=31)) == 1
    assert ada.get(action).status_code == 404


@pytest.fixture(params=["lab", "aiosmtpd"])
def each_server(request, lab, settings, tmp_path):
    """The lab's Postfix, and what stands for it where nobody is root."""
    if request.param == "lab":
        yield
        return
    ports = lab.dovecot.ports
    server = start_plain_msa(
        tmp_path,
        lab.users,
        lab.authority.good,
        lmtp_port=ports["lmtp"],
        imap_port=ports["imap"],
    )
    url = f"submissions://127.0.0.1:{server.ports['submissions']}"
    settings.WEBMAIL_SUBMISSION = parse_endpoint(url, "submission")
    yield
    server.stop()


def test_a_delivery_notice_and_a_receipt_come_back_to_the_sent_mail(ada, each_server, lab):
    """Asked for without script; answered by the mail server, and by Ben with a click."""
    action, fields = form_of(ada.get("/compose/"))
    fields |= {"to": BEN, "subject": "Kindling", "text": "Is there any?"}
    ada.post(action, fields | {"do": "send", "wishes": ["", "delivery", "receipt"]})
    row = deliver()
    assert row.delivery_notice_offered is True
    assert row.recipient_replies[BEN].startswith("250 ")
    (sent,) = lab.uids(ADA, "Sent")
    (notice,) = lab.wait_for(ADA, "INBOX", "ALL")
    assert row.key.encode() in lab.raw(ADA, "INBOX", notice)
    assert ada.get(url_of(ada, lab, "INBOX", notice)).status_code == 200
    outcome = row.outcomes.get(track="delivery")
    assert (outcome.recipient, outcome.is_sure) == (BEN, True)
    assert outcome.kind in ("delivered", "relayed")

    ben = sign_in(lab, BEN)
    (arrived,) = lab.wait_for(BEN, "INBOX", "SUBJECT", "Kindling")
    question = url_of(ben, lab, "INBOX", arrived, BEN)
    assert "asks to be told" in ben.get(question).content.decode()
    ben.post(f"{question}receipt/", {"do": "give"})
    pipeline.deliver(Outgoing.objects.get(user__address=BEN).pk)
    (receipt,) = lab.wait_for(ADA, "INBOX", "SUBJECT", "Read: Kindling")
    ada.get(url_of(ada, lab, "INBOX", receipt))
    assert row.outcomes.get(track="receipt").is_sure
    page = ada.get(url_of(ada, lab, "Sent", sent)).content.decode()
    assert re.search(rf"{BEN}</bdi><span class=\"fate\">[^<]* \d\d:\d\d[^<]*; shown ", page)


def sign_in(lab, address):
    client = Client()
    answer = client.post("/sign-in/", {"address": address, "password": lab.users[address]})
    assert answer.status_code == 303, answer.content
    return client


def url_of(client, lab, mailbox, uid, address=ADA):
    with lab.imap(address) as imap:
        uidvalidity = imap.folder_status(mailbox, ["UIDVALIDITY"])[b"UIDVALIDITY"]
    account = User.objects.get(address=address).accounts.get()
    return message_url(account.key, MessageRef(mailbox, uidvalidity, uid))


def test_the_servers_size_is_asked_once_and_then_known(ada, settings, monkeypatch):
    offers.forget_all()
    endpoint, tls = settings.WEBMAIL_SUBMISSION, connect.tls_context()
    assert offers.known_limit(endpoint) is None
    offers.ask(endpoint, tls)
    assert offers.known_limit(endpoint) > 1_000_000
    assert offers.known_offers(endpoint).smtputf8
    monkeypatch.setattr(offers, "Submission", None)
    offers.ask(endpoint, tls)
    offers.forget_all()


def test_a_server_that_does_not_answer_sets_no_limit(fronts, monkeypatch, ada):
    offers.forget_all()
    monkeypatch.setattr(offers, "PATIENCE_S", 0.5)
    endpoint = parse_endpoint(fronts.closed("submissions"), "submission")
    offers.ask(endpoint, connect.tls_context())
    assert offers.known_limit(endpoint) is None
    offers.forget_all()
