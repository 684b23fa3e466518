"""`make demo` as a newcomer meets it: one command, a page, a sign-in, nothing left behind."""

import contextlib
import http.client
import os
import signal
import smtplib
import socket
import ssl
import subprocess
import sys
import time
from pathlib import Path

import pytest
from imapclient import IMAPClient

from start.demo_mail import PASSWORD, DemoMail, people, start_demo_mail
from tests.lab.place import free_port, remove_mail

pytestmark = pytest.mark.slow
ROOT = Path(__file__).resolve().parents[2]
MARA = "mara@hearth.example"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """The data folder of one demo; what lies outside it goes too."""
    made = tmp_path_factory.mktemp("demo")
    yield made
    remove_mail(made / "mail")


@contextlib.contextmanager
def _demo(folder: Path, port: int, log: Path):
    environment = {k: v for k, v in os.environ.items() if not k.startswith("WEBMAIL_")}
    environment |= {"WEBMAIL_BIND": f"127.0.0.1:{port}", "WEBMAIL_DATA_DIR": str(folder)}
    environment["PYTHONUNBUFFERED"] = "1"
    with log.open("w") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "start.demo"], cwd=ROOT, env=environment, stdout=output, stderr=2
        )
        try:
            yield process
        finally:
            process.send_signal(signal.SIGINT)
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(20)
            process.kill()


def _wait_for(text: str, log: Path, process: subprocess.Popen, timeout_s: float = 60) -> float:
    started = time.monotonic()
    while text not in log.read_text():
        assert process.poll() is None, log.read_text()
        assert time.monotonic() - started < timeout_s, log.read_text()
        time.sleep(0.05)
    return time.monotonic() - started


def _session_processes(pid: int) -> set[int]:
    """``pid`` and everything below it."""
    found, new = {pid}, [pid]
    while new:
        for task in Path(f"/proc/{new.pop()}/task").glob("*/children"):
            with contextlib.suppress(OSError):
                children = {int(word) for word in task.read_text().split()} - found
                found |= children
                new += children
    return found


def _alive(pids: set[int]) -> set[int]:
    alive = set()
    for pid in pids:
        with contextlib.suppress(OSError):
            status = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
            alive |= {pid} if status != "Z" else set()
    return alive


def _page(port: int, path: str) -> tuple[int, str]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        return answer.status, answer.read().decode()
    finally:
        connection.close()


def test_the_demo_starts_shows_the_sign_in_page_and_leaves_no_process_behind(folder, tmp_path):
    port, log = free_port(), tmp_path / "out"
    with _demo(folder, port, log) as process:
        _wait_for("Ctrl-C stops everything", log, process)
        said = log.read_text()
        status, page = _page(port, "/sign-in/")
        pids = _session_processes(process.pid)
        process.send_signal(signal.SIGINT)
        assert process.wait(20) == 0
    assert status == 200
    assert 'name="address"' in page
    assert f"http://127.0.0.1:{port}/" in said
    for address, password in people().items():
        assert address in said
        assert password in said
    assert len(pids) > 8
    assert _alive(pids) == set()


def test_a_second_start_is_quick_and_a_third_beside_it_is_refused(folder, tmp_path):
    port, log = free_port(), tmp_path / "out"
    with _demo(folder, port, log) as process:
        took = _wait_for("Ctrl-C stops everything", log, process)
        other = tmp_path / "other"
        with _demo(folder, free_port(), other) as beside:
            assert beside.wait(30) == 1
    assert "Wrote" not in log.read_text()
    # 2.4 s on an idle machine of two cores; tests run beside each other.
    assert took < 20


def test_a_port_in_use_is_said_in_one_sentence(folder):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        environment = {**os.environ, "WEBMAIL_BIND": f"127.0.0.1:{port}"}
        environment["WEBMAIL_DATA_DIR"] = str(folder)
        done = subprocess.run(
            [sys.executable, "-m", "start.demo"],
            cwd=ROOT,
            env=environment,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
    assert done.returncode == 1
    assert f"Port {port} on 127.0.0.1 is in use" in done.stderr
    assert "Traceback" not in done.stderr


def test_the_demo_mailboxes_are_full_and_the_newest_is_last(folder):
    mail = start_demo_mail(folder / "mail", say=lambda _text: None)
    try:
        with _signed_in(mail.imap_url, mail.ca_file) as client:
            names = {name: flags for flags, _separator, name in client.list_folders()}
            client.select_folder("INBOX", readonly=True)
            uids = client.search("ALL")
            dates = client.fetch([uids[0], uids[-1]], ["INTERNALDATE"])
    finally:
        mail.stop()
    assert 1500 < len(uids) < 2500
    assert b"\\Sent" in names["Sent"]
    assert "旅行" in names
    assert dates[uids[0]][b"INTERNALDATE"] < dates[uids[-1]][b"INTERNALDATE"]


def test_without_dovecot_the_demo_runs_on_what_pip_gives(tmp_path, monkeypatch):
    monkeypatch.setattr("start.demo_mail._has_dovecot", lambda folder, say: False)
    mail = start_demo_mail(tmp_path, say=lambda _text: None)
    try:
        with IMAPClient("127.0.0.1", _port(mail.imap_url), ssl=False, timeout=60) as client:
            client.login(MARA, PASSWORD)
            counts = client.folder_status("INBOX", ["MESSAGES"])
            assert client.folder_exists("旅行")
            assert client.folder_exists("Family/School")
        _submit(mail)
        with IMAPClient("127.0.0.1", _port(mail.imap_url), ssl=False, timeout=60) as client:
            client.login(MARA, PASSWORD)
            assert (
                client.folder_status("INBOX", ["MESSAGES"])[b"MESSAGES"] == counts[b"MESSAGES"] + 1
            )
    finally:
        mail.stop()
    assert mail.name == "pymap and aiosmtpd"
    assert 1500 < counts[b"MESSAGES"] < 2500


def _submit(mail: DemoMail) -> None:
    jonas = "jonas@hearth.example"
    context = ssl.create_default_context(cafile=str(mail.ca_file))
    port = _port(mail.submission_url)
    with smtplib.SMTP_SSL("127.0.0.1", port, context=context, timeout=30) as client:
        client.login(jonas, PASSWORD)
        client.sendmail(jonas, [MARA], b"Subject: hello\r\n\r\nDo you read me?\r\n")


@contextlib.contextmanager
def _signed_in(url: str, ca_file: Path):
    context = ssl.create_default_context(cafile=str(ca_file))
    with IMAPClient("127.0.0.1", _port(url), ssl_context=context, timeout=30) as client:
        client.login(MARA, PASSWORD)
        yield client


def _port(url: str) -> int:
    return int(url.rpartition(":")[2])
