"""A disk of 32 MB that is filled at each step of a message (F25): a tmpfs of the office's own."""

import json
import os
import time

import pytest

from tests.faults.rig import ADA, Rig
from tests.lab.smtp_sink import Act

SIZE = "32m"
FULL = "The disk of this server is full"
MOUNT = f'mount -t tmpfs -o size={SIZE} tmpfs "$0" && exec "$@"'


@pytest.fixture(scope="module")
def running(tmp_path_factory, lab):
    """Mounted where only the office sees it, so that it is gone with it."""
    folder = tmp_path_factory.mktemp("disk")
    as_root = () if os.geteuid() == 0 else ("--map-root-user",)
    inside = ("unshare", "--mount", *as_root, "sh", "-c", MOUNT, folder / "data")
    rig = Rig(folder, lab, "", inside=inside)
    rig.start()
    yield rig
    rig.stop()


@pytest.fixture
def rig(running):
    running.do("empty_disk")
    running.reset()
    return running


@pytest.fixture
def form(rig):
    written = {"to": "ben@hearth.test", "subject": "Firewood", "text": "Bring the saw."}
    return rig.do("open_compose", address=ADA, password=rig.lab.users[ADA], **written)


def test_below_the_least_room_a_send_is_refused_with_the_reason_and_the_draft_is_kept(rig, form):
    """F25: new mail is refused before the disk is full, and leaves once there is room."""
    rig.do("fill_disk", leave_bytes=1_000_000)
    answer = rig.do("press", form=form)
    assert answer["status"] == 422
    assert f"Not sent. {FULL}" in answer["text"]
    assert (rig.do("rows"), rig.do("files")) == ([], [])
    assert len(rig.do("drafts")) == 1
    rig.do("empty_disk")
    rig.do("press_send", form=form)
    rig.do("pass_time", seconds=60)
    rig.do("catch_up")
    assert (rig.states(), len(rig.sink.taken)) == (["done"], 1)


def test_with_no_room_at_all_what_was_typed_comes_back(rig, form):
    """F25: not even a draft can be kept, so the page keeps it."""
    rig.do("fill_disk")
    answer = rig.do("press", form=form, by_script=False)
    assert answer["status"] == 503
    assert FULL in answer["text"]
    assert "Bring the saw." in answer["text"]
    rig.do("empty_disk")
    rig.do("press_send", form=form)


def test_a_file_is_refused_with_the_reason(rig, form):
    """F25: attachments are gone for first, being the largest."""
    rig.do("fill_disk", leave_bytes=1_000_000)
    answer = rig.do("attach", form=form, name="saw.txt", text="saw")
    assert answer["status"] == 413
    assert f"“saw.txt” was not attached. {FULL}" in json.loads(answer["text"])["errors"]["files"]


def test_reading_goes_on_while_the_disk_is_full(rig, form):
    """F25: lists, messages and the outbox need no room."""
    uid = rig.lab.append(ADA, "INBOX", b"From: ben@hearth.test\r\nSubject: Saw\r\n\r\nHere.\r\n")
    rig.do("fill_disk")
    page = rig.do("get", path="/mail/")
    assert (page["status"], "Saw" in page["text"]) == (200, True)
    link = rig.do("links_in", text=page["text"], ends=f".{uid}/")[0]
    page = rig.do("get", path=link)
    assert (page["status"], "Here." in page["text"]) == (200, True)
    assert rig.do("get", path="/outbox/")["status"] == 200


@pytest.mark.parametrize("stage", ["rcpt", "end"])
def test_a_disk_that_fills_while_a_message_leaves_neither_loses_nor_doubles(rig, stage):
    """F25: before DATA nothing is sent; after the 250 the commit waits for room."""
    message = rig.queue()
    rig.sink.plan(stage, Act(delay_s=0.7))
    sender = rig.begin("deliver", outgoing_id=message)
    rig.sink.wait_for(stage)
    rig.do("fill_disk")
    rig.sink.wait_for("quit")
    time.sleep(0.3)
    assert len(rig.sink.taken) == (stage == "end")
    rig.do("empty_disk")
    rig.end_of(sender)
    rig.do("pass_time", seconds=20 * 60)
    rig.do("catch_up")
    assert (rig.states(), len(rig.sink.taken)) == (["done"], 1)
    assert rig.subjects_in("Sent") == 1


def test_a_sent_message_stays_sent_while_the_disk_is_full(rig):
    """F25: a state that was reached never goes back, and there is one copy in Sent."""
    message = rig.queue()
    rig.do("deliver", outgoing_id=message)
    rig.do("fill_disk")
    assert rig.run("finish", outgoing_id=message) == 1
    assert rig.row(message)["state"] == "accepted"
    rig.do("empty_disk")
    rig.do("pass_time", seconds=20 * 60)
    rig.do("catch_up")
    assert rig.row(message)["state"] == "done"
    assert (len(rig.sink.taken), rig.subjects_in("Sent")) == (1, 1)
