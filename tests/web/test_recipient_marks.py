"""What is said of a recipient before anything is sent, with script and without."""

import json

import pytest

from tests.index.rows import facts, save
from tests.web.forms import begin, form_of
from webmail.accounts.models import User
from webmail.index import words
from webmail.index.models import IndexedMailbox
from webmail.index.people import forget_people
from webmail.outbound import parse_endpoint
from webmail.submission import offers as told
from webmail.submission.models import Outgoing
from webmail.submission.offers import Offers

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("submission")]
KNOWN = "jonas@bergstroem-arkitekter.example"
NEW = "You have not written to stranger.example before."


@pytest.fixture
def memory(mara):
    """Mara's mail: much of it, and one house that she writes to."""
    forget_people()
    account_id = User.objects.get(address="mara@hearth.example").accounts.get().pk
    mara.get("/compose/")  # the index learns what mailboxes there are
    mailboxes = IndexedMailbox.objects.filter(account_id=account_id)
    inbox, sent = mailboxes.get(name="INBOX"), mailboxes.get(special_use="sent")
    heard = save(inbox, *[facts(uid, sender="ed@known.example") for uid in range(1, 26)])
    written = save(sent, facts(1, to=(KNOWN, "a@xn--bcher-kva.example")))
    words.add([*heard, *written])
    for where, rows in ((inbox, heard), (sent, written)):
        mailboxes.filter(pk=where.pk).update(held=len(rows))
    mailboxes.update(grown_down_to=1)
    forget_people()
    yield account_id
    forget_people()


def ask(client, *asked):
    action, fields = begin(client)
    answer = client.post(f"{action}recipients/", fields | {"asked": json.dumps(asked)})
    return answer.json()["marks"]


def level(client, text, field="to"):
    return ask(client, [field, text])[0]["level"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (KNOWN, ""),
        ("Anna <anna@post.bergstroem-arkitekter.example>", ""),
        ("mara@hearth.example", ""),
        ("ingrid@hearth.example", ""),
        ("a@bücher.example", ""),
        ("a@stranger.example", "new"),
        ("ed@known.example", "new"),
        ("jonas@bergstroem-arkitekten.example", "caution"),
        ("a@p\u0430ypal.com", "caution"),
        ("a@gmial.com", "caution"),
        ("wrong", "bad"),
        ("a@b@c.example", "bad"),
        ("a@-.example", "bad"),
    ],
)
def test_each_is_marked_by_what_there_is_to_say(mara, memory, text, expected):
    assert level(mara, text) == expected


def test_the_words_name_the_domain_and_what_it_looks_like(mara, memory):
    (new, alike) = ask(
        mara, ["to", "a@stranger.example"], ["cc", "j@bergstroem-arkitekten.example"]
    )
    assert new["words"] == NEW
    assert "looks like bergstroem-arkitekter.example" in alike["words"]


def test_who_stands_there_twice_is_told_where(mara, memory):
    marks = ask(mara, ["to", KNOWN], ["cc", f"Jonas <{KNOWN.upper()}>"], ["cc", KNOWN])
    assert [mark["level"] for mark in marks] == ["", "twice", "twice"]
    assert marks[1]["words"] == "This address is in To too; it gets the message once."


def test_a_domain_is_read_in_its_letters_and_sent_in_a_labels(mara, memory):
    plain, mixed = ask(mara, ["to", "Ann <a@bücher.example>"], ["to", "a@p\u0430ypal.com"])
    assert (plain["name"], plain["shown"]) == ("Ann", "a@bücher.example")
    assert plain["wire"] == "a@xn--bcher-kva.example"
    assert mixed["shown"] == "a@xn--pypal-4ve.com"


def test_nobody_is_called_new_while_little_is_remembered(mara):
    forget_people()
    assert level(mara, "a@stranger.example") == ""


def test_a_draft_of_somebody_else_answers_nothing(mara, client):
    action, fields = begin(mara)
    assert client.post(f"{action}recipients/", fields | {"asked": "[]"}).status_code == 302
    assert mara.post("/compose/abcdefghijkl/recipients/", {"asked": "[]"}).status_code == 404


@pytest.mark.parametrize("asked", ["", "{", "[1]", '{"to": 1}', '[["from", "a@b.example"]]'])
def test_what_is_no_question_has_no_answer(mara, asked):
    action, fields = begin(mara)
    answer = mara.post(f"{action}recipients/", fields | {"asked": asked})
    assert answer.json() == {"marks": []}


# -- sending --------------------------------------------------------------------------------------


def test_a_look_alike_is_asked_about_before_it_leaves(mara, memory):
    action, fields = begin(mara, to="j@bergstroem-arkitekten.example")
    page = mara.post(action, fields | {"do": "send"})
    assert b"looks like bergstroem-arkitekter.example" in page.content
    assert b"Send anyway" in page.content
    assert not Outgoing.objects.exists()
    _, fields = form_of(page)
    mara.post(action, fields | {"do": "send", "sure": "1"})
    assert Outgoing.objects.exists()


@pytest.fixture
def offers(settings, monkeypatch):
    settings.WEBMAIL_SUBMISSION = parse_endpoint("submissions://mail.hearth.example", "submission")
    monkeypatch.setattr(told, "ask", lambda endpoint, tls, addresses=(): None)

    def say(*, smtputf8):
        known = Offers(None, delivery_notices=False, required_tls=False, smtputf8=smtputf8)
        monkeypatch.setattr(told, "known_offers", lambda endpoint: known)

    return say


@pytest.mark.parametrize(("smtputf8", "expected"), [(True, ""), (False, "bad")])
def test_letters_before_the_at_need_a_server_that_takes_them(mara, offers, smtputf8, expected):
    offers(smtputf8=smtputf8)
    assert level(mara, "jürgen@hearth.example") == expected
    assert level(mara, "j@bücher.example") == ""
    action, fields = begin(mara, to="jürgen@hearth.example")
    page = mara.post(action, fields | {"do": "send"})
    assert Outgoing.objects.exists() is smtputf8
    if not smtputf8:
        assert "mail.hearth.example cannot send to “jürgen@hearth.example”" in page.content.decode()
        assert Outgoing.objects.count() == 0


def test_without_script_it_stands_beside_the_field_after_a_save(mara, memory):
    """T94: a new domain is marked there too; a fresh form says nothing of what nobody saved."""
    action, fields = begin(mara, to=f"{KNOWN}, a@stranger.example", cc="b@gmial.com")
    told = f'<p class="words no-js">{NEW}</p>'
    assert "words no-js" not in mara.get("/compose/?to=a@stranger.example").content.decode()
    page = mara.post(action, fields | {"do": "save"}, follow=True).content.decode()
    to, cc = page.index('name="to"'), page.index('name="cc"')
    assert to < page.index(told) < cc
    assert cc < page.index("gmial.com looks like gmail.com, written wrongly.")
    assert page.count("words no-js") == 2
