"""Messages that Dovecot's parser makes little of are read as our own reads them."""

import pytest

from webmail.message.body import read_body
from webmail.outbound import parse_endpoint
from webmail.store.imap import ImapStore
from webmail.store.memory import MemoryStore

HEAD = b"From: a@b.example\r\nSubject: s\r\nMIME-Version: 1.0\r\n"
HELLO = b"--B\r\nContent-Type: text/plain\r\n\r\nhello\r\n"
PDF = b"Content-Type: application/pdf\r\nContent-Transfer-Encoding: base64\r\n"
MIXED = HEAD + b"Content-Type: multipart/mixed; boundary=B\r\n\r\n" + HELLO


def _named(disposition: bytes) -> bytes:
    return MIXED + b"--B\r\n" + PDF + disposition + b"\r\n\r\nQUJD\r\n--B--\r\n"


BROKEN = {
    "no header": b"just words\r\nand more: yes\r\n\r\nsecond paragraph\r\n",
    "no body": HEAD + b"\r\n",
    "bare CR": b"From: a@b.c\rSubject: s\r\rone\rtwo\r",
    "header without end": HEAD + b" \r\nthe line above has a blank\r\n",
    "line of blanks": HEAD[:-19] + b" \r\nafter the blanks\r\n\r\nmore\r\n",
    "two semicolons": MIXED.replace(b"mixed;", b"mixed;;") + b"--B--\r\n",
    "no boundary": MIXED.replace(b"; boundary=B", b"") + b"--B--\r\n",
    "another boundary": MIXED.replace(b"boundary=B", b"boundary=X") + b"--B--\r\n",
    "no type": HEAD + b"Content-Type: html\r\n\r\n<p>hi</p>",
    "half a type": HEAD + b"Content-Type: text/\r\n\r\nhi",
    "empty type": HEAD + b"Content-Type:\r\n\r\nhi",
    "comma": HEAD + b"Content-Type: text/html, charset=utf-8\r\n\r\n<p>caf\xc3\xa9</p>",
    "colon": HEAD + b"Content-Type: text/plain: charset=koi8-r\r\n\r\n\xd4\xc1\xcb",
    "part without an empty line": HEAD
    + b"Content-Type: multipart/mixed; boundary=B\r\n\r\n"
    + b"--B\r\nContent-Type: text/plain\r\nhello\r\n--B--\r\n",
    "unquoted name": _named(b"Content-Disposition: attachment; filename=My Long File.pdf"),
    "unquoted brackets": _named(b"Content-Disposition: attachment; filename=a(1).pdf"),
    "name without suffix": _named(b"Content-Disposition: attachment; filename=Report"),
}


@pytest.fixture(scope="module")
def imap(lab, request):
    address = "reread@hearth.test"
    lab.dovecot.add_user(address, "x")
    store = ImapStore.open(parse_endpoint(lab.imaps_url, "imap"), address, "x", tls=lab.tls())
    yield store
    store.close()
    del lab.dovecot.users[address]


def _read(store, raw):
    row = store.summary(store.append("INBOX", raw))

    def fetch(part):
        return b"".join(store.part(row.ref, part.section))

    body = read_body(row.structure, fetch, cid_url=lambda part: part.section)
    files = [(part.filename, part.media_type, fetch(part)) for part in body.attachments]
    return body.text, body.html, files


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_message_is_read_as_from_its_octets(imap, name):
    ours = _read(MemoryStore(), BROKEN[name])
    assert _read(imap, BROKEN[name]) == ours
    assert name == "no body" or ours[0]


def test_a_sound_message_is_left_to_the_server(imap):
    row = imap.summary(imap.append("INBOX", _named(b"Content-Disposition: attachment")))
    assert [part.section for part in row.structure.walk()] == ["", "1", "2"]


def test_a_part_that_our_own_reading_lacks_is_empty(imap):
    ref = imap.append("INBOX", BROKEN["comma"])
    assert b"".join(imap.part(ref, "0.7")) == b""
    assert b"".join(imap.part(ref, "0.1", offset_bytes=3, limit_bytes=4)) == b"caf\xc3"
