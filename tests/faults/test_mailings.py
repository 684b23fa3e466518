"""Mails of a list leave one by one, whoever sends them, and not at all once stopped."""

PEOPLE = ["ben@hearth.test", "chiyo@hearth.test", "dora@hearth.test"]
GAP_S = 2.1


def test_mails_of_a_list_leave_at_their_pace_even_when_all_are_due(rig):
    rig.do("mailing", user=rig.user, to=PEOPLE)
    rig.do("catch_up")
    assert len(rig.sink.taken) == 1
    rig.do("pass_time", seconds=GAP_S)
    rig.do("catch_up")
    assert len(rig.sink.taken) == 2
    rig.do("pass_time", seconds=GAP_S)
    rig.do("catch_up")
    assert [each.rcpt_to for each in rig.sink.taken] == [(person,) for person in PEOPLE]


def test_many_workers_at_once_send_one(rig):
    ids = rig.do("mailing", user=rig.user, to=PEOPLE)
    rig.together("deliver", [{"outgoing_id": each} for each in ids * 2])
    assert len(rig.sink.taken) <= 1
    for _ in range(4):
        rig.do("pass_time", seconds=GAP_S)
        rig.do("catch_up")
    assert len(rig.sink.taken) == 3


def test_other_mail_does_not_wait_for_a_list(rig):
    rig.do("mailing", user=rig.user, to=PEOPLE)
    rig.queue()
    rig.do("catch_up")
    assert len(rig.sink.taken) == 2


def test_what_was_queued_while_its_list_was_stopped_does_not_leave(rig):
    rig.do("mailing", user=rig.user, to=PEOPLE, is_stopped=True)
    rig.do("catch_up")
    assert (rig.sink.taken, set(rig.states()), rig.do("files")) == ([], {"cancelled"}, [])
