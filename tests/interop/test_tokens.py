"""OAUTHBEARER and XOAUTH2 against a real Dovecot, and a real Postfix that asks it."""

import pytest

from webmail import outbound_sasl
from webmail.outbound import parse_endpoint
from webmail.outbound_sasl import BearerToken
from webmail.store import imap_connect
from webmail.store.imap import ImapStore
from webmail.store.protocol import SignInRefused
from webmail.submission import endings, smtp

ADA = "ada@hearth.test"
GOOD = "ya29.good-token_0123456789"


@pytest.fixture
def servers(token_lab, issuer):
    issuer.tokens[GOOD] = ADA
    return token_lab


@pytest.fixture(params=["OAUTHBEARER", "XOAUTH2"])
def mechanism(request, monkeypatch):
    """The only one of the two that the client sees offered."""
    other = ({"OAUTHBEARER", "XOAUTH2"} - {request.param}).pop()
    real = outbound_sasl.bearer_exchange

    def only(offered, *more):
        return real([each for each in offered if each.upper() != other], *more)

    for module in (imap_connect, smtp):
        monkeypatch.setattr(module, "bearer_exchange", only)
    return request.param


def read_at(servers, token, username=ADA):
    endpoint = parse_endpoint(servers.imaps_url, "imap")
    return ImapStore.open(endpoint, username, BearerToken(token), tls=servers.tls())


def submit_at(servers, token, scheme):
    endpoint = parse_endpoint(getattr(servers, scheme), "submission")
    with smtp.Submission(endpoint, servers.tls()) as server:
        server.connect()
        server.sign_in_with_token(ADA, BearerToken(token))
        server.propose(ADA, 20, is_ascii=True, smtputf8=False)
        server.add_recipients([ADA], smtputf8=False)
        return server.submit([b"Subject: By token\r\n\r\n"])


@pytest.mark.parametrize("with_ir", [True, False], ids=["at-once", "asked"])
def test_mail_is_read_by_a_token(servers, mechanism, with_ir, monkeypatch):
    if not with_ir:
        learn = imap_connect.learn_capabilities

        def without(wire, reply):
            learn(wire, reply)
            wire.capabilities -= {"SASL-IR"}

        greeting = imap_connect._capability_set
        monkeypatch.setattr(imap_connect, "learn_capabilities", without)
        monkeypatch.setattr(
            imap_connect, "_capability_set", lambda words: greeting(words) - {"SASL-IR"}
        )
    store = read_at(servers, GOOD)
    assert "INBOX" in [mailbox.name for mailbox in store.mailboxes()]
    store.close()


@pytest.mark.parametrize("scheme", ["submissions_url", "submission_starttls_url"])
def test_mail_leaves_by_a_token(servers, mechanism, scheme):
    assert str(submit_at(servers, GOOD, scheme)).startswith("250 ")


def test_a_token_longer_than_a_line_is_sent_when_asked_for(servers, issuer, mechanism):
    long = "x" * 900
    issuer.tokens[long] = ADA
    assert str(submit_at(servers, long, "submissions_url")).startswith("250 ")
    read_at(servers, long).close()


def test_a_token_that_has_ended_is_told_in_words(servers, mechanism):
    """Dovecot's challenge (JSON) is answered, and only then comes its refusal."""
    with pytest.raises(SignInRefused, match="127.0.0.1 does not accept the token: ") as refused:
        read_at(servers, "ended")
    assert "the permission has ended or was taken back" in str(refused.value)
    with pytest.raises(endings.SignInRefused, match="does not accept the token: ") as refused:
        submit_at(servers, "ended", "submissions_url")
    assert "535 " in str(refused.value)
    assert "ended" not in str(refused.value).replace("has ended", "")


def test_the_token_of_somebody_else_opens_nothing(servers, issuer, mechanism):
    issuer.tokens["bens"] = "ben@hearth.test"
    with pytest.raises(SignInRefused):
        read_at(servers, "bens")
