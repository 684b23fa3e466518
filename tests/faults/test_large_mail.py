"""A mail of 50 MB, built from the upload on disk and sent from the file that was frozen."""

import pytest

from tests.faults.rig import ADA, Rig
from tests.faults.weight import begin_weighing, grown_mb
from webmail.web.building import AT_ONCE

MAIL_BYTES = 50_000_000
FILE_BYTES = MAIL_BYTES * 57 // 78 - 2_000  # in base64 lines
MOST_MB = 160


@pytest.fixture
def large(rig_on_sqlite):
    """A household whose administrator lets mail of 60 MB through."""
    rig: Rig = rig_on_sqlite
    rig.close_office()
    rig.environment["WEBMAIL_MAX_MESSAGE_BYTES"] = "60000000"
    rig.open_office()
    rig.reset()
    yield rig
    rig.close_office()
    del rig.environment["WEBMAIL_MAX_MESSAGE_BYTES"]
    rig.open_office()
    rig.reset()


def test_a_mail_of_50_mb_is_built_and_sent_within_160_mb(large):
    # What is loaded once, with the first mail, is no part of it.
    for size_bytes in (1_000, FILE_BYTES):
        large.reset()
        form = large.do(
            "open_compose", address=ADA, password=large.lab.users[ADA], to="ben@hearth.test"
        )
        large.do("save_with_file", form=form, size_bytes=size_bytes)
        built_mb = grown(large, "press_send", form=form)
        large.do("pass_time", seconds=60)
        (row,) = large.do("rows")
        sent_mb = grown(large, "deliver", outgoing_id=row["id"])
        filed_mb = grown(large, "finish", outgoing_id=row["id"])
    (mail,) = large.sink.taken
    assert len(mail.content) == row["size_bytes"] == pytest.approx(MAIL_BYTES, rel=0.01)
    assert mail.sha256 == row["wire_sha256"]
    assert large.states() == ["done"]
    print(f"built +{built_mb:.0f} MB, sent +{sent_mb:.0f} MB, filed +{filed_mb:.0f} MB")
    assert built_mb <= MOST_MB
    assert sent_mb <= 20
    assert filed_mb <= MOST_MB


THREADS = 4  # of the worker that sends, as the Procfile has it


def test_ten_mails_of_50_mb_at_once_weigh_no_more_than_are_in_hand(large):
    """Built: two at a time.  Sent and filed: one for each thread of the worker."""
    large.bell.start()
    with large.worker(threads=THREADS) as worker:
        warm_up(large)
        large.reset()
        forms = [fill_in(large, f"Number {number}", FILE_BYTES) for number in range(10)]
        before = begin_weighing(str(worker.pid))
        built_mb = grown(large, "press_all", numbers=forms)
        large.do("pass_time", seconds=60)
        large.do("ring_all")
        large.wait(lambda: set(large.states()) == {"done"}, timeout_s=240)
        sent_mb = grown_mb(str(worker.pid), before)
    large.bell.stop()
    rows = large.do("rows")
    assert {mail.sha256 for mail in large.sink.taken} == {row["wire_sha256"] for row in rows}
    assert len(large.sink.taken) == len(rows) == 10
    print(f"ten at once: built +{built_mb:.0f} MB, sent and filed +{sent_mb:.0f} MB")
    assert built_mb <= AT_ONCE * MOST_MB
    assert sent_mb <= THREADS * MOST_MB


def warm_up(large):
    """What is loaded once, with the first mail, is no part of it."""
    large.do("press_send", form=fill_in(large, "First", 1_000))
    large.do("pass_time", seconds=60)
    large.do("ring_all")
    large.wait(lambda: large.states() == ["done"])


def fill_in(large, subject, size_bytes):
    words = {"to": "ben@hearth.test", "subject": subject}
    form = large.do("open_compose", address=ADA, password=large.lab.users[ADA], **words)
    large.do("save_with_file", form=form, size_bytes=size_bytes)
    return form


def grown(rig, order, **arguments):
    return rig.do("growth_mb", told={"do": order, "with": arguments})
