"""To whom an answer goes, and with which words of the other."""

from datetime import UTC, datetime, timedelta, timezone
from email import message_from_bytes, policy

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webmail.message.address import Address
from webmail.message.build import Draft, build
from webmail.message.envelope import Envelope
from webmail.message.reply import (
    attribution,
    forward_attached,
    forward_head,
    forward_html,
    forward_subject,
    forward_text,
    quote_html,
    quote_text,
    reply_recipients,
    reply_subject,
    threading,
)
from webmail.message.sanitize import SafeHtml, sanitize_for_compose

MINE = frozenset({"mara@hearth.example", "m.lindgren@work.example"})
STOCKHOLM = timezone(timedelta(hours=1))


def people(*names):
    return tuple(Address(name.title(), f"{name}@hearth.example") for name in names)


def answer(everyone=False, followup_to=(), **fields):
    to, cc = reply_recipients(
        Envelope(**fields), mine=MINE, everyone=everyone, followup_to=followup_to
    )
    return [each.name for each in to], [each.name for each in cc]


LETTER = {"from_": people("ingrid"), "to": people("mara", "jonas"), "cc": people("amara", "mara")}


def test_an_answer_goes_to_the_author():
    assert answer(**LETTER) == (["Ingrid"], [])


def test_an_answer_to_all_leaves_out_oneself():
    assert answer(everyone=True, **LETTER) == (["Ingrid", "Jonas"], ["Amara"])


def test_reply_to_goes_before_the_author():
    assert answer(**LETTER, reply_to=people("office")) == (["Office"], [])


def test_a_reply_to_that_names_only_the_reader_is_passed_over():
    assert answer(**LETTER, reply_to=people("mara")) == (["Ingrid"], [])


def test_own_addresses_are_known_whatever_their_case():
    work = (Address("Mara at work", "M.Lindgren@WORK.example"),)
    assert answer(everyone=True, from_=people("ingrid"), to=work) == (["Ingrid"], [])


def test_nobody_is_named_twice():
    twice = (*people("jonas"), Address("J.", "JONAS@hearth.example"))
    assert answer(everyone=True, from_=people("jonas"), to=twice, cc=twice) == (["Jonas"], [])


def test_an_answer_to_ones_own_message_goes_where_it_went():
    sent = {"from_": people("mara"), "to": people("jonas"), "cc": people("ingrid", "mara")}
    assert answer(**sent) == (["Jonas"], [])
    assert answer(everyone=True, **sent) == (["Jonas"], ["Ingrid"])


def test_a_note_to_oneself_is_answered_to_oneself():
    assert answer(from_=people("mara"), to=people("mara")) == (["Mara"], [])
    assert answer(everyone=True, from_=people("mara")) == (["Mara"], [])


def test_a_list_says_where_all_are_answered():
    lists = people("list")
    assert answer(everyone=True, followup_to=lists, **LETTER) == (["List"], [])
    assert answer(everyone=False, followup_to=lists, **LETTER) == (["Ingrid"], [])


def test_a_message_without_an_author_has_nobody_to_answer():
    assert answer() == ([], [])
    assert answer(from_=(Address("Ghost", ""),)) == ([], [])


@pytest.mark.parametrize(
    ("subject", "reply", "forward"),
    [
        ("Soup", "Re: Soup", "Fwd: Soup"),
        ("Re: Soup", "Re: Soup", "Fwd: Re: Soup"),
        ("RE: re: Re : Soup", "Re: Soup", "Fwd: RE: re: Re : Soup"),
        ("AW: Suppe", "Re: Suppe", "Fwd: AW: Suppe"),
        ("SV: VS: Antw: Soppa", "Re: Soppa", "Fwd: SV: VS: Antw: Soppa"),
        ("RE[2]: Re(3): Soup", "Re: Soup", "Fwd: RE[2]: Re(3): Soup"),
        ("回复：汤", "Re: 汤", "Fwd: 回复：汤"),
        ("Fwd: Soup", "Re: Fwd: Soup", "Fwd: Soup"),
        ("WG: VB: Soup", "Re: WG: VB: Soup", "Fwd: Soup"),
        ("Regarding: soup", "Re: Regarding: soup", "Fwd: Regarding: soup"),
        ("Reply", "Re: Reply", "Fwd: Reply"),
        ("", "Re:", "Fwd:"),
        ("a\r\nBcc: x@y.example", "Re: a Bcc: x@y.example", "Fwd: a Bcc: x@y.example"),
    ],
)
def test_a_subject_has_one_prefix(subject, reply, forward):
    assert reply_subject(subject) == reply
    assert forward_subject(subject) == forward


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({}, ((), ())),
        ({"message_id": "<2@x>"}, (("<2@x>",), ("<2@x>",))),
        (
            {"message_id": "<3@x>", "references": ("<1@x>", "<2@x>")},
            (("<3@x>",), ("<1@x>", "<2@x>", "<3@x>")),
        ),
        ({"message_id": "<2@x>", "in_reply_to": ("<1@x>",)}, (("<2@x>",), ("<1@x>", "<2@x>"))),
        ({"message_id": "<2@x>", "in_reply_to": ("<0@x>", "<1@x>")}, (("<2@x>",), ("<2@x>",))),
    ],
)
def test_an_answer_joins_its_thread(fields, expected):
    assert threading(Envelope(**fields)) == expected


def test_the_author_is_named_at_the_time_of_the_reader():
    letter = Envelope(date=datetime(2026, 11, 12, 9, 42, tzinfo=UTC), from_=people("ingrid"))
    assert attribution(letter, STOCKHOLM) == "On 12 Nov 2026 at 10:42, Ingrid wrote:"


@pytest.mark.parametrize(
    ("fields", "line"),
    [
        ({}, "Somebody wrote:"),
        ({"from_": (Address("", "a@b.example"),)}, "a@b.example wrote:"),
        ({"from_": (Address("A\nB", "a@b.example"),)}, "A B wrote:"),
        (
            {"date": datetime.max.replace(tzinfo=UTC)},
            "On 31 Dec 9999 at 23:59, Somebody wrote:",
        ),
    ],
)
def test_an_author_or_date_that_is_missing_is_no_trouble(fields, line):
    assert attribution(Envelope(**fields), STOCKHOLM) == line


@pytest.mark.parametrize(
    ("text", "quoted"),
    [
        ("Hello\n\nMara\n", "> Hello\n>\n> Mara\n"),
        ("Yes.\n\n> Really?\n>> Yes?\n", "> Yes.\n>\n>> Really?\n>>> Yes?\n"),
        ("\n\nHi\r\nthere\n\n", "> Hi\n> there\n"),
        ("Hi\n\n-- \nMara\n+46 1\n", "> Hi\n"),
        ("Hi\n-- \nMara\n\n> before\n", "> Hi\n>\n>> before\n"),
        ("Hi\n--\nnot a signature\n", "> Hi\n> --\n> not a signature\n"),
        ("> -- \n> Old\nNew\n", ">> -- \n>> Old\n> New\n".replace("-- \n", "--\n")),
        ("Hi\n-- \n" + "long\n" * 30, "> Hi\n> --\n" + "> long\n" * 30),
        ("", ">\n"),
    ],
)
def test_text_is_quoted_one_level_deeper_without_its_signature(text, quoted):
    assert quote_text(text, attribution="Ingrid wrote:") == f"Ingrid wrote:\n{quoted}"


def test_quoted_html_is_cleaned_again_and_the_line_above_is_text():
    html = quote_html(SafeHtml("<p>Hello</p>"), attribution="On 1 May, <b>Eve</b> wrote:")
    assert not isinstance(html, SafeHtml)
    assert html == (
        "<p>On 1 May, &lt;b&gt;Eve&lt;/b&gt; wrote:</p><blockquote><p>Hello</p></blockquote>"
    )
    assert "<script" not in quote_html(SafeHtml(""), attribution="<script>alert(1)</script>")


@pytest.mark.parametrize(
    "hidden",
    [
        '<p style="display:none">Pay here</p>',
        '<span style="font-size:0">Pay here</span>',
        '<style>.k{display:none}</style><p class="k">Pay here</p>',
        '<p style="opacity:0">Pay here</p>',
    ],
)
def test_what_was_not_seen_is_not_quoted(hidden):
    html = quote_html(sanitize_for_compose(f"<p>Seen</p>{hidden}"), attribution="Eve wrote:")
    assert "Seen" in html
    assert "style=" not in html or "Pay here" not in html
    assert "<style" not in html


def test_a_forwarded_message_says_whose_it_is():
    letter = Envelope(
        date=datetime(2026, 11, 12, 9, 42, tzinfo=UTC),
        from_=people("ingrid"),
        to=(Address("Lindgren, Mara", "mara@hearth.example"),),
        bcc=people("quiet"),
        subject="Soup",
    )
    head = forward_head(letter, STOCKHOLM)
    assert head == (
        "---------- Forwarded message ----------\n"
        "From: Ingrid <ingrid@hearth.example>\n"
        "Date: 12 Nov 2026 at 10:42\n"
        "Subject: Soup\n"
        'To: "Lindgren, Mara" <mara@hearth.example>\n'
    )
    assert forward_text("At six.", head=head) == head + "\nAt six."
    html = forward_html(SafeHtml("<p>At six.</p>"), head=head)
    assert "From: Ingrid &lt;ingrid@hearth.example&gt;<br>" in html
    assert html.endswith("<p>At six.</p>")


def test_an_attached_message_is_named_after_its_subject():
    file = forward_attached(b"Subject: s", Envelope(subject="s / t: u?"))
    assert (file.filename, file.media_type) == ("s t u.eml", "message/rfc822")


@pytest.mark.parametrize("subject", ["", "...", "///", "\n"])
def test_an_attached_message_has_a_name(subject):
    assert forward_attached(b"", Envelope(subject=subject)).filename == "message.eml"


def test_an_attached_message_is_one_for_its_reader():
    raw = b"Subject: inner\r\n\r\nHello\r\n"
    draft = Draft(people("mara")[0], attachments=(forward_attached(raw, Envelope()),))
    wire = build(draft, message_id="<a@b>", date=datetime(2026, 1, 1, tzinfo=UTC)).wire
    (part,) = message_from_bytes(wire, policy=policy.default).iter_attachments()
    assert part.get_content()["Subject"] == "inner"


@given(st.text())
def test_every_line_of_a_quotation_is_marked(text):
    lines = quote_text(text, attribution="A:").removesuffix("\n").split("\n")
    assert lines[0] == "A:"
    assert all(line.startswith(">") for line in lines[1:])


@given(st.text())
def test_prefixes_do_not_pile_up(subject):
    assert reply_subject(reply_subject(subject)) == reply_subject(subject)
    assert forward_subject(forward_subject(subject)) == forward_subject(subject)
