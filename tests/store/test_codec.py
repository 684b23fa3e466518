"""IMAP's answers as our values, from the odd servers there are."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from webmail.store import imap_codec as codec
from webmail.store import imap_structure
from webmail.store.imap_replies import Reply, Untagged
from webmail.store.mailbox import SEEN, Flag, MailboxSummary, SpecialUse
from webmail.store.sequence_set import numbers_in, sequence_sets
from webmail.store.special_use import with_special_uses


def response(kind, text, number=0):
    return Untagged(kind, number, (text.encode(),))


def fetched(text):
    (items,) = codec.fetched(Reply("OK", (response("FETCH", text, 3),), "", b"", ""))
    return items


def structure(text):
    return codec.part_from_bodystructure(fetched(f"(BODYSTRUCTURE {text})")[b"BODYSTRUCTURE"])


def test_a_part_alone_has_section_one():
    part = structure('("TEXT" "HTML" ("CHARSET" "UTF-8" "FORMAT" "flowed") NIL NIL "BASE64" 99 2)')
    assert (part.section, part.media_type, part.charset) == ("1", "text/html", "utf-8")
    assert (part.encoding, part.size_bytes) == ("base64", 99)
    assert part.parameters == (("format", "flowed"),)


@pytest.mark.parametrize(
    ("disposition", "expected"),
    [
        ('("ATTACHMENT" ("FILENAME" "a b.txt"))', ("attachment", "a b.txt")),
        ('("inline" NIL)', ("inline", "n.txt")),
        ('("x-odd" NIL)', ("attachment", "n.txt")),
        ("NIL", ("", "n.txt")),
        ('("attachment" ("filename*0*" "utf-8\'\'%C3%BC" "filename*1" "x.txt"))', None),
        ('("attachment" ("filename" "=?utf-8?q?=C3=BCx.txt?="))', None),
        ('("attachment" ("filename" "a\\"b.txt"))', ("attachment", 'a"b.txt')),
    ],
)
def test_names_are_decoded_whatever_way_they_were_written(disposition, expected):
    part = structure(f'("TEXT" "PLAIN" ("NAME" "n.txt") NIL NIL "7BIT" 5 1 NIL {disposition} NIL)')
    assert (part.disposition, part.filename) == (expected or ("attachment", "üx.txt"))


@pytest.mark.parametrize(
    "text",
    [
        '("IMAGE" "PNG" NIL NIL NIL "BASE64" 5 NIL ("inline" NIL) NIL "http://a.example/x y.png")',
        '("TEXT" "HTML" NIL NIL NIL "7BIT" 5 1 NIL NIL NIL "http://a.example/x y.png")',
    ],
)
def test_the_place_a_part_came_from_is_the_last_of_its_fields(text):
    assert structure(text).content_location == "http://a.example/xy.png"


def test_content_ids_lose_their_brackets():
    part = structure('("IMAGE" "PNG" NIL "<logo@x>" NIL "BASE64" 5)')
    assert part.content_id == "logo@x"


@pytest.mark.parametrize(
    "tree",
    [
        "NIL",
        "()",
        "(NIL NIL)",
        '("TEXT")',
        '("TEXT" "PLAIN" NIL NIL NIL NIL NIL)',
        '(("TEXT" "PLAIN"))',
        '(("TEXT" "PLAIN") NIL)',
        "(() ())",
        '("MESSAGE" "RFC822" NIL NIL NIL "7BIT" 5 NIL NIL 1)',
        '("MESSAGE" "RFC822" NIL NIL NIL "7BIT" 5 (1 2) () 1)',
        '("TEXT" "PLAIN" ("CHARSET") NIL NIL "7BIT" "x" 1 NIL ("a" "b") (("x" NIL)))',
    ],
)
def test_a_structure_that_is_broken_is_a_part_all_the_same(tree):
    part = structure(tree)
    assert part.media_type
    assert all(each.media_type for each in part.walk())


def test_a_structure_too_deep_ends_at_a_part():
    inner = '("TEXT" "PLAIN" NIL NIL NIL "7BIT" 5 1)'
    for _ in range(60):
        inner = f'({inner} "MIXED")'
    assert (
        max(part.section.count(".") for part in structure(inner).walk()) <= imap_structure.MAX_DEPTH
    )


def test_a_structure_too_wide_is_cut():
    leaf = '("TEXT" "PLAIN" NIL NIL NIL "7BIT" 5 1)'
    assert len(list(structure(f'({leaf * 3000} "MIXED")').walk())) <= imap_structure.MAX_PARTS + 2


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (b"17-Jul-1996 02:44:25 -0730", timedelta(hours=-7, minutes=-30)),
        (b" 1-Jul-1996 02:44:25 +0200", timedelta(hours=2)),
    ],
)
def test_internal_dates_are_aware(text, expected):
    items = {b"UID": 1, b"INTERNALDATE": text}
    moment = codec.summary_from_fetch(items, "INBOX", 1).internal_date
    assert moment.utcoffset() == expected
    assert (moment.year, moment.minute) == (1996, 44)


@pytest.mark.parametrize("text", [b"", b"x", b"32-Jul-1996 02:44:25 +0000", b"1-Foo-1996 1:1:1 +0"])
def test_an_internal_date_of_nonsense_is_1970(text):
    summary = codec.summary_from_fetch({b"UID": 1, b"INTERNALDATE": text}, "INBOX", 1)
    assert summary.internal_date == datetime(1970, 1, 1, tzinfo=UTC)


def test_internal_dates_are_written_in_english_with_their_zone():
    moment = datetime(2026, 5, 3, 7, 8, 9, 5, tzinfo=timezone(timedelta(hours=-3)))
    assert codec.internal_date_text(moment) == "03-May-2026 07:08:09 -0300"
    with pytest.raises(ValueError, match="zone"):
        codec.internal_date_text(datetime(2026, 5, 3))  # noqa: DTZ001 - the fault itself


def test_flags_no_client_could_send_are_left_out():
    words = [b"\\Seen", b"\\SEEN", b"\\Recent", b"\\*", b"a]b", b"", b"\xff", b"$Label1", 7]
    assert codec.flags_from(words) == {SEEN, Flag("$label1"), Flag("7")}


@pytest.mark.parametrize(
    ("octets", "name"),
    [
        (b"INBOX", "INBOX"),
        (b"&AOQ-rger", "ärger"),
        (b"Q&-A", "Q&A"),
        (b"&bad", None),
        ("Überfällig".encode(), "Überfällig"),
        (b"123", "123"),
    ],
)
def test_names_of_mailboxes_are_decoded(octets, name):
    found = codec.mailbox_name(octets, is_utf8=False)
    assert found
    assert name is None or found == name


@given(st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1))
@settings(deadline=None, database=None)
def test_names_go_there_and_back(name):
    argument = codec.mailbox_argument(name, is_utf8=False)
    assert argument.isascii()
    assert codec.mailbox_name(argument.encode(), is_utf8=False) == name


def test_a_mailbox_that_exists_only_as_a_place_for_others_is_listed():
    found = codec.listed(response("LIST", '(\\NonExistent \\HasChildren) "/" a'), is_utf8=False)
    assert found == MailboxSummary("a", "/", is_selectable=False, is_subscribed=False)
    assert codec.listed(response("LIST", '(\\NonExistent) "/" a'), is_utf8=False) is None


def test_names_without_hierarchy_have_no_delimiter():
    found = codec.listed(response("LIST", '(\\Junk \\Subscribed) NIL "7"'), is_utf8=False)
    assert (found.name, found.delimiter, found.special_use) == ("7", "", SpecialUse.JUNK)
    assert found.leaf == "7"


@given(st.lists(st.integers(1, 2**32 - 1), max_size=400))
@settings(deadline=None, database=None)
def test_sequence_sets_hold_exactly_their_numbers(numbers):
    sets = list(sequence_sets(numbers, limit=60))
    assert all(len(text) <= 60 for text in sets)
    assert [n for text in sets for n in numbers_in(text)] == sorted(set(numbers))


def test_sequence_sets_are_short():
    assert list(sequence_sets([5, 1, 2, 3, 9, 10])) == ["1:3,5,9:10"]
    assert numbers_in("5,3:1") == [5, 1, 2, 3]
    with pytest.raises(ValueError, match="too large"):
        numbers_in("1:4294967295")


def uses(*names, prefix="", delimiter="."):
    mailboxes = [MailboxSummary(name, delimiter) for name in names]
    return {m.name: m.special_use for m in with_special_uses(mailboxes, prefix=prefix)}


def test_uses_are_known_by_name_in_many_languages():
    assert uses("INBOX", "Gesendet", "Papierkorb", "下書き", "Notizen") == {
        "INBOX": SpecialUse.INBOX,
        "Gesendet": SpecialUse.SENT,
        "Papierkorb": SpecialUse.TRASH,
        "下書き": SpecialUse.DRAFTS,
        "Notizen": None,
    }


def test_names_below_the_inbox_and_the_namespace_count_and_deeper_ones_do_not():
    found = uses("INBOX", "INBOX.Sent", "mine.Trash", "a.Junk", prefix="mine.")
    assert found["INBOX.Sent"] is SpecialUse.SENT
    assert found["mine.Trash"] is SpecialUse.TRASH
    assert found["a.Junk"] is None


def test_an_attribute_wins_over_a_name():
    by_attribute = MailboxSummary("Post out", "/", SpecialUse.SENT)
    found = with_special_uses([by_attribute, MailboxSummary("Sent", "/")])
    assert [m.special_use for m in found] == [SpecialUse.SENT, None]


def test_of_two_names_for_one_use_the_first_choice_gets_it():
    assert uses("Deleted Items", "Trash")["Trash"] is SpecialUse.TRASH
    assert uses("Deleted Items", "Trash")["Deleted Items"] is None
