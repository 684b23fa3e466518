"""Somebody's account goes, or its password changes, while mail of theirs is queued (F41)."""

import pytest

from tests.faults.rig import ADA


@pytest.mark.parametrize("what", ["account", "user"])
def test_an_account_with_queued_mail_cannot_be_removed(rig, what):
    """F41: the database forbids it, and the mail leaves as if nobody had tried."""
    message = rig.queue()
    assert rig.do("remove", what=what, user=rig.user) == "ProtectedError"
    rig.do("catch_up")
    assert (rig.row(message)["state"], len(rig.sink.taken)) == ("done", 1)


def test_mail_queued_before_the_password_changed_waits_and_says_so_until_the_new_one_is_known(rig):
    """F41: blocked and shown, and sent once when its writer has signed in with the new one."""
    messages = [rig.queue(undo_s=60), rig.queue(undo_s=60)]
    old = rig.sink.users
    rig.sink.users = {**old, ADA: "new"}
    try:
        rig.do("pass_time", seconds=61)
        rig.do("catch_up")
        assert rig.states() == ["retry_wait"] * 2
        assert "Sign in again with the right password" in rig.row(messages[0])["text"]
        assert rig.sink.taken == []
        assert rig.do("give_password", user=rig.user, password="new") == 2
        rig.do("deliver", outgoing_id=messages[0])
        rig.do("deliver", outgoing_id=messages[1])
    finally:
        rig.sink.users = old
    rig.do("give_password", user=rig.user, password=old[ADA])
    rig.do("catch_up")
    assert rig.states() == ["done"] * 2
    assert len(rig.sink.taken) == 2
