"""A redirected message through the whole outbox, against a real IMAP and submission server."""

from tests.faults.rig import ADA
from tests.faults.test_sent_copy import flags, source

ORIGINAL = (
    b"From: Kay <kay@elsewhere.test>\r\nTo: ada@hearth.test\r\nBcc: eve@elsewhere.test\r\n"
    b"Message-ID: <1@elsewhere.test>\r\nSubject: Q\r\n\r\n.\r\nWhen?\r\n..\r\n"
)
KEPT = ORIGINAL.replace(b"Bcc: eve@elsewhere.test\r\n", b"")


def place(rig):
    fields = source(rig, relation="redirect")
    return [fields[f"source_{name}"] for name in ("mailbox", "uidvalidity", "uid")]


def redirect(rig, original_place):
    return rig.do(
        "redirect",
        user=rig.user,
        original=ORIGINAL.decode(),
        bcc=["chiyo@hearth.test"],
        source=original_place,
    )


def test_the_original_arrives_octet_for_octet_and_is_marked_as_passed_on(rig):
    original_place = place(rig)
    message = redirect(rig, original_place)
    rig.do("catch_up")
    (taken,) = rig.sink.taken
    assert taken.content.endswith(KEPT)
    head = taken.content.removesuffix(KEPT)
    assert head.startswith(b"Resent-From: <ada@hearth.test>\r\nResent-To: <ben@hearth.test>\r\n")
    assert (taken.mail_from, taken.rcpt_to) == (ADA, ("ben@hearth.test", "chiyo@hearth.test"))
    assert b"bcc:" not in taken.content.lower()
    row = rig.row(message)
    assert (row["state"], row["sent_copy"], row["answered_flag"]) == ("done", "done", "done")
    assert "$Forwarded" in flags(rig, original_place[2])
    copy = rig.lab.raw(ADA, "Sent", rig.lab.uids(ADA, "Sent")[0])
    assert copy == b"Resent-Bcc: <chiyo@hearth.test>\r\n" + taken.content


def test_a_worker_that_dies_after_filing_leaves_one_copy_in_sent(rig):
    """Found by its resent identifier: that of the original is in other copies too (F29)."""
    rig.lab.append(ADA, "Sent", KEPT)
    message = redirect(rig, place(rig))
    rig.do("deliver", outgoing_id=message)
    assert rig.run("finish", failpoint="after_append", outgoing_id=message) == -9
    assert rig.subjects_in("Sent") == 2
    rig.do("pass_time", seconds=3600)
    rig.do("catch_up")
    assert rig.row(message)["state"] == "done"
    assert rig.subjects_in("Sent") == 2
    assert len(rig.sink.taken) == 1
