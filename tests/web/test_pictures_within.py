"""Remote pictures of a message within a message: as protected as those of the message itself."""

import pytest

from tests.web.newsletters import SENDER, newsletter, sources
from webmail.accounts.models import PictureConsent
from webmail.index.people import forget_people


@pytest.fixture(autouse=True)
def nobody_is_known():
    forget_people()


def enclosing(pages, *, sender="Cid <cid@work.example>", inner=f"Jonas <{SENDER}>", more=""):
    """A message that has the newsletter in it."""
    head = f"From: {sender}\r\nContent-Type: multipart/mixed; boundary=B\r\n\r\n"
    part = b"--B\r\nContent-Type: message/rfc822\r\n\r\n" + newsletter(
        pages, sender=inner, more=more
    )
    return head.encode() + b"--B\r\n\r\nLook at this\r\n" + part + b"\r\n--B--\r\n"


def inner_url(mara, ref, view="message"):
    return f"{mara.url_of(ref)}part/2/?as={view}"


def test_within_a_message_nothing_is_fetched_until_asked_and_it_is_said(mara, store, host):
    ref = store.append("INBOX", enclosing(host))
    url = inner_url(mara, ref)
    page = mara.get(url).content.decode()
    assert "1 picture from img.shop.example, 1 tracker from t.shop.example." in page
    assert f'href="{url.replace("&", "&amp;")}&amp;pictures=once"' in page
    answer = mara.get(inner_url(mara, ref, "body"))
    assert sources(answer) == []
    assert "/images/" not in answer["Content-Security-Policy"]
    assert host.connections == 0


def test_within_a_message_they_are_shown_once(mara, store, host):
    ref = store.append("INBOX", enclosing(host))
    page = mara.get(f"{inner_url(mara, ref)}&pictures=once").content.decode()
    body = f"{inner_url(mara, ref, 'body')}&pictures=once"
    assert f'src="{body.replace("&", "&amp;")}"' in page
    assert "Still blocked: 1 tracker from t.shop.example." in page
    answer = mara.get(body)
    (source,) = sources(answer)
    assert "http://testserver/images/" in answer["Content-Security-Policy"]
    assert mara.get(source)["Content-Type"] == "image/png"
    assert len(sources(mara.get(body.replace("once", "all")))) == 2
    assert sources(mara.get(inner_url(mara, ref, "body"))) == []


@pytest.mark.parametrize(("act", "name"), [("sender", SENDER), ("domain", "hearth.example")])
def test_within_a_message_the_choice_is_of_the_inner_sender(mara, store, host, act, name):
    ref = store.append("INBOX", enclosing(host))
    url = inner_url(mara, ref)
    assert f'name="sender" value="{SENDER}"' in mara.get(url).content.decode()
    answer = mara.post("/pictures/", {"do": act, "sender": SENDER, "next": url})
    assert answer["Location"] == url
    assert PictureConsent.objects.get().name == name
    assert len(sources(mara.get(inner_url(mara, ref, "body")))) == 1
    assert "Block again" in mara.get(url).content.decode()


@pytest.mark.parametrize(
    "senders",
    [
        {"sender": f"Jonas <{SENDER}>", "inner": "Eva <eva@evil.example>"},
        {"inner": f"Jonas <{SENDER}>, Eva <eva@evil.example>"},
        {"sender": "Cid <cid@work.example>\r\nFrom: Eva <eva@evil.example>"},
    ],
    ids=["the outer one", "two inner ones", "an outer one that is not sure"],
)
def test_within_a_message_no_other_choice_counts(mara, store, host, senders):
    ref = store.append("INBOX", enclosing(host, **senders))
    mara.post("/pictures/", {"do": "sender", "sender": SENDER})
    assert sources(mara.get(inner_url(mara, ref, "body"))) == []


@pytest.mark.parametrize("query", ["", "&pictures=once", "&pictures=all"])
def test_within_a_fraud_pictures_and_links_are_off(mara, store, host, query):
    fraud = "PayPal Security <service@paypa1.com>"
    more = '<a href="https://elsewhere.example/">here</a>'
    ref = store.append("INBOX", enclosing(host, sender=fraud, more=more))
    page = mara.get(f"{inner_url(mara, ref)}{query}").content.decode()
    assert "links and pictures are switched off" in page
    assert "data-remote" not in page
    answer = mara.get(f"{inner_url(mara, ref, 'body')}{query}")
    assert sources(answer) == []
    assert 'elsewhere.example/"' not in answer.content.decode()


def test_within_a_message_a_link_says_where_it_leads(mara, store, host):
    link = '<a href="https://evil.example/">www.bank.example</a>'
    ref = store.append("INBOX", enclosing(host, more=link))
    assert "data-leads-to" in mara.get(inner_url(mara, ref, "body")).content.decode()


def test_within_a_message_links_lead_straight_unless_switched_off(mara, store, host):
    link = '<a href="https://ex.example/?utm_source=x">x</a>'
    ref = store.append("INBOX", enclosing(host, more=link))
    assert "utm_source" not in mara.get(inner_url(mara, ref, "body")).content.decode()
    mara.post("/settings/privacy/", {"cleans_links": ""})
    assert "utm_source" in mara.get(inner_url(mara, ref, "body")).content.decode()
