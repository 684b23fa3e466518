"""The only settings.  Each value is read once; a bad one stops the start with a sentence."""

import os
from pathlib import Path

import dj_database_url

from webmail.outbound import parse_endpoint

BASE_DIR = Path(__file__).resolve().parent.parent


class BadSetting(SystemExit):
    """Ends the program with one sentence that names the variable."""


def _text(name: str, default: str = "") -> str:
    return os.environ.get(name, "").strip() or default


def _switch(name: str, *, default: bool = False) -> bool:
    value = _text(name, "1" if default else "0").lower()
    if value not in {"0", "1", "no", "yes", "false", "true"}:
        raise BadSetting(f"{name} must be 1 or 0, not {value!r}.")
    return value in {"1", "yes", "true"}


def _number(name: str, default: int) -> int:
    value = _text(name, str(default))
    if not value.isdecimal():
        raise BadSetting(f"{name} must be a whole number, not {value!r}.")
    return int(value)


DEBUG = _switch("WEBMAIL_DEBUG")
WEBMAIL_DATA_DIR = Path(_text("WEBMAIL_DATA_DIR", str(BASE_DIR / "var" / "data"))).resolve()
WEBMAIL_KEY_FILE = Path(_text("WEBMAIL_KEY_FILE", str(WEBMAIL_DATA_DIR / "key"))).resolve()
WEBMAIL_REDIS_URL = _text("WEBMAIL_REDIS_URL", "redis://127.0.0.1:6379/0")
WEBMAIL_ALLOW_CLEARTEXT = _switch("WEBMAIL_ALLOW_CLEARTEXT")
WEBMAIL_CA_FILE = _text("WEBMAIL_CA_FILE")
WEBMAIL_BIND = _text("WEBMAIL_BIND", "127.0.0.1:8000")
WEBMAIL_BASE_URL = _text("WEBMAIL_BASE_URL", f"http://{WEBMAIL_BIND}").rstrip("/")
