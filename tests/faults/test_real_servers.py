"""Through real submission servers with TLS, to a real inbox, every octet intact."""

import pytest

from tests.faults.rig import ADA

TEXT = "\n".join([".", "..", ".dot", "", "last line with ümläuts and 日本語", "x" * 2000])


@pytest.mark.parametrize("kind", ["submissions_url", "submission_starttls_url"])
def test_a_message_arrives_as_it_was_frozen(rig_on_sqlite, kind):
    rig = rig_on_sqlite
    rig.reset()
    rig.person(ADA, submission_url=getattr(rig.lab, kind))
    message = rig.queue(text=TEXT, bcc=["chiyo@hearth.test"])
    wire = rig.do("wire", outgoing_id=message)
    rig.do("catch_up")
    assert rig.row(message)["state"] == "done"
    for reader in ("ben@hearth.test", "chiyo@hearth.test"):
        (uid,) = rig.lab.wait_for(reader, "INBOX", "ALL")
        arrived = rig.lab.raw(reader, "INBOX", uid).decode()
        # Servers put their trace fields on top and touch nothing below.
        assert arrived.endswith(wire)
        assert "Bcc" not in arrived
    assert rig.subjects_in("Sent") == 1
