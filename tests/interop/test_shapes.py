"""Messages of every shape, written in the form, sent, and read back by two foreign parsers."""

import hashlib
import re
from datetime import timedelta
from email.utils import quote

import pytest
from django.test import Client
from django.utils import timezone

from tests.interop.foreign import read_by_perl, read_by_python, unflowed
from tests.interop.shapes_with_parts import SHAPES
from tests.lab.smtp_sink import SmtpSink
from tests.web.forms import begin, upload
from webmail.accounts import connect
from webmail.accounts.models import User
from webmail.attachments import storage
from webmail.outbound import parse_endpoint
from webmail.store.mailbox import MessageRef
from webmail.submission import outbox, pipeline
from webmail.submission.models import Outgoing, State, StoredDraft
from webmail.web.paths import ref_text

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("trusted_lab")]

ADA = "ada@hearth.test"


@pytest.fixture
def sink(lab, tmp_path):
    certificate = lab.authority.good
    with SmtpSink(tmp_path / "sink", lab.users, security="tls", certificate=certificate) as sink:
        yield sink


@pytest.fixture
def ada(lab, sink, settings):
    settings.WEBMAIL_IMAP = parse_endpoint(lab.imaps_url, "imap")
    settings.WEBMAIL_SUBMISSION = parse_endpoint(sink.url, "submission")
    client = Client()
    answer = client.post("/sign-in/", {"address": ADA, "password": lab.users[ADA]})
    assert answer.status_code == 303, answer.content
    yield client
    connect.pool.close()


def test_there_are_sixty_shapes_and_more():
    assert len({shape.name for shape in SHAPES}) == len(SHAPES) >= 60


@pytest.mark.parametrize("shape", SHAPES, ids=[shape.name for shape in SHAPES])
def test_two_foreign_parsers_read_what_was_written(ada, lab, sink, shape):
    wire = send(ada, lab, shape)
    (mail,) = sink.taken
    assert mail.content == wire
    assert sorted(mail.rcpt_to) == sorted({spec for _, spec in [*shape.to, *shape.cc, *shape.bcc]})
    (by_perl,) = read_by_perl([sink.folder / "00000.eml"])
    by_python = read_by_python(wire)
    assert by_perl == by_python
    assert by_python["From"] == [["", ADA]]
    assert people(by_python["To"]) == people(shape.to)
    assert people(by_python["Cc"]) == people(shape.cc)
    assert by_python["subject"] == shape.subject
    assert by_python["files"] == [*expected_pictures(shape), *expected_files(shape)]
    assert_texts(by_python, shape)
    assert_thread(by_python, shape)


def send(client, lab, shape):
    """The shape through the form and the worker; the octets that were frozen."""
    written = {
        "to": shape.typed or typed(shape.to),
        "cc": typed(shape.cc),
        "bcc": typed(shape.bcc),
        "text": shape.text,
        "sure": "1",
    }
    if shape.original:
        ref = original_of(lab, shape)
        action, fields = begin(client, f"?{shape.act}={ref}")
        fields["text"] = shape.text + fields["text"]
        fields |= {"to": written["to"], "sure": "1"} if "forward" in shape.act else {"sure": "1"}
    else:
        action, fields = begin(client, **written)
        fields["subject"] = shape.subject
    if shape.html:
        fields |= {"format": "html", "html": shape.html}
    fields["files"] = [typed_file(*file) for file in shape.files if not shape.original]
    answer = client.post(action, fields | {"do": "save"})
    assert answer.status_code == 303, answer.content.decode()
    draft = StoredDraft.objects.get(has_left=False)
    for content_id, content in shape.pictures:
        show(draft, content_id, content)
    answer = client.post(action, fields | {"do": "send", "revision": draft.revision, "files": []})
    assert answer.status_code == 303, answer.content.decode()
    return deliver()


def typed(people):
    return ", ".join(f'"{quote(name)}" <{spec}>' if name else spec for name, spec in people)


def typed_file(name, media_type, content):
    file = upload(name, content)
    file.content_type = media_type
    return file


def show(draft, content_id, content):
    """A picture of the text."""
    storage.receive(
        [content],
        user=draft.user,
        draft_key=draft.key,
        filename="fire.png",
        media_type="image/png",
        limit_bytes=1_000_000,
        content_id=content_id,
    )


def original_of(lab, shape):
    uid = lab.append(ADA, "INBOX", shape.original)
    with lab.imap(ADA) as imap:
        uidvalidity = imap.folder_status("INBOX", ["UIDVALIDITY"])[b"UIDVALIDITY"]
    account = User.objects.get(address=ADA).accounts.get()
    return ref_text(account.key, MessageRef("INBOX", uidvalidity, uid))


def deliver():
    past = timezone.now() - timedelta(seconds=1)
    Outgoing.objects.update(send_at=past, next_attempt_at=past)
    row = Outgoing.objects.get()
    pipeline.deliver(row.pk)
    row.refresh_from_db()
    assert (row.state, row.last_error) == (State.ACCEPTED, "")
    return outbox.wire_bytes(row)


def people(pairs):
    return [tuple(pair) for pair in pairs]


def expected_files(shape):
    return [[name, kind, digest(content), ""] for name, kind, content in shape.files]


def expected_pictures(shape):
    return [["fire.png", "image/png", digest(content), i] for i, content in shape.pictures]


def digest(content):
    return hashlib.sha256(content).hexdigest()


def assert_texts(found, shape):
    kinds = [kind for kind, _ in found["texts"]]
    assert kinds == ["text/plain", "text/html"] if shape.html else ["text/plain"]
    if shape.html:
        assert words_of(found["texts"][1][1]) == words_of(shape.html)
        return
    lines = unflowed(found["texts"][0][1])
    written = [as_quoted(line) for line in shape.text.split("\n")]
    assert lines[: len(written)] == written
    assert shape.original or len(lines) == len(written)


def words_of(html):
    return re.sub(r"<[^>]*>", " ", html).split()


def as_quoted(line):
    """Depth and text of a line as it was typed."""
    marks = re.match(r"(?:> ?)*", line)[0]
    return marks.count(">"), line[len(marks) :].rstrip(" ")


def assert_thread(found, shape):
    if not shape.act.startswith("reply"):
        assert found["In-Reply-To"] == ""
        return
    assert found["In-Reply-To"] == "<kindling@hearth.test>"
    assert found["References"].split() == [
        "<first@hearth.test>", "<second@hearth.test>", "<kindling@hearth.test>"
    ]  # fmt: skip
