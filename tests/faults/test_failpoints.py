"""A sender killed with -9 at each of its 18 named points (security.md 4.5; F05, F12, F13, F14).

The server either accepts what comes to the final dot, or drops the connection there and keeps
nothing.  Then time passes: the lease runs out, the sweep comes, days go by; and nobody may
have sent twice, or have forgotten.
"""

import re
from dataclasses import dataclass
from pathlib import Path

import pytest

import webmail.submission
from tests.faults.rig import ADA
from tests.lab.smtp_sink import Act

KILLED, ENDED = -9, 0
LEASE_S = 20 * 60
ORIGINAL = b"From: ben@hearth.test\r\nMessage-ID: <1@hearth.test>\r\nSubject: Q\r\n\r\nWhen?\r\n"


@dataclass(frozen=True)
class End:
    """How the process ended, where the row stands at last, and what was delivered and filed."""

    process: int
    state: str
    delivered: int
    filed: int


NO_ROW = End(KILLED, "", 0, 0)
SENT = End(KILLED, "done", 1, 1)
UNCLEAR = End(KILLED, "uncertain", 0, 0)
UNCLEAR_THOUGH_TAKEN = End(KILLED, "uncertain", 1, 0)
# The point is not reached: without a 250 the sender knows at once that it does not know.
CUT_BEFORE = End(ENDED, "uncertain", 0, 0)

# point: what is to be when the server accepts, and when it drops.
TABLE = {
    "after_freeze": (NO_ROW, NO_ROW),
    "after_commit": (SENT, UNCLEAR),
    "after_claim": (SENT, UNCLEAR),
    "after_connect": (SENT, UNCLEAR),
    "after_auth": (SENT, UNCLEAR),
    "after_mail": (SENT, UNCLEAR),
    "after_rcpt": (SENT, UNCLEAR),
    "after_data_commit": (UNCLEAR, UNCLEAR),
    "after_354": (UNCLEAR, UNCLEAR),
    "in_data": (UNCLEAR, UNCLEAR),
    "after_reply": (UNCLEAR_THOUGH_TAKEN, CUT_BEFORE),
    "in_journal": (UNCLEAR_THOUGH_TAKEN, CUT_BEFORE),
    "after_journal": (SENT, CUT_BEFORE),
    "after_accept": (SENT, CUT_BEFORE),
    "before_append": (SENT, CUT_BEFORE),
    "after_append": (SENT, CUT_BEFORE),
    "after_answered": (SENT, CUT_BEFORE),
    "after_cleanup": (SENT, CUT_BEFORE),
}
# Points of mail that leaves only if nobody has answered: test_condition.py.
CONDITIONAL = ("before_asking", "after_asking", "after_withdrawal")
# And of one that repeats: test_repeating.py.
REPEATING = ("before_occurrence", "after_occurrence")
WHILE_QUEUEING = ("after_freeze", "after_commit")


def test_every_point_of_the_sender_is_in_the_table():
    folder = Path(webmail.submission.__file__).parent
    sources = "".join(path.read_text() for path in folder.glob("*.py"))
    assert set(re.findall(r'failpoint\.reach\("(\w+)"\)', sources)) == {
        *TABLE,
        *CONDITIONAL,
        *REPEATING,
    }
    assert len(TABLE) == 18


@pytest.mark.parametrize("way", ["accept", "drop"])
@pytest.mark.parametrize("point", TABLE)
def test_a_sender_killed_at_a_point_neither_loses_nor_doubles(rig, point, way):
    expected = TABLE[point][way == "drop"]
    if way == "drop":
        rig.sink.plan("end", Act(then="drop"), times=None)
    assert killed_at(rig, point) == expected.process
    time_passes(rig)
    assert rig.states() == ([expected.state] if expected.state else [])
    assert len(rig.sink.taken) == expected.delivered
    assert rig.subjects_in("Sent") == expected.filed
    assert bool(rig.do("files")) == (expected.state in {"uncertain", ""})
    if expected.state == "uncertain":
        assert "may or may not have taken" in rig.do("rows")[0]["text"]
    else:
        assert len(rig.do("drafts")) == (expected.state == "")


def killed_at(rig, point):
    """A reply, so that every step after acceptance has something to do; how its sender ended."""
    draft = rig.do("draft", user=rig.user, **answered(rig))
    if point in WHILE_QUEUEING:
        return rig.run("queue", failpoint=point, user=rig.user, draft=draft)
    message = rig.queue(draft=draft)
    return rig.run("deliver_and_finish", failpoint=point, outgoing_id=message)


def answered(rig):
    uid = rig.lab.append(ADA, "INBOX", ORIGINAL)
    with rig.lab.imap(ADA) as client:
        place = client.folder_status("INBOX", ["UIDVALIDITY"])
    return {
        "relation": "reply",
        "source_mailbox": "INBOX",
        "source_uidvalidity": place[b"UIDVALIDITY"],
        "source_uid": uid,
    }


def time_passes(rig):
    """What lasts past the lease, and then for days; a machine sends nothing unclear again."""
    rig.do("catch_up")
    for seconds in (LEASE_S, 24 * 3600, 24 * 3600):
        rig.do("pass_time", seconds=seconds)
        rig.do("catch_up")
