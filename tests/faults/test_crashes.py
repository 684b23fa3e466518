"""A sender killed with -9 at each named point: security.md F12, F13, F14."""

import pytest

from tests.faults.rig import ADA
from tests.lab.smtp_sink import Act

KILLED = -9
BEFORE_DATA = ("after_claim", "after_connect", "after_auth", "after_mail", "after_rcpt")


@pytest.mark.parametrize("point", BEFORE_DATA)
def test_killed_before_data_a_message_is_sent_once_later(rig, point):
    message = rig.queue()
    assert rig.run("deliver", failpoint=point, outgoing_id=message) == KILLED
    assert rig.row(message)["state"] == "claimed"
    rig.do("sweep")
    assert rig.row(message)["state"] == "claimed", "the lease still stands"
    rig.do("pass_time", seconds=16 * 60)
    rig.do("catch_up")
    assert rig.row(message)["state"] == "done"
    assert len(rig.sink.taken) == 1
    assert rig.subjects_in("Sent") == 1
