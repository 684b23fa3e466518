"""The banner over a message, and what a reader answers to it."""

import re

import pytest

from tests.web.letters import attached, letter, with_files
from webmail.accounts.models import AcceptedSender, User
from webmail.index.people import forget_people
from webmail.outbound import parse_endpoint

MX = "mx.hearth.example"
PAYPAL = "PayPal Security <service@paypa1.com>"
BRAND = "PayPal <service@secure-mail.top>"


@pytest.fixture(autouse=True)
def nobody_is_known():
    forget_people()


def page_of(mara, ref):
    return mara.get(mara.url_of(ref)).content.decode()


def banner_of(page):
    found = re.search(r'<section class="notice trust.*?</section>', page, re.DOTALL)
    return found.group(0) if found else ""


def said_fine(mara, banner):
    fields = dict(
        re.findall(r'<input type="hidden" name="(sender|kinds)" value="([^"]*)">', banner)
    )
    return mara.post("/mail/trust/", fields)


def test_an_impostor_gets_one_red_sentence_and_its_reasons(mara, store):
    ref = store.append("INBOX", letter(sender=PAYPAL))
    page = page_of(mara, ref)
    assert page.count('class="notice') == 1
    assert "This is probably not from PayPal" in page
    assert "paypa1.com is made to look like PayPal." in page
    assert "Not confirmed" in page
    assert 'name="do" value="spam">Report as junk</button>' in page


def test_a_doubt_is_amber_and_offers_no_junk_button(mara, store):
    page = page_of(mara, store.append("INBOX", letter(sender=BRAND)))
    assert 'class="notice trust warn"' in page
    assert "Is this really from PayPal?" in page
    assert "Report as junk" not in page


def test_honest_mail_has_no_banner(mara, store):
    assert banner_of(page_of(mara, store.append("INBOX", letter()))) == ""


def test_what_one_wrote_oneself_is_not_judged(mara, store):
    assert banner_of(page_of(mara, store.append("Sent", letter(sender=PAYPAL)))) == ""


def test_a_risky_attachment_is_a_reason(mara, store):
    files = with_files(attached("bill.pdf.exe"))
    assert "looks like a document but is a program" in page_of(mara, store.append("INBOX", files))


def test_this_is_fine_is_remembered_for_this_sender_and_this_reason(mara, store):
    ref = store.append("INBOX", letter(sender=BRAND))
    answer = said_fine(mara, banner_of(page_of(mara, ref)))
    assert answer.status_code == 303
    assert AcceptedSender.objects.get().kinds == "brand"
    assert banner_of(page_of(mara, ref)) == ""
    other = store.append("INBOX", letter(sender="PayPal <service@other-mail.top>"))
    assert banner_of(page_of(mara, other)) != ""


def test_it_is_listed_in_the_settings_and_can_be_taken_back(mara, store):
    ref = store.append("INBOX", letter(sender=BRAND))
    said_fine(mara, banner_of(page_of(mara, ref)))
    listed = mara.get("/settings/privacy/").content.decode()
    assert "service@secure-mail.top" in listed
    assert "The name it writes under" in listed
    mara.post("/mail/trust/", {"sender": "service@secure-mail.top", "forget": "1"})
    assert (
        "secure-mail.top" not in mara.get("/settings/privacy/").content.decode().split("<main")[1]
    )
    assert banner_of(page_of(mara, ref)) != ""


def test_nobody_elses_answer_counts(mara, store):
    other = User.objects.create(address="ben@hearth.example")
    AcceptedSender.objects.create(user=other, addr_spec="service@secure-mail.top", kinds="brand")
    assert banner_of(page_of(mara, store.append("INBOX", letter(sender=BRAND)))) != ""


@pytest.mark.parametrize(
    "fields", [{}, {"sender": "a@b.example"}, {"sender": "a@b.example", "kinds": "made-up"}]
)
def test_a_form_that_says_nothing_changes_nothing(fields, mara):
    assert mara.post("/mail/trust/", fields).status_code == 303
    assert not AcceptedSender.objects.exists()


def test_a_confirmed_sender_has_a_seal_and_the_details_say_why(mara, store, settings):
    settings.WEBMAIL_AUTHSERV_ID = MX
    head = f"Authentication-Results: {MX}; dkim=pass header.d=hearth.example; dmarc=pass"
    page = page_of(mara, store.append("INBOX", letter(head=head)))
    assert "Confirmed: hearth.example" in page
    assert "hearth.example confirmed by its signature (DKIM), and its rules agree (DMARC)." in page


def test_a_field_that_anybody_can_write_confirms_nobody(mara, store, settings):
    settings.WEBMAIL_IMAP = parse_endpoint("imaps://imap.other.example", "imap")
    head = f"Authentication-Results: {MX}; dkim=pass header.d=hearth.example; dmarc=pass"
    assert "confirmed by" not in page_of(mara, store.append("INBOX", letter(head=head)))


def test_links_of_an_impostor_are_switched_off(mara, store):
    html = '<a href="https://evil.example/x">Sign in</a>'
    ref = store.append("INBOX", letter(sender=PAYPAL, text=html, kind="text/html"))
    page = page_of(mara, ref)
    body = re.search(r'<iframe[^>]* src="([^"]*)"', page).group(1)
    assert body.endswith("?links=off")
    shown = mara.get(body).content.decode()
    assert "href=" not in shown.split("<body>")[1]
    assert "leads to <bdi>evil.example</bdi>" in shown


def test_a_misleading_link_says_where_it_leads(mara, store):
    html = '<a href="https://evil.example/x">www.bank.com</a>'
    ref = store.append("INBOX", letter(text=html, kind="text/html"))
    shown = mara.get(f"{mara.url_of(ref)}body/").content.decode()
    assert "leads to <bdi>evil.example</bdi>" in shown
    assert f'href="{mara.url_of(ref)}link/?n=0"' in shown


@pytest.mark.parametrize(
    ("sender", "shown"),
    [
        ("=?utf-8?Q?Jo=E2=80=AEnas?= <a@b.example>", "<bdi>Jo⟨RLO⟩nas</bdi>"),
        ("=?utf-8?Q?Jo=E2=80=8Bnas?= <a@b.example>", "<bdi>Jo⟨ZWSP⟩nas</bdi>"),
        ("=?utf-8?Q?G?= <a@xn--ggle-55da.com>", "a@xn--ggle-55da.com"),
        ("=?utf-8?Q?G?= <a@xn--mller-kva.de>", "a@müller.de"),
    ],
)
def test_nothing_in_the_header_is_hidden(sender, shown, mara, store):
    assert shown in page_of(mara, store.append("INBOX", letter(sender=sender)))


def test_somebody_of_the_household_by_another_address_is_doubted(mara, store):
    User.objects.create(address="jonas@hearth.example", name="Jonas Okafor")
    ref = store.append("INBOX", letter(sender="Jonas Okafor <okafor@elsewhere.org>"))
    assert "You know Jonas Okafor by another address: jonas@hearth.example." in page_of(mara, ref)


def test_a_link_that_misleads_asks_once_more_and_leads_nowhere_else(mara, store):
    html = (
        '<p><a href="https://bank.example/">bank.example</a> '
        '<a href="https://evil.example/x?a=1&amp;b=2">https://bank.example/login</a></p>'
    )
    url = mara.url_of(store.append("INBOX", letter(text=html, kind="text/html")))
    body = mara.get(f"{url}body/").content.decode()
    assert f'href="{url}link/?n=1"' in body
    assert 'href="https://bank.example/"' in body
    assert "evil.example/x" not in body
    page = mara.get(f"{url}link/?n=1")
    assert 'href="https://evil.example/x?a=1&amp;b=2"' in page.content.decode()
    assert "leads to <bdi>evil.example</bdi>" in page.content.decode()
    for number in ("0", "2", "", "x", "-1", "99999999"):
        assert mara.get(f"{url}link/", {"n": number}).status_code == 404
