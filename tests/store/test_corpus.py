"""A message read part by part over IMAP is what it is when read from its octets."""

import re

import pytest

from tests.message.reading import FIXTURES, SHARED_CORPUS
from tests.store.test_reread import _read
from webmail.outbound import parse_endpoint
from webmail.store.imap import ImapStore
from webmail.store.memory import MemoryStore

FILES = [*sorted(FIXTURES.glob("*.eml")), *sorted(SHARED_CORPUS.glob("*/*.eml"))]
_A_RUN = 50
# What Dovecot 2.3 makes otherwise of it, and why that is let be.
TWICE = "of two Content-Dispositions it takes the last; most parsers take the first"
DIFFERENT = {
    "attachment-40": "it takes a line that only begins like a delimiter for one",
    "attachment-57": TWICE,
    "malformed-111": TWICE,
    "nested-12": "of a part without a media type it drops the name too",
}


@pytest.fixture(scope="module")
def imap(lab):
    address = "corpus@hearth.test"
    lab.dovecot.add_user(address, "x")
    store = ImapStore.open(parse_endpoint(lab.imaps_url, "imap"), address, "x", tls=lab.tls())
    yield store
    store.close()
    del lab.dovecot.users[address]


@pytest.mark.parametrize("start", range(0, len(FILES), _A_RUN))
def test_both_ways_to_read_a_message_agree(imap, start):
    differ = {path.stem for path in FILES[start : start + _A_RUN] if not _agree(imap, path)}
    assert differ == DIFFERENT.keys() & {path.stem for path in FILES[start : start + _A_RUN]}


def _agree(imap, path):
    # Over IMAP every line ends in CRLF (RFC 9051, section 2.2), and NUL does not travel.
    raw = re.sub(rb"\r?\n", b"\r\n", path.read_bytes()).replace(b"\0", b"")
    return not raw or _alike(_read(imap, raw)) == _alike(_read(MemoryStore(), raw))


def _alike(found):
    """But for the sections of what was read again, and where a multipart inside ends."""
    text, html, files = found
    shown = re.sub(r'src="(?:0\.)?([\d.]+)"', r'src="\1"', html or "")
    return text.strip(), shown.strip(), [(*named, octets.rstrip()) for *named, octets in files]
