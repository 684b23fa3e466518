"""No worker at the time a message was to leave (F38)."""

import pytest

HOUR_S, DAY_S = 3600, 24 * 3600


def test_mail_due_while_nothing_ran_is_sent_and_says_that_it_is_late(rig):
    """F38: sent when the worker is back, and marked late."""
    message = rig.queue(undo_s=10)
    rig.do("pass_time", seconds=3 * HOUR_S)
    assert rig.row(message)["text"].startswith("3 hours late: nothing could send it")
    rig.do("catch_up")
    row = rig.row(message)
    assert (row["state"], len(rig.sink.taken)) == ("done", 1)
    assert row["text"] == "Sent, 3 hours late: nothing could send it when its time came."


def test_mail_that_left_in_time_is_not_called_late(rig):
    """F38: nor is one that a busy server held up, whose words say why it waits."""
    message = rig.queue(undo_s=10)
    rig.do("pass_time", seconds=12)
    rig.do("catch_up")
    rig.do("pass_time", seconds=HOUR_S)
    assert rig.row(message)["text"] == "Sent."


def make_scheduled(rig):
    return rig.queue(undo_s=600)


def make_refused_once(rig):
    message = rig.queue()
    rig.do("change", outgoing_id=message, state="retry_wait", attempt=1, failures=1)
    return message


def make_left_by_a_dead_worker(rig):
    message = rig.queue()
    rig.run("deliver", failpoint="after_rcpt", outgoing_id=message)
    return message


@pytest.mark.parametrize("make", [make_scheduled, make_refused_once, make_left_by_a_dead_worker])
def test_mail_more_than_a_day_late_is_held_until_its_writer_was_asked(rig, make):
    """F38: more than 24 hours late, a machine asks first, whatever the message waited for."""
    message = make(rig)
    rig.do("pass_time", seconds=DAY_S + HOUR_S)
    for _ in range(3):
        rig.do("catch_up")
        rig.do("pass_time", seconds=DAY_S)
    row = rig.row(message)
    assert (row["state"], rig.sink.taken) == ("held", [])
    assert "Not sent by itself: it was to leave 4 days ago" in row["text"]
    assert rig.act("send_again", message) is True
    rig.do("catch_up")
    assert rig.row(message)["state"] == "done"
    assert len(rig.sink.taken) == 1


def test_mail_that_waits_for_its_writer_can_be_changed_but_was_not_sent(rig):
    """F38: of a message that was never tried, nobody may say that it was sent."""
    draft = rig.do("draft", user=rig.user)
    message = rig.queue(draft=draft)
    rig.do("pass_time", seconds=2 * DAY_S)
    rig.do("catch_up")
    assert rig.act("mark_as_sent", message) is False
    assert rig.act("edit", message) == draft
    rig.do("catch_up")
    assert (rig.states(), rig.sink.taken) == (["cancelled"], [])
