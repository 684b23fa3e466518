"""A mail of 50 MB, built from the upload on disk and sent from the file that was frozen."""

import pytest

from tests.faults.rig import ADA, Rig

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


def grown(rig, order, **arguments):
    return rig.do("growth_mb", told={"do": order, "with": arguments})
