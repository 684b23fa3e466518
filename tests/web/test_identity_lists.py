"""What repeats, and a mail to each of a list, leave by the own server of their name (T63, T65)."""

import re
from datetime import timedelta

import pytest
from django.utils import timezone

from tests.web.test_identity_servers import (  # noqa: F401  fixtures
    IDENTITIES,
    WORK_NAME,
    WORK_WORD,
    browser,
    deliver,
    typed,
    work,
    work_msa,
)
from tests.web.test_writing_on_servers import ADA, BEN, ada  # noqa: F401  a fixture
from webmail.accounts import vault
from webmail.accounts.models import Identity, SubmissionServer, User
from webmail.submission import outbox, series
from webmail.submission.models import Outgoing, Series, State, Trouble
from webmail.web import occurrences

pytestmark = pytest.mark.django_db(transaction=True)
BY_WORK = "250 2.0.0 Delivered"
RULE = {"frequency": "daily", "at": "08:00", "ends": "never", "keeps_password": "1"}


def draft_page(client, identity, subject, do):
    page = client.get("/compose/").content.decode()
    action = re.search(r'action="(/compose/\w+/)"', page)[1]
    fields = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', page))
    fields |= {"to": BEN, "subject": subject, "text": "Hello.", "identity": identity.key}
    answer = client.post(action, fields | {"do": do})
    assert answer.status_code == 303, answer.content.decode()
    return answer["Location"]


@pytest.fixture
def repeating(browser, work, work_msa):  # noqa: F811
    User.objects.update(time_zone="Europe/Berlin")
    browser.post(IDENTITIES, typed(work, work_msa))
    assert browser.post(draft_page(browser, work, "Bins", "go:repeat"), RULE).status_code == 303
    return Series.objects.get()


def next_occurrence():
    """Made and sent as the workers do, once the clock has come so far."""
    row = Series.objects.get()
    today = timezone.now().astimezone(row.rule.zone)
    at = (today - timedelta(seconds=1)).time().replace(microsecond=0)
    Series.objects.update(at=at, next_on=today.date(), next_at=today - timedelta(seconds=1))
    occurrences.make_due()
    made = Outgoing.objects.order_by("-pk").first()
    return deliver(made) if made else None


def own_password_of(row):
    name = f"{row.key}|{row.submission_url}|{row.submission_username}"
    return vault.open_grant(name, bytes(row.submission_grant)).reveal()


def test_an_occurrence_leaves_by_the_server_of_its_name(repeating):
    assert WORK_WORD.encode() not in bytes(repeating.submission_grant)
    sent = next_occurrence()
    assert (sent.state, sent.smtp_reply) == (State.DONE, BY_WORK)
    assert (sent.submission_url, sent.series_id) == (repeating.submission_url, repeating.pk)


def test_a_corrected_password_reaches_what_repeats(browser, work, work_msa, repeating):  # noqa: F811
    name = f"{repeating.key}|{repeating.submission_url}|{WORK_NAME}"
    old = vault.seal_grant(name, vault.Secret("old"))
    Series.objects.update(submission_grant=old)
    waits = next_occurrence()
    assert (waits.state, waits.trouble) == (State.RETRY_WAIT, Trouble.AUTH)
    browser.post(IDENTITIES, typed(work, work_msa))
    assert own_password_of(Series.objects.get()) == WORK_WORD
    assert deliver(waits).smtp_reply == BY_WORK


def test_a_new_mail_password_leaves_the_servers_own_alone(repeating):
    series_before = bytes(repeating.submission_grant)
    outbox.give_password(repeating.account, vault.Secret("newer"))
    row = Series.objects.get()
    assert vault.open_grant(row.key, bytes(row.send_grant)).reveal() == "newer"
    assert bytes(row.submission_grant) == series_before


def test_without_its_server_what_repeats_leaves_by_the_accounts(browser, work, repeating):  # noqa: F811
    browser.post(IDENTITIES, {"do": "server-remove", "identity": work.key})
    row = Series.objects.get()
    assert (row.submission_url, bytes(row.submission_grant)) == ("", b"")
    sent = next_occurrence()
    assert (sent.state, sent.submission_url) == (State.DONE, "")
    assert "queued" in sent.smtp_reply  # Postfix


def test_another_names_server_does_not_lead_it_away(browser, work, work_msa, repeating):  # noqa: F811
    other = Identity.objects.create(account=work.account, addr_spec="ada+club@hearth.test")
    port = work_msa.ports["submission"]
    fields = typed(other, work_msa, host=f"elsewhere.example:{port}", security="starttls")
    assert browser.post(IDENTITIES, fields).status_code == 303
    assert Series.objects.get().submission_url == repeating.submission_url


@pytest.mark.parametrize("ends", ["by itself", "when gone on with after its last day"])
def test_one_that_has_ended_keeps_no_grant(repeating, ends):
    """T63"""
    if ends == "by itself":
        Series.objects.update(times_left=1)
        assert next_occurrence().state == State.DONE
    else:
        past = timezone.now().date() - timedelta(days=1)
        Series.objects.update(state=Series.State.PAUSED, until=past)
        series.go_on(repeating.user, repeating.key)
    row = Series.objects.get()
    assert row.state == Series.State.ENDED
    assert (bytes(row.send_grant), bytes(row.submission_grant)) == (b"", b"")


def test_an_ended_one_is_given_no_grant_again(browser, work, work_msa, repeating):  # noqa: F811
    Series.objects.update(state=Series.State.ENDED, send_grant=b"", submission_grant=b"")
    browser.post(IDENTITIES, typed(work, work_msa))
    row = Series.objects.get()
    assert (bytes(row.send_grant), bytes(row.submission_grant)) == (b"", b"")


def test_each_mail_of_a_list_leaves_by_the_server_of_its_name(browser, work, work_msa, lab):  # noqa: F811
    browser.post(IDENTITIES, typed(work, work_msa))
    url = draft_page(browser, work, "Fete", "go:merge")
    people = f"name,mail\nBen,{BEN}\nAda,{ADA}\n"
    shown = browser.post(url, {"do": "preview", "people": people}).content.decode()
    seen = re.search(r'name="seen" value="(\d+)"', shown)[1]
    fields = {"do": "send", "people": people, "seen": seen, "sure": "1"}
    assert browser.post(url, fields).status_code == 303
    rows = list(Outgoing.objects.order_by("send_at"))
    assert [row.rcpt_to for row in rows] == [[BEN], [ADA]]
    assert [own_password_of(row) for row in rows] == [WORK_WORD, WORK_WORD]
    first = deliver(rows[0])
    assert (first.state, first.smtp_reply) == (State.DONE, BY_WORK)


def test_a_list_whose_servers_password_does_not_open_queues_nothing(browser, work, work_msa):  # noqa: F811
    browser.post(IDENTITIES, typed(work, work_msa))
    SubmissionServer.objects.update(sealed_password=b"noise")
    url = draft_page(browser, work, "Fete", "go:merge")
    people = f"name,mail\nBen,{BEN}\n"
    shown = browser.post(url, {"do": "preview", "people": people}).content.decode()
    seen = re.search(r'name="seen" value="(\d+)"', shown)[1]
    fields = {"do": "send", "people": people, "seen": seen, "sure": "1"}
    answer = browser.post(url, fields, follow=True).content.decode()
    assert "The password for elsewhere.example cannot be opened" in answer
    assert not Outgoing.objects.exists()
