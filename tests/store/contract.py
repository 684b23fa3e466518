"""What a MailStore is: each store passes these, or says in ``Abilities`` what it lacks.

Subclasses give the fixtures ``store``, ``other`` and ``third``: sessions of one account
whose mailboxes are empty.
"""

import base64
import contextlib
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta, timezone

import pytest

from webmail.message.query import And, Not, Or, Term
from webmail.store.mailbox import (
    ANSWERED,
    DELETED,
    FLAGGED,
    FORWARDED,
    SEEN,
    MessageRef,
    SpecialUse,
)
from webmail.store.protocol import MailboxNotFound, MessageGone, Refused, StoreError, Unreachable

MIB = 1024 * 1024
MORNING = datetime(2026, 3, 1, 9, 30, 15, tzinfo=timezone(timedelta(hours=2)))
ODD_NAMES = [
    "Recipes & more",
    "Überfällig",
    "家族の写真",
    "🐈 Cats",
    'with "quotes"',
    "back\\slash",
    "a{5}",
    "{5+}",
    "percent % and star *",
    "(parentheses)",
    "&AOQ-",
    "two  blanks",
]


@dataclass(frozen=True)
class Abilities:
    """What a server cannot do, or does wrong, said aloud."""

    keywords: bool = True
    keeps_line_ends: bool = True
    describes_parts: bool = True
    numbers_embedded_parts: bool = True
    copies_contents: bool = True
    survives_a_name_taken: bool = True
    tells_changes: bool = True
    tells_places: bool = True
    """UIDPLUS: without it nothing is expunged, and where a message went nobody says."""
    namespace: str = ""
    """What every name but INBOX begins with (RFC 2342)."""
    names_refused: frozenset[str] = frozenset()


def letter(number: int = 1, *, subject: str = "", body: str = "Hello there", sender: str = "Ben"):
    """A small message; its Message-ID is ``<number@hearth.test>``."""
    head = (
        f"From: {sender} <ben@hearth.test>\r\nTo: Ada <ada@hearth.test>\r\n"
        f"Subject: {subject or f'Letter {number}'}\r\nDate: Sun, 1 Mar 2026 09:30:15 +0200\r\n"
        f"Message-ID: <{number}@hearth.test>\r\nReferences: <a@x> <b@x>\r\n"
        "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n"
    )
    return f"{head}\r\n{body}\r\n".encode()


def letter_with_file(octets: bytes) -> bytes:
    encoded = base64.encodebytes(octets).replace(b"\n", b"\r\n")
    return (
        b"From: ben@hearth.test\r\nSubject: A file\r\nMIME-Version: 1.0\r\n"
        b'Content-Type: multipart/mixed; boundary="=_1"\r\n\r\n'
        b"--=_1\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nSee the file.\r\n"
        b"--=_1\r\nContent-Type: application/pdf; name=a.pdf\r\n"
        b"Content-Disposition: attachment; filename*=utf-8''%C3%BCber%20uns.pdf\r\n"
        b"Content-Transfer-Encoding: base64\r\n\r\n" + encoded + b"--=_1--\r\n"
    )


def letter_in_letter() -> bytes:
    return (
        b"From: ben@hearth.test\r\nSubject: Passed on\r\nMIME-Version: 1.0\r\n"
        b'Content-Type: multipart/mixed; boundary="=_o"\r\n\r\n'
        b"--=_o\r\nContent-Type: text/plain\r\n\r\nLook:\r\n"
        b"--=_o\r\nContent-Type: message/rfc822\r\n\r\n"
        b"From: chiyo@hearth.test\r\nSubject: Inner\r\nMIME-Version: 1.0\r\n"
        b'Content-Type: multipart/alternative; boundary="=_i"\r\n\r\n'
        b"--=_i\r\nContent-Type: text/plain\r\n\r\nInner words\r\n"
        b"--=_i\r\nContent-Type: text/html\r\n\r\n<p>Inner words</p>\r\n--=_i--\r\n"
        b"\r\n--=_o--\r\n"
    )


def file(store, *numbers, mailbox="INBOX", **more):
    """Append letters; their refs, looked up where the store does not tell them."""
    places = [store.append(mailbox, letter(number), **more) for number in numbers]
    if None in places:
        rows = {row.envelope.message_id: row.ref for row in store.page(mailbox).rows}
        return [rows[f"<{number}@hearth.test>"] for number in numbers]
    return places


def uids(page):
    return [row.ref.uid for row in page.rows]


def subjects(store, mailbox="INBOX", **where):
    return [row.envelope.subject for row in store.page(mailbox, **where).rows]


class MailStoreContract:
    abilities = Abilities()

    def named(self, leaf):
        return f"{self.abilities.namespace}{leaf}"

    def kept(self, raw):
        """What the store makes of the octets it was given."""
        return raw if self.abilities.keeps_line_ends else raw.replace(b"\r\n", b"\n")

    # What is listed

    def test_the_inbox_is_there_and_marked(self, store):
        inbox = [m for m in store.mailboxes() if m.special_use is SpecialUse.INBOX]
        assert [m.name for m in inbox] == ["INBOX"]
        assert inbox[0].is_selectable
        assert inbox[0].status.messages == 0

    def test_the_list_counts_messages_and_unseen(self, store):
        file(store, 1, flags=[SEEN])
        file(store, 2, 3)
        status = next(m.status for m in store.mailboxes() if m.name == "INBOX")
        assert (status.messages, status.unseen) == (3, 2)
        assert store.status("INBOX") == status

    def test_a_created_mailbox_is_listed_and_subscribed(self, store):
        name = store.create_mailbox("Recipes")
        assert name == self.named("Recipes")
        made = next(m for m in store.mailboxes() if m.name == name)
        assert made.is_subscribed
        assert made.status.messages == 0

    def test_a_mailbox_named_as_other_programs_name_it_gets_its_use(self, store):
        if not any(m.special_use is SpecialUse.SENT for m in store.mailboxes()):
            store.create_mailbox("Sent")
        assert any(m.special_use is SpecialUse.SENT for m in store.mailboxes())

    def test_odd_names_survive_the_way_there_and_back(self, store):
        taken = [name for name in ODD_NAMES if name not in self.abilities.names_refused]
        for name in map(self.named, taken):
            assert store.create_mailbox(name) == name
            (ref,) = file(store, 1, mailbox=name)
            assert ref.mailbox == name
            assert uids(store.page(name)) == [ref.uid]
        assert {m.name for m in store.mailboxes()} >= set(map(self.named, taken))

    def test_names_a_server_refuses_are_refused_in_its_words(self, store):
        for name in map(self.named, self.abilities.names_refused):
            with pytest.raises(Refused):
                store.create_mailbox(name)
            assert store.is_open

    def test_a_renamed_mailbox_keeps_its_messages(self, store):
        old, new = store.create_mailbox("Old"), self.named("New")
        file(store, 1, mailbox=old)
        store.page(old)
        store.rename_mailbox(old, new)
        assert subjects(store, new) == ["Letter 1"]
        assert old not in {m.name for m in store.mailboxes()}

    def test_a_deleted_mailbox_is_gone(self, store):
        old = store.create_mailbox("Old")
        store.page(old)
        store.delete_mailbox(old)
        with pytest.raises(MailboxNotFound):
            store.page(old)

    @pytest.mark.parametrize("act", ["page", "status", "delete_mailbox"])
    def test_a_mailbox_that_never_was_is_not_found(self, store, act):
        with pytest.raises(MailboxNotFound):
            getattr(store, act)(self.named("Nowhere"))

    def test_a_name_with_a_line_break_is_refused(self, store):
        with pytest.raises(Refused):
            store.create_mailbox("a\r\nA1 DELETE INBOX")

    def test_creating_what_exists_is_refused(self, store):
        store.create_mailbox("Twice")
        with pytest.raises(Refused if self.abilities.survives_a_name_taken else StoreError):
            store.create_mailbox("Twice")

    # Pages

    def test_an_empty_mailbox_has_an_empty_page(self, store):
        page = store.page("INBOX")
        assert (page.rows, page.total, page.first_position) == ((), 0, 0)
        assert not page.has_newer
        assert not page.has_older

    def test_pages_run_newest_first_by_keyset(self, store):
        refs = file(store, 1, 2, 3, 4, 5)
        first = store.page("INBOX", size=2)
        second = store.page("INBOX", size=2, older_than=uids(first)[-1])
        third = store.page("INBOX", size=2, older_than=uids(second)[-1])
        assert uids(first) + uids(second) + uids(third) == [r.uid for r in reversed(refs)]
        assert [p.first_position for p in (first, second, third)] == [1, 3, 5]
        assert [p.has_newer for p in (first, second, third)] == [False, True, True]
        assert [p.has_older for p in (first, second, third)] == [True, True, False]
        assert {p.total for p in (first, second, third)} == {5}

    def test_newer_than_gives_the_rows_next_above(self, store):
        refs = [r.uid for r in file(store, 1, 2, 3, 4, 5)]
        page = store.page("INBOX", size=2, newer_than=refs[1])
        assert uids(page) == [refs[3], refs[2]]
        assert (page.first_position, page.has_newer, page.has_older) == (2, True, True)

    def test_a_page_starts_at_a_message_that_is_gone(self, store):
        refs = file(store, 1, 2, 3)
        store.expunge([refs[1]])
        if not self.abilities.tells_places:
            return
        assert uids(store.page("INBOX", older_than=refs[1].uid)) == [refs[0].uid]
        assert uids(store.page("INBOX", newer_than=refs[1].uid)) == [refs[2].uid]

    @pytest.mark.parametrize("edge", [1, 2**32 - 1, 2**40])
    def test_pages_beyond_the_edges_are_empty_or_whole(self, store, edge):
        file(store, 1, 2)
        assert len(store.page("INBOX", older_than=edge).rows) == (0 if edge == 1 else 2)
        assert len(store.page("INBOX", newer_than=edge).rows) in ((1, 2) if edge == 1 else (0,))

    def test_a_page_knows_what_another_session_did_meanwhile(self, store, other):
        file(store, 1)
        assert len(store.page("INBOX").rows) == 1
        refs = file(other, 2, 3)
        assert subjects(store) == ["Letter 3", "Letter 2", "Letter 1"]
        other.expunge([refs[0]])
        if self.abilities.tells_places:
            assert subjects(store) == ["Letter 3", "Letter 1"]
        else:
            assert DELETED in store.page("INBOX").rows[1].flags

    def test_both_bounds_at_once_are_an_error(self, store):
        with pytest.raises(ValueError, match="not both"):
            store.page("INBOX", older_than=1, newer_than=1)

    # One message

    def test_a_row_says_what_the_header_says(self, store):
        raw = letter(7, subject="=?utf-8?q?Gr=C3=BC=C3=9Fe?=", sender="=?utf-8?b?44GP44G+?=")
        store.append("INBOX", raw, flags=[SEEN, FLAGGED], internal_date=MORNING)
        (row,) = store.page("INBOX").rows
        assert row.envelope.subject == "Grüße"
        assert (row.envelope.from_[0].name, row.envelope.from_[0].addr_spec) == (
            "くま",
            "ben@hearth.test",
        )
        assert row.envelope.date == MORNING
        assert row.envelope.message_id == "<7@hearth.test>"
        assert row.envelope.references == ("<a@x>", "<b@x>")
        assert row.internal_date == MORNING
        assert row.size_bytes == len(self.kept(raw))
        assert row.preview == "Hello there"
        assert row.flags == {SEEN, FLAGGED}

    def test_a_summary_is_the_row(self, store):
        (ref,) = file(store, 1)
        assert store.summary(ref) == store.page("INBOX").rows[0]

    def test_summaries_come_in_the_order_asked(self, store):
        refs = file(store, 1, 2, 3)
        wanted = [refs[1], MessageRef("INBOX", refs[0].uidvalidity, 4_000_000), refs[2], refs[0]]
        assert [s.ref for s in store.summaries(wanted)] == [refs[1], refs[2], refs[0]]
        assert store.summaries([]) == ()

    def test_parts_are_numbered_and_named(self, store):
        store.append("INBOX", letter_with_file(b"%PDF-" * 100))
        (row,) = store.page("INBOX").rows
        text, pdf = row.structure.children
        assert (row.structure.section, row.structure.media_type) == ("", "multipart/mixed")
        assert (text.section, text.media_type, text.charset) == ("1", "text/plain", "utf-8")
        assert (pdf.section, pdf.media_type, pdf.encoding) == ("2", "application/pdf", "base64")
        named = ("attachment", "über uns.pdf") if self.abilities.describes_parts else ("", "a.pdf")
        assert (pdf.disposition, pdf.filename) == named
        assert row.preview == "See the file."
        if self.abilities.describes_parts:
            assert pdf.size_bytes == len(b"".join(store.part(row.ref, "2")))

    def test_parts_of_a_message_in_a_message_are_counted_through(self, store):
        store.append("INBOX", letter_in_letter())
        (row,) = store.page("INBOX").rows
        sections = [(part.section, part.media_type) for part in row.structure.walk()]
        assert sections == [
            ("", "multipart/mixed"),
            ("1", "text/plain"),
            ("2", "message/rfc822"),
            ("2", "multipart/alternative"),
            ("2.1", "text/plain"),
            ("2.2", "text/html"),
        ]
        if self.abilities.numbers_embedded_parts:
            assert b"".join(store.part(row.ref, "2.1")).strip() == b"Inner words"

    def test_a_multipart_without_its_boundary_is_not_an_empty_message(self, store):
        raw = letter_with_file(b"x").replace(b'boundary="=_1"', b'boundary="other"')
        store.append("INBOX", raw)
        (row,) = store.page("INBOX").rows
        leaves = [part for part in row.structure.walk() if not part.children]
        texts = [b"".join(store.part(row.ref, part.section)) for part in leaves]
        assert any(b"See the file." in text for text in texts)

    def test_a_large_part_arrives_in_pieces_and_whole(self, store):
        octets = bytes(range(256)) * 4000
        store.append("INBOX", letter_with_file(octets))
        (row,) = store.page("INBOX").rows
        pieces = list(store.part(row.ref, "2"))
        assert len(pieces) > 1
        assert max(map(len, pieces)) <= 512 * 1024
        assert base64.b64decode(b"".join(pieces)) == octets

    def test_a_limit_ends_a_part_early(self, store):
        (ref,) = file(store, 1)
        assert b"".join(store.part(ref, "1", limit_bytes=5)) == b"Hello"

    def test_a_part_and_a_source_can_begin_further_on(self, store):
        raw = letter_with_file(bytes(range(256)) * 3000)
        store.append("INBOX", raw)
        (row,) = store.page("INBOX").rows
        whole = b"".join(store.part(row.ref, "2"))
        assert b"".join(store.part(row.ref, "2", offset_bytes=300_000)) == whole[300_000:]
        assert b"".join(store.part(row.ref, "2", offset_bytes=9, limit_bytes=7)) == whole[9:16]
        assert b"".join(store.part(row.ref, "2", offset_bytes=len(whole))) == b""
        source = b"".join(store.source(row.ref))
        assert b"".join(store.source(row.ref, offset_bytes=1000)) == source[1000:]

    def test_an_offset_begins_a_part_later(self, store):
        (ref,) = file(store, 1)
        assert b"".join(store.part(ref, "1", offset_bytes=6, limit_bytes=3)) == b"the"
        whole = b"".join(store.source(ref))
        assert b"".join(store.source(ref, offset_bytes=9)) == whole[9:]

    def test_the_source_is_the_message_byte_for_byte(self, store):
        raw = letter_with_file(bytes(range(256)) * 3000)
        store.append("INBOX", raw)
        (row,) = store.page("INBOX").rows
        assert b"".join(store.source(row.ref)) == self.kept(raw)
        assert store.headers(row.ref) == self.kept(raw[: raw.index(b"\r\n\r\n") + 4])

    @pytest.mark.parametrize("ahead_bytes", [64, 16 * 1024, 4 * MIB])
    def test_fetching_gives_header_structure_and_the_parts_that_are_wanted(
        self, store, ahead_bytes
    ):
        file(store, 1, 2)
        store.append("INBOX", letter_with_file(bytes(range(256)) * 3000))
        refs = [row.ref for row in store.page("INBOX").rows]
        asked = []

        def wanted(structure):
            asked.append(structure)
            leaves = [part for part in structure.walk() if not part.children]
            return {part.section: 500_000 if part.section == "1" else 70 for part in leaves}

        fetched = store.fetch(refs, wanted, ahead_bytes=ahead_bytes)
        assert [each.summary.ref for each in fetched] == refs
        for each in fetched:
            plain = store.summary(each.summary.ref)
            assert each.summary == replace(plain, preview="")
            assert each.header == store.headers(each.summary.ref)
            assert each.parts == {
                section: b"".join(store.part(each.summary.ref, section, limit_bytes=size))
                for section, size in wanted(plain.structure).items()
            }
            assert SEEN not in each.summary.flags
        assert len(asked) == 2 * len(refs)

    def test_fetching_passes_over_what_is_gone(self, store):
        (ref,) = file(store, 1)
        nobody = MessageRef("INBOX", ref.uidvalidity, ref.uid + 7)
        fetched = store.fetch([nobody, ref], lambda structure: {})
        assert [each.summary.ref for each in fetched] == [ref]
        assert fetched[0].parts == {}
        assert store.fetch([], lambda structure: {}) == ()

    def test_a_header_longer_than_what_was_asked_ahead_comes_whole(self, store):
        long = letter(1).replace(b"Subject:", b"X-Long: " + b"words " * 9000 + b"\r\nSubject:")
        store.append("INBOX", long.replace(b"words words ", b"words\r\n words "))
        (row,) = store.page("INBOX").rows
        (fetched,) = store.fetch([row.ref], lambda structure: {"1": 100})
        assert fetched.header == store.headers(row.ref)
        assert fetched.summary.envelope.subject == "Letter 1"
        assert fetched.parts["1"].rstrip() == b"Hello there"

    def test_flags_that_were_begun_are_there_once_settled(self, store, other):
        first, second = file(store, 1, 2)
        store.begin_flags([first], add=[SEEN])
        assert store.summary(second).envelope.subject
        store.begin_flags([second], add=[FLAGGED])
        store.settle()
        store.settle()
        other.page("INBOX")
        assert SEEN in other.summary(first).flags
        assert FLAGGED in other.summary(second).flags

    @pytest.mark.parametrize("section", ["", "0", "1)", "1 BODY[]", "1\r\nA1 NOOP", "9" * 9])
    def test_a_section_that_is_none_is_gone(self, store, section):
        (ref,) = file(store, 1)
        with pytest.raises(MessageGone):
            list(store.part(ref, section))

    def test_reading_leaves_a_message_unseen(self, store):
        (ref,) = file(store, 1)
        list(store.part(ref, "1"))
        list(store.source(ref))
        store.headers(ref)
        assert SEEN not in store.summary(ref).flags

    @pytest.mark.parametrize("act", ["summary", "headers", "source"])
    def test_a_message_that_never_was_is_gone(self, store, act):
        (ref,) = file(store, 1)
        with pytest.raises(MessageGone):
            list(getattr(store, act)(MessageRef("INBOX", ref.uidvalidity, ref.uid + 1)))

    @pytest.mark.parametrize(
        "act", ["summary", "set_flags", "begin_flags", "fetch", "move", "copy", "expunge"]
    )
    def test_another_uidvalidity_is_another_mailbox(self, store, act):
        (ref,) = file(store, 1)
        stranger = MessageRef("INBOX", ref.uidvalidity + 1, ref.uid)
        arguments = {"summary": (stranger,), "set_flags": ([stranger],), "expunge": ([stranger],)}
        arguments["fetch"] = ([stranger], lambda structure: {})
        more = {"add": [SEEN]} if act == "begin_flags" else {}
        arguments["begin_flags"] = ([stranger],)
        with pytest.raises(MessageGone):
            getattr(store, act)(*arguments.get(act, ([stranger], "INBOX")), **more)
        assert len(store.page("INBOX").rows) == 1

    def test_a_mailbox_made_anew_is_another_one(self, store, other, third):
        again = store.create_mailbox("Again")
        (old,) = file(store, 1, mailbox=again)
        store.page(again)
        other.delete_mailbox(again)
        other.create_mailbox(again)
        (new,) = file(other, 2, mailbox=again)
        assert new.uidvalidity != old.uidvalidity
        # A server may end the sessions that had it open, or keep the dead mailbox for them;
        # what it may not do is take the one for the other.
        with contextlib.suppress(StoreError):
            store.set_flags([old], add=[SEEN, DELETED])
        with contextlib.suppress(StoreError):
            store.expunge([old])
        for session in (store, other):
            with contextlib.suppress(Unreachable):
                assert subjects(session, again) == ["Letter 2"]
        assert subjects(third, again) == ["Letter 2"]
        assert third.summary(new).flags == frozenset()

    # Acts

    def test_flags_are_added_and_taken_each_alone(self, store, other):
        (ref,) = file(store, 1)
        store.set_flags([ref], add=[SEEN, FLAGGED])
        other.set_flags([ref], add=[ANSWERED], remove=[FLAGGED])
        store.status("INBOX")
        assert store.summary(ref).flags == {SEEN, ANSWERED}

    def test_a_keyword_stays_where_the_store_keeps_keywords(self, store):
        (ref,) = file(store, 1)
        store.set_flags([ref], add=[FORWARDED])
        assert (FORWARDED in store.summary(ref).flags) is self.abilities.keywords
        assert store.features.keywords is self.abilities.keywords

    def test_flags_of_a_message_that_is_gone_are_passed_over(self, store):
        (ref,) = file(store, 1)
        gone = MessageRef("INBOX", ref.uidvalidity, ref.uid + 5)
        store.set_flags([gone, ref], add=[SEEN])
        assert SEEN in store.summary(ref).flags

    def test_a_moved_message_is_there_and_no_longer_here(self, store):
        there = store.create_mailbox("There")
        refs = file(store, 1, 2, 3, flags=[SEEN])
        places = store.move(refs[:2], there)
        assert subjects(store, there) == ["Letter 2", "Letter 1"]
        if not self.abilities.tells_places:
            assert places == ()
            flags = [row.flags for row in store.page("INBOX").rows]
            assert flags == [{SEEN}, {SEEN, DELETED}, {SEEN, DELETED}]
            return
        assert subjects(store) == ["Letter 3"]
        moved = [store.summary(place).envelope.subject for place in places]
        assert moved == ["Letter 1", "Letter 2"]

    def test_a_move_to_nowhere_moves_nothing(self, store):
        refs = file(store, 1)
        with pytest.raises(MailboxNotFound):
            store.move(refs, self.named("Nowhere"))
        assert subjects(store) == ["Letter 1"]

    def test_a_copied_message_is_in_both_places(self, store):
        there = store.create_mailbox("There")
        places = store.copy(file(store, 1), there)
        assert subjects(store) == ["Letter 1"]
        assert subjects(store, there) == (["Letter 1"] if self.abilities.copies_contents else [""])
        told = [there] if self.abilities.tells_places else []
        assert [place.mailbox for place in places] == told

    def test_expunge_takes_these_and_no_others(self, store):
        refs = file(store, 1, 2, 3)
        store.set_flags([refs[0]], add=[DELETED])
        store.expunge([refs[1]])
        if self.abilities.tells_places:
            assert subjects(store) == ["Letter 3", "Letter 1"]
        else:
            assert len(store.page("INBOX").rows) == 3

    def test_an_act_on_no_messages_does_nothing(self, store):
        store.set_flags([], add=[SEEN])
        store.expunge([])
        assert store.move([], "INBOX") == ()
        assert store.copy([], "INBOX") == ()

    def test_messages_of_two_mailboxes_in_one_call_are_an_error_or_both_done(self, store):
        elsewhere = store.create_mailbox("There")
        here, there = file(store, 1) + file(store, 2, mailbox=elsewhere)
        try:
            store.set_flags([here, there], add=[SEEN])
        except ValueError:
            return
        assert SEEN in store.summary(there).flags

    def test_append_answers_with_the_place(self, store):
        ref = store.append("INBOX", letter(1))
        assert (ref is not None) is self.abilities.tells_places
        (ref,) = [ref] if ref else file(store, 1)
        assert store.summary(ref).envelope.subject == "Letter 1"

    def test_append_to_nowhere_is_not_found(self, store):
        with pytest.raises(MailboxNotFound):
            store.append(self.named("Nowhere"), letter(1))

    # Search

    @pytest.mark.parametrize(
        ("query", "numbers"),
        [
            (Term("subject", "letter"), [3, 2, 1]),
            (Term("subject", "Letter 2"), [2]),
            (Not(Term("subject", "Letter 2")), [3, 1]),
            (Or((Term("subject", "letter 1"), Term("subject", "letter 3"))), [3, 1]),
            (And((Term("is", "unread"), Term("from", "ben"))), [3, 2]),
            (Term("is", "read"), [1]),
            (Term("larger", 100_000), []),
            (Term("after", date(2026, 1, 1)), [3, 2, 1]),
            (Term("before", date(2026, 1, 1)), []),
            (Term("body", "hello"), [3, 2, 1]),
            (Term("text", "{5}"), []),
            (Term("text", "{5+}"), []),
            (Term("subject", 'a)(DELETED "x" \\'), []),
            (Term("subject", "x\r\nA9 DELETE INBOX"), []),
        ],
    )
    def test_a_query_finds_its_messages(self, store, query, numbers):
        file(store, 1, flags=[SEEN], internal_date=MORNING)
        file(store, 2, 3, internal_date=MORNING + timedelta(minutes=1))
        assert subjects(store, query=query) == [f"Letter {n}" for n in numbers]
        assert len(store.search("INBOX", query)) == len(numbers)
        assert store.is_open

    def test_words_beyond_ascii_are_found(self, store):
        store.append("INBOX", letter(1, body="Die Überraschung"))
        file(store, 1, 2)
        assert subjects(store, query=Term("body", "Überraschung")) == ["Letter 1"]

    def test_pages_of_a_search_are_pages_too(self, store):
        refs = file(store, 1, 2, 3, 4, 5)
        query = Term("subject", "letter")
        first = store.page("INBOX", query, size=2)
        second = store.page("INBOX", query, size=2, older_than=uids(first)[-1])
        assert uids(second) == [refs[2].uid, refs[1].uid]
        assert (second.total, second.first_position, second.has_older) == (5, 3, True)

    def test_a_message_id_is_found_whole_and_not_in_part(self, store):
        refs = file(store, 1, 11, 21)
        assert store.find_message_id("INBOX", "<1@hearth.test>") == (refs[0],)
        assert store.find_message_id("INBOX", "1@hearth") == ()

    def test_a_message_sent_on_is_found_by_the_newest_of_its_resent_identifiers(self, store):
        resent = b"Resent-Message-ID: <b@hearth.test>\r\nResent-Message-ID: <a@hearth.test>\r\n"
        ref = store.append("INBOX", resent + letter(1))
        field = "Resent-Message-ID"
        assert store.find_message_id("INBOX", "<b@hearth.test>", field=field) == (ref,)
        assert store.find_message_id("INBOX", "<a@hearth.test>", field=field) == ()
        assert store.find_message_id("INBOX", "<1@hearth.test>", field=field) == ()
        assert store.find_message_id("INBOX", "<b@hearth.test>") == ()

    # Reading and writing

    def test_every_write_is_counted_and_no_read_is(self, store):
        there, new = store.create_mailbox("There"), store.create_mailbox("New")
        refs = file(store, 1, 2, 3)
        acts = [
            lambda: store.append("INBOX", letter(4)),
            lambda: store.set_flags(refs, add=[SEEN]),
            lambda: store.copy(refs[:1], there),
            lambda: store.move(refs[:1], there),
            lambda: store.expunge(refs[1:2]),
            lambda: store.create_mailbox("Other"),
            lambda: store.rename_mailbox(new, f"{new}er"),
            lambda: store.delete_mailbox(f"{new}er"),
        ]
        for act in acts:
            before = store.writes_sent
            act()
            assert store.writes_sent > before
        before = store.writes_sent
        store.mailboxes()
        store.page(there, Term("subject", "letter"))
        store.changes_since("INBOX", store.status("INBOX"))
        list(store.facts("INBOX", store.uids("INBOX")))
        list(store.source(refs[2]))
        store.find_message_id("INBOX", "<1@hearth.test>")
        assert store.writes_sent == before

    # The end

    def test_a_closed_store_is_not_open(self, store):
        store.close()
        store.close()
        assert not store.is_open
        assert not store.is_alive(ask=True)

    def test_an_internal_date_is_aware(self, store):
        file(store, 1)
        assert store.page("INBOX").rows[0].internal_date.astimezone(UTC)
