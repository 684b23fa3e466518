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

from tests.web.letters import letter
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


def parts(count, kind="text/plain", text="x"):
    each = f"--b\r\nContent-Type: {kind}\r\n\r\n{text}\r\n"
    return letter("Bomb", each * count + "--b--", kind="multipart/mixed; boundary=b")


def nested(depth):
    opened = "".join(
        f"--b{n}\r\nContent-Type: multipart/mixed; boundary=b{n + 1}\r\n\r\n" for n in range(depth)
    )
    return letter("Bomb", f"{opened}--b{depth}\r\n\r\nx", kind="multipart/mixed; boundary=b0")


def matryoshka(depth):
    return b"Content-Type: message/rfc822\r\n\r\n" * depth + letter("Bomb")


def html(text):
    return letter("Bomb", text, kind="text/html; charset=utf-8")


FORMATS = "".join(f"<p><b c={n}>" for n in range(1900))
BOMBS = {
    "10 000 parts": lambda: parts(10_000),
    "3 000 html parts": lambda: parts(3_000, "text/html", "<p>x</p>"),
    "40 slow html parts": lambda: parts(40, "text/html", FORMATS + "<p>x" * 1500),
    "1 000 multiparts deep": lambda: nested(1_000),
    "1 000 messages deep": lambda: matryoshka(1_000),
    "16 000 recipients": lambda: letter(
        "Bomb", to=",\r\n ".join(f"N {n} <a{n}@e.example>" for n in range(16_000))
    ),
    "brackets in To": lambda: letter("Bomb", to="\r\n ".join("(" * 60 for _ in range(100))),
    "8 000 parameters": lambda: letter(
        "Bomb", kind=";\r\n ".join(["text/plain", *(f"p{n}=x" for n in range(8_000))])
    ),
    "4 000 pieces of a name": lambda: letter(
        "Bomb", kind=";\r\n ".join(["text/plain", *(f"name*{n}*=utf-8''%41" for n in range(4_000))])
    ),
    "2 000 fields": lambda: letter("Bomb", head="\n".join(f"X-{n}: y" for n in range(2_000))),
    "20 000 references": lambda: letter(
        "Bomb", head="References: " + "\n ".join(f"<{n}@e.example>" for n in range(20_000))
    ),
    "a subject of encoded words": lambda: letter(
        "\r\n ".join("=?utf-8?Q?=41?=" for _ in range(12_000))
    ),
    "formatting": lambda: html("<a><b>" * 32_000 + "</a>" * 32_000),
    "reopened": lambda: html(FORMATS + "<p>x" * 2_000),
    "undone ends": lambda: html("<div></x>" * 22_000),
    "attributes": lambda: html("<p " + "\r\n".join(f"a{n}=1" for n in range(80_000)) + ">"),
    "rules": lambda: html("<style>" + "a{color:red}\r\n" * 50_000 + "</style>x"),
    "brackets in a style": lambda: html('<p style="' + "((((((((\r\n" * 40_000 + '">x'),
    "tables": lambda: html("<table><tr><td>\r\n" * 20_000),
    "quotes": lambda: letter("Bomb", (">" * 900 + "\r\n") * 900),
    "links": lambda: letter("Bomb", "http://e.example/a(b" * 40_000),
    "at signs": lambda: letter("Bomb", "a.a@" * 200_000),
    "flowed": lambda: letter("Bomb", "x \r\n" * 250_000, kind="text/plain; format=flowed"),
    "iso-2022 escapes": lambda: letter(
        "Bomb", "\x1b$B\x1b(B" * 100_000, kind="text/plain; charset=iso-2022-jp"
    ),
    "base64 in pieces": lambda: letter(
        "Bomb", "QQ==\r\n" * 150_000, head="Content-Transfer-Encoding: base64"
    ),
}


@pytest.fixture
def ada(lab, settings):
    settings.WEBMAIL_IMAP = parse_endpoint(lab.imaps_url, "imap")
    settings.WEBMAIL_CA_FILE = str(lab.ca_file)
    connect.tls_context.cache_clear()
    reading.forget_all()
    lab.clear()
    client = Client()
    client.address = min(lab.users)
    fields = {"address": client.address, "password": lab.users[client.address]}
    assert client.post("/sign-in/", fields).status_code == 303
    client.key = User.objects.get(address=client.address).accounts.get().key
    yield client
    connect.pool.close()
    connect.tls_context.cache_clear()


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
