"""Who a message is from: the address that was written to, and never anybody else's (T72)."""

import re
from html import unescape

import pytest
from django.core.management import CommandError, call_command

from tests.web.conftest import ADDRESS
from tests.web.forms import begin, form_of, ref_of, wire
from webmail.accounts.models import Account, Identity, User
from webmail.message.parse import parse_message
from webmail.submission.models import Outgoing

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("submission")]


def allow(*addresses):
    for each in addresses:
        call_command("allow_address", ADDRESS, each, verbosity=0)


def put(store, to, *, sender="jonas@far.example", above="", mailbox="INBOX"):
    raw = (
        f"{above}From: {sender}\r\nTo: {to}\r\nSubject: Hi\r\nMessage-ID: <1@far.example>\r\n\r\nHi"
    )
    return store.append(mailbox, raw.encode())


def chosen_in(page):
    return unescape(re.search(r'<option value="[^"]*"[^>]* selected>([^<]*)', page).group(1))


@pytest.mark.parametrize(
    ("to", "above", "expected"),
    [
        ("Mara+Shop@hearth.example", "", "Mara+Shop@hearth.example"),
        ("info@lindgren.example", "", "info@lindgren.example"),
        ("info+x@lindgren.example", "", "info+x@lindgren.example"),
        ("x@far.example", "Delivered-To: mara+list@hearth.example\r\n", "mara+list@hearth.example"),
        ("list@far.example", "X-Original-To: fig@catch.example\r\n", "fig@catch.example"),
        ("list@far.example", "Envelope-To: info@lindgren.example\r\n", "info@lindgren.example"),
        ("list@far.example", "Delivered-To: ceo@far.example\r\n", ADDRESS),
        ("ben@catch.example, mara@hearth.example", "", ADDRESS),
        ("anything@catch.example", "", "anything@catch.example"),
        ("anna@catch.example", "", ADDRESS),
        ("*@catch.example", "", ADDRESS),
    ],
)  # fmt: skip
def test_an_answer_is_from_the_address_that_was_written_to(to, above, expected, mara, store):
    anna = User.objects.create(address="anna@catch.example")
    theirs = anna.accounts.create(address=anna.address)
    Identity.objects.create(account=theirs, addr_spec=anna.address)
    allow("info@lindgren.example", "*@catch.example")
    page = mara.get(f"/compose/?reply={ref_of(put(store, to, above=above))}").content.decode()
    action, fields = form_of(mara.get(f"/compose/?reply={ref_of(put(store, to, above=above))}"))
    assert expected in chosen_in(page)
    key = unescape(re.search(r'<option value="([^"]*)"[^>]* selected', page).group(1))
    mara.post(action, fields | {"identity": key, "do": "send"})
    row = Outgoing.objects.get()
    assert row.mail_from == parse_message(wire()).envelope.from_[0].addr_spec == expected
    assert row.message_id.endswith(f"@{expected.rpartition('@')[2]}>")


def test_ones_own_addresses_are_no_recipients_of_an_answer_to_all(mara, store):
    allow("*@catch.example")
    ref = put(store, "fig@catch.example, mara+x@hearth.example, ben@far.example")
    _, fields = form_of(mara.get(f"/compose/?reply_all={ref_of(ref)}"))
    assert fields["to"] == "jonas@far.example, ben@far.example"


@pytest.mark.parametrize(
    ("named", "typed"),
    [
        ("{key}/ceo@hearth.example", ""),
        ("{key}/mara@far.example", ""),
        ("{key}/mara+x@hearth.example@far.example", ""),
        ("{key}/*@hearth.example", ""),
        ("{any}", "anna@catch.example"),
        ("{any}", "anna+x@catch.example"),
        ("{any}", "ben@catch.example"),
        ("{any}", "fig@other.example"),
        ("{any}", "*@catch.example"),
        ("{any}", "two@x@catch.example"),
        ("{any}", "a\r\nBcc: b@far.example"),
        ("{any}", ""),
        ("{any}/ceo@hearth.example", ""),
    ],
)
def test_nobody_writes_under_an_address_that_is_not_theirs(named, typed, mara):
    anna = User.objects.create(address="anna@catch.example")
    theirs = anna.accounts.create(address=anna.address)
    Identity.objects.create(account=theirs, addr_spec=anna.address)
    User.objects.create(address="ben").accounts.create(address="Ben@Catch.Example")
    allow("*@catch.example")
    own = Account.objects.get(address=ADDRESS).identities
    keys = {"key": own.first().key, "any": own.get(addr_spec__startswith="*").key}
    action, fields = begin(mara, to="a@far.example")
    changes = {"identity": named.format(**keys), "sender": typed, "do": "send"}
    assert mara.post(action, fields | changes).status_code == 422
    assert not Outgoing.objects.exists()


def test_an_address_of_a_whole_domain_is_typed(mara):
    allow("*@catch.example")
    action, fields = begin(mara, to="a@far.example")
    key = Identity.objects.get(addr_spec="*@catch.example").key
    answer = mara.post(action, fields | {"identity": key, "sender": "x@far.example", "do": "send"})
    page = answer.content.decode()
    assert (answer.status_code, chosen_in(page)) == (422, "Any address at catch.example")
    assert 'name="sender" value="x@far.example"' in page
    action, fields = form_of(answer)
    changes = {"identity": key, "sender": "fig@catch.example", "do": "send"}
    assert mara.post(action, fields | changes).status_code == 303
    assert Outgoing.objects.get().mail_from == "fig@catch.example"


def test_a_person_names_only_what_the_administrator_allowed(mara):
    for spec, status in (("*@hearth.example", 422), ("*@catch.example", 422)):
        assert (
            mara.post("/settings/identities/", {"do": "add", "addr_spec": spec}).status_code
            == status
        )
    allow("*@catch.example")
    add = {"do": "add", "name": "Shop", "addr_spec": "shop@catch.example"}
    assert mara.post("/settings/identities/", add).status_code == 303
    pattern = Identity.objects.get(addr_spec="*@catch.example")
    keep = {"do": "save", "identity": pattern.key, "name": "M", "addr_spec": "*@catch.example"}
    assert mara.post("/settings/identities/", keep).status_code == 303
    grow = keep | {"addr_spec": "*@far.example"}
    assert mara.post("/settings/identities/", grow).status_code == 422
    default = {"do": "default", "identity": pattern.key}
    assert mara.post("/settings/identities/", default).status_code == 422
    call_command("allow_address", ADDRESS, "*@catch.example", "--remove", verbosity=0)
    assert [each.addr_spec for each in Identity.objects.all()] == [ADDRESS]


def test_only_somebody_who_is_known_is_allowed_an_address(mara):
    with pytest.raises(CommandError, match="Nobody has signed in as ben"):
        call_command("allow_address", "ben@hearth.example", "*@catch.example")
    with pytest.raises(CommandError, match="not a mail address"):
        call_command("allow_address", ADDRESS, "no address")


def note_in(answer):
    return unescape(re.search(r"data-sender-note>([^<]*)", answer.content.decode()).group(1))


def test_an_answer_from_another_address_is_mentioned_quietly(mara, store):
    allow("info@lindgren.example")
    ref = put(store, "info@lindgren.example")
    opened = mara.get(f"/compose/?reply={ref_of(ref)}")
    assert note_in(opened) == ""
    action, fields = form_of(opened)
    key = Identity.objects.get(addr_spec=ADDRESS).key
    asked = {"headers": {"accept": "application/json"}}
    told = mara.post(action, fields | {"identity": key, "do": "save"}, **asked).json()
    sentence = "So far, this conversation knows you as info@lindgren.example."
    assert told["sender_note"] == note_in(mara.get(action)) == sentence


def test_an_unusual_address_for_this_recipient_is_mentioned_quietly(mara, store):
    allow("info@lindgren.example")
    store.append("Sent", b"From: info@lindgren.example\r\nTo: jonas@far.example\r\n\r\nHi")
    mara.get(mara.list_url("Sent"))
    assert note_in(mara.get("/compose/?to=jonas@far.example")) == (
        "You last wrote to jonas@far.example from info@lindgren.example."
    )
    assert note_in(mara.get("/compose/?to=ben@far.example")) == ""


def test_a_sender_says_where_answers_go(mara, store):
    above = (
        "Mail-Followup-To: list@far.example, mara@hearth.example\r\n"
        "Mail-Reply-To: Jonas <at-home@far.example>\r\nReply-To: list@far.example\r\n"
    )
    ref = ref_of(put(store, "list@far.example", above=above))
    _, one = form_of(mara.get(f"/compose/?reply={ref}"))
    _, everyone = form_of(mara.get(f"/compose/?reply_all={ref}"))
    assert (one["to"], everyone["to"]) == ("Jonas <at-home@far.example>", "list@far.example")


def test_another_spelling_of_a_domain_is_no_way_to_somebody_elses_address(mara):
    anna = User.objects.create(address="anna@bücher.example")
    anna.accounts.create(address=anna.address)
    allow("*@bücher.example")
    own = Account.objects.get(address=ADDRESS).identities
    for typed, status in (("anna@xn--bcher-kva.example", 422), ("fig@xn--bcher-kva.example", 303)):
        action, fields = begin(mara, to="a@far.example")
        named = {"identity": own.get(addr_spec__startswith="*").key, "sender": typed, "do": "send"}
        assert mara.post(action, fields | named).status_code == status


def test_an_address_that_is_taken_away_takes_its_tags_along(mara):
    allow("info@lindgren.example")
    account = Account.objects.get(address=ADDRESS)
    for each in ("info+shop@lindgren.example", "mara+shop@hearth.example"):
        Identity.objects.create(account=account, addr_spec=each)
    call_command("allow_address", ADDRESS, "info@lindgren.example", "--remove", verbosity=0)
    left = set(account.identities.values_list("addr_spec", flat=True))
    assert left == {ADDRESS, "mara+shop@hearth.example"}


def test_a_whole_domain_never_becomes_the_default(mara):
    allow("*@catch.example", "info@lindgren.example")
    account = Account.objects.get(address=ADDRESS)
    account.identities.filter(addr_spec=ADDRESS).delete()
    account.identities.filter(addr_spec="info@lindgren.example").update(is_default=True)
    call_command("allow_address", ADDRESS, "info@lindgren.example", "--remove", verbosity=0)
    assert account.identities.get(is_default=True).addr_spec == ADDRESS
