"""What is said of a submission server that does not take a password."""

import pytest

from tests.lab.smtp_sink import Act, SmtpSink
from webmail.accounts.identity_servers import Access, NotAllowed
from webmail.accounts.vault import Secret
from webmail.outbound import parse_endpoint
from webmail.submission.endings import NoConnection, SignInRefused, SubmissionError
from webmail.submission.proving import advice_on, prove

USERS = {"ada@hearth.test": "ada-secret"}


@pytest.fixture
def sink(tmp_path, settings):
    with SmtpSink(tmp_path / "sink", USERS) as running:
        settings.WEBMAIL_IDENTITY_SUBMISSION = (parse_endpoint(running.url, "submission"),)
        yield running


def access(sink, password=USERS["ada@hearth.test"]):
    return Access(sink.url, "ada@hearth.test", Secret(password))


def test_the_right_password_is_proved_without_a_message(sink):
    prove(access(sink))
    assert sink.stages() == ["connect", "ehlo", "auth", "quit"]


@pytest.mark.parametrize(
    ("reply", "advice"),
    [
        ("535 5.7.8 Username and Password not accepted", "Some providers want an app password"),
        ("534 5.7.9 Application-specific password required", "wants an app password"),
        ("535 5.7.139 basic authentication is disabled", "must first allow signing in"),
        ("454 4.7.0 Temporary authentication failure", "cannot check passwords just now"),
        ("535 no", "Check the user name and the password."),
    ],
)
def test_enhanced_status_codes_become_advice(sink, reply, advice):
    sink.plan("auth", Act(reply=reply))
    with pytest.raises(SubmissionError) as refused:
        prove(access(sink))
    assert reply in str(refused.value)
    assert advice in advice_on(refused.value)
    assert isinstance(refused.value, SignInRefused) is reply.startswith("53")
    assert "mail" not in sink.stages()


def test_a_server_without_sign_in_is_not_taken_for_one_that_said_yes(sink):
    sink.plan("ehlo", Act(reply="250-sink.test\r\n250 SIZE 1000"), times=None)
    with pytest.raises(SubmissionError, match="takes no password on this connection"):
        prove(access(sink))


def test_nobody_there_is_no_verdict_on_the_password(sink, settings):
    settings.WEBMAIL_IDENTITY_SUBMISSION = (
        parse_endpoint("submissions://127.0.0.1:1", "submission"),
    )
    with pytest.raises(NoConnection) as error:
        prove(Access("submissions://127.0.0.1:1", "ada", Secret("x")))
    assert advice_on(error.value) == ""


def test_a_server_that_is_not_listed_is_not_asked(sink, settings):
    settings.WEBMAIL_IDENTITY_SUBMISSION = ()
    with pytest.raises(NotAllowed):
        prove(access(sink))
    assert sink.stages() == []
