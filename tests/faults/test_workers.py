"""Real Celery workers and a real Redis that fails them: security.md F05, F06, F07, F09."""

import contextlib
import subprocess
import time

import pytest

from tests.faults.rig import ADA
from tests.lab.smtp_sink import Act

KILLED = -9
pytestmark = pytest.mark.xdist_group("fault-workers")


@pytest.fixture(scope="module")
def workers():
    """Starts one worker for each rig that asks, and ends them with this module."""
    with contextlib.ExitStack() as stack:
        known = {}

        def for_rig(rig):
            if rig not in known:
                rig.bell.start()
                stack.callback(rig.bell.stop)
                known[rig] = stack.enter_context(rig.worker())

        yield for_rig


@pytest.fixture
def bell(rig):
    """A Redis, and nobody who listens to it but what the test starts."""
    rig.bell.start()
    yield rig.bell
    rig.bell.stop()


@pytest.fixture
def shop(rig, workers):
    """The rig with a Redis and a worker at work."""
    workers(rig)
    rig.bell.start()
    rig.queue()
    rig.wait(lambda: all_done(rig, 1))
    rig.reset()
    return rig


def all_done(rig, count):
    states = rig.states()
    return len(states) == count and set(states) == {"done"}


def exactly_once(rig, count):
    """Each message arrived as frozen, once, and has one Sent copy."""
    rows = rig.do("rows")
    assert len(rig.sink.taken) == count
    assert {mail.sha256 for mail in rig.sink.taken} == {row["wire_sha256"] for row in rows}
    assert rig.subjects_in("Sent") == count


# The first tests bring workers of their own and end them; the worker of ``shop`` stays.


def test_each_task_queued_five_times_on_two_workers_is_one_mail(rig, bell):
    """F09: of all who claim a row, one gets it."""
    count = 10
    messages = [rig.queue() for _ in range(count)]
    for message in messages:
        rig.do("enqueue", outgoing_id=message, times=5)
    with rig.worker(threads=4), rig.worker(threads=4):
        rig.wait(lambda: all_done(rig, count), timeout_s=60)
    exactly_once(rig, count)


def test_a_worker_killed_with_mail_in_hand_loses_nothing(rig, bell):
    with rig.worker() as worker:
        rig.queue()
        rig.wait(lambda: all_done(rig, 1))
        rig.queue(undo_s=1)
        worker.kill()
        with contextlib.suppress(subprocess.TimeoutExpired):
            worker.wait(5)
    rig.do("pass_time", seconds=20 * 60)
    rig.do("catch_up")
    assert rig.states() == ["done", "done"]
    exactly_once(rig, 2)


def test_a_worker_that_starts_while_redis_has_no_room_sends_all_the_same(rig, bell):
    """F08: a restart in the middle of it is no way out of sending."""
    bell.fill()
    rig.queue()
    with rig.worker():
        rig.wait(lambda: all_done(rig, 1), timeout_s=30)
    exactly_once(rig, 1)


def test_a_worker_that_starts_while_redis_is_away_sends_all_the_same(rig):
    """F06: nor is a Redis that is not there."""
    rig.queue()
    with rig.worker():
        rig.wait(lambda: all_done(rig, 1), timeout_s=30)
    exactly_once(rig, 1)


def test_workers_replaced_one_after_the_other_under_load_leave_nothing_unclear(rig, bell):
    """F11: SIGTERM lets a send in DATA end, and what was not begun is the next worker's."""
    count, before = 20, starts_in(rig)
    rig.sink.plan("end", Act(delay_s=0.3), times=None)
    with rig.worker() as old:
        for _ in range(count // 2):
            rig.queue()
        rig.sink.wait_for("end", count=2)
        with rig.worker():
            rig.wait(lambda: starts_in(rig) == before + 2)
            old.terminate()
            for _ in range(count // 2):
                rig.queue()
            rig.wait(lambda: all_done(rig, count), timeout_s=60)
            assert old.wait(10) == 0
    assert {row["attempt"] for row in rig.do("rows")} == {1}
    exactly_once(rig, count)


def starts_in(rig):
    """How often a worker of this rig has said that it is ready."""
    log = rig.folder / "worker.log"
    return log.read_text(errors="replace").count(" ready.") if log.exists() else 0


def test_a_message_leaves_within_two_seconds_of_the_undo_window_and_not_before(shop):
    asked = time.time()
    shop.sink.log.clear()
    shop.queue(undo_s=3)
    shop.wait(lambda: all_done(shop, 1))
    began = next(at for at, stage, _ in shop.sink.log if stage == "data")
    assert 3 <= began - asked <= 5


def test_killed_between_commit_and_hint_a_message_is_sent_within_thirty_seconds(shop):
    """F05: the row is enough; the clock of the worker finds it."""
    assert shop.run("queue", failpoint="after_commit", user=shop.user) == KILLED
    shop.wait(lambda: all_done(shop, 1), timeout_s=30)
    exactly_once(shop, 1)


def test_with_redis_down_queueing_is_quick_and_the_mail_still_leaves(shop):
    """F06: a hint that nobody takes is no error."""
    shop.bell.stop()
    begun = time.monotonic()
    shop.queue()
    assert time.monotonic() - begun < 2
    shop.wait(lambda: all_done(shop, 1), timeout_s=30)
    shop.bell.start()
    shop.queue()
    shop.wait(lambda: all_done(shop, 2), timeout_s=30)
    exactly_once(shop, 2)


def test_flushing_redis_again_and_again_loses_and_doubles_nothing(shop):
    """F07: the truth is in the database."""
    count = 60
    for n in range(count):
        shop.queue()
        if n % 4 == 0:
            shop.bell.flush()
    deadline = time.monotonic() + 90
    while not all_done(shop, count) and time.monotonic() < deadline:
        shop.bell.flush()
        time.sleep(1)
    assert shop.states() == ["done"] * count
    exactly_once(shop, count)


def test_who_is_signed_in_stays_so_when_redis_forgets_everything(shop):
    """F07: sessions are rows of the database."""
    shop.do("open_compose", address=ADA, password=shop.lab.users[ADA])
    shop.bell.flush()
    page = shop.do("get", path="/outbox/")
    assert (page["status"], "Everything is sent" in page["text"]) == (200, True)


def test_a_redis_without_room_delays_no_send_and_loses_none(shop):
    """F08: it refuses hints rather than forget others, and the clock of the worker needs none."""
    form = shop.do("open_compose", address=ADA, password=shop.lab.users[ADA], to="ben@hearth.test")
    shop.bell.fill()
    begun = time.monotonic()
    shop.do("press_send", form=form)
    assert time.monotonic() - begun < 2
    for _ in range(5):
        shop.queue()
    shop.do("pass_time", seconds=60)
    shop.wait(lambda: all_done(shop, 6), timeout_s=30)
    assert shop.bell.is_full()
    shop.bell.make_room()
    shop.queue()
    shop.wait(lambda: all_done(shop, 7), timeout_s=30)
    exactly_once(shop, 7)
