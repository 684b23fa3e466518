"""The 201 never reaches the browser (F03), and what is on the disk before it leaves (F26)."""

import re
import subprocess

import pytest

from start.child import end, spawn
from tests.faults.front import TYPED, open_front, sign_in
from tests.lab.cutter import Cutter
from tests.lab.place import get_program


@pytest.fixture
def rig(rig_on_sqlite):
    rig_on_sqlite.reset()
    return rig_on_sqlite


def filled_in(browser):
    action, fields = browser.open_form()
    return action, fields | TYPED | {"do": "send"}


@pytest.mark.parametrize("by_script", [True, False], ids=["script", "form"])
def test_a_browser_that_repeats_a_send_whose_answer_was_cut_off_sends_once(rig, by_script):
    """F03: the same token is the same row, and the answer is the true one."""
    with open_front(rig) as port, Cutter(port) as way:
        browser = sign_in(rig, way.port)
        action, fields = filled_in(browser)
        way.cut_when(rb"HTTP/1.1 (201|303)")
        with pytest.raises(OSError, match=r"reset|closed"):
            browser.press(action, fields, by_script=by_script)
        assert (way.cuts, rig.states()) == (1, ["held"])
        answer = browser.press(action, fields, by_script=by_script)
        assert answer.status == (200 if by_script else 303)
    rig.do("catch_up")
    assert (rig.states(), len(rig.sink.taken)) == (["done"], 1)


# -- on the disk ----------------------------------------------------------------------------------

CALLS = "trace=fsync,fdatasync,rename,renameat,renameat2,write,pwrite64,sendto,sendmsg,writev"
MADE = r"/outbox/\w+\.new"


def test_message_and_row_are_on_the_disk_before_the_201_leaves(rig):
    """F26: what the kernel was asked, in its order (strace)."""
    log = rig.folder / "strace.log"
    with open_front(rig) as port:
        browser = sign_in(rig, port)
        action, fields = filled_in(browser)
        web = process_of(port)
        command = [get_program("strace"), "-f", "-y", "-s", "60", "-e", CALLS, "-o", log]
        tracer = spawn([*command, "-p", str(web)], log=rig.folder / "strace.err")
        rig.wait(lambda: "attached" in (rig.folder / "strace.err").read_text())
        assert browser.press(action, fields).status == 201
        end(tracer)
    calls = log.read_text(errors="replace").splitlines()
    answered = index_of(calls, r"HTTP/1\.1 201")
    file_synced = index_of(calls, rf"fsync\(\d+<[^>]*{MADE}")
    renamed = index_of(calls, rf'rename\w*\(.*{MADE}"')
    folder_synced = index_of(calls, r"fsync\(\d+<[^>]*/outbox>", after=renamed)
    log_written = last_index(calls[:answered], r"pwrite64\(\d+<[^>]*/hearth\.sqlite3-wal>")
    log_synced = index_of(calls, r"sync\(\d+<[^>]*/hearth\.sqlite3-wal>", after=log_written)
    assert file_synced < renamed < folder_synced < log_written < log_synced < answered


def process_of(port):
    found = subprocess.run(
        ["pgrep", "-f", f"uvicorn webmail.asgi:application --port {port}"],
        capture_output=True,
        text=True,
        check=True,
    )
    return int(found.stdout.split()[0])


def index_of(calls, pattern, *, after=-1):
    found = [n for n, call in enumerate(calls) if n > after and re.search(pattern, call)]
    assert found, f"no {pattern} after line {after} of {len(calls)}"
    return found[0]


def last_index(calls, pattern):
    return max(n for n, call in enumerate(calls) if re.search(pattern, call))
