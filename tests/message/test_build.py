"""What a draft becomes on the wire, and what no draft can make it."""

import tracemalloc
from datetime import UTC, datetime, timedelta, timezone
from email import message_from_bytes, policy
from email.message import EmailMessage

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from webmail.message.address import Address
from webmail.message.bodystructure import decode_part
from webmail.message.build import BuildError, Draft, DraftAttachment, build, new_message_id
from webmail.message.parse import parse_message

MARA = Address("Mara Lindgren", "mara@hearth.example")
JONAS = Address("Jonas Okafor", "jonas@hearth.example")
DATE = datetime(2026, 11, 22, 10, 42, tzinfo=timezone(timedelta(hours=1)))
ID = "<made-up@hearth.example>"
PICTURE = b"\x89PNG\r\n\x1a\n" + bytes(range(256))


def built(**fields):
    return build(Draft(**{"from_": MARA, "to": (JONAS,)} | fields), message_id=ID, date=DATE)


def read(raw) -> EmailMessage:
    return message_from_bytes(raw, policy=policy.default)


def shape(part):
    """The tree of media types, as nested lists."""
    if not part.is_multipart():
        return part.get_content_type()
    return [part.get_content_subtype(), *(shape(child) for child in part.iter_parts())]


def test_a_plain_message_has_the_fields_of_its_draft():
    message = read(built(subject="Soup", text="At six.\n").wire)
    assert dict(message.items()) == {
        "From": "Mara Lindgren <mara@hearth.example>",
        "To": "Jonas Okafor <jonas@hearth.example>",
        "Subject": "Soup",
        "Date": "Sun, 22 Nov 2026 10:42:00 +0100",
        "Message-ID": ID,
        "MIME-Version": "1.0",
        "Content-Type": 'text/plain; charset="utf-8"; format="flowed"',
        "Content-Transfer-Encoding": "7bit",
    }
    assert message.get_content() == "At six.\r\n"


def test_no_subject_is_an_empty_field_and_not_an_empty_word():
    assert b"\r\nSubject:\r\n" in built(subject="", text="At six.").wire


def test_the_tree_has_each_level_only_where_it_is_needed():
    picture = DraftAttachment("a.png", "image/png", PICTURE, content_id="a@hearth")
    file = DraftAttachment("a.pdf", "application/pdf", b"%PDF")
    html = '<img src="cid:a@hearth">'
    related = ["related", "text/html", "image/png"]
    assert shape(read(built(text="x").wire)) == "text/plain"
    assert shape(read(built(text="x", html="<p>x</p>").wire)) == [
        "alternative", "text/plain", "text/html"
    ]  # fmt: skip
    assert shape(read(built(text="x", attachments=(file,)).wire)) == [
        "mixed", "text/plain", "application/pdf"
    ]  # fmt: skip
    assert shape(read(built(text="x", html=html, attachments=(file, picture)).wire)) == [
        "mixed", ["alternative", "text/plain", related], "application/pdf"
    ]  # fmt: skip


def test_a_picture_the_html_does_not_name_is_a_file():
    picture = DraftAttachment("a.png", "image/png", PICTURE, content_id="a@hearth")
    message = read(built(html="<p>gone</p>", attachments=(picture,)).wire)
    assert [part.get_filename() for part in message.iter_attachments()] == ["a.png"]


@pytest.mark.parametrize(
    "name",
    [
        "plan.pdf",
        "Räkning – oktober.pdf",
        'with "quotes" and \\ slashes;.txt',
        "旅行" * 60 + ".txt",
        "100% sure*'.txt",
        "🧾.txt",
        "no-ending " * 12,
    ],
)
def test_a_file_keeps_its_name_and_its_octets(name):
    content = bytes(range(256)) * 9
    message = read(built(attachments=(DraftAttachment(name, "text/csv", content),)).wire)
    (part,) = message.iter_attachments()
    assert part.get_filename() == name.strip()
    assert part.get_payload(decode=True) == content


def test_the_name_in_content_type_is_for_old_readers():
    wire = built(attachments=(DraftAttachment("Kvitto å.pdf", "application/pdf", b"x"),)).wire
    assert b'name="=?utf-8?q?Kvitto_=C3=A5=2Epdf?="' in wire
    assert b"filename*=utf-8''Kvitto%20%C3%A5.pdf" in wire


@pytest.mark.parametrize(
    "media_type", ["", "x", "multipart/mixed", "message/partial", "a/b\r\nX: y"]
)
def test_a_strange_media_type_becomes_octets(media_type):
    (part,) = read(
        built(attachments=(DraftAttachment("f", media_type, b"x"),)).wire
    ).iter_attachments()
    assert part.get_content_type() == "application/octet-stream"


def test_an_attached_message_is_one_and_not_encoded():
    inner = b"Subject: in\n\nbody\n"
    raw = built(attachments=(DraftAttachment("in.eml", "message/rfc822", inner),))
    (part,) = read(raw.wire).iter_attachments()
    assert part.get_content_type() == "message/rfc822"
    assert part.get_content()["Subject"] == "in"
    assert b"Subject: in\r\n\r\nbody\r\n\r\n--" in raw.wire
    assert not raw.needs_8bitmime


@pytest.mark.parametrize(
    ("inner", "encoding", "needs_8bit"),
    [
        (b"Subject: x\r\n\r\n\xc3\xa5\r\n", "8bit", True),
        (b"Subject: x\r\n\r\n" + b"y" * 999, "base64", False),
        (b"Subject: x\r\n\r\n\0", "base64", False),
    ],
)
def test_an_attached_message_travels_as_it_can(inner, encoding, needs_8bit):
    raw = built(attachments=(DraftAttachment("in.eml", "message/rfc822", inner),))
    (part,) = read(raw.wire).iter_attachments()
    assert part["Content-Transfer-Encoding"] == encoding
    assert raw.needs_8bitmime is needs_8bit
    assert raw.needs_smtputf8 is False


def test_an_attached_message_of_eight_bits_is_a_file_where_the_server_takes_seven():
    inner = b"Subject: x\r\n\r\n\xc3\xa5\r\n"
    draft = Draft(
        MARA, to=(JONAS,), attachments=(DraftAttachment("in.eml", "message/rfc822", inner),)
    )
    raw = build(draft, message_id=ID, date=DATE, eight_bits=False)
    (part,) = read(raw.wire).iter_attachments()
    assert raw.wire.isascii()
    assert not raw.needs_8bitmime
    assert (part.get_content_type(), part.get_filename()) == ("application/octet-stream", "in.eml")
    assert part.get_content() == inner


@pytest.mark.parametrize("line", [b"\r\n", b"\n"])
def test_an_attached_message_goes_without_its_bcc(line):
    inner = (
        b"From: mara@hearth.example|Bcc: quiet@hearth.example,| more@hearth.example|"
        b"RESENT-BCC: x@y.example|Subject: s||Bcc: this is text|"
    ).replace(b"|", line)
    wire = built(attachments=(DraftAttachment("in.eml", "message/rfc822", inner),)).wire
    assert b"From: mara@hearth.example\r\nSubject: s\r\n\r\nBcc: this is text\r\n" in wire


@pytest.mark.parametrize(
    "inner", [b"", b"Bcc: x@y.example", b"no header at all", b"\r\n\r\nBcc: x"]
)
def test_a_scrap_can_be_attached_as_a_message(inner):
    wire = built(attachments=(DraftAttachment("in.eml", "message/rfc822", inner),)).wire
    (part,) = read(wire).iter_attachments()
    assert part.get_content_type() == "message/rfc822"
    assert b"x@y.example" not in wire


def test_content_that_holds_the_boundary_gets_another():
    first = built(text="a", html="<p>a</p>").wire
    boundary = read(first).get_boundary()
    message = read(built(text=f"--{boundary}\n", html="<p>a</p>").wire)
    assert shape(message) == ["alternative", "text/plain", "text/html"]


def test_bcc_is_in_the_copy_for_sent_and_nothing_else_differs():
    raw = built(bcc=(Address("Quiet", "quiet@hearth.example"),), html="<p>x</p>")
    assert b"quiet" not in raw.wire
    assert raw.sent.replace(b"Bcc: Quiet <quiet@hearth.example>\r\n", b"", 1) == raw.wire
    assert raw.rcpt_to == ("jonas@hearth.example", "quiet@hearth.example")


def test_without_bcc_both_are_the_same():
    raw = built()
    assert raw.sent is raw.wire


def test_everybody_gets_one_copy():
    raw = built(to=(JONAS, MARA), cc=(JONAS,), bcc=(MARA,))
    assert raw.rcpt_to == ("jonas@hearth.example", "mara@hearth.example")
    assert raw.mail_from == "mara@hearth.example"


def test_a_draft_without_recipients_can_be_kept():
    assert built(to=()).rcpt_to == ()


def test_a_domain_travels_in_a_labels_and_needs_no_smtputf8():
    raw = built(to=(Address("", "kim@Exämple.org"), Address("", "a@straße.example")))
    assert raw.rcpt_to == ("kim@xn--exmple-cua.org", "a@xn--strae-oqa.example")
    assert raw.needs_smtputf8 is False
    assert raw.wire.isascii()


def test_only_a_local_part_outside_ascii_needs_smtputf8():
    raw = built(to=(Address("Åsa", "åsa@exämple.org"),), subject="å")
    assert raw.needs_smtputf8 is True
    assert raw.needs_8bitmime is True
    assert "<åsa@xn--exmple-cua.org>".encode() in raw.wire
    assert b"Subject: =?utf-8?" in raw.wire


@pytest.mark.parametrize(
    ("bad", "shown"),
    [
        ("", "“”"),
        ("anna", "“anna”"),
        ("anna@@hearth.example", "“anna@@hearth.example”"),
        ("a@b@hearth.example", "exactly one @"),
        ("anna@hearth.example\r\nRCPT TO:<x@y.example>", "“anna@hearth.example"),
        ("an na@hearth.example", "before the @"),
        ("anna>@hearth.example", "before the @"),
        ("anna\u202e@hearth.example", "before the @"),
        ("anna\x00@hearth.example", "before the @"),
        ("anna@-hearth.example", "no domain"),
        ("anna@hearth..example", "no domain"),
        ("anna@hear th.example", "no domain"),
        ("anna@" + "a" * 64 + ".example", "no domain"),
        ("a" * 250 + "@hearth.example", "longer than 254"),
    ],
)
@pytest.mark.parametrize("field", ["to", "cc", "bcc", "reply_to"])
def test_a_bad_address_is_named(field, bad, shown):
    with pytest.raises(BuildError) as caught:
        built(**{field: (Address("Anna", bad),)})
    assert shown in str(caught.value)
    assert "\r" not in str(caught.value)


@pytest.mark.parametrize(
    ("given_", "wire"),
    [
        ("abc..d.@docomo.example", '"abc..d."@docomo.example'),
        ('"john doe"@hearth.example', '"john doe"@hearth.example'),
        ("a+b/c=d@HEARTH.example", "a+b/c=d@hearth.example"),
        ("me@[192.0.2.1]", "me@[192.0.2.1]"),
        ("me@localhost", "me@localhost"),
    ],
)
def test_unusual_addresses_are_spelled_rightly(given_, wire):
    assert built(to=(Address("", given_),)).rcpt_to == (wire,)


def test_a_thread_keeps_its_first_and_its_newest_ids():
    ids = tuple(f"<{number}@hearth.example>" for number in range(50))
    message = read(built(in_reply_to=ids[-1:], references=ids).wire)
    kept = message["References"].split()
    assert (kept[0], kept[1], kept[-1], len(kept)) == (ids[0], ids[30], ids[49], 21)
    assert message["In-Reply-To"] == ids[49]


def test_what_is_no_message_id_is_left_out():
    raw = built(
        references=("<a b@c>", "x", "<ok@c>\r\nBcc: x@y", "<ok@c>", "<" + "a" * 1000 + "@c>")
    )
    assert read(raw.wire)["References"] == "<ok@c>"


def test_the_user_agent_is_there_only_if_asked_for():
    assert read(built().wire)["User-Agent"] is None
    raw = build(Draft(MARA), message_id=ID, date=DATE, user_agent="Hearth/1\r\nX: y")
    assert read(raw.wire)["User-Agent"] == "Hearth/1 X: y"


def test_wrong_arguments_are_refused():
    with pytest.raises(BuildError, match="Message-ID"):
        build(Draft(MARA), message_id="<x>", date=DATE)
    with pytest.raises(BuildError, match="offset"):
        build(Draft(MARA), message_id=ID, date=DATE.replace(tzinfo=None))


def test_a_message_id_is_new_and_at_the_users_domain():
    ids = {new_message_id("Exämple.org") for _ in range(50)}
    assert len(ids) == 50
    assert all(each.endswith("@xn--exmple-cua.org>") for each in ids)
    with pytest.raises(BuildError):
        new_message_id("a b")


@pytest.mark.parametrize("text", ["a\n.\nb", "a\r.\rb", "a\n.\r\nb", "a\r\n.\nQUIT\r\n"])
def test_a_lonely_dot_cannot_end_the_data(text):
    wire = built(text=text, html=f"<pre>{text}</pre>").wire
    assert wire.count(b"\r\n") == wire.count(b"\n") == wire.count(b"\r")


def test_a_large_attachment_is_not_copied_often():
    content = bytes(25_000_000)
    draft = Draft(MARA, (JONAS,), bcc=(MARA,), attachments=(DraftAttachment("f", "a/b", content),))
    tracemalloc.start()
    raw = build(draft, message_id=ID, date=DATE)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 3 * len(content)  # beside the content itself
    assert len(raw.wire) > len(content)


names = st.text(max_size=80)
locals_ = st.from_regex(r"[a-z0-9.!#$%&'*+/=?^_`{|}~åß漢-]{1,30}", fullmatch=True)
domains = st.from_regex(r"[a-z0-9åß漢]{1,20}(\.[a-z]{2,9}){1,2}", fullmatch=True)
addresses = st.builds(Address, names, st.builds("{}@{}".format, locals_, domains))
lists = st.lists(addresses, max_size=6).map(tuple)
files = st.builds(
    DraftAttachment,
    names,
    st.sampled_from(["text/plain", "message/rfc822", "image/png"]),
    st.binary(max_size=300),
)
drafts = st.builds(
    Draft,
    from_=addresses,
    to=lists,
    cc=lists,
    bcc=lists,
    reply_to=lists,
    subject=st.text(max_size=300),
    text=st.text(max_size=400),
    html=st.text(max_size=200),
    attachments=st.lists(files, max_size=2).map(tuple),
    in_reply_to=st.lists(st.text(max_size=20)).map(tuple),
    references=st.lists(st.text(max_size=20)).map(tuple),
)


@settings(deadline=None, max_examples=250)
@given(drafts)
def test_no_draft_makes_a_field_a_line_or_a_recipient_of_its_own(draft):
    raw = build(draft, message_id=ID, date=DATE.astimezone(UTC))
    head = raw.sent.partition(b"\r\n\r\n")[0].split(b"\r\n")
    starts = [line.partition(b":")[0] for line in head if not line.startswith(b" ")]
    assert len(starts) == len(set(starts))
    assert set(starts) <= {
        b"Bcc", b"From", b"To", b"Cc", b"Reply-To", b"Subject", b"Date", b"Message-ID",
        b"In-Reply-To", b"References", b"MIME-Version", b"Content-Type",
        b"Content-Transfer-Encoding",
    }  # fmt: skip
    assert all(len(line) <= 998 for line in raw.sent.split(b"\r\n"))
    assert raw.sent.count(b"\r\n") == raw.sent.count(b"\n") == raw.sent.count(b"\r")
    assert len(raw.rcpt_to) <= len(draft.to) + len(draft.cc) + len(draft.bcc)


@settings(deadline=None, max_examples=250)
@given(
    st.text(
        st.characters(exclude_categories=["Cc", "Cs", "Zl", "Zp", "Zs"]), min_size=1, max_size=200
    )
)
def test_subjects_names_and_file_names_are_read_as_they_were_written(text):
    raw = built(
        subject=f"a {text}",
        to=(Address(text, "x@y.example"),),
        attachments=(DraftAttachment(f"a{text}", "text/plain", b""),),
    )
    message = read(raw.wire)
    assert message["Subject"] == f"a {text}"
    assert next(message.iter_attachments()).get_filename() == f"a{text}"
    assert raw.wire.isascii()


@settings(deadline=None)
@given(st.text(st.characters(exclude_categories=["C", "Z"]), min_size=1, max_size=200))
def test_our_own_reader_agrees(text):
    raw = built(
        subject=text,
        to=(Address(text, "x@y.example"), JONAS),
        attachments=(DraftAttachment(f"{text}.bin", "image/png", PICTURE),),
    )
    message = parse_message(raw.wire)
    file = message.structure.children[1]
    assert message.envelope.subject == text
    assert message.envelope.to == (Address(text, "x@y.example"), JONAS)
    assert file.filename == f"{text}.bin"
    assert decode_part(message.part_bytes(file.section), file.encoding) == PICTURE


@settings(deadline=None)
@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\r\0"), max_size=600))
def test_html_arrives_as_it_was_written(html):
    message = read(built(html=html or "x").wire)
    assert message.get_body(("html",)).get_payload(
        decode=True
    ).decode() == f"{html or 'x'}\n".replace("\n", "\r\n")
