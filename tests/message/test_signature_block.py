"""Putting a signature into a text, finding it again and changing it."""

import pytest

from webmail.message.reply import forward_html, quote_html
from webmail.message.sanitize import sanitize_for_compose, text_from_html
from webmail.message.signature_block import SignatureBlock, swap_html, swap_text

HOME = SignatureBlock("Mara")
WORK = SignatureBlock("Mara Lindgren\nHearth", "<div><b>Mara Lindgren</b></div><div>Hearth</div>")
LAST = SignatureBlock("Mara, last", below_quote=True)
QUOTE = "On 12 Nov 2026, Jonas wrote:\n> Is there any?\n"
QUOTE_HTML = "<p>On 12 Nov 2026, Jonas wrote:</p><blockquote><div>Any?</div></blockquote>"


@pytest.mark.parametrize(
    ("text", "old", "new", "expected"),
    [
        ("", None, HOME, "\n\n-- \nMara\n"),
        ("Hi", None, HOME, "Hi\n\n-- \nMara\n"),
        ("Hi\n\n-- \nMara\n", HOME, WORK, "Hi\n\n-- \nMara Lindgren\nHearth\n"),
        ("Hi\n\n-- \nMara\n", HOME, None, "Hi"),
        (f"Yes.\n\n{QUOTE}", None, HOME, f"Yes.\n\nMara\n\n{QUOTE}"),
        (f"Yes.\n\nMara\n\n{QUOTE}", HOME, WORK, f"Yes.\n\nMara Lindgren\nHearth\n\n{QUOTE}"),
        (f"Yes.\n\nMara\n\n{QUOTE}", HOME, None, f"Yes.\n\n{QUOTE}"),
        (f"Yes.\n\nMara\n\n{QUOTE}", HOME, LAST, f"Yes.\n\n{QUOTE}\n-- \nMara, last\n"),
        (f"{QUOTE}\n-- \nMara, last\n", LAST, HOME, f"\n\nMara\n\n{QUOTE.rstrip()}"),
    ],
)
def test_a_signature_is_put_changed_and_dropped_in_plain_text(text, old, new, expected):
    assert swap_text(text, old, new) == expected


def test_a_signature_that_was_written_into_stays():
    text = "Hi\n\n-- \nMara, until Monday\n"
    assert swap_text(text, HOME, None) == text
    html = '<div>Hi</div><div class="signature"><div>Mara, until Monday</div></div>'
    assert text_from_html(swap_html(html, HOME, None)) == "Hi\nMara, until Monday"
    changed = swap_html(html, HOME, WORK)
    assert "until Monday" in changed
    assert changed.count('class="signature"') == 1


def test_a_formatted_one_is_found_where_the_text_became_plain():
    formal = SignatureBlock("M. Lindgren", WORK.html)
    text = "Hi\n\n-- \nMara Lindgren\nHearth\n"
    assert swap_text(text, formal, HOME) == "Hi\n\n-- \nMara\n"


def test_one_whose_formatted_form_is_a_picture_is_found_by_its_text():
    """Of the picture there are no words, and an empty line is not the signature."""
    logo = SignatureBlock("Mara", '<div><img src="data:image/png;base64,AA=="></div>')
    text = "Hi\n\n\nthere\n\n-- \nMara\n"
    assert swap_text(text, logo, WORK) == "Hi\n\n\nthere\n\n-- \nMara Lindgren\nHearth\n"


def test_words_that_happen_to_be_a_name_in_a_line_are_no_signature():
    assert swap_text("Mara says yes", HOME, None) == "Mara says yes"


@pytest.mark.parametrize("above", ["", "<div>Yes.</div>"])
def test_in_html_it_stands_above_the_words_that_open_the_quotation(above):
    html = swap_html(above + QUOTE_HTML, None, HOME)
    assert html == f'{above}<div class="signature"><div>Mara</div></div>{QUOTE_HTML}'
    html = swap_html(html, HOME, WORK)
    assert text_from_html(html).startswith(
        f"{text_from_html(above)}\nMara Lindgren\nHearth\n\nOn".lstrip()
    )
    assert swap_html(html, WORK, None) == above + QUOTE_HTML


def test_it_goes_to_the_end_and_back():
    html = swap_html(swap_html(QUOTE_HTML, None, HOME), HOME, LAST)
    assert html == (
        f'{QUOTE_HTML}<div class="signature"><div>--&nbsp;</div><div>Mara, last</div></div>'
    )
    assert swap_html(html, LAST, None) == QUOTE_HTML


def test_the_text_of_it_has_the_hyphens_and_the_space_that_readers_look_for():
    html = str(sanitize_for_compose(swap_html("<div>Hi</div>", None, HOME)))
    assert text_from_html(html) == "Hi\n-- \nMara"
    assert swap_html(html, HOME, None) == "<div>Hi</div>"


def test_the_signature_of_a_quoted_message_is_never_taken_for_ours():
    theirs = sanitize_for_compose('<div dir="ltr" class="signature">Mara</div>')
    assert 'class="signature"' in theirs
    assert "class" not in quote_html(theirs, attribution="Mara wrote:")
    assert "class" not in forward_html(theirs, head="Forwarded")


@pytest.mark.parametrize(
    "html",
    [
        '<div class="dialog">x</div>',
        '<p class="signature">x</p>',
        '<div class="signature dialog">x</div>',
        '<div id="signature">x</div>',
    ],
)
def test_no_other_class_comes_into_the_editor(html):
    assert "signature" not in sanitize_for_compose(html)
    assert "dialog" not in sanitize_for_compose(html)
