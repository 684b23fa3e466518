"""What became of a mail, as its sender sees it; and that looking costs and changes nothing."""

from html import unescape

import pytest

from tests.web.letters import letter

pytestmark = pytest.mark.django_db(transaction=True)

REPORT = "multipart/report; report-type=delivery-status; boundary=b"


def page(client, ref):
    return unescape(client.get(client.url_of(ref)).content.decode())


def bounce(*recipients, about="<7@hearth.example>"):
    statuses = "".join(f"\r\nFinal-Recipient: rfc822; {each}\r\n" for each in recipients)
    body = (
        "--b\r\nContent-Type: text/plain\r\n\r\nSorry.\r\n--b\r\n"
        "Content-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; a.example\r\n"
        f"{statuses}\r\n--b\r\nContent-Type: text/rfc822-headers\r\n\r\n"
        f"Message-ID: {about}\r\nSubject: Firewood\r\n\r\n--b--"
    )
    sender = "Mail Delivery System <MAILER-DAEMON@a.example>"
    return letter("Returned mail", body, sender=sender, kind=REPORT)


FULL = "anna@example.org\r\nAction: failed\r\nStatus: 5.2.2\r\nDiagnostic-Code: smtp; 552 <b>full"


def test_a_bounce_is_one_sentence_with_advice_and_leads_to_the_mail(mara, store):
    own = letter(sender="mara@hearth.example", head="Message-ID: <7@hearth.example>")
    sent = store.append("Sent", own)
    mara.get(mara.list_url("Sent"))
    ref = store.append("INBOX", bounce(FULL))
    shown = page(mara, ref)
    sentence = (
        "Your mail to anna@example.org could not be delivered: the receiver’s mailbox is full."
    )
    assert sentence in shown
    assert "Try again in a few days" in shown
    assert f'<a href="{mara.url_of(sent)}">“Firewood”</a>' in shown
    assert "&lt;b&gt;full" in mara.get(mara.url_of(ref)).content.decode()


def test_a_bounce_of_a_mail_that_is_not_found_says_so(mara, store):
    assert "Hearth does not find the mail" in page(mara, store.append("INBOX", bounce(FULL)))


def test_each_fate_has_its_sentence_the_gravest_first(mara, store):
    raw = bounce(
        "bo@example.net\r\nAction: delayed\r\nStatus: 4.4.1\r\n"
        "Will-Retry-Until: Fri, 27 Nov 2026 10:00:00 +0000",
        FULL,
        "cy@example.net\r\nAction: relayed\r\nStatus: 2.1.9",
        "di@example.net\r\nAction: expanded\r\nStatus: 2.0.0",
        "ed@example.net\r\nAction: delivered\r\nStatus: 2.0.0",
    )
    shown = page(mara, store.append("INBOX", raw))
    sentences = (
        "Your mail to anna@example.org could not be delivered",
        "Your mail to bo@example.net has not arrived yet: their mail server could not be reached.",
        "Your mail to ed@example.net was delivered.",
        "Your mail to cy@example.net was passed on",
        "Your mail to di@example.net was delivered to a list",
    )
    places = [shown.index(sentence) for sentence in sentences]
    assert places == sorted(places)
    assert "The mail server goes on trying until Fri 27 November 2026" in shown


def test_the_details_tell_the_senders_program(mara, store):
    shown = page(mara, store.append("INBOX", letter(head="X-Mailer: Pen 1.0")))
    assert '<dt>Written with</dt><dd dir="auto">Pen 1.0</dd>' in shown


def test_a_code_can_be_copied_and_a_contact_written_to(mara, store):
    shown = page(mara, store.append("INBOX", letter("Hello", "Your code is 482913.")))
    assert "data-code>482913</output>" in shown
    card = "BEGIN:VCARD\r\nVERSION:4.0\r\nFN:Anna Ek\r\nEMAIL:anna@example.org\r\nEND:VCARD"
    shown = page(mara, store.append("INBOX", letter("Card", card, kind="text/vcard")))
    assert '<a href="/compose/?to=anna%40example.org" data-compose-link>' in shown


def test_an_ordinary_message_is_not_asked_for_more_than_its_text(mara, store, monkeypatch):
    ref = store.append("INBOX", letter())
    asked = []
    part = type(store).part
    monkeypatch.setattr(store, "part", lambda *a, **k: asked.append(a[1]) or part(store, *a, **k))
    monkeypatch.setattr(store, "source", lambda *a, **k: asked.append("whole"))
    page(mara, ref)
    assert asked == []  # it came with the message
