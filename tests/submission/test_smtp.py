"""A conversation with a scripted server: what is sent, and what each answer means."""

import ssl

import pytest

from tests.lab.authority import make_authority
from tests.lab.smtp_sink import Act, SmtpSink
from webmail.outbound import parse_endpoint
from webmail.submission import endings, smtp

USERS = {"ada@hearth.test": "ada-secret"}
TEXT = b"Subject: dots\r\n\r\n.\r\n..\r\n.one\r\nlast\r\n"


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    return make_authority(tmp_path_factory.mktemp("tls"))


@pytest.fixture
def sink(tmp_path):
    with SmtpSink(tmp_path / "sink", USERS) as running:
        yield running


def talk(
    sink,
    text=TEXT,
    *,
    to=("ben@hearth.test",),
    password=USERS["ada@hearth.test"],
    tls=None,
    **options,
):
    carried = {"is_ascii": True, "smtputf8": False} | options
    endpoint = parse_endpoint(sink.url, "submission")
    with smtp.Submission(endpoint, tls or ssl.create_default_context()) as server:
        server.connect()
        server.sign_in("ada@hearth.test", password)
        server.propose("ada@hearth.test", len(text), **carried)
        server.add_recipients(to, smtputf8=carried["smtputf8"])
        return server.submit([text[i : i + 7] for i in range(0, len(text), 7)])


def test_every_octet_arrives_dots_and_all(sink):
    assert str(talk(sink)) == "250 2.0.0 taken"
    assert [mail.content for mail in sink.taken] == [TEXT]
    assert sink.taken[0].rcpt_to == ("ben@hearth.test",)
    assert sink.taken[0].user == "ada@hearth.test"


@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_both_kinds_of_tls_carry_a_message(tmp_path, authority, security):
    tls = ssl.create_default_context(cafile=str(authority.ca_file))
    with SmtpSink(tmp_path, USERS, security=security, certificate=authority.good) as sink:
        talk(sink, tls=tls)
        assert len(sink.taken) == 1


@pytest.mark.parametrize("security", ["starttls", "tls"])
@pytest.mark.parametrize("flaw", ["wrong_host", "expired", "self_signed"])
def test_a_bad_certificate_ends_it_before_the_password(tmp_path, authority, security, flaw):
    tls = ssl.create_default_context(cafile=str(authority.ca_file))
    bad = getattr(authority, flaw)
    with SmtpSink(tmp_path, USERS, security=security, certificate=bad) as sink:
        with pytest.raises(endings.NoConnection, match="certificate"):
            talk(sink, tls=tls)
        assert "auth" not in sink.stages()


def test_without_starttls_nothing_is_said(tmp_path, authority):
    with SmtpSink(tmp_path, USERS, security="starttls", certificate=authority.good) as sink:
        sink.plan("ehlo", Act(reply="250-sink.test\r\n250 AUTH PLAIN"), times=None)
        with pytest.raises(endings.NoConnection, match="STARTTLS"):
            talk(sink)
        assert "auth" not in sink.stages()


def test_a_wrong_password_is_tried_once(sink):
    with pytest.raises(endings.SignInRefused, match="535 5.7.8 wrong password"):
        talk(sink, password="guess")
    assert sink.stages().count("auth") == 1


def test_nobody_listening_is_no_connection(sink):
    endpoint = parse_endpoint("submission://127.0.0.1:1", "submission")
    with (
        smtp.Submission(endpoint, ssl.create_default_context()) as server,
        pytest.raises(endings.NoConnection, match=r"127\.0\.0\.1"),
    ):
        server.connect()


@pytest.mark.parametrize("stage", ["connect", "ehlo", "mail", "rcpt", "data", "end"])
def test_a_4xx_means_later(sink, stage):
    sink.plan(stage, Act(reply="451 4.3.0 later"), times=None)
    with pytest.raises(endings.RefusedForNow, match="4"):
        talk(sink)
    assert sink.taken == []


@pytest.mark.parametrize("stage", ["mail", "rcpt", "data", "end"])
def test_a_5xx_means_no(sink, stage):
    sink.plan(stage, Act(reply="554 5.7.1 no thanks"))
    with pytest.raises(endings.RefusedForGood, match="554 5.7.1 no thanks"):
        talk(sink)
    assert sink.taken == []


@pytest.mark.parametrize("stage", ["connect", "ehlo", "auth", "mail", "rcpt", "data"])
@pytest.mark.parametrize("cut", ["reset", "drop"])
def test_a_cut_before_the_text_is_certain(sink, stage, cut):
    sink.plan(stage, Act(then=cut))
    with pytest.raises(endings.NoConnection):
        talk(sink)


@pytest.mark.parametrize("cut", ["reset", "drop"])
@pytest.mark.parametrize("keep", [True, False])
def test_a_cut_after_the_text_is_unclear(sink, cut, keep):
    sink.plan("end", Act(then=cut, keep=keep))
    with pytest.raises(endings.Unclear):
        talk(sink)


def test_no_answer_in_ten_minutes_is_unclear(sink, monkeypatch):
    monkeypatch.setattr(smtp, "REPLY_S", 0.3)
    sink.plan("end", Act(delay_s=1))
    with pytest.raises(endings.Unclear, match="did not answer"):
        talk(sink)


def test_an_answer_that_is_neither_yes_nor_no_is_unclear(sink):
    sink.plan("end", Act(reply="354 go on and on"))
    with pytest.raises(endings.Unclear):
        talk(sink)


def test_every_refused_recipient_is_named(sink):
    sink.plan("rcpt", Act(reply="550 5.1.1 no such person", match="eve@"))
    sink.plan("rcpt", Act(reply="451 4.2.0 busy", match="dan@"))
    with pytest.raises(endings.RefusedForGood) as refusal:
        talk(sink, to=("ben@hearth.test", "dan@hearth.test", "eve@hearth.test"))
    assert refusal.value.refused == {"eve@hearth.test": "550 5.1.1 no such person"}
    assert "data" not in sink.stages()


def test_a_message_above_the_servers_size_is_not_begun(sink):
    sink.extensions = ("SIZE 10", "8BITMIME")
    with pytest.raises(endings.RefusedForGood, match="takes messages up to"):
        talk(sink)
    assert "mail" not in sink.stages()


def test_letters_outside_ascii_need_smtputf8(sink):
    sink.extensions = ("8BITMIME",)
    with pytest.raises(endings.RefusedForGood, match="SMTPUTF8"):
        talk(sink, smtputf8=True, is_ascii=False)


def test_smtputf8_carries_an_address_with_an_umlaut(sink):
    talk(sink, to=("jürg@hearth.test",), smtputf8=True, is_ascii=False)
    assert sink.taken[0].rcpt_to == ("jürg@hearth.test",)
    assert "SMTPUTF8" in sink.taken[0].options
    assert "BODY=8BITMIME" in sink.taken[0].options


def test_an_address_cannot_smuggle_a_second_command(sink):
    with pytest.raises((endings.SubmissionError, ValueError)):
        talk(sink, to=("ben@hearth.test>\r\nRCPT TO:<eve@hearth.test",))
    assert all("eve" not in line for _, _, line in sink.log)


def test_our_machine_is_not_named_to_the_server(sink):
    talk(sink)
    assert [line for _, stage, line in sink.log if stage == "ehlo"] == ["EHLO [127.0.0.1]"]


def test_an_early_refusal_stops_the_upload(sink):
    sink.plan("data", Act(reply="354 go on\r\n552 5.3.4 too much"))
    with pytest.raises((endings.RefusedForGood, endings.Unclear)):
        talk(sink, b"x: y\r\n\r\n" + b"text\r\n" * 1000)
