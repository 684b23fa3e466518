"""COMPRESS=DEFLATE (RFC 4978): with Dovecot, and with servers that abuse it (T41)."""

import socket
import ssl
import time
import zlib

import pytest

from tests.store.scripted import scripted
from webmail.outbound import parse_endpoint
from webmail.store import imap_connect, imap_wire
from webmail.store.imap import ImapStore
from webmail.store.imap_deflate import DeflatedSocket
from webmail.store.mailbox import SEEN
from webmail.store.protocol import Unreachable

HELLO = "* OK [CAPABILITY IMAP4rev1 AUTH=PLAIN SASL-IR] ready\r\n"
IN = "{tag} OK [CAPABILITY IMAP4rev1 COMPRESS=DEFLATE] in\r\n"
STATUS = b"* STATUS INBOX (MESSAGES 7)\r\n"


@pytest.fixture
def far_away(monkeypatch):
    """Takes loopback for a remote host."""
    monkeypatch.setattr(imap_connect, "_is_remote", lambda _sock: True)


@pytest.fixture
def opened():
    stores = []

    def open_store(endpoint, tls=None, *signing_in):
        tls = tls or ssl.create_default_context()
        stores.append(ImapStore.open(endpoint, *(signing_in or ("ada", "x")), tls=tls, timeout_s=5))
        return stores[-1]

    yield open_store
    for store in stores:
        store._session.wire.drop()


def deflated(octets, deflater=None):
    deflater = deflater or zlib.compressobj(9, zlib.DEFLATED, -15)
    return deflater.compress(octets) + deflater.flush(zlib.Z_SYNC_FLUSH)


def compressing(then, answer="{tag} OK deflating\r\n"):
    """A server that signs in, starts to compress, and goes on with ``then``."""

    def script(line):
        line.send(HELLO)
        line.answer(IN)
        line.answer(answer, expect="COMPRESS DEFLATE")
        then(line)
        line.listen()

    return scripted(script)


def inflated_tag(line):
    return zlib.decompressobj(-15).decompress(line.sock.recv(65536)).split(b" ")[0]


def test_dovecot_and_we_understand_each_other(lab, opened, far_away):
    lab.clear()
    message = b"Subject: Long\r\n\r\n" + b"The same line again.\r\n" * 20_000
    store = opened(
        parse_endpoint(lab.imaps_url, "imap"), lab.tls(), "ada@hearth.test", "ada-secret"
    )
    wire = store._session.wire
    assert isinstance(wire._sock, DeflatedSocket)
    ref = store.append("INBOX", message, flags=[SEEN])
    assert b"".join(store.source(ref)) == message
    assert [row.envelope.subject for row in store.page("INBOX").rows] == ["Long"]
    assert store.is_alive(ask=True)
    assert not wire.has_news()
    lab.append("ada@hearth.test", "INBOX", b"Subject: New\r\n\r\nx")
    assert store.page("INBOX").total == 2
    store.close()


def test_on_loopback_nothing_is_compressed(lab, opened):
    store = opened(
        parse_endpoint(lab.imaps_url, "imap"), lab.tls(), "ada@hearth.test", "ada-secret"
    )
    assert "COMPRESS=DEFLATE" in store._session.wire.capabilities
    assert not isinstance(store._session.wire._sock, DeflatedSocket)


def test_a_server_that_will_not_compress_is_used_as_it_is(opened, far_away):
    def then(line):
        line.answer("* STATUS INBOX (MESSAGES 7)\r\n{tag} OK\r\n", expect="STATUS")

    refusal = "{tag} NO [COMPRESSIONACTIVE] TLS does it\r\n"
    with compressing(then, refusal) as server:
        assert opened(server.endpoint).status("INBOX").messages == 7


def test_what_came_right_behind_the_ok_is_inflated(opened, far_away):
    deflater = zlib.compressobj(9, zlib.DEFLATED, -15)

    def script(line):
        line.send(HELLO)
        line.answer(IN)
        tag, _ = line.command()
        line.send(f"{tag} OK deflating\r\n".encode() + deflated(STATUS, deflater))
        tag = inflated_tag(line)
        line.send(deflated(tag + b" OK done\r\n", deflater))
        line.listen()

    with scripted(script) as server:
        assert opened(server.endpoint).status("INBOX").messages == 7


def test_a_bomb_is_an_endless_answer(monkeypatch, opened, far_away):
    """A few KB that inflate to 100 MB end the session long before they are inflated."""
    monkeypatch.setattr(imap_wire, "REPLY_LIMIT", 4 * 1024 * 1024)
    bomb = deflated(b"* 5 EXISTS\r\n" * 8_000_000)
    assert len(bomb) < 500_000

    def then(line):
        inflated_tag(line)
        line.send(bomb)

    with compressing(then) as server:
        store = opened(server.endpoint)
        with pytest.raises(Unreachable, match="endless answer"):
            store.status("INBOX")
        assert store._session.wire.octets_received < 5 * 1024 * 1024


def test_a_bomb_without_a_line_end_is_an_endless_line(opened, far_away):
    def then(line):
        inflated_tag(line)
        line.send(deflated(b"x" * 100_000_000))

    with compressing(then) as server, pytest.raises(Unreachable, match="endless line"):
        opened(server.endpoint).status("INBOX")


@pytest.mark.parametrize(
    "octets",
    [b"\xff\xff\xff\xff", b"* 5 EXISTS\r\n", zlib.compress(b"* 5 EXISTS\r\n")],
    ids=["noise", "clear", "zlib"],
)
def test_what_cannot_be_inflated_ends_the_session(octets, opened, far_away):
    def then(line):
        inflated_tag(line)
        line.send(octets)
        line.sock.shutdown(socket.SHUT_WR)

    with compressing(then) as server:
        store = opened(server.endpoint)
        with pytest.raises(Unreachable, match="ended the connection"):
            store.status("INBOX")
        assert not store.is_open


def test_a_stream_that_ends_ends_the_session(opened, far_away):
    def then(line):
        inflated_tag(line)
        line.send(zlib.compress(STATUS, wbits=-15) + b"more")

    with compressing(then) as server, pytest.raises(Unreachable, match="ended its compressed"):
        opened(server.endpoint).status("INBOX")


def test_news_that_are_inflated_but_not_read_are_news(opened, far_away):
    """The socket is empty then; what waits is with us."""
    news = b"* 5 EXISTS\r\n" * 10_000

    def then(line):
        tag = inflated_tag(line)
        line.send(deflated(STATUS + tag + b" OK done\r\n" + news))

    with compressing(then) as server:
        store = opened(server.endpoint)
        wire = store._session.wire
        assert store.status("INBOX").messages == 7
        wire._buffer.clear()
        assert wire.has_news()
        assert wire.is_open
        assert len(wire._buffer) <= 65536


def test_silence_is_no_news(opened, far_away):
    with compressing(lambda line: None) as server:
        wire = opened(server.endpoint)._session.wire
        started = time.monotonic()
        assert not wire.has_news()
        assert time.monotonic() - started < 1


def test_the_end_of_the_connection_is_news(opened, far_away):
    with compressing(lambda line: line.sock.shutdown(socket.SHUT_WR)) as server:
        wire = opened(server.endpoint)._session.wire
        time.sleep(0.1)
        assert wire.has_news()
        assert not wire.is_open


@pytest.mark.parametrize("size", [1, 7, 258, 65536])
def test_no_octet_is_lost_whatever_the_size(size):
    octets = b"ab" * 500 + bytes(range(256)) * 3 + b"x" * 1000
    near, far = socket.socketpair()
    with near, far:
        far.sendall(deflated(octets))
        far.shutdown(socket.SHUT_WR)
        inflating = DeflatedSocket(near, b"")
        received = b""
        while piece := inflating.recv(size):
            assert len(piece) <= size
            received += piece
    assert received == octets


@pytest.mark.parametrize(
    ("place", "expected"), [("127.0.0.1", False), ("::1", False), ("192.0.2.7", True)]
)
def test_loopback_is_not_remote(place, expected):
    class Somewhere:
        def getpeername(self):
            return (place, 993)

    assert imap_connect._is_remote(Somewhere()) is expected
