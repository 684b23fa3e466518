"""What a store tells of changes and of whole mailboxes; the second half of the contract."""

from datetime import UTC, date, datetime, timedelta

import pytest

from tests.store.contract import MORNING, file, letter, letter_with_file
from webmail.store.mailbox import DELETED, FLAGGED, SEEN, MailboxStatus
from webmail.store.protocol import MailboxNotFound


def flags_of(states):
    return {state.uid: state.flags for state in states}


def numbers(ranges):
    return [uid for each in ranges for uid in each]


class ChangesContract:
    """``abilities.tells_changes`` False: a server without CONDSTORE."""

    @pytest.fixture(params=["selected here", "selected elsewhere"])
    def away(self, request, store, other):
        """Whether the session that asks has the mailbox open."""
        store.page("INBOX")
        if request.param == "selected elsewhere":
            store.page(store.create_mailbox("Elsewhere"))
        return request.param

    def test_nothing_happened_to_a_mailbox_left_alone(self, store, away):
        file(store, 1, 2, 3)
        known = store.status("INBOX")
        changes = store.changes_since("INBOX", known)
        assert changes.status == known
        assert (changes.flags, changes.vanished) == ((), ())
        assert changes.is_whole is self.abilities.tells_changes

    def test_new_flagged_and_vanished_messages_are_told(self, store, other, away):
        refs = file(store, 1, 2, 3, 4)
        known = store.status("INBOX")
        other.set_flags([refs[0]], add=[SEEN])
        other.expunge([refs[1], refs[3]])
        (new,) = file(other, 5, flags=[FLAGGED])
        changes = store.changes_since("INBOX", known)
        assert changes.status == store.status("INBOX")
        assert (changes.status.messages, changes.status.unseen) == (3, 2)
        assert changes.is_whole is self.abilities.tells_changes
        if changes.is_whole:
            assert flags_of(changes.flags) == {refs[0].uid: {SEEN}, new.uid: {FLAGGED}}
            assert set(numbers(changes.vanished)) == {refs[1].uid, refs[3].uid}
            assert not store.changes_since("INBOX", changes.status).flags

    def test_changes_come_again_and_again(self, store, other, away):
        known, seen = store.status("INBOX"), {}
        for number in range(1, 6):
            (ref,) = file(other, number)
            other.set_flags([ref], add=[SEEN])
            changes = store.changes_since("INBOX", known)
            seen |= flags_of(changes.flags)
            known = changes.status
            assert known.messages == number
        if self.abilities.tells_changes:
            assert seen == dict.fromkeys(numbers(store.uids("INBOX")), {SEEN})

    def test_what_the_session_did_itself_is_told_too(self, store, away):
        refs = file(store, 1, 2)
        known = store.status("INBOX")
        store.set_flags([refs[0]], add=[SEEN])
        store.expunge([refs[1]])
        changes = store.changes_since("INBOX", known)
        assert (changes.status.messages, changes.status.unseen) == (1, 0)
        if self.abilities.tells_changes:
            assert flags_of(changes.flags) == {refs[0].uid: {SEEN}}
            assert numbers(changes.vanished) == [refs[1].uid]

    def test_an_emptied_mailbox_is_known_to_be_empty(self, store, other, away):
        refs = file(store, 1, 2)
        known = store.status("INBOX")
        other.expunge(refs)
        changes = store.changes_since("INBOX", known)
        assert changes.is_whole
        assert changes.status.messages == 0
        assert {ref.uid for ref in refs} <= set(numbers(changes.vanished))

    def test_an_emptied_mailbox_that_fills_again_is_known_to_be_full(self, store, other, away):
        refs = file(store, 1, 2)
        known = store.status("INBOX")
        other.expunge(refs)
        known = store.changes_since("INBOX", known).status
        file(other, 3)
        assert store.changes_since("INBOX", known).status.messages == 1

    def test_another_uidvalidity_is_never_the_whole_story(self, store):
        file(store, 1)
        status = store.status("INBOX")
        known = MailboxStatus(1, 1, status.uidnext, status.uidvalidity + 1, status.highestmodseq)
        changes = store.changes_since("INBOX", known)
        assert not changes.is_whole
        assert (changes.status, changes.flags, changes.vanished) == (status, (), ())

    @pytest.mark.parametrize("act", ["changes_since", "uids", "flag_states", "facts"])
    def test_nothing_is_told_of_a_mailbox_that_never_was(self, store, act):
        arguments = {
            "changes_since": (MailboxStatus(0, 0, 1, 1),),
            "flag_states": (range(1, 9),),
            "facts": ([range(1, 9)],),
        }
        with pytest.raises(MailboxNotFound):
            list(getattr(store, act)(self.named("Nowhere"), *arguments.get(act, ())))

    def test_a_status_knows_what_another_session_did_meanwhile(self, store, other, away):
        refs = file(store, 1, 2)
        store.page("INBOX")
        other.set_flags([refs[0]], add=[SEEN])
        other.expunge([refs[1]])
        listed = next(m.status for m in store.mailboxes() if m.name == "INBOX")
        assert (listed.messages, listed.unseen) == (1, 0)
        assert store.status("INBOX") == listed

    def test_counts_stay_right_when_others_expunge(self, store, other):
        refs = file(store, 1, 2, 3, 4)
        store.page("INBOX")
        other.expunge(refs[:2])
        page = store.page("INBOX", size=1)
        assert (page.total, page.has_older) == (2, True)

    # Whole mailboxes

    def test_uids_are_all_of_them_as_ranges(self, store, other):
        assert store.uids("INBOX") == ()
        refs = [ref.uid for ref in file(store, 1, 2, 3, 4, 5)]
        assert numbers(store.uids("INBOX")) == refs
        assert store.uids("INBOX") == (range(refs[0], refs[-1] + 1),)

    def test_uids_leave_out_what_is_gone(self, store, other):
        refs = file(store, 1, 2, 3)
        store.uids("INBOX")
        other.expunge([refs[1]])
        assert numbers(store.uids("INBOX")) == [refs[0].uid, refs[2].uid]

    def test_flag_states_ascend_and_leave_out_what_is_gone(self, store, other):
        refs = file(store, 1, 2, 3, 4, flags=[SEEN])
        store.uids("INBOX")
        other.set_flags([refs[2]], add=[FLAGGED], remove=[SEEN])
        other.expunge([refs[1]])
        states = list(store.flag_states("INBOX", range(refs[0].uid, refs[2].uid + 1)))
        assert [state.uid for state in states] == [refs[0].uid, refs[2].uid]
        assert [state.flags for state in states] == [{SEEN}, {FLAGGED}]
        assert list(store.flag_states("INBOX", range(5, 5))) == []
        if self.abilities.tells_changes:
            assert max(s.modseq for s in states) <= store.status("INBOX").highestmodseq
            assert states[0].modseq < states[1].modseq

    def test_a_range_of_flags_may_be_as_wide_as_uids_go(self, store):
        refs = file(store, 1, 2)
        states = list(store.flag_states("INBOX", range(1, 2**32)))
        assert [state.uid for state in states] == [ref.uid for ref in refs]

    def test_facts_say_what_rows_say(self, store):
        store.append("INBOX", letter(1), flags=[SEEN], internal_date=MORNING)
        store.append("INBOX", letter_with_file(b"%PDF-"), flags=[FLAGGED])
        rows = {row.ref: row for row in store.page("INBOX").rows}
        facts = {each.ref: each for each in store.facts("INBOX", store.uids("INBOX"))}
        assert facts.keys() == rows.keys()
        for ref, fact in facts.items():
            row = rows[ref]
            assert (fact.flags, fact.size_bytes, fact.internal_date) == (
                *(row.flags, row.size_bytes, row.internal_date),
            )
            assert (fact.envelope.subject, fact.envelope.from_, fact.envelope.to) == (
                *(row.envelope.subject, row.envelope.from_, row.envelope.to),
            )
            assert fact.envelope.references == row.envelope.references
            assert (fact.modseq > 0) is self.abilities.tells_changes
        media_types = [facts[ref].media_type for ref in sorted(facts, key=lambda ref: ref.uid)]
        assert media_types == ["text/plain", "multipart/mixed"]

    def test_facts_of_what_is_gone_are_left_out(self, store, other):
        refs = file(store, 1, 2, 3)
        uids = store.uids("INBOX")
        other.set_flags([refs[0]], add=[DELETED])
        other.expunge([refs[0]])
        found = {fact.ref.uid for fact in store.facts("INBOX", [*uids, range(4000, 4100)])}
        assert found == {refs[1].uid, refs[2].uid}
        assert list(store.facts("INBOX", [])) == []

    def test_facts_leave_a_message_unseen(self, store):
        (ref,) = file(store, 1)
        list(store.facts("INBOX", [range(ref.uid, ref.uid + 1)]))
        assert SEEN not in store.summary(ref).flags

    # The room it takes

    def test_the_size_of_a_mailbox_is_that_of_its_messages(self, store, other, away):
        file(store, 1, 2)
        file(other, 3)
        assert store.size_bytes("INBOX") == sum(r.size_bytes for r in store.page("INBOX").rows)

    def test_what_came_before_tomorrow_is_all_there_is(self, store):
        refs = file(store, 1, 2)
        tomorrow = datetime.now(UTC).date() + timedelta(days=2)
        assert store.saved_before("INBOX", tomorrow) == tuple(reversed(refs))
        assert store.saved_before("INBOX", date(2000, 1, 1)) == ()

    def test_an_account_without_a_quota_has_none(self, store):
        assert store.quota() is None
