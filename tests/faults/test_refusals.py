"""What a server may answer instead of 250: security.md F16 to F21."""

import pytest

from tests.lab.smtp_sink import Act

ALL_FIVE = tuple(f"guest{n}@hearth.test" for n in range(5))


@pytest.mark.parametrize("stage", ["connect", "mail", "rcpt"])
@pytest.mark.parametrize("reply", ["421 4.3.2 closing", "450 4.2.1 busy", "452 4.3.1 full"])
def test_a_4xx_before_data_is_tried_again_later(rig, stage, reply):
    """F17: a definite "not now"."""
    message = rig.queue()
    rig.sink.plan(stage, Act(reply=reply))
    rig.do("catch_up")
    row = rig.row(message)
    assert (row["state"], row["failures"], row["trouble"]) == ("retry_wait", 1, "later")
    assert reply[4:] in row["text"]
    sent_once_after(rig, message, seconds=61)


def test_a_4xx_after_data_is_tried_again_later(rig):
    """F18: the server has said that it did not take it."""
    message = rig.queue()
    rig.sink.plan("end", Act(reply="451 4.3.0 try again"))
    rig.do("catch_up")
    row = rig.row(message)
    assert (row["state"], row["failures"]) == ("retry_wait", 1)
    assert "451 4.3.0 try again" in row["text"]
    sent_once_after(rig, message, seconds=61)


def sent_once_after(rig, message, *, seconds):
    rig.do("catch_up")
    assert rig.sink.taken == [], "not before its time"
    rig.do("pass_time", seconds=seconds)
    rig.do("catch_up")
    assert rig.row(message)["state"] == "done"
    assert len(rig.sink.taken) == 1


@pytest.mark.parametrize("stage", ["mail", "data", "end"])
@pytest.mark.parametrize("reply", ["550 5.7.1 not allowed", "552 5.3.4 too big", "554 5.6.0 no"])
def test_a_5xx_ends_in_failed_with_the_words_and_the_draft(rig, stage, reply):
    """F19: the reply is shown, and one click restores the draft."""
    draft = rig.do("draft", user=rig.user)
    message = rig.queue(draft=draft)
    rig.sink.plan(stage, Act(reply=reply))
    rig.do("catch_up")
    row = rig.row(message)
    assert (row["state"], row["has_grant"]) == ("failed", False)
    assert f"“{reply}”" in row["text"]
    rig.do("pass_time", seconds=48 * 3600)
    rig.do("catch_up")
    assert rig.sink.taken == []
    assert rig.act("edit", message) == draft
    assert rig.do("drafts") == [draft]
    assert rig.row(message)["state"] == "cancelled"


def test_when_one_of_five_is_refused_nobody_gets_it_and_that_one_is_named(rig):
    """F20: no partial sends."""
    message = rig.queue(to=ALL_FIVE)
    rig.sink.plan("rcpt", Act(reply="550 5.1.1 no such person", match="guest3@"))
    rig.do("catch_up")
    row = rig.row(message)
    assert row["state"] == "failed"
    assert row["refused_recipients"] == {"guest3@hearth.test": "550 5.1.1 no such person"}
    assert "guest3@hearth.test" in row["text"]
    assert "guest1@hearth.test" not in row["text"]
    assert "rset" in rig.sink.stages()
    assert "data" not in rig.sink.stages()
    assert rig.sink.taken == []


def test_a_failed_message_is_sent_again_with_the_password(rig):
    message = rig.queue()
    rig.sink.plan("end", Act(reply="554 5.7.1 no"))
    rig.do("catch_up")
    assert rig.act("send_again", message) is False
    assert rig.act("send_again", message, with_password=True) is True
    rig.do("catch_up")
    assert rig.row(message)["state"] == "done"
    assert len(rig.sink.taken) == 1


@pytest.mark.parametrize("cut", ["reset", "drop"])
@pytest.mark.parametrize("taken", [True, False], ids=["taken", "lost"])
def test_a_cut_after_the_final_dot_is_unclear_at_once(rig, cut, taken):
    """F16: by reset or by close, taken or not."""
    message = rig.queue()
    rig.sink.plan("end", Act(then=cut, keep=taken))
    rig.do("catch_up")
    rig.do("pass_time", seconds=72 * 3600)
    rig.do("catch_up")
    assert rig.row(message)["state"] == "uncertain"
    assert len(rig.sink.taken) == taken


@pytest.mark.parametrize("stage", ["connect", "auth", "rcpt", "data"])
def test_a_cut_before_the_text_is_tried_again(rig, stage):
    message = rig.queue()
    rig.sink.plan(stage, Act(then="reset"))
    rig.do("catch_up")
    assert rig.row(message)["trouble"] == "connection"
    sent_once_after(rig, message, seconds=61)


def test_a_wrong_password_is_tried_once_in_half_an_hour_for_the_whole_account(rig):
    """F21: more often would lock the account."""
    rig.person("ada@hearth.test", password="old")
    first, second = rig.queue(), rig.queue()
    rig.do("catch_up")
    assert rig.sink.stages().count("auth") == 1
    assert rig.states() == ["retry_wait", "retry_wait"]
    assert "535 5.7.8 wrong password" in rig.row(first)["text"]
    rig.do("pass_time", seconds=29 * 60)
    rig.do("catch_up")
    assert rig.sink.stages().count("auth") == 1
    rig.do("pass_time", seconds=2 * 60)
    rig.do("catch_up")
    assert rig.sink.stages().count("auth") == 2
    rig.person("ada@hearth.test")
    assert rig.act("send_again", first, with_password=True) is True
    rig.do("pass_time", seconds=31 * 60, ids=[second])
    rig.do("catch_up")
    assert rig.row(first)["state"] == "done"


def test_a_right_password_frees_every_message_that_waits_for_it(rig):
    rig.person("ada@hearth.test", password="old")
    first, second = rig.queue(), rig.queue()
    rig.do("catch_up")
    rig.person("ada@hearth.test")
    rig.act("send_again", first, with_password=True)
    rig.do("catch_up")
    assert rig.row(first)["state"] == "done"
    assert rig.row(second)["state"] == "done"


def test_after_two_days_of_trying_a_message_has_failed(rig):
    message = rig.queue()
    rig.sink.plan("mail", Act(reply="450 4.2.1 busy"), times=None)
    waits = []
    while rig.row(message)["state"] != "failed":
        rig.do("catch_up")
        row = rig.row(message)
        waits.append(row["failures"])
        assert len(waits) < 100
        rig.do("pass_time", seconds=3600)
    assert 48 <= len(waits) <= 52
    assert "two days" in rig.row(message)["text"]
    assert rig.sink.taken == []
