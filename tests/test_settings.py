"""Settings are read once, in a process of its own here, because a bad one ends it."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent


def settings_with(tmp_path, expression="'fine'", **environment):
    clean = {k: v for k, v in os.environ.items() if not k.startswith("WEBMAIL_")}
    return subprocess.run(
        [sys.executable, "-c", f"from webmail import settings; print({expression})"],
        env={**clean, "WEBMAIL_DATA_DIR": str(tmp_path), **environment},
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_the_defaults_work(tmp_path):
    result = settings_with(tmp_path, "settings.WEBMAIL_BIND, settings.SESSION_COOKIE_NAME")
    assert (result.returncode, result.stdout) == (0, "127.0.0.1:8000 sid\n"), result.stderr


def test_over_https_every_cookie_is_bound_to_the_host(tmp_path):
    names = "[settings.SESSION_COOKIE_NAME, settings.CSRF_COOKIE_NAME, settings.KEY_COOKIE_NAME]"
    result = settings_with(tmp_path, names, WEBMAIL_BASE_URL="https://mail.example.org")
    assert result.stdout.strip() == "['__Host-sid', '__Host-csrf', '__Host-mk']"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("WEBMAIL_IMAP", "imap.example.org"),
        ("WEBMAIL_IMAP", "imap://imap.example.org"),
        ("WEBMAIL_SUBMISSION", "smtp://x"),
        ("WEBMAIL_ALLOW_CLEARTEXT", "perhaps"),
        ("WEBMAIL_IDENTITY_SUBMISSION", "smtp.example.org"),
        ("WEBMAIL_OAUTH_FILE", "/nowhere/providers.json"),
        ("WEBMAIL_IDENTITY_SUBMISSION", "submission://smtp.example.org"),
        ("WEBMAIL_CA_FILE", "/nowhere/ca.pem"),
        ("WEBMAIL_MAX_MESSAGE_BYTES", "25M"),
        ("WEBMAIL_UNDO_SECONDS", "90"),
        ("WEBMAIL_AUTHSERV_ID", "mx.example.org; dmarc=pass"),
        ("WEBMAIL_AUTHSERV_ID", "https://mx.example.org"),
        ("WEBMAIL_ABUSE_REPORT_TO", "the people there"),
        ("WEBMAIL_BASE_URL", "http://mail.example.org"),
        ("WEBMAIL_BASE_URL", "mail.example.org"),
        ("WEBMAIL_HOSTS", "*"),
        ("WEBMAIL_PUSH_SERVICES", "https://push.example.org"),
        ("WEBMAIL_PUSH_SERVICES", "push.example.org:8443"),
        ("WEBMAIL_PUSH_SERVICES", "push.example.org, 10.0.0.1"),
        ("WEBMAIL_PUSH_SERVICES", "none, push.example.org"),
        ("WEBMAIL_PUSH_SERVICES", "*"),
        ("WEBMAIL_PUSH_SERVICES", "*.org"),
    ],
)
def test_a_bad_value_stops_the_start_with_a_sentence_that_names_it(tmp_path, name, value):
    result = settings_with(tmp_path, **{name: value})
    assert result.returncode == 1
    assert result.stderr.startswith(name)
    assert result.stderr.count("\n") == 1


def test_debug_is_refused_on_a_public_host(tmp_path):
    environment = {"WEBMAIL_DEBUG": "1", "WEBMAIL_BASE_URL": "https://mail.example.org"}
    assert "WEBMAIL_DEBUG" in settings_with(tmp_path, **environment).stderr


def test_a_key_file_that_others_can_read_is_refused(tmp_path):
    settings_with(tmp_path)
    key = tmp_path / "key"
    assert key.stat().st_mode & 0o777 == 0o400
    key.chmod(0o644)
    assert "chmod 400" in settings_with(tmp_path).stderr


@pytest.mark.parametrize(
    ("base_url", "upgrades"), [("https://mail.example.org", True), ("http://127.0.0.1:8000", False)]
)
def test_only_over_https_are_requests_upgraded(tmp_path, base_url, upgrades):
    code = "__import__('webmail.web.middleware').web.middleware.APP_CSP"
    environment = {"DJANGO_SETTINGS_MODULE": "webmail.settings", "WEBMAIL_BASE_URL": base_url}
    policy = settings_with(tmp_path, code, **environment).stdout
    assert policy.startswith("default-src 'none'; script-src 'self';")
    assert policy.strip().endswith("upgrade-insecure-requests") is upgrades
