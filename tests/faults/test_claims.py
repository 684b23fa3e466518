"""Two of everything at once: security.md F01, F09, F10, F37."""

import uuid

from tests.faults.rig import ADA
from tests.lab.smtp_sink import Act

LEASE_S = 20 * 60


def test_one_token_queued_fifty_times_at_once_is_one_mail(rig):
    token = str(uuid.uuid4())
    for _ in range(5):
        assert set(rig.together("queue", [{"user": rig.user, "token": token}] * 10)) == {0}
    assert rig.states() == ["held"]
    assert len(rig.do("files")) == 1
    rig.do("catch_up")
    assert len(rig.sink.taken) == 1


def test_send_pressed_two_hundred_times_at_once_is_one_mail(rig):
    """F01: one token is one row and one delivery, however often it comes."""
    password = rig.lab.users[ADA]
    form = rig.do("open_compose", address=ADA, password=password, to="ben@hearth.test", text="Hi")
    for _ in range(2):
        assert set(rig.together("press_send", [{"form": form, "times": 10}] * 10)) == {0}
    assert rig.states() == ["held"]
    assert len(rig.do("files")) == 1
    rig.do("pass_time", seconds=60)
    rig.do("catch_up")
    assert rig.states() == ["done"]
    assert len(rig.sink.taken) == 1


def two_tabs(rig):
    written = {"to": "ben@hearth.test", "subject": "Hello", "text": "One"}
    person = {"address": ADA, "password": rig.lab.users[ADA]}
    return rig.do("open_again", form=rig.do("open_compose", **person, **written), **person)


def test_one_draft_sent_from_two_browsers_at_once_is_one_mail(rig):
    """F02: the token belongs to the draft, whichever window it is sent from."""
    first, second = two_tabs(rig)
    assert set(rig.together("press_send", [{"form": first}, {"form": second}] * 4)) == {0}
    rig.do("pass_time", seconds=60)
    rig.do("catch_up")
    assert (rig.states(), len(rig.sink.taken)) == (["done"], 1)


def test_the_second_of_two_windows_is_told_that_the_draft_was_sent_and_keeps_its_text(rig):
    """F02: what it changed is a draft of its own."""
    first, second = two_tabs(rig)
    rig.do("press_send", form=first)
    answer = rig.do("press", form=second, by_script=False, text="Two")
    assert answer["status"] == 409
    assert "This message was already sent." in answer["text"]
    assert rig.do("texts") == ["One", "Two"]
    rig.do("pass_time", seconds=60)
    rig.do("catch_up")
    assert len(rig.sink.taken) == 1
    assert rig.do("texts") == ["Two"]


def test_one_draft_saved_from_two_devices_at_once_loses_neither_text(rig):
    """F34: the revision that one has read is not the other's any more."""
    first, second = two_tabs(rig)
    saved = [{"form": form, "do": "save", "text": f"By {form}"} for form in (first, second)]
    assert set(rig.together("press", saved)) == {0}
    assert rig.do("texts") == [f"By {first}", f"By {second}"]


def test_many_workers_with_one_task_send_one_mail(rig):
    message = rig.queue()
    assert set(rig.together("deliver_and_finish", [{"outgoing_id": message}] * 12)) == {0}
    rig.do("catch_up")
    assert rig.row(message)["state"] == "done"
    assert rig.row(message)["attempt"] == 1
    assert len(rig.sink.taken) == 1
    assert rig.subjects_in("Sent") == 1


def test_three_sweepers_do_no_harm(rig):
    """F40: a sweep is idempotent, and every arrow a conditional update."""
    messages = [rig.queue() for _ in range(5)]
    assert set(rig.together("catch_up", [{}] * 3)) == {0}
    rig.do("catch_up")
    assert rig.states() == ["done"] * 5
    assert len(rig.sink.taken) == len(messages)
    assert rig.subjects_in("Sent") == 5


def test_a_worker_that_wakes_after_its_lease_is_fenced_off(rig):
    message = rig.queue()
    rig.sink.plan("rcpt", Act(delay_s=1.5))
    frozen = rig.begin("deliver", outgoing_id=message)
    rig.sink.wait_for("rcpt")
    rig.do("pass_time", seconds=LEASE_S)
    rig.do("catch_up")
    assert rig.row(message)["state"] == "done"
    assert rig.end_of(frozen) == 0
    assert rig.sink.stages().count("data") == 1
    assert len(rig.sink.taken) == 1


def test_a_worker_that_was_only_slow_still_brings_its_250(rig):
    message = rig.queue()
    rig.sink.plan("end", Act(delay_s=1.5))
    slow = rig.begin("deliver", outgoing_id=message)
    rig.sink.wait_for("end")
    rig.do("pass_time", seconds=LEASE_S)
    rig.do("sweep")
    assert rig.row(message)["state"] == "uncertain"
    assert rig.end_of(slow) == 0
    rig.do("catch_up")
    assert rig.row(message)["state"] == "done"
    assert len(rig.sink.taken) == 1


def test_undo_at_the_last_moment_has_one_outcome_and_tells_it(rig):
    """F37: undone and not sent, or sent and not undone."""
    for _ in range(10):
        draft = rig.do("draft", user=rig.user)
        message = rig.queue(draft=draft)
        sender = rig.begin("deliver_and_finish", outgoing_id=message)
        was_undone = rig.act("undo", message)
        assert rig.end_of(sender) == 0
        taken = len(rig.sink.taken)
        assert rig.row(message)["state"] == ("cancelled" if was_undone else "done")
        assert taken == (0 if was_undone else 1)
        rig.reset()


def test_undo_of_a_hundred_messages_that_are_just_leaving_tells_the_truth_of_each(rig):
    """F37: exactly one outcome, and it is the one that was told."""
    messages = [rig.queue(draft=rig.do("draft", user=rig.user)) for _ in range(100)]
    keys = {row["id"]: row["key"] for row in rig.do("rows")}
    sender = rig.begin("catch_up")
    rig.wait(lambda: rig.sink.taken)
    undone = {
        message
        for message in reversed(messages)
        if rig.do("act", name="undo", user=rig.user, key=keys[message])
    }
    assert rig.end_of(sender) == 0
    rig.do("catch_up")
    states = {row["id"]: row["state"] for row in rig.do("rows")}
    assert {message for message in messages if states[message] == "cancelled"} == undone
    assert len(rig.sink.taken) == 100 - len(undone)
    assert 0 < len(undone) < 100


def test_after_undo_the_draft_can_be_sent_under_a_new_token(rig):
    draft = rig.do("draft", user=rig.user)
    first = rig.queue(draft=draft, undo_s=10)
    assert rig.act("undo", first) is True
    assert rig.act("undo", first) is False
    assert rig.row(first)["has_grant"] is False
    assert rig.do("files") == []
    rig.queue(draft=draft)
    rig.do("catch_up")
    assert rig.states() == ["cancelled", "done"]
    assert len(rig.sink.taken) == 1
    assert rig.do("drafts") == []


def test_nothing_leaves_before_the_undo_window_has_passed(rig):
    message = rig.queue(undo_s=10)
    rig.do("catch_up")
    assert rig.row(message)["state"] == "held"
    assert rig.sink.stages() == []
    rig.do("pass_time", seconds=11)
    rig.do("catch_up")
    assert len(rig.sink.taken) == 1
