"""Opening a session: what is refused, and what is never sent (T49, T50)."""

import base64
import functools
import socket
import ssl

import pytest

from tests.lab.authority import make_authority
from tests.store.scripted import scripted
from webmail.outbound import Endpoint, Security, parse_endpoint
from webmail.store.imap import ImapStore
from webmail.store.protocol import SignInRefused, Unreachable

SECRET = "correct-horse"
OFFER = "* OK [CAPABILITY IMAP4rev1 STARTTLS AUTH=PLAIN SASL-IR LITERAL+] ready\r\n"


@pytest.fixture(scope="session")
def authority(tmp_path_factory):
    return make_authority(tmp_path_factory.mktemp("tls"))


def server_side(certificate):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate.certificate, certificate.key)
    return context


def trusting(authority):
    return ssl.create_default_context(cafile=str(authority.ca_file))


def open_at(endpoint, tls, **more):
    return ImapStore.open(
        endpoint, "ada", SECRET, tls=tls, **{"timeout_s": 2, "connect_timeout_s": 2, **more}
    )


def no_offer(line, _authority):
    line.send("* OK [CAPABILITY IMAP4rev1 AUTH=PLAIN SASL-IR] ready\r\n")
    line.listen()


def offer_that_fades(line, _authority):
    line.send("* OK ready STARTTLS\r\n")
    line.answer("* CAPABILITY IMAP4rev1 AUTH=PLAIN\r\n{tag} OK\r\n")
    line.listen()


def refusal(line, _authority):
    line.send(OFFER)
    line.answer("{tag} NO no TLS today\r\n", expect="STARTTLS")
    line.listen()


def bad(line, _authority):
    line.send(OFFER)
    line.answer("{tag} BAD what?\r\n", expect="STARTTLS")
    line.listen()


def preauth(line, _authority):
    line.send("* PREAUTH [CAPABILITY IMAP4rev1 STARTTLS] you are ada\r\n")
    line.listen()


def bye(line, _authority):
    line.send("* BYE too many\r\n")


def not_imap(line, _authority):
    line.send("HTTP/1.1 400 Bad Request\r\n\r\n")
    line.listen()


def answers_with_the_offer(line, _authority):
    """The tagged OK of every tag a client might use, before it asks."""
    line.send(OFFER + "a1 OK go ahead\r\nh1 OK\r\n* OK\r\n")
    line.listen()


def injection(line, _authority):
    line.send(OFFER)
    line.answer("{tag} OK go\r\n* CAPABILITY IMAP4rev1 AUTH=PLAIN SASL-IR\r\n", expect="STARTTLS")
    line.listen()


def wrong_tag(line, _authority):
    line.send(OFFER)
    line.answer("x{tag} OK go\r\n", expect="STARTTLS")
    line.listen()


def no_handshake(line, _authority):
    line.send(OFFER)
    line.answer("{tag} OK go\r\n", expect="STARTTLS")
    line.sock.recv(4096)
    line.send("* OK let us stay in clear\r\n")
    line.listen()


def hang_up(line, _authority):
    line.send(OFFER)
    line.answer("{tag} OK go\r\n", expect="STARTTLS")


def silence(line, _authority):
    line.send(OFFER)
    line.answer("{tag} OK go\r\n", expect="STARTTLS")
    line.listen()


def certificate(name):
    def script(line, authority):
        line.send(OFFER)
        line.answer("{tag} OK go\r\n", expect="STARTTLS")
        line.start_tls(server_side(getattr(authority, name)))
        line.listen()

    script.__name__ = name
    return script


CASES = [
    *((no_offer, "starttls"), (offer_that_fades, "starttls"), (refusal, "starttls")),
    *((bad, "starttls"), (preauth, "greeting"), (bye, "greeting"), (not_imap, "greeting")),
    *((answers_with_the_offer, "starttls"), (injection, "starttls"), (wrong_tag, "starttls")),
    *((no_handshake, "connect"), (hang_up, "connect"), (silence, "timeout")),
    *((certificate("wrong_host"), "certificate"), (certificate("expired"), "certificate")),
    (certificate("self_signed"), "certificate"),
]


@pytest.mark.parametrize(("script", "reason"), CASES, ids=[script.__name__ for script, _ in CASES])
def test_no_byte_of_a_password_leaves_in_clear(script, reason, authority):
    with scripted(functools.partial(run, script, authority), Security.STARTTLS) as server:
        with pytest.raises(Unreachable) as caught:
            open_at(server.endpoint, trusting(authority), connect_timeout_s=0.7)
        assert caught.value.reason == reason
        assert "127.0.0.1" in str(caught.value)
        assert caught.value.host == "127.0.0.1"
    assert SECRET.encode() not in server.clear
    assert base64.b64encode(f"\0ada\0{SECRET}".encode()) not in server.clear
    assert b"LOGIN" not in server.clear
    assert b"AUTHENTICATE" not in server.clear


def run(script, authority, line):
    script(line, authority)


def test_abilities_told_before_tls_are_forgotten(authority):
    def script(line):
        line.send(OFFER)
        line.answer("{tag} OK go\r\n", expect="STARTTLS")
        line.start_tls(server_side(authority.good))
        line.answer("* CAPABILITY IMAP4rev1 LOGINDISABLED\r\n{tag} OK\r\n", expect="CAPABILITY")
        line.listen()

    with scripted(script, Security.STARTTLS) as server:
        with pytest.raises(SignInRefused, match="takes no passwords"):
            open_at(server.endpoint, trusting(authority))
        assert SECRET.encode() not in bytes(server.lines[0].received)


def test_abilities_are_read_again_after_sign_in(authority):
    def script(line):
        line.send("* OK [CAPABILITY IMAP4rev1 AUTH=PLAIN SASL-IR MOVE] ready\r\n")
        line.answer("{tag} OK in\r\n", expect="AUTHENTICATE PLAIN ")
        line.answer("* CAPABILITY IMAP4rev1 UIDPLUS\r\n{tag} OK\r\n", expect="CAPABILITY")
        line.listen()

    with scripted(script) as server:
        store = open_at(server.endpoint, trusting(authority))
        assert store._session.wire.capabilities == {"IMAP4REV1", "UIDPLUS"}
        store._session.wire.drop()


def test_preauth_is_refused_without_tls_too(authority):
    with (
        scripted(functools.partial(run, preauth, authority)) as server,
        pytest.raises(Unreachable, match="before we signed in"),
    ):
        open_at(server.endpoint, trusting(authority))


@pytest.mark.parametrize(
    ("answer", "error", "words"),
    [
        ("NO [AUTHENTICATIONFAILED] Wrong.", SignInRefused, "Wrong."),
        ("NO Invalid credentials", SignInRefused, "Invalid credentials"),
        ("NO [UNAVAILABLE] Try later", Unreachable, "Try later"),
        ("BAD what?", SignInRefused, "what?"),
    ],
)
def test_a_refused_sign_in_quotes_the_server(answer, error, words, authority):
    def script(line):
        line.send(OFFER)
        line.answer("{tag} " + answer + "\r\n")
        line.listen()

    with scripted(script) as server, pytest.raises(error, match=words):
        open_at(server.endpoint, trusting(authority))


def test_too_many_sessions_is_busy_and_not_a_wrong_password(authority):
    def script(line):
        line.send(OFFER)
        line.command()
        line.send("* BYE [UNAVAILABLE] Maximum number of connections exceeded\r\n")

    with scripted(script) as server, pytest.raises(Unreachable, match="Maximum number") as caught:
        open_at(server.endpoint, trusting(authority))
    assert caught.value.reason == "cut"


def test_login_is_used_where_plain_is_not_offered(authority):
    heard = []

    def script(line):
        line.send("* OK [CAPABILITY IMAP4rev1] ready\r\n")
        heard.append(line.answer("{tag} OK [CAPABILITY IMAP4rev1] in\r\n"))
        line.listen()

    with scripted(script) as server:
        open_at(server.endpoint, trusting(authority))._session.wire.drop()
    assert heard == [f'LOGIN "ada" "{SECRET}"']


def test_plain_waits_to_be_asked_where_it_must(authority):
    heard = []

    def script(line):
        line.send("* OK [CAPABILITY IMAP4rev1 AUTH=PLAIN LOGINDISABLED] ready\r\n")
        tag, rest = line.command()
        heard.append(rest)
        line.send("* OK wait\r\n+ \r\n")
        heard.append(line.command()[0])
        line.send(f"{tag} OK [CAPABILITY IMAP4rev1] in\r\n")
        line.listen()

    with scripted(script) as server:
        open_at(server.endpoint, trusting(authority))._session.wire.drop()
    assert heard == ["AUTHENTICATE PLAIN", base64.b64encode(f"\0ada\0{SECRET}".encode()).decode()]


def test_a_host_that_is_none_is_named():
    endpoint = Endpoint("imap", "no-such-host.invalid", 993, Security.TLS)
    with pytest.raises(Unreachable, match=r"no-such-host\.invalid") as caught:
        open_at(endpoint, ssl.create_default_context())
    assert caught.value.reason == "dns"


def test_a_port_nobody_listens_on_is_named():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    with pytest.raises(Unreachable, match=f"127.0.0.1:{port}") as caught:
        open_at(Endpoint("imap", "127.0.0.1", port, Security.TLS), ssl.create_default_context())
    assert caught.value.reason == "connect"


def test_implicit_tls_to_a_server_in_clear_fails_by_name(authority):
    def script(line):
        line.send(OFFER)
        line.listen()

    with scripted(script, Security.TLS) as server, pytest.raises(Unreachable, match="127.0.0.1"):
        open_at(server.endpoint, trusting(authority))
    assert b"ada" not in server.clear


@pytest.mark.parametrize("url", ["imaps_url", "imap_starttls_url", "imap_url"])
def test_each_kind_of_endpoint_signs_in_to_dovecot(lab, url):
    endpoint = parse_endpoint(getattr(lab, url), "imap")
    store = ImapStore.open(endpoint, "ada@hearth.test", "ada-secret", tls=lab.tls())
    assert store.status("INBOX").uidvalidity
    store.close()


def test_a_wrong_password_is_refused_by_dovecot(lab):
    endpoint = parse_endpoint(lab.imaps_url, "imap")
    with pytest.raises(SignInRefused, match="Authentication failed"):
        ImapStore.open(endpoint, "ada@hearth.test", "wrong", tls=lab.tls())


def test_a_certificate_of_a_stranger_is_refused(lab):
    endpoint = parse_endpoint(lab.imaps_url, "imap")
    with pytest.raises(Unreachable, match="127.0.0.1") as caught:
        ImapStore.open(endpoint, "ada", "x", tls=ssl.create_default_context())
    assert caught.value.reason == "certificate"
