"""/events/ is outside Django's views: its own matrix, and how its streams begin and end (T85)."""

import json
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from dataclasses import replace

import pytest
import redis

from start.hearth import ROOT
from tests.hearth import wait_for
from tests.lab.place import free_port
from tests.push.conftest import Visitor, eventually
from webmail.push import hub
from webmail.web.events import STREAMS_PER_PERSON
from webmail.web.middleware import APP_HEADERS

ADA = "ada@hearth.test"


def test_a_stranger_gets_no_stream(hearth):
    assert Visitor(hearth).ask("GET", "/events/").status == 401


@pytest.mark.parametrize("method", ["POST", "HEAD", "PUT", "DELETE", "OPTIONS"])
def test_only_get_is_answered(visitor, method):
    answer = visitor.ask(method, "/events/")
    assert (answer.status, answer.getheader("Allow")) == (405, "GET")


FOREIGN = [
    {"Origin": "https://evil.example"},
    {"Origin": "null"},
    {"Origin": "http://127.0.0.1:1"},
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site"},
    {"Sec-Fetch-Site": "none"},
]


@pytest.mark.parametrize("headers", FOREIGN, ids=str)
def test_another_site_gets_no_stream(visitor, headers):
    assert visitor.ask("GET", "/events/", headers=headers).status == 403


def test_a_host_that_is_not_ours_gets_no_stream(visitor):
    assert visitor.ask("GET", "/events/", headers={"Host": "evil.example"}).status == 400


def test_our_own_page_gets_one_with_exact_headers(visitor, hearth):
    headers = {"Origin": hearth.url, "Sec-Fetch-Site": "same-origin"}
    answer = visitor.ask("GET", "/events/", headers=headers)
    assert answer.status == 200
    assert answer.getheader("Content-Type") == "text/event-stream"
    assert {name: answer.getheader(name) for name in APP_HEADERS} == APP_HEADERS
    assert answer.readline() == b"retry: 3000\n"


def test_a_refusal_has_the_headers_too(hearth):
    answer = Visitor(hearth).ask("GET", "/events/")
    assert {name: answer.getheader(name) for name in APP_HEADERS} == APP_HEADERS


def publish(hearth, *words):
    """To Ada, as the watcher does."""
    with closing(sqlite3.connect(hearth.folder / "hearth.sqlite3")) as database:
        (ada,) = database.execute("SELECT id FROM accounts_user WHERE address = ?", (ADA,))
    with redis.Redis.from_url(hearth.environment["WEBMAIL_REDIS_URL"]) as client:
        return [client.publish(hub.channel_of(ada[0]), json.dumps(word)) for word in words]


@pytest.fixture
def stream(visitor, hearth):
    stream = visitor.stream()
    assert eventually(lambda: publish(hearth, ["", "probe"])[0])
    yield stream
    stream.close()


def test_a_word_reaches_the_stream(stream, hearth):
    publish(hearth, ["key", "Küche\n\ndata: forged"], ["key", ""], ["", "", "found"])
    assert eventually(lambda: any("found" in data for _, data in stream.events))
    ours = [each for each in stream.events if '"key"' in each[1] or '"found"' in each[1]]
    kinds = [(kind, json.loads(data)) for kind, data in ours]
    assert kinds == [
        ("mailbox", {"account": "key", "mailbox": "Küche\n\ndata: forged"}),
        ("list", {"account": "key"}),
        ("search", {"search": "found"}),
    ]


def test_a_person_has_ten_streams_at_most(visitor, stream):
    more = [visitor.stream() for _ in range(STREAMS_PER_PERSON - 1)]
    assert {one.response.status for one in more} == {200}
    assert visitor.stream().response.status == 429
    for one in more:
        one.close()
    assert eventually(lambda: visitor.stream().response.status == 200, 3)


def test_who_leaves_is_noticed_within_a_second(visitor, hearth):
    stream = visitor.stream()
    assert eventually(lambda: publish(hearth, ["", "probe"])[0])
    stream.close()
    assert eventually(lambda: publish(hearth, ["", "probe"])[0] == 0, 1.5)


@pytest.fixture
def other_web(hearth, tmp_path):
    """A web process of its own, to be stopped."""
    port = free_port()
    environment = {**hearth.environment, "WEBMAIL_BASE_URL": f"http://127.0.0.1:{port}"}
    command = [sys.executable, "-m", "uvicorn", "webmail.asgi:application", "--port", str(port)]
    with (tmp_path / "log").open("wb") as log:
        process = subprocess.Popen(
            [*command, "--timeout-graceful-shutdown", "3"],
            env=environment,
            cwd=ROOT,
            stderr=log,
            stdout=subprocess.DEVNULL,
        )
    wait_for(f"http://127.0.0.1:{port}/healthz", tmp_path / "log")
    process.log = tmp_path / "log"
    yield process, replace(hearth, url=f"http://127.0.0.1:{port}")
    process.kill()
    process.wait()


def test_a_stop_ends_the_streams_and_takes_less_than_four_seconds(other_web, lab):
    process, place = other_web
    visitor = Visitor(place).sign_in(ADA, lab.users[ADA])
    streams = [visitor.stream() for _ in range(3)]
    time.sleep(0.3)
    begin = time.monotonic()
    process.send_signal(signal.SIGTERM)
    process.wait(4)
    assert time.monotonic() - begin < 2
    assert all(eventually(lambda one=one: one.ended_at, 1) for one in streams)
    assert "Traceback" not in process.log.read_text()


def test_a_signed_out_session_loses_its_stream_at_the_next_look(hearth, lab, tmp_path):
    """The look is a minute apart; a process that looks every second shows it."""
    visitor = Visitor(hearth).sign_in(ADA, lab.users[ADA])
    code = (
        "import webmail.asgi, webmail.web.events as events, uvicorn, sys\n"
        "events.CHECK_SECONDS = events.HEARTBEAT_SECONDS = 0.5\n"
        "uvicorn.run(webmail.asgi.application, port=int(sys.argv[1]), log_level='warning')\n"
    )
    port = free_port()
    environment = {**hearth.environment, "WEBMAIL_BASE_URL": f"http://127.0.0.1:{port}"}
    process = subprocess.Popen([sys.executable, "-c", code, str(port)], env=environment, cwd=ROOT)
    try:
        wait_for(f"http://127.0.0.1:{port}/healthz", tmp_path / "none")
        other = Visitor(replace(hearth, url=f"http://127.0.0.1:{port}"))
        other.cookies = visitor.cookies
        stream = other.stream()
        assert not eventually(lambda: stream.ended_at, 1.5)
        visitor.sign_out()
        assert eventually(lambda: stream.ended_at, 3)
    finally:
        process.kill()
        process.wait()
