"""The lab itself: its servers are real, private to one test run, and gone afterwards."""

import os
import poplib
import signal
import smtplib
import socket
import ssl
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

import psycopg
import pytest
import redis
from imapclient import IMAPClient
from imapclient.exceptions import LoginError

from tests.lab import start as start_lab
from tests.lab.place import remove_mail

ADA, BEN = "ada@hearth.test", "ben@hearth.test"
MAIL = b"From: ada@hearth.test\r\nTo: ben@hearth.test\r\nSubject: %s\r\n\r\nHello\r\n"
ROOT = Path(__file__).resolve().parents[2]


def test_a_user_signs_in_by_imaps_and_finds_the_mailboxes_of_special_use(lab):
    with lab.imap(ADA) as client:
        uses = {name: flags for flags, _separator, name in client.list_folders()}
        capabilities = client.capabilities()
    for name in ("Drafts", "Sent", "Archive", "Junk", "Trash"):
        assert f"\\{name}".encode() in uses[name]
    for extension in (b"UIDPLUS", b"MOVE", b"CONDSTORE", b"PREVIEW", b"LIST-STATUS"):
        assert extension in capabilities


def test_a_user_signs_in_after_starttls(lab):
    with IMAPClient("127.0.0.1", lab.dovecot.ports["imap"], ssl=False) as client:
        assert client.has_capability("STARTTLS")
        client.starttls(lab.tls())
        client.login(ADA, lab.users[ADA])
        assert client.folder_exists("INBOX")


def test_a_wrong_password_is_refused(lab):
    with (
        IMAPClient("127.0.0.1", lab.dovecot.ports["imaps"], ssl_context=lab.tls()) as client,
        pytest.raises(LoginError),
    ):
        client.login(ADA, "not this one")


def test_append_keeps_flags_and_date_and_makes_the_mailbox(lab):
    lab.clear()
    taken = datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC)
    uid = lab.append(ADA, "Haus/Küche", MAIL % b"soup", ("\\Seen", "$Forwarded"), taken)
    with lab.imap(ADA) as client:
        client.normalise_times = False
        client.select_folder("Haus/Küche")
        message = client.fetch([uid], ["FLAGS", "INTERNALDATE"])[uid]
    assert set(message[b"FLAGS"]) >= {b"\\Seen", b"$Forwarded"}
    assert message[b"INTERNALDATE"] == taken
    lab.clear()
    assert lab.uids(ADA) == []


def test_submission_on_465_reaches_the_other_inbox(lab):
    lab.clear()
    port = lab.msa.ports["submissions"]
    with smtplib.SMTP_SSL("127.0.0.1", port, context=lab.tls(), timeout=20) as client:
        client.login(ADA, lab.users[ADA])
        client.sendmail(ADA, [BEN], MAIL % b"by 465")
    [uid] = lab.wait_for(BEN, "INBOX", "SUBJECT", "by 465")
    assert lab.raw(BEN, "INBOX", uid).endswith(b"\r\n\r\nHello\r\n")


def test_submission_on_587_wants_starttls_before_the_password(lab):
    lab.clear()
    with smtplib.SMTP("127.0.0.1", lab.msa.ports["submission"], timeout=20) as client:
        client.ehlo()
        assert not client.has_extn("auth")
        client.starttls(context=lab.tls())
        client.login(ADA, lab.users[ADA])
        assert client.has_extn("smtputf8")
        client.sendmail(ADA, [BEN], MAIL % b"by 587")
    lab.wait_for(BEN, "INBOX", "SUBJECT", "by 587")


def test_submission_refuses_strangers_and_unknown_recipients(lab):
    port = lab.msa.ports["submissions"]
    with smtplib.SMTP_SSL("127.0.0.1", port, context=lab.tls(), timeout=20) as client:
        with pytest.raises(smtplib.SMTPException):
            client.sendmail(ADA, [BEN], MAIL % b"no sign-in")
        client.rset()
        client.login(ADA, lab.users[ADA])
        with pytest.raises(smtplib.SMTPRecipientsRefused):
            client.sendmail(ADA, ["nobody@hearth.test"], MAIL % b"to nobody")


def test_the_msa_is_postfix_where_postfix_can_run(lab):
    assert lab.has_postfix == (os.geteuid() == 0)


def test_mail_of_and_to_addresses_beyond_ascii_is_delivered(tmp_path):
    users = {"jürgen@hearth.test": "j", BEN: "b"}
    lab = start_lab(tmp_path, users)
    try:
        port = lab.msa.ports["submissions"]
        with smtplib.SMTP_SSL("127.0.0.1", port, context=lab.tls(), timeout=20) as client:
            client.login(BEN, "b")
            raw = (
                "From: ben@hearth.test\r\nTo: jürgen@hearth.test\r\nSubject: für dich\r\n\r\nHi\r\n"
            )
            options = ["SMTPUTF8", "BODY=8BITMIME"]
            client.sendmail(BEN, ["jürgen@hearth.test"], raw.encode(), mail_options=options)
        [uid] = lab.wait_for("jürgen@hearth.test", "INBOX", "ALL")
        assert "Subject: für dich".encode() in lab.raw("jürgen@hearth.test", "INBOX", uid)
    finally:
        lab.stop()
        remove_mail(tmp_path)


def test_pop3_and_sieve_and_lmtp_answer(lab):
    pop = poplib.POP3_SSL("127.0.0.1", lab.dovecot.ports["pop3s"], context=lab.tls(), timeout=20)
    pop.user(ADA)
    pop.pass_(lab.users[ADA])
    pop.quit()
    with socket.create_connection(("127.0.0.1", lab.dovecot.ports["sieve"]), 20) as sieve:
        assert b"IMPLEMENTATION" in sieve.recv(500)
    with smtplib.LMTP("127.0.0.1", lab.dovecot.ports["lmtp"], timeout=20) as lmtp:
        assert lmtp.noop()[0] == 250


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        ("wrong_host", "IP address mismatch"),
        ("expired", "certificate has expired"),
        ("self_signed", "self-signed certificate"),
    ],
)
def test_a_front_shows_its_bad_certificate(lab, fronts, kind, said):
    port = int(fronts.with_certificate(kind).rpartition(":")[2])
    with pytest.raises(ssl.SSLCertVerificationError, match=said):
        IMAPClient("127.0.0.1", port, ssl_context=lab.tls(), timeout=20)


def test_a_front_with_a_good_certificate_passes_everything_on(lab, fronts):
    port = int(fronts.with_certificate("good").rpartition(":")[2])
    with IMAPClient("127.0.0.1", port, ssl_context=lab.tls(), timeout=20) as client:
        client.login(ADA, lab.users[ADA])
        assert client.folder_exists("INBOX")


def test_a_front_without_starttls_offers_none(fronts):
    port = int(fronts.without_starttls().rpartition(":")[2])
    with IMAPClient("127.0.0.1", port, ssl=False, timeout=20) as client:
        assert client.capabilities() == (b"IMAP4REV1",)
        client.shutdown()


def test_pymap_takes_sign_in_and_append(pymap_server):
    with IMAPClient("127.0.0.1", pymap_server.port, ssl=False, timeout=20) as client:
        client.login(ADA, pymap_server.users[ADA])
        before = client.select_folder("INBOX")[b"EXISTS"]
        client.append("INBOX", MAIL % b"one")
        client.create_folder("Haus/Küche")
        assert client.select_folder("INBOX")[b"EXISTS"] == before + 1
        assert client.folder_exists("Haus/Küche")


def test_redis_and_postgres_are_ours_alone(redis_server, postgres):
    with redis.Redis.from_url(redis_server) as client:
        assert client.config_get("dir")["dir"].startswith(tempfile.gettempdir())
    with psycopg.connect(postgres) as connection:
        [folder] = connection.execute("show data_directory").fetchone()
    assert folder.startswith(tempfile.gettempdir())


def test_a_killed_test_run_leaves_no_server_behind(tmp_path):
    program = (
        "import sys, time; from pathlib import Path; from tests.lab import start\n"
        "lab = start(Path(sys.argv[1]), {'ada@hearth.test': 'a'})\n"
        "print(lab.dovecot.process.pid, lab.msa.process.pid, flush=True)\n"
        "time.sleep(60)"
    )
    command = [sys.executable, "-c", program, tmp_path]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as run:
        dovecot, msa = run.stdout.readline().split()
        run.send_signal(signal.SIGKILL)
    remains = _wait_until_gone(int(dovecot), int(msa))
    remove_mail(tmp_path)
    assert remains == []


def _wait_until_gone(*groups: int) -> list[int]:
    deadline = time.monotonic() + 10
    remains = list(groups)
    while remains and time.monotonic() < deadline:
        remains = [group for group in remains if _is_alive(group)]
        time.sleep(0.05)
    return remains


def _is_alive(group: int) -> bool:
    running = subprocess.run(
        ["ps", "-o", "stat=", "-s", str(group)], capture_output=True, text=True, check=False
    )
    return any(not state.startswith("Z") for state in running.stdout.split())
