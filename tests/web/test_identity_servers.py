"""An identity with a submission server and a password of its own, on real servers."""

import re
from dataclasses import replace
from datetime import timedelta

import pytest
from django.utils import timezone

from tests.lab.msa import start_plain_msa
from tests.web.test_writing_on_servers import ADA, BEN, ada, sign_in  # noqa: F401  a fixture
from webmail.accounts import connect, identity_servers, vault
from webmail.accounts.models import Identity, SignInFailure, SubmissionServer, User
from webmail.outbound import parse_endpoint
from webmail.submission import offers, pipeline, steps
from webmail.submission.models import Outgoing, State, Trouble
from webmail.submission.words import state_text
from webmail.web.limits import ask_server, message_limit

pytestmark = pytest.mark.django_db(transaction=True)

IDENTITIES = "/settings/identities/"
WORK, WORK_WORD = "ada+work@hearth.test", "another-secret"
WORK_NAME = "ada.l"


@pytest.fixture(scope="module")
def work_msa(lab):
    """A second submission server, which knows nobody's mail password."""
    users = {WORK_NAME: WORK_WORD, BEN: "unused"}
    running = start_plain_msa(
        lab.dovecot.run, users, lab.authority.wrong_host, lmtp_port=lab.dovecot.ports["lmtp"]
    )
    yield running
    running.stop()


@pytest.fixture
def browser(request):
    return request.getfixturevalue("ada")


@pytest.fixture
def work(browser, work_msa, settings, monkeypatch):
    """Ada's identity for work; elsewhere.example is a public host to Hearth's rules."""
    offers.forget_all()
    account = User.objects.get(address=ADA).accounts.get()
    identity = Identity.objects.create(account=account, addr_spec=WORK, name="Ada L.")
    asked = []
    rules = replace(
        identity_servers.rules,
        resolve=lambda name: asked.append(name) or ["127.0.0.1"],
        may_connect=lambda address: address.is_loopback,
        ports=frozenset(work_msa.ports.values()),
    )
    monkeypatch.setattr(identity_servers, "rules", rules)
    identity.asked = asked
    return identity


def typed(work, work_msa, **changes):
    return {
        "do": "server-save",
        "identity": work.key,
        "host": f"elsewhere.example:{work_msa.ports['submissions']}",
        "security": "tls",
        "username": WORK_NAME,
        "password": WORK_WORD,
    } | changes


def write(client, identity, subject):
    page = client.get("/compose/").content.decode()
    action = re.search(r'action="(/compose/\w+/)"', page)[1]
    fields = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', page))
    fields |= {"to": BEN, "subject": subject, "text": "Hello.", "identity": identity.key}
    answer = client.post(action, fields | {"do": "send"})
    assert answer.status_code == 303, answer.content.decode()
    return Outgoing.objects.get(subject=subject)


def deliver(row):
    past = timezone.now() - timedelta(seconds=1)
    Outgoing.objects.filter(pk=row.pk).update(send_at=past, next_attempt_at=past)
    if pipeline.deliver(row.pk):
        steps.finish(row.pk)
    return Outgoing.objects.get(pk=row.pk)


@pytest.mark.parametrize("scheme", ["submissions", "submission"])
def test_each_name_sends_by_its_own_server_with_its_own_password(
    browser,
    lab,
    work,
    work_msa,
    scheme,
):
    port = work_msa.ports[scheme]
    security = "tls" if scheme == "submissions" else "starttls"
    fields = typed(work, work_msa, host=f"elsewhere.example:{port}", security=security)
    assert browser.post(IDENTITIES, fields).status_code == 303
    page = browser.get(IDENTITIES).content.decode()
    assert f"By elsewhere.example ({security.upper()}, port {port})" in page
    assert WORK_WORD not in page
    usual = Identity.objects.get(addr_spec=ADA)
    by_work = deliver(write(browser, work, "By work"))
    by_home = deliver(write(browser, usual, "By home"))
    assert (by_work.state, by_work.last_error) == (State.DONE, "")
    assert (by_home.state, by_home.last_error) == (State.DONE, "")
    assert (by_work.smtp_reply, by_home.submission_url) == ("250 2.0.0 Delivered", "")
    assert "queued" in by_home.smtp_reply  # Postfix
    # Both copies are filed on the one account, and no grant is left.
    assert len(lab.wait_for(BEN, "INBOX", "ALL")) >= 1
    assert len(lab.uids(ADA, "Sent")) == 2
    assert (bytes(by_work.send_grant), bytes(by_work.submission_grant)) == (b"", b"")


def test_a_password_of_its_own_is_sealed_and_opens_for_one_server_only(
    browser,
    work,
    work_msa,
):
    """T63: the row is noise without the session; its label names server and user name."""
    browser.post(IDENTITIES, typed(work, work_msa))
    row = write(browser, work, "Sealed")
    kept = SubmissionServer.objects.get()
    for box in (kept.sealed_password, row.submission_grant, row.send_grant):
        assert WORK_WORD.encode() not in bytes(box)
    name = f"{row.key}|{row.submission_url}|{row.submission_username}"
    assert vault.open_grant(name, bytes(row.submission_grant)).reveal() == WORK_WORD
    with pytest.raises(vault.Sealed):
        vault.open_grant(f"{row.key}|submissions://evil.example|{WORK_NAME}", row.submission_grant)
    SubmissionServer.objects.update(url="submissions://evil.example:465")
    identity_servers.rules = replace(identity_servers.rules, ports=frozenset({465}))
    answer = write_refused(browser, work)
    assert "The password for evil.example cannot be opened" in answer


def write_refused(client, identity):
    page = client.get("/compose/").content.decode()
    action = re.search(r'action="(/compose/\w+/)"', page)[1]
    fields = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', page))
    fields |= {"to": BEN, "subject": "No", "text": "Hello.", "identity": identity.key}
    answer = client.post(action, fields | {"do": "send"})
    assert answer.status_code == 422
    return answer.content.decode()


def test_a_refused_password_is_told_in_words_and_nothing_typed_is_lost(
    browser,
    work,
    work_msa,
):
    answer = browser.post(IDENTITIES, typed(work, work_msa, password="guess"))
    page = answer.content.decode()
    assert answer.status_code == 422
    assert (
        "Not saved. elsewhere.example did not accept the user name and password: 535 5.7.8" in page
    )
    assert "Some providers want an app password here." in page
    assert f'value="elsewhere.example:{work_msa.ports["submissions"]}"' in page
    assert f'value="{WORK_NAME}"' in page
    assert "guess" not in page
    assert not SubmissionServer.objects.exists()
    assert SignInFailure.objects.get().address == f"{WORK_NAME}@elsewhere.example"


def test_guesses_are_counted_and_made_to_wait(browser, work, work_msa):
    for _ in range(5):
        browser.post(IDENTITIES, typed(work, work_msa, password="guess"))
    page = browser.post(IDENTITIES, typed(work, work_msa)).content.decode()
    assert "The server has refused too many passwords. Try again in 1 minute." in page


def test_a_password_that_could_not_be_tried_need_not_be_typed_again(
    browser,
    work,
    work_msa,
):
    closed = typed(work, work_msa, host="elsewhere.example:1")
    identity_servers.rules = replace(
        identity_servers.rules, ports=identity_servers.rules.ports | {1}
    )
    page = browser.post(IDENTITIES, closed).content.decode()
    assert "Not saved. elsewhere.example could not be used" in page
    assert "It is kept." in page
    assert WORK_WORD not in str(dict(browser.session))
    assert browser.post(IDENTITIES, typed(work, work_msa, password="")).status_code == 303
    assert SubmissionServer.objects.get().username == WORK_NAME


def test_a_changed_host_or_name_wants_the_password_again(browser, work, work_msa):
    """T65: what was kept for one server is never tried on another."""
    browser.post(IDENTITIES, typed(work, work_msa))
    assert browser.post(IDENTITIES, typed(work, work_msa, password="")).status_code == 303
    work.asked.clear()
    for change in (
        {"host": f"evil.example:{work_msa.ports['submissions']}"},
        {"username": "eve"},
    ):
        answer = browser.post(IDENTITIES, typed(work, work_msa, password="", **change))
        assert "Type the password for this server and user name." in answer.content.decode()
    assert work.asked == []


def test_one_refused_password_holds_only_the_mail_of_its_name(
    browser,
    work,
    work_msa,
    monkeypatch,
):
    browser.post(IDENTITIES, typed(work, work_msa))
    rows = [write(browser, work, "One"), write(browser, work, "Two")]
    usual = write(browser, Identity.objects.get(addr_spec=ADA), "Home")
    for row in rows:  # the password was changed at the server
        name = f"{row.key}|{row.submission_url}|{row.submission_username}"
        wrong = vault.seal_grant(name, vault.Secret("old"))
        Outgoing.objects.filter(pk=row.pk).update(submission_grant=wrong)
    one, two, home = (deliver(row) for row in (*rows, usual))
    assert (one.state, one.trouble) == (State.RETRY_WAIT, Trouble.AUTH)
    assert (two.state, two.trouble) == (State.RETRY_WAIT, Trouble.ACCOUNT)
    assert home.state == State.DONE
    assert "Correct the password in Settings, Names and signatures, and it leaves" in state_text(
        one
    )
    page = browser.get("/mail/", follow=True).content.decode()
    assert "2 messages are waiting: the sending server of their name refuses the password." in page
    assert f'<a href="{IDENTITIES}">Correct the password</a>' in page
    # Signing in again does not help them; the right password does.
    browser.post("/sign-in/?again=1", {"address": ADA, "password": "ada-secret"})
    assert Outgoing.objects.get(pk=one.pk).state == State.RETRY_WAIT
    browser.post(IDENTITIES, typed(work, work_msa))
    assert Outgoing.objects.get(pk=one.pk).state == State.READY
    assert {deliver(one).state, deliver(two).state} == {State.DONE}


def test_without_its_server_what_waits_leaves_by_the_accounts(browser, work, work_msa):
    browser.post(IDENTITIES, typed(work, work_msa))
    row = write(browser, work, "Back home")
    browser.post(IDENTITIES, {"do": "server-remove", "identity": work.key})
    sent = deliver(row)
    assert (sent.state, sent.submission_url) == (State.DONE, "")
    assert "queued" in sent.smtp_reply


def test_a_failed_message_leaves_by_the_server_of_its_name_again(browser, work, work_msa):
    browser.post(IDENTITIES, typed(work, work_msa))
    row = write(browser, work, "Again")
    Outgoing.objects.filter(pk=row.pk).update(
        state=State.FAILED, send_grant=b"", submission_grant=b"", next_attempt_at=None
    )
    browser.post(f"/outbox/{row.key}/", {"do": "send_again"})
    sent = deliver(row)
    assert (sent.state, sent.smtp_reply) == (State.DONE, "250 2.0.0 Delivered")


def test_its_limit_counts_for_what_is_written_under_it(browser, work, work_msa, lab):
    browser.post(IDENTITIES, typed(work, work_msa))
    account = work.account
    small = parse_endpoint(SubmissionServer.objects.get().url, "submission")
    ask_server(account, work)
    assert offers.known_limit(small) == 60_000_000
    assert offers.known_offers(connect.submission_endpoint(account)) is None
    offers._said[small] = replace(
        offers._said[small], offers=replace(offers._said[small].offers, limit_bytes=200)
    )
    assert message_limit(account, work) == 200
    assert message_limit(account, Identity.objects.get(addr_spec=ADA)) > 200
    assert "This message is" in write_refused(browser, work)


def test_a_new_mail_password_locks_what_was_sealed_and_says_so(
    browser,
    work,
    work_msa,
    lab,
):
    browser.post(IDENTITIES, typed(work, work_msa))
    User.objects.update(dek_password_copy=b"")  # as after another password
    again = sign_in(lab, ADA)
    assert "The password for elsewhere.example cannot be opened" in write_refused(again, work)
    assert again.post(IDENTITIES, typed(work, work_msa)).status_code == 303
    assert deliver(write(again, work, "Anew")).state == State.DONE


def test_servers_that_the_administrator_did_not_list_are_not_asked(
    browser,
    work,
    work_msa,
    settings,
):
    settings.WEBMAIL_IDENTITY_SUBMISSION = ()
    assert "server-save" not in browser.get(IDENTITIES).content.decode()
    assert browser.post(IDENTITIES, typed(work, work_msa)).status_code == 422
    settings.WEBMAIL_IDENTITY_SUBMISSION = (
        parse_endpoint("submissions://a.example", "submission"),
    )
    page = browser.post(IDENTITIES, typed(work, work_msa)).content.decode()
    assert "Your administrator does not let mail leave by elsewhere.example." in page
    assert (work.asked, SubmissionServer.objects.count()) == ([], 0)


def test_a_listed_server_may_be_of_the_house(browser, lab, work, settings):
    """The lab's Postfix on 127.0.0.1, by a list of one."""
    settings.WEBMAIL_IDENTITY_SUBMISSION = (parse_endpoint(lab.submissions_url, "submission"),)
    page = browser.get(IDENTITIES).content.decode()
    assert f'<option value="{lab.submissions_url}"' in page
    fields = {"do": "server-save", "identity": work.key, "url": lab.submissions_url}
    fields |= {"username": ADA, "password": lab.users[ADA]}
    assert browser.post(IDENTITIES, fields).status_code == 303
    sent = deliver(write(browser, work, "Listed"))
    assert (sent.state, sent.submission_url) == (State.DONE, lab.submissions_url)
    settings.WEBMAIL_IDENTITY_SUBMISSION = ()
    assert "does not let mail leave by 127.0.0.1" in write_refused(browser, work)


def test_an_identity_of_somebody_else_is_unknown(browser, work, work_msa):
    other = User.objects.create(address=BEN).accounts.create(address=BEN)
    theirs = Identity.objects.create(account=other, addr_spec=BEN)
    assert browser.post(IDENTITIES, typed(theirs, work_msa)).status_code == 404
