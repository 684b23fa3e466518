"""Quotations of HTML messages: folded where they surely are, never anything else."""

import re

import pytest

from webmail.message.plaintext import html_from_text
from webmail.message.quoted import with_quotation_folded
from webmail.message.sanitize import sanitize_for_reading

GMAIL = (
    '<div dir="ltr">Yes, nine is fine.<br>Bring the key.</div><br><div class="gmail_quote">'
    '<div dir="ltr" class="gmail_attr">On Sun, 22 Nov 2026 at 09:00, Ben &lt;'
    '<a href="mailto:ben@hearth.test">ben@hearth.test</a>&gt; wrote:<br></div>'
    '<blockquote class="gmail_quote" style="margin:0">OLD<blockquote>older</blockquote>'
    "</blockquote></div>"
)
THUNDERBIRD = (
    '<p>Gern.</p><p>Bis dann</p><div class="moz-cite-prefix">Am 22.11.26 um 09:00 schrieb Ben:'
    '</div><blockquote type="cite" cite="mid:a@b"><p>OLD</p></blockquote>'
)
APPLE = (
    "<div>See you.</div><div>Ada</div><div><br><blockquote type='cite'></blockquote></div>"
    "<div>Den 22 nov. 2026 kl. 09:00<br>skrev Ben:<br><blockquote type='cite'>OLD"
    "</blockquote></div>"
)
OUTLOOK = (
    '<div class="WordSection1"><p>Fine by me.</p><p>Ada</p><div><div style="border:none;'
    'border-top:solid #E1E1E1 1.0pt;padding:3.0pt 0cm 0cm 0cm"><p><b>From:</b> Ben<br>'
    "<b>Sent:</b> Sunday<br><b>To:</b> Ada<br><b>Subject:</b> Boiler</p></div></div>"
    "<p>OLD</p><p>older</p></div>"
)
OUTLOOK_WEB = (
    "<div>Ja.</div><div>Ada</div><hr><div id='divRplyFwdMsg' dir='ltr'><font><b>Von:</b> Ben<br>"
    "<b>Gesendet:</b> Sonntag<br><b>An:</b> Ada<br><b>Betreff:</b> Kessel</font><div>&nbsp;</div>"
    "</div><div><p>OLD</p></div>"
)
FOLDED = [GMAIL, THUNDERBIRD, APPLE, OUTLOOK, OUTLOOK_WEB]


def folded(html, subject="Re: Boiler"):
    return with_quotation_folded(sanitize_for_reading(html, cid_url=lambda _: None)[0], subject)


def hidden(html):
    found = re.search(r"<details data-quoted>(.*)</details>", html, re.DOTALL)
    return found[1] if found else ""


@pytest.mark.parametrize("html", FOLDED)
def test_the_quotation_of_every_common_program_is_folded(html):
    shown = folded(html)
    assert "OLD" in hidden(shown)
    before = shown.partition("<details")[0]
    assert "OLD" not in before
    assert "older" not in before
    assert (
        re.sub(r"<details data-quoted><summary>.*?</summary>|</details>", "", shown)
        == (sanitize_for_reading(html, cid_url=lambda _: None)[0])
    )


@pytest.mark.parametrize("html", FOLDED[:4])
def test_what_stands_below_a_quotation_keeps_it_open(html):
    below = f"{html}<p>And my answer is below.</p>"
    assert "data-quoted" not in folded(below)


@pytest.mark.parametrize(
    "html",
    [
        GMAIL.replace('<div dir="ltr">Yes, nine is fine.<br>Bring the key.</div><br>', ""),
        "<p>A poem:</p><blockquote>Rose is a rose</blockquote>",
        "<p>Indented by an old program.</p><p>Ada</p><blockquote>My own words</blockquote>",
        "<p>From: the desk of Ada</p><p>Subject: to change</p>",
        '<p>On Sunday Ben wrote:</p><blockquote>a</blockquote><img src="https://e.example/a.png">',
    ],
)
def test_nothing_of_ones_own_is_hidden(html):
    assert hidden(folded(html)) == ""


@pytest.mark.parametrize("subject", ["Fwd: Boiler", "WG: Kessel", "TR: x", "[Fw: y]"])
def test_a_forwarded_message_is_shown_whole(subject):
    assert "data-quoted" not in folded(OUTLOOK, subject)


def test_with_one_line_of_ones_own_the_quotation_is_open():
    one = GMAIL.replace("<br>Bring the key.", "")
    assert "<details data-quoted open>" in folded(one)


ORIGINAL = """Fine.
Ada

-----Original Message-----
From: Ben
Sent: Sunday
To: Ada
Subject: Boiler

OLD
"""


@pytest.mark.parametrize("mark", ["-----Original Message-----\n", ""])
def test_a_text_below_the_header_of_an_original_is_folded(mark):
    text = ORIGINAL.replace("-----Original Message-----\n", mark)
    shown = html_from_text(text)
    found = re.search(r'<details class="quoted">(.*)</details>', shown, re.DOTALL)
    assert "OLD" in found[1]
    assert "Ada\n\n" not in found[1]
    assert re.sub(r"<[^>]*>|Show quoted text", "", shown).split() == text.split()


@pytest.mark.parametrize("text", [ORIGINAL.partition("\n\n")[2], "Subject: a\nFrom: b\n\nc\n"])
def test_a_text_without_words_of_ones_own_is_not(text):
    assert "quoted" not in html_from_text(text)
