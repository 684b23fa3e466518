"""Sending by a provider's permission (T65): asked, answered, renewed, on real mail servers."""

import re
import threading
from dataclasses import replace
from html import unescape
from urllib.parse import parse_qs, urlsplit

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from django.conf import settings
from django.db import connection, connections

from tests.lab.issuer import CLIENT, Issuer
from tests.web.test_identity_lists import RULE, draft_page, next_occurrence
from tests.web.test_identity_servers import deliver, write, write_refused
from tests.web.test_writing_on_servers import ADA, BEN, sign_in
from webmail.accounts import connect, vault
from webmail.accounts.models import Identity, SubmissionServer, User
from webmail.accounts.oauth_providers import Provider
from webmail.outbound import parse_endpoint
from webmail.submission import offers, pipeline
from webmail.submission.models import Outgoing, State, Trouble
from webmail.submission.words import state_text

pytestmark = pytest.mark.django_db(transaction=True)

PAGE, IDENTITIES = "/settings/permission/", "/settings/identities/"


@pytest.fixture
def provider(token_lab, issuer, settings, tmp_path):
    issuer.forget()
    offers.forget_all()
    settings.WEBMAIL_DATA_DIR = tmp_path
    settings.WEBMAIL_IMAP = parse_endpoint(token_lab.imaps_url, "imap")
    settings.WEBMAIL_SUBMISSION = parse_endpoint("submissions://127.0.0.1:1", "submission")
    settings.WEBMAIL_CA_FILE = str(token_lab.ca_file)
    settings.WEBMAIL_IDENTITY_SUBMISSION = ()
    found = Provider(
        key="lab",
        name="The Lab",
        issuer=issuer.url,
        authorization_endpoint=f"{issuer.url}/authorize",
        token_endpoint=f"{issuer.url}/token",
        jwks_uri=f"{issuer.url}/jwks",
        client_id=CLIENT,
        scope="openid email mail",
        submission=token_lab.submissions_url,
    )
    settings.WEBMAIL_OAUTH = {"lab": found}
    token_lab.clear()
    yield found
    connect.pool.close()


@pytest.fixture
def browser(provider, token_lab):
    return sign_in(token_lab, ADA)


@pytest.fixture
def identity(browser):
    return Identity.objects.get(addr_spec=ADA)


def ask(browser, identity):
    """The provider's address, as our page links it."""
    page = browser.post(PAGE, {"ask": identity.key, "provider": "lab"}).content.decode()
    return unescape(re.search(r'<a class="btn primary wide" href="([^"]+)"', page)[1])


def allow(browser, identity, issuer, **changes):
    """All three pages; the last answer."""
    said = issuer.consent(ask(browser, identity), ADA) | changes
    assert browser.get(PAGE, said).status_code == 200
    return browser.post(PAGE, said)


def forms_at(issuer, path="/token"):
    return [form for at, form in issuer.asked if at == path]


def test_mail_leaves_by_permission_and_no_password(browser, identity, issuer, token_lab):
    assert "Ask The Lab" in browser.get(IDENTITIES).content.decode()
    answer = allow(browser, identity, issuer)
    assert (answer.status_code, answer.url) == (303, IDENTITIES)
    assert f"by permission as {ADA}" in browser.get(IDENTITIES).content.decode()
    sent = deliver(write(browser, identity, "By permission"))
    assert (sent.state, sent.last_error) == (State.DONE, "")
    assert "queued" in sent.smtp_reply
    assert token_lab.wait_for(BEN, "INBOX", "SUBJECT", "By permission")


def test_the_question_is_bound_to_the_session_and_the_code_to_us(
    browser, identity, issuer, settings
):
    query = {name: v[0] for name, v in parse_qs(urlsplit(ask(browser, identity)).query).items()}
    assert query["response_type"] == "code"
    assert query["code_challenge_method"] == "S256"
    assert query["redirect_uri"] == f"{settings.WEBMAIL_BASE_URL}{PAGE}"
    assert len(query["state"]) >= 32
    assert len(query["nonce"]) >= 32
    assert "code_verifier" not in query
    again = parse_qs(urlsplit(ask(browser, identity)).query)
    assert again["state"][0] != query["state"]


def test_an_answer_with_another_state_is_not_taken(browser, identity, issuer):
    """T65: wrong state."""
    said = issuer.consent(ask(browser, identity), ADA)
    for state in ("", "x" * 32, said["state"][:-1]):
        assert browser.get(PAGE, said | {"state": state}).status_code == 422
    answer = browser.post(PAGE, said | {"state": "x" * 32})
    assert answer.status_code == 422
    assert "belongs to no question of yours" in answer.content.decode()
    assert forms_at(issuer) == []
    assert not SubmissionServer.objects.exists()
    # And the question is over, whoever answers it now.
    assert browser.post(PAGE, said).status_code == 422


def test_the_answer_to_somebody_elses_question_is_not_taken(browser, identity, issuer, token_lab):
    said = issuer.consent(ask(browser, identity), ADA)
    ben = sign_in(token_lab, BEN)
    assert ben.get(PAGE, said).status_code == 422
    assert ben.post(PAGE, said).status_code == 422
    assert forms_at(issuer) == []


def test_an_answer_is_good_once_and_not_for_long(browser, identity, issuer, monkeypatch):
    said = issuer.consent(ask(browser, identity), ADA)
    assert browser.post(PAGE, said).status_code == 303
    assert browser.post(PAGE, said).status_code == 422
    assert len(forms_at(issuer)) == 1
    late = issuer.consent(ask(browser, identity), ADA)
    session = browser.session
    session["asked_consent"] = session["asked_consent"] | {"at": 0}
    session.save()
    assert browser.post(PAGE, late).status_code == 422


@pytest.mark.parametrize(
    ("lies", "header", "words"),
    [
        ({"nonce": "another"}, {}, "it answers another question"),
        ({"nonce": None}, {}, "it answers another question"),
        ({"aud": "another-program"}, {}, "it is for another program"),
        ({"aud": [CLIENT, "x"]}, {}, "it was made for another program"),
        ({"azp": "x"}, {}, "it was made for another program"),
        ({"iss": "https://evil.example"}, {}, "it is of another issuer"),
        ({"exp": 1000}, {}, "its time is over"),
        ({"iat": 9999999999}, {}, "it is from the future"),
        ({}, {"alg": "none"}, "it is not signed in a way we believe"),
        ({}, {"alg": "HS256"}, "it is not signed in a way we believe"),
        ({}, {"kid": "two"}, "the issuer has no such key"),
        ({"email": 5}, {}, "does not say your user name"),
    ],
)
def test_an_id_token_that_lies_gives_no_permission(browser, identity, issuer, lies, header, words):
    """T65: wrong nonce, aud, iss, alg=none."""
    issuer.lies.update(lies)
    issuer.header.update(header)
    answer = allow(browser, identity, issuer)
    assert answer.status_code == 422
    assert words in unescape(answer.content.decode())
    assert not SubmissionServer.objects.exists()


def test_a_signature_of_somebody_else_gives_no_permission(browser, identity, issuer):
    real, issuer._key = issuer._key, rsa.generate_private_key(65537, 2048)
    said = issuer.consent(ask(browser, identity), ADA)
    shown, issuer._public_key = issuer._public_key, lambda: _public(real)
    answer = browser.post(PAGE, said)
    issuer._key, issuer._public_key = real, shown
    assert "its signature does not fit" in answer.content.decode()


def _public(key):
    return Issuer(_key=key)._public_key()


def test_an_answer_that_names_another_issuer_is_not_taken(browser, identity, issuer):
    answer = allow(browser, identity, issuer, iss="https://evil.example")
    assert "from another server than The Lab" in unescape(answer.content.decode())
    assert forms_at(issuer) == []


def test_no_is_an_answer(browser, identity, issuer):
    state = parse_qs(urlsplit(ask(browser, identity)).query)["state"][0]
    page = browser.get(PAGE, {"error": "access_denied", "state": state}).content.decode()
    assert "The provider gave no permission. Nothing was changed." in page


def test_a_refresh_token_is_sealed_like_a_password(browser, identity, issuer, settings):
    """T63: neither the database nor the key file alone opens it."""
    allow(browser, identity, issuer)
    (refresh,) = issuer.refreshes
    row = write(browser, identity, "Sealed")
    server = SubmissionServer.objects.get()
    for box in (server.sealed_password, row.submission_grant, row.send_grant):
        assert refresh.encode() not in bytes(box)
    assert bytes(server.fresh_token) == b""
    assert refresh not in str(dict(browser.session))


def test_a_changed_host_wants_a_new_permission_and_no_token_leaves(
    browser, identity, issuer, provider, settings
):
    """T65: host changed after grant → re-consent."""
    allow(browser, identity, issuer)
    waiting = write(browser, identity, "Waiting")
    issuer.asked.clear()
    for change in (
        {"token_endpoint": f"{issuer.url}/other"},
        {"issuer": "https://other.example"},
        {"client_id": "another"},
        {"submission": "submissions://127.0.0.1:2"},
    ):
        settings.WEBMAIL_OAUTH = {"lab": replace(provider, **change)}
        assert "The permission to send by 127.0.0.1 does not hold any more." in write_refused(
            browser, identity
        )
        held = deliver(waiting)
        assert (held.state, held.trouble) == (State.RETRY_WAIT, Trouble.AUTH)
    assert "Allow it again in Settings, Names and signatures, and it leaves" in state_text(held)
    settings.WEBMAIL_OAUTH = {}
    assert "does not hold any more" in write_refused(browser, identity)
    assert issuer.asked == []
    settings.WEBMAIL_OAUTH = {"lab": provider}
    assert allow(browser, identity, issuer).status_code == 303
    assert deliver(waiting).state == State.DONE


def test_each_new_refresh_token_is_kept_for_what_waits_and_for_its_owner(browser, identity, issuer):
    allow(browser, identity, issuer)
    rows = [write(browser, identity, subject) for subject in ("One", "Two")]
    assert deliver(rows[0]).state == State.DONE
    assert bytes(SubmissionServer.objects.get().fresh_token)
    assert deliver(rows[1]).state == State.DONE
    row = write(browser, identity, "Three")  # its owner is here: under their key again
    assert bytes(SubmissionServer.objects.get().fresh_token) == b""
    name = f"{row.key}|{row.submission_url}|{ADA}|{_binding(row)}"
    assert vault.open_grant(name, bytes(row.submission_grant)).reveal() in issuer.refreshes
    assert deliver(row).state == State.DONE


def test_each_new_refresh_token_is_kept_for_what_repeats(browser, identity, issuer):
    User.objects.update(time_zone="Europe/Berlin")
    allow(browser, identity, issuer)
    browser.post(draft_page(browser, identity, "Bins", "go:repeat"), RULE)
    assert deliver(write(browser, identity, "In between")).state == State.DONE
    sent = next_occurrence()
    assert (sent.state, sent.last_error) == (State.DONE, "")


def _binding(row):
    return settings.WEBMAIL_OAUTH[row.submission_provider].binding


def test_two_workers_at_once_do_not_spend_one_refresh_token_twice(browser, identity, issuer):
    """T65: rotation raced."""
    allow(browser, identity, issuer)
    rows = [write(browser, identity, f"Race {number}") for number in range(4)]
    Outgoing.objects.update(state=State.READY, next_attempt_at=rows[0].created_at)
    issuer.delay_s = 0.3
    together, statement = threading.Barrier(4), threading.Lock()  # tests' SQLite has no file

    def one_by_one(execute, *query):
        with statement:
            return execute(*query)

    def work(row):
        connection.ensure_connection()
        connection.connection.execute("PRAGMA read_uncommitted=1")
        together.wait()
        try:
            with connection.execute_wrapper(one_by_one):
                pipeline.deliver(row.pk)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=work, args=(row,)) for row in rows]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    found = Outgoing.objects.values_list("state", "last_error")
    assert set(found) == {(State.ACCEPTED, "")}
    renewals = [form for form in forms_at(issuer) if form["grant_type"] == "refresh_token"]
    assert len({form["refresh_token"] for form in renewals}) == len(renewals) == 4


def test_a_permission_that_was_taken_back_holds_its_mail_and_says_how_to_mend_it(
    browser, identity, issuer
):
    allow(browser, identity, issuer)
    row = write(browser, identity, "Held")
    issuer.refreshes.clear()
    held = deliver(row)
    assert (held.state, held.trouble) == (State.RETRY_WAIT, Trouble.AUTH)
    assert "127.0.0.1 gives no permission: invalid_grant. Allow it again in Settings" in state_text(
        held
    )
    allow(browser, identity, issuer)
    assert deliver(held).state == State.DONE


def test_without_the_file_nobody_is_offered_anything(browser, identity, settings):
    settings.WEBMAIL_OAUTH = {}
    assert "Ask " not in browser.get(IDENTITIES).content.decode()
    assert browser.post(PAGE, {"ask": identity.key, "provider": "lab"}).status_code == 404


def test_somebody_elses_identity_is_unknown(browser, provider):
    other = User.objects.create(address=BEN).accounts.create(address=BEN)
    theirs = Identity.objects.create(account=other, addr_spec=BEN)
    assert browser.post(PAGE, {"ask": theirs.key, "provider": "lab"}).status_code == 404
