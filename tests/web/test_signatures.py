"""Several signatures for an identity: edited in the settings, chosen where mail is written."""

import re
from html import unescape

import pytest
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from tests.web.forms import begin, form_of, ref_of, wire
from webmail.accounts.models import Identity, Signature, User
from webmail.message.parse import parse_message
from webmail.submission.models import StoredDraft

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("submission")]

SETTINGS = "/settings/identities/"
ORIGINAL = b"""From: Jonas <jonas@hearth.example>\r
To: mara@hearth.example\r
Subject: Firewood\r
Message-ID: <firewood@hearth.example>\r
Content-Type: text/%s; charset=utf-8\r
\r
Is there any?\r
"""


@pytest.fixture
def identity(mara):
    return Identity.objects.get()


@pytest.fixture
def home(identity):
    return identity.signatures.create(name="Home", text="Mara", for_new=True, for_answers=True)


@pytest.fixture
def work(identity):
    html = "<div><b>Mara Lindgren</b></div>"
    return identity.signatures.create(name="Work", text="Mara Lindgren", html=html)


def fill(identity, do, **fields):
    return {"identity": identity.key, "do": f"signature-{do}", **fields}


# -- settings -------------------------------------------------------------------------------------


def test_a_signature_is_added_changed_and_removed(mara, identity):
    mara.post(SETTINGS, fill(identity, "add", name="Home", text="Mara\r\nHearth", for_new="1"))
    row = Signature.objects.get()
    assert (row.name, row.text, row.html) == ("Home", "Mara\nHearth", "")
    assert (row.for_new, row.for_answers, row.below_quote) == (True, False, False)
    changed = fill(identity, "save", signature=row.key, text="M", for_answers="1", place="below")
    assert mara.post(SETTINGS, changed).status_code == 303
    row.refresh_from_db()
    assert (row.text, row.for_new, row.for_answers, row.below_quote) == ("M", False, True, True)
    mara.post(SETTINGS, fill(identity, "remove", signature=row.key))
    assert not Signature.objects.exists()


def test_one_signature_at_most_is_for_new_mail_and_one_for_answers(mara, identity, home):
    mara.post(SETTINGS, fill(identity, "add", text="New one", for_new="1"))
    home.refresh_from_db()
    assert (home.for_new, home.for_answers) == (False, True)


def test_the_html_of_a_signature_is_cleaned_as_that_of_outgoing_mail_is(mara, identity):
    html = '<p onclick="x()" style="position:fixed;color:red">Mara</p><script>alert(1)</script>'
    mara.post(SETTINGS, fill(identity, "add", html=html))
    row = Signature.objects.get()
    assert (row.html, row.text) == ('<p style="color:red">Mara</p>', "Mara")
    Signature.objects.update(html=html)
    page = unescape(mara.get("/compose/").content.decode())
    assert "onclick" not in page
    assert "alert(1)" not in page


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"text": " \n"}, "Write what the signature says."),
        ({"text": "x" * 4001}, "longer than 4000"),
        ({"html": f"<p>{'x' * 40_000}</p>", "text": "x"}, "longer than 40000"),
    ],
)
def test_what_is_wrong_is_said_and_stays_in_the_field(mara, identity, fields, sentence):
    answer = mara.post(SETTINGS, fill(identity, "add", name="Kept", **fields))
    assert answer.status_code == 422
    assert sentence in answer.content.decode()
    assert 'value="Kept"' in answer.content.decode()
    assert not Signature.objects.exists()


def test_the_signatures_of_somebody_else_are_unknown(mara, identity):
    other = User.objects.create(address="ben@hearth.example")
    account = other.accounts.create(address=other.address)
    theirs = account.identities.create(addr_spec=other.address)
    their_signature = theirs.signatures.create(name="Ben", text="Ben")
    for asked in (fill(theirs, "add", text="x"), fill(identity, "remove", signature="")):
        assert mara.post(SETTINGS, asked).status_code == 404
    stolen = fill(identity, "save", signature=their_signature.key, text="x")
    assert mara.post(SETTINGS, stolen).status_code == 404
    action, fields = begin(mara, text="Hi", signature=their_signature.key, signed="")
    mara.post(action, fields | {"do": "save"})
    assert StoredDraft.objects.get().fields["text"] == "Hi"


# -- writing --------------------------------------------------------------------------------------


def test_the_usual_one_stands_under_a_new_message(mara, home, work):
    page = mara.get("/compose/").content.decode()
    assert "\n\n-- \nMara\n</textarea>" in page
    assert f'<option value="{home.key}"' in page
    assert re.search(rf'<option value="{home.key}"[^>]* selected>Home<', page)


def test_without_signatures_there_is_nothing_to_choose(mara, identity):
    assert 'name="signature"' not in mara.get("/compose/").content.decode()


@pytest.mark.parametrize(("below", "end"), [(False, False), (True, True)])
def test_an_answer_has_it_above_the_quotation_or_at_the_end(mara, store, home, below, end):
    Signature.objects.update(below_quote=below)
    ref = store.append("INBOX", ORIGINAL % b"plain")
    _, fields = form_of(mara.get(f"/compose/?reply={ref_of(ref)}"))
    assert fields["text"].rstrip().endswith("\n-- \nMara") is end
    assert fields["text"].startswith("\n\nMara\n\n") is not end


def test_a_chosen_signature_takes_the_place_of_the_other_and_leaves_what_was_typed(
    mara, home, work
):
    action, fields = begin(mara, to="jonas@hearth.example")
    fields["text"] = "Dear Jonas,\n\nyes.  \n\n-- \nMara\n"
    answer = mara.post(action, fields | {"signature": work.key, "do": "save"}, follow=True)
    action, fields = form_of(answer)
    assert fields["text"] == "Dear Jonas,\n\nyes.  \n\n-- \nMara Lindgren\n"
    answer = mara.post(action, fields | {"signature": "", "do": "save"}, follow=True)
    assert form_of(answer)[1]["text"] == "Dear Jonas,\n\nyes.  "


def test_a_signature_chosen_with_the_press_on_send_is_sent(mara, home, work):
    action, fields = begin(mara, to="jonas@hearth.example")
    mara.post(action, fields | {"signature": work.key, "do": "send"})
    body = parse_message(wire()).raw.partition(b"\r\n\r\n")[2]
    assert body.endswith(b"-- \r\nMara Lindgren\r\n")


def test_a_formatted_answer_gets_the_formatted_signature(mara, store, home, work):
    ref = store.append("INBOX", ORIGINAL % b"html")
    action, fields = form_of(mara.get(f"/compose/?reply={ref_of(ref)}"))
    html = '<div>Yes</div><div class="signature"><div>Mara</div></div><blockquote>Any?</blockquote>'
    fields |= {"format": "html", "html": html, "signature": work.key, "do": "save"}
    mara.post(action, fields)
    row = StoredDraft.objects.get().fields
    assert row["html"] == (
        '<div>Yes</div><div class="signature"><div><b>Mara Lindgren</b></div></div>'
        "<blockquote>Any?</blockquote>"
    )
    assert row["text"] == "Yes\nMara Lindgren\n\n> Any?"


def test_the_same_form_twice_changes_the_signature_once(mara, home, work):
    action, fields = begin(mara, to="jonas@hearth.example")
    for _ in range(2):
        mara.post(action, fields | {"signature": work.key, "do": "save"})
    assert StoredDraft.objects.get().fields["text"] == "\n\n-- \nMara Lindgren\n"


# -- what was there before ------------------------------------------------------------------------


def test_the_one_signature_of_before_becomes_the_first():
    executor = MigrationExecutor(connection)
    executor.migrate([("accounts", "0007_senders_shown_as_sent")])
    old = executor.loader.project_state([("accounts", "0007_senders_shown_as_sent")]).apps
    user = old.get_model("accounts", "User").objects.create(address="a@b.example")
    account = old.get_model("accounts", "Account").objects.create(user=user, address="a@b.example")
    identities = old.get_model("accounts", "Identity").objects
    identities.create(account=account, addr_spec="a@b.example", signature_text="\nMara\nHearth\n")
    identities.create(account=account, key="k2", addr_spec="c@b.example", signature_text="")
    executor = MigrationExecutor(connection)
    executor.migrate(executor.loader.graph.leaf_nodes())
    (row,) = Signature.objects.all()
    assert (row.identity.addr_spec, row.text) == ("a@b.example", "Mara\nHearth")
    assert (row.for_new, row.for_answers, row.below_quote) == (True, True, False)


def test_the_settings_show_each_signature_as_it_will_look(mara, home, work):
    page = mara.get(SETTINGS).content.decode()
    assert '<figcaption>As it will look</figcaption><pre dir="auto">Mara</pre>' in page
    url = f"/settings/signature/{work.key}/"
    assert f'<iframe src="{url}"' in page
    Signature.objects.filter(pk=work.pk).update(html="<b>Mara</b><script>alert(1)</script>")
    shown = mara.get(url)
    assert "<b>Mara</b>" in shown.content.decode()
    assert "alert" not in shown.content.decode()
    assert "script-src 'none'" in shown["Content-Security-Policy"]
    assert mara.get(f"/settings/signature/{home.key}/").status_code == 404


def test_nobody_sees_the_signatures_of_somebody_else(mara):
    account = User.objects.create(address="ben@x.example").accounts.create(address="ben@x.example")
    theirs = account.identities.create(addr_spec="ben@x.example").signatures.create(html="<b>B</b>")
    assert mara.get(f"/settings/signature/{theirs.key}/").status_code == 404
