"""At the door: who gets in, and what is said to those who do not."""

import re

import pytest
from django.test import Client

from webmail.accounts import connect
from webmail.accounts.models import Account, Identity, SignInFailure, User
from webmail.outbound import parse_endpoint

pytestmark = pytest.mark.django_db(transaction=True)
ADA = {"address": "ada@hearth.test", "password": "ada-secret"}


@pytest.fixture
def use_server(lab, settings):
    """Points the application at a server by URL."""

    def use(url):
        settings.WEBMAIL_IMAP = parse_endpoint(url, "imap")
        settings.WEBMAIL_CA_FILE = str(lab.ca_file)

    use(lab.imaps_url)
    yield use
    connect.pool.close()


@pytest.mark.parametrize("how", ["imaps_url", "imap_starttls_url"])
def test_the_mail_password_signs_in_and_makes_the_person(how, lab, use_server):
    use_server(getattr(lab, how))
    answer = Client().post("/sign-in/", ADA)
    assert (answer.status_code, answer["Location"]) == (303, "/mail/")
    account = Account.objects.get(user=User.objects.get(address="ada@hearth.test"))
    assert Identity.objects.get(account=account).addr_spec == "ada@hearth.test"
    assert b"ada-secret" not in bytes(account.sealed_password)


def test_the_key_cookie_is_strict_and_hidden_from_scripts(use_server, settings):
    cookie = Client().post("/sign-in/", ADA).cookies[settings.KEY_COOKIE_NAME]
    assert (cookie["httponly"], cookie["samesite"], cookie["path"]) == (True, "Strict", "/")


def test_the_session_key_changes_at_sign_in(use_server, settings):
    client = Client()
    client.cookies[settings.SESSION_COOKIE_NAME] = "planted0planted0planted0planted0"
    client.post("/sign-in/", ADA)
    assert client.cookies[settings.SESSION_COOKIE_NAME].value != "planted0planted0planted0planted0"


def refused(client, **fields):
    answer = client.post("/sign-in/", {**ADA, **fields})
    assert answer.status_code in {401, 422, 429, 503}
    text = answer.content.decode()
    assert 'value="ada@hearth.test"' in text, "what was typed is lost"
    assert "ada-secret" not in text
    return answer.context["form_error"]


def test_a_wrong_password_names_the_host(use_server):
    assert re.match(r"127\.0\.0\.1\S* did not accept", refused(Client(), password="wrong"))
    assert SignInFailure.objects.count() == 1
    assert not User.objects.exists()


@pytest.mark.parametrize(
    ("kind", "words"), [("wrong_host", "certificate"), ("expired", "expired"), ("self_signed", "")]
)
def test_a_bad_certificate_is_told_and_nothing_is_sent(kind, words, fronts, use_server):
    use_server(fronts.with_certificate(kind))
    said = refused(Client())
    assert "bad certificate" in said
    assert "127.0.0.1" in said
    assert "Nothing was sent" in said
    assert words in said


def test_a_server_without_starttls_gets_no_password(fronts, use_server):
    use_server(fronts.without_starttls("imap"))
    assert "does not offer STARTTLS. Your password was not sent" in refused(Client())


def test_an_unreachable_server_is_named(fronts, use_server):
    use_server(fronts.closed("imaps"))
    assert "cannot be reached" in refused(Client())


def test_an_unknown_host_is_named(use_server):
    use_server("imaps://no-such-host.invalid")
    assert "no-such-host.invalid" in refused(Client())


def test_no_server_at_all_tells_the_administrator(use_server, settings):
    settings.WEBMAIL_IMAP = None
    assert "WEBMAIL_IMAP" in refused(Client())


def test_after_five_failures_the_right_password_has_to_wait_too(use_server):
    for _ in range(5):
        refused(Client(), password="wrong")
    assert "Try again in 1 minute" in refused(Client())


@pytest.mark.parametrize("target", ["//evil.example", "https:evil.example", "/\\evil.example", ""])
def test_signing_in_leads_to_no_other_site(target, use_server):
    assert Client().post("/sign-in/", {**ADA, "next": target})["Location"] == "/mail/"


def test_signing_in_goes_on_where_one_wanted_to_be(use_server):
    answer = Client().post("/sign-in/", {**ADA, "next": "/search/?q=boiler"})
    assert answer["Location"] == "/search/?q=boiler"


def test_signing_out_kills_the_key_and_tells_the_browser_to_forget(use_server, settings):
    client = Client()
    client.post("/sign-in/", ADA)
    kept = client.cookies[settings.SESSION_COOKIE_NAME].value
    answer = client.post("/sign-out/")
    assert answer["Clear-Site-Data"] == '"cookies", "storage"'
    client.cookies[settings.SESSION_COOKIE_NAME] = kept
    assert client.get("/mail/")["Location"].startswith("/sign-in/")


@pytest.mark.parametrize("fields", [{"address": "ada"}, {"address": "a\r\nb@x"}, {"password": ""}])
def test_what_cannot_be_an_address_or_password_goes_nowhere(fields, use_server, settings):
    settings.WEBMAIL_IMAP = None  # anything that tried to connect would answer 503
    assert Client().post("/sign-in/", {**ADA, **fields}).status_code == 422
