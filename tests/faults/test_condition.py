"""Mail that leaves only if nobody has answered by then, and what it does when nobody can say."""

from datetime import UTC, datetime, timedelta

import pytest

from tests.faults.rig import ADA
from tests.faults.test_failpoints import CONDITIONAL, KILLED
from tests.lab.smtp_sink import Act

BEN = "ben@hearth.test"
HOUR_S, DAY_S = 3600, 24 * 3600
NOBODY = "it leaves only if nobody has answered, and that could not be asked"


def answer(sender=f"Ben <{BEN}>", refers="<1@hearth.test>", head=""):
    return (
        f"From: {sender}\r\nTo: {ADA}\r\nMessage-ID: <2@hearth.test>\r\n"
        f"References: <0@hearth.test> {refers}\r\n{head}Subject: Re: Q\r\n\r\nYes.\r\n"
    ).encode()


REPORT = answer(head="Content-Type: multipart/report; boundary=b\r\n").replace(
    b"Yes.\r\n",
    b"--b\r\n\r\nNo.\r\n--b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: x\r\n"
    b"\r\n--b--\r\n",
)


def conditional(rig, **more):
    """To leave in an hour, unless Ben answers first; the draft it was, and its number."""
    draft = rig.do("draft", user=rig.user, in_reply_to="<1@hearth.test>", relation="reply")
    row = rig.do("queue", user=rig.user, draft=draft, undo_s=HOUR_S, unless_answered=True, **more)
    return draft, row["id"]


def come_due(rig, seconds=HOUR_S + 1):
    rig.do("pass_time", seconds=seconds)
    rig.do("catch_up")


def test_without_an_answer_it_leaves(rig):
    _, message = conditional(rig)
    come_due(rig)
    assert rig.row(message)["state"] == "done"
    assert len(rig.sink.taken) == 1


@pytest.mark.parametrize("mailbox", ["INBOX", "Trash", "Junk", "Archive"])
def test_an_answer_wherever_it_was_filed_keeps_it_and_gives_the_draft_back(rig, mailbox):
    draft, message = conditional(rig)
    rig.lab.append(ADA, mailbox, answer())
    come_due(rig)
    row = rig.row(message)
    assert (row["state"], row["trouble"], row["answered_by"]) == ("cancelled", "answered", "Ben")
    assert row["text"] == "Not sent: Ben answered first. Your message is back in Drafts."
    assert (rig.sink.taken, rig.do("drafts"), rig.do("files")) == ([], [draft], [])
    assert not row["has_grant"]


@pytest.mark.parametrize(
    "raw",
    [
        answer(sender="eve@hearth.test"),
        answer(refers="<9@hearth.test>"),
        answer(head="Auto-Submitted: auto-replied\r\n"),
        answer(head="Auto-Submitted: auto-generated (vacation)\r\n"),
        answer(head="Precedence: auto_reply\r\n"),
        answer(head="Return-Path: <>\r\n"),
        REPORT,
    ],
    ids=["a stranger", "another matter", "away", "generated", "old away", "bounce", "report"],
)
def test_what_is_no_answer_of_a_person_written_to_does_not_keep_it(rig, raw):
    _, message = conditional(rig)
    rig.lab.append(ADA, "INBOX", raw)
    come_due(rig)
    assert rig.row(message)["state"] == "done"


def test_an_answer_from_before_it_was_queued_does_not_keep_it(rig):
    earlier = datetime.now(UTC) - timedelta(minutes=1)
    rig.lab.append(ADA, "INBOX", answer(), internal_date=earlier)
    _, message = conditional(rig)
    come_due(rig)
    assert rig.row(message)["state"] == "done"


def test_one_that_was_refused_for_now_is_asked_about_again_before_the_next_try(rig):
    _, message = conditional(rig)
    rig.sink.plan("mail", Act("451 later"))
    come_due(rig)
    assert rig.row(message)["state"] == "retry_wait"
    rig.lab.append(ADA, "INBOX", answer())
    come_due(rig)
    assert (rig.row(message)["state"], rig.sink.taken) == ("cancelled", [])


def test_a_mail_server_that_cannot_be_asked_makes_it_wait_and_say_so(rig):
    _, message = conditional(rig)
    rig.imap.refuse()
    come_due(rig)
    row = rig.row(message)
    assert (row["state"], rig.sink.taken) == ("retry_wait", [])
    assert NOBODY in row["text"]
    rig.imap.refuse(refusing=False)
    rig.lab.append(ADA, "INBOX", answer())
    come_due(rig, 5 * 60)
    assert (rig.row(message)["state"], rig.sink.taken) == ("cancelled", [])


def test_after_a_day_without_a_word_its_writer_is_asked_and_may_send_it(rig):
    """F38: never sent silently, and not tried for ever."""
    _, message = conditional(rig)
    rig.imap.refuse()
    for _ in range(30):
        come_due(rig, HOUR_S)
    row = rig.row(message)
    assert (row["state"], row["trouble"], rig.sink.taken) == ("held", "too_late", [])
    assert "Nobody could ask the mail server whether it was answered" in row["text"]
    assert rig.act("send_again", message) is True
    rig.do("catch_up")
    assert len(rig.sink.taken) == 1


def test_a_refused_password_waits_for_the_right_one(rig):
    """F21: and the account is left alone meanwhile."""
    _, message = conditional(rig)
    rig.do("reseal", outgoing_id=message, password="old")
    come_due(rig)
    assert (rig.row(message)["state"], rig.row(message)["trouble"]) == ("retry_wait", "auth")
    rig.do("give_password", user=rig.user, password=rig.lab.users[ADA])
    rig.do("catch_up")
    assert len(rig.sink.taken) == 1


def test_a_password_that_the_mailbox_refuses_says_nothing_of_a_sending_server(rig):
    """Its words and its bar are for the server that refused."""
    _, message = conditional(rig)
    rig.do("reseal", outgoing_id=message, password="old")
    rig.do("change", outgoing_id=message, submission_url="smtps://smtp.example.org:465")
    come_due(rig)
    row = rig.row(message)
    assert (row["state"], row["trouble"]) == ("retry_wait", "unasked")
    assert NOBODY in row["text"]
    assert "30 minutes" in row["text"], "and the account is left alone (F21)"
    rig.do("give_password", user=rig.user, password=rig.lab.users[ADA])
    assert rig.row(message)["state"] == "ready"


def test_many_workers_at_once_find_the_same_answer_and_none_sends(rig):
    _, message = conditional(rig)
    rig.lab.append(ADA, "INBOX", answer())
    rig.do("pass_time", seconds=HOUR_S + 1)
    assert rig.together("deliver", [{"outgoing_id": message}] * 4) == [0] * 4
    assert (rig.states(), rig.sink.taken) == (["cancelled"], [])


@pytest.mark.parametrize("is_answered", [True, False])
@pytest.mark.parametrize("point", CONDITIONAL)
def test_a_sender_killed_while_it_asks_neither_sends_what_was_answered_nor_forgets(
    rig, point, is_answered
):
    draft, message = conditional(rig)
    if is_answered:
        rig.lab.append(ADA, "INBOX", answer())
    rig.do("pass_time", seconds=HOUR_S + 1)
    ended = rig.run("deliver", failpoint=point, outgoing_id=message)
    assert ended == (0 if point == "after_withdrawal" and not is_answered else KILLED)
    come_due(rig, 1)
    assert rig.row(message)["state"] == ("cancelled" if is_answered else "done")
    assert len(rig.sink.taken) == (0 if is_answered else 1)
    assert rig.do("drafts") == ([draft] if is_answered else [])
