"""A backup comes back after its unsent mail has left (security.md F55)."""

import pytest

DAY_S = 24 * 3600


def backup_with_unsent(rig):
    """Three unsent messages in a backup, which then all leave."""
    rig.queue()
    rig.queue(undo_s=600)
    rig.do("change", outgoing_id=rig.queue(), state="retry_wait", attempt=1, failures=1)
    backup = rig.do("dump")
    rig.do("pass_time", seconds=700)
    rig.do("catch_up")
    assert rig.states() == ["done"] * 3
    return backup


def days_pass(rig):
    rig.do("tidy")
    for _ in range(3):
        rig.do("catch_up")
        rig.do("pass_time", seconds=DAY_S)


# F55
def test_nothing_that_left_after_the_backup_is_sent_again(rig):
    backup = backup_with_unsent(rig)
    rig.do("restore", backup=backup, journal_too=True)
    rig.do("hold_unsent")
    days_pass(rig)
    assert len(rig.sink.taken) == 3
    assert rig.states() == ["held"] * 3
    assert all("restored from a backup" in row["text"] for row in rig.do("rows"))
    assert [row["restore_epoch"] for row in rig.do("rows")] == [1, 1, 1]


# F55
def test_the_writer_sends_a_restored_message_again_or_marks_it_as_sent(rig):
    backup = backup_with_unsent(rig)
    rig.do("restore", backup=backup, journal_too=True)
    rig.do("hold_unsent")
    first, second, third = (row["id"] for row in rig.do("rows"))
    assert rig.act("send_again", first) is True
    assert rig.act("mark_as_sent", second) is True
    assert rig.act("undo", third) is True
    rig.do("catch_up")
    assert rig.states() == ["done", "done", "cancelled"]
    assert len(rig.sink.taken) == 4
    assert rig.sink.taken[3].sha256 == rig.row(first)["wire_sha256"]
    assert rig.subjects_in("Sent") == 3, "found by Message-ID, so not filed twice"


# F55
@pytest.mark.parametrize("order", ["hold_unsent", "tidy"])
def test_a_journal_newer_than_the_backup_knows_what_was_sent(rig, order):
    backup = backup_with_unsent(rig)
    rig.do("restore", backup=backup, journal_too=False)
    rig.do(order)
    days_pass(rig)
    assert rig.states() == ["done"] * 3
    assert len(rig.sink.taken) == 3
    assert rig.subjects_in("Sent") == 3
