"""`make run` says in a sentence what it misses; the broker is there on any machine."""

import contextlib
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from start.bind import split_bind
from start.child import StartError, wait_until_answers
from start.hearth import one_at_a_time
from start.processes import Process
from start.valkey import choose_broker
from tests.lab.place import free_port

ROOT = Path(__file__).resolve().parents[2]
SERVERS = {
    "WEBMAIL_IMAP": "imaps://imap.example.org:993",
    "WEBMAIL_SUBMISSION": "submissions://smtp.example.org:465",
}


def _start(tmp_path, **settings):
    environment = {k: v for k, v in os.environ.items() if not k.startswith("WEBMAIL_")}
    return subprocess.run(
        [sys.executable, "-m", "start.run"],
        cwd=ROOT,
        env={**environment, "WEBMAIL_DATA_DIR": str(tmp_path), **settings},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({}, "WEBMAIL_IMAP and WEBMAIL_SUBMISSION are not set"),
        ({"WEBMAIL_IMAP": "imaps://imap.example.org:993"}, "WEBMAIL_SUBMISSION is not set"),
    ],
)
def test_run_names_the_server_that_is_not_set_with_an_example(tmp_path, settings, sentence):
    done = _start(tmp_path, **settings)
    assert done.returncode == 1
    assert sentence in done.stderr
    assert "WEBMAIL_IMAP=imaps://imap.example.org:993" in done.stderr
    assert "make demo" in done.stderr


@pytest.mark.parametrize(
    ("name", "value", "word"),
    [
        ("WEBMAIL_UNDO_SECONDS", "soon", "WEBMAIL_UNDO_SECONDS"),
        ("WEBMAIL_BIND", "nowhere", "WEBMAIL_B"),
        ("WEBMAIL_CA_FILE", "/no/such/file", "WEBMAIL_CA_FILE"),
    ],
)
def test_a_bad_setting_is_one_sentence_not_a_traceback(tmp_path, name, value, word):
    done = _start(tmp_path, **SERVERS, **{name: value})
    assert done.returncode == 1
    assert word in done.stderr
    assert "Traceback" not in done.stderr


def test_a_redis_that_does_not_answer_is_named_without_its_password(monkeypatch, tmp_path):
    port = free_port()
    monkeypatch.setenv("WEBMAIL_REDIS_URL", f"redis://:hush@127.0.0.1:{port}/0")
    with pytest.raises(StartError, match=f"Nothing answers at 127.0.0.1:{port}") as caught:
        choose_broker(tmp_path)
    assert "hush" not in str(caught.value)


def test_a_configured_redis_is_used_and_not_started(monkeypatch, tmp_path, redis_server):
    monkeypatch.setenv("WEBMAIL_REDIS_URL", redis_server)
    assert choose_broker(tmp_path).process is None


@pytest.mark.parametrize("server", ["system", "wheel"])
def test_our_own_broker_runs_behind_a_password_and_keeps_what_it_has(monkeypatch, tmp_path, server):
    monkeypatch.delenv("WEBMAIL_REDIS_URL", raising=False)
    if server == "wheel":
        monkeypatch.setattr(shutil, "which", lambda *_names, **_options: None)
    assert _value_after_restart(tmp_path) == b"here"


def test_another_server_than_last_time_starts_all_the_same(monkeypatch, tmp_path):
    """Valkey 9 of the wheel, then Debian's Redis 7, which cannot read its files."""
    monkeypatch.delenv("WEBMAIL_REDIS_URL", raising=False)
    with monkeypatch.context() as without_a_system_server:
        without_a_system_server.setattr(shutil, "which", lambda *_names, **_options: None)
        _value_after_restart(tmp_path)
    assert _value_after_restart(tmp_path) == b"here"


def _value_after_restart(folder) -> bytes:
    for word in ("set", "get"):
        broker = choose_broker(folder)
        with _running(broker.process, folder):
            bare = redis.Redis(port=urlsplit(broker.url).port, retry=Retry(NoBackoff(), 0))
            with bare, pytest.raises(redis.AuthenticationError):
                bare.ping()
            with redis.Redis.from_url(broker.url) as client:
                value = client.set("k", "here") if word == "set" else client.get("k")
    return value


@contextlib.contextmanager
def _running(process: Process, folder):
    with (folder / "log").open("w") as log:
        server = subprocess.Popen(process.command, stdout=log, stderr=subprocess.STDOUT)
        try:
            wait_until_answers(server, _port_of(process), name="Redis", log=folder / "log")
            yield
        finally:
            server.terminate()
            server.wait(10)


def _port_of(process: Process) -> int:
    return int(re.search(r"^port (\d+)$", process.command[1].read_text(), re.M)[1])


def test_two_hearths_do_not_share_a_data_folder(tmp_path):
    with (
        one_at_a_time(tmp_path),
        pytest.raises(StartError, match="Another Hearth already runs"),
        one_at_a_time(tmp_path),
    ):
        pass


def test_a_full_disk_is_said_before_anything_starts(tmp_path, monkeypatch):
    monkeypatch.setattr("start.hearth.LEAST_FREE_BYTES", 2**80)
    with pytest.raises(StartError, match="is full"), one_at_a_time(tmp_path):
        pass


def test_a_data_folder_that_cannot_be_made_is_named(tmp_path):
    file = tmp_path / "file"
    file.touch()
    with pytest.raises(StartError, match="Cannot write to .*data"), one_at_a_time(file / "data"):
        pass


@pytest.mark.parametrize(
    ("bind", "host", "port"),
    [
        ("", "127.0.0.1", 8000),
        ("0.0.0.0:80", "0.0.0.0", 80),  # noqa: S104
        ("[::1]:8000", "::1", 8000),
    ],
)
def test_bind_is_a_host_and_a_port(bind, host, port):
    assert split_bind(bind) == (host, port)


@pytest.mark.parametrize("bind", ["8000", "host:", ":8000", "host:0", "host:70000", "host:http"])
def test_a_bind_without_host_or_port_is_refused(bind):
    with pytest.raises(StartError, match="WEBMAIL_BIND must be host:port"):
        split_bind(bind)
