"""Messages made to hurt whoever parses them, through their pages on a real server (T33-T36)."""

import os
import resource
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from django.test import Client

from tests.web.bombs import BOMBS
from webmail.accounts import connect
from webmail.accounts.models import User
from webmail.message import jail
from webmail.outbound import parse_endpoint
from webmail.web import reading
from webmail.web.paths import mailbox_url

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(300)]
ROOT = Path(__file__).resolve().parents[2]
LIMIT_S = 3
MEMORY_KIB = 200 * 1024


@pytest.fixture
def ada(lab, settings):
    settings.WEBMAIL_IMAP = parse_endpoint(lab.imaps_url, "imap")
    settings.WEBMAIL_CA_FILE = str(lab.ca_file)
    reading.forget_all()
    lab.clear()
    client = Client()
    client.address = min(lab.users)
    fields = {"address": client.address, "password": lab.users[client.address]}
    assert client.post("/sign-in/", fields).status_code == 303
    client.key = User.objects.get(address=client.address).accounts.get().key
    yield client
    connect.pool.close()


def worked_s():
    """Time that we and our children took of a processor."""
    spent = os.times()
    return spent.user + spent.system + spent.children_user + spent.children_system


def timed(ask, url):
    """How long it took; on a busy machine, how long it would have taken on an idle one."""
    began, began_work = time.monotonic(), worked_s()
    answer = ask(url)
    size = len(answer.getvalue())
    assert answer.status_code == 200, url
    assert size < 8_000_000
    return min(time.monotonic() - began, worked_s() - began_work)


@pytest.mark.parametrize("name", BOMBS)
def test_a_bomb_is_listed_opened_and_answered_in_time(name, ada, lab):
    lab.append(ada.address, "INBOX", BOMBS[name]())
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    inbox = mailbox_url(ada.key, "INBOX")
    took = {"list": timed(ada.get, inbox)}
    page = ada.get(inbox).content.decode()
    ref = page.partition('data-ref="')[2].partition('"')[0]
    took["message"] = timed(ada.get, f"/mail/{ref}/")
    took["body"] = timed(ada.get, f"/mail/{ref}/body/")
    took["again"] = timed(ada.get, f"/mail/{ref}/")
    took["reply"] = timed(ada.get, f"/compose/?reply={ref}")
    took["forward"] = timed(ada.get, f"/compose/?forward={ref}")
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    assert max(took.values()) <= LIMIT_S, took
    assert grown <= MEMORY_KIB


CHILD = """
import sys
sys.path.insert(0, {root!r})
from webmail.message import sanitize_child
sanitize_child._answer = lambda **question: {answer}
sanitize_child.main()
"""


def ask_child(answer):
    code = CHILD.format(root=str(ROOT), answer=answer)
    return subprocess.run(
        [sys.executable, "-I", "-c", code],
        input=b'{"job": "reading", "html": "", "urls": {}, "allowed": {}}',
        capture_output=True,
        timeout=30,
        check=False,
        env={},
    )


def test_the_cleaning_child_is_stopped_after_two_seconds_of_work():
    assert ask_child("any(n for n in iter(int, 1))").returncode == -signal.SIGXCPU
    assert jail.CPU_S == 2


def test_the_cleaning_child_cannot_take_more_memory_than_it_has():
    done = ask_child("'x' * (600 * 1024 * 1024)")
    assert done.returncode == 1
    assert b"MemoryError" in done.stderr


def test_the_cleaning_child_knows_nothing_of_our_environment():
    answer = "{'environment': sorted(__import__('os').environ)}"
    assert b"WEBMAIL" not in ask_child(answer).stdout
