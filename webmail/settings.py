"""The only settings.  Each value is read once; a bad one stops the start with a sentence."""

import os
import re
from pathlib import Path
from urllib.parse import urlsplit

import dj_database_url

from webmail.accounts.keys import signing_key
from webmail.accounts.oauth_providers import BadProvider, Provider, read_providers
from webmail.outbound import BadEndpoint, Endpoint, parse_endpoint

BASE_DIR = Path(__file__).resolve().parent.parent


class BadSetting(SystemExit):
    """Ends the program with one sentence that names the variable."""


def _text(name: str, default: str = "") -> str:
    return os.environ.get(name, "").strip() or default


def _switch(name: str) -> bool:
    value = _text(name, "0").lower()
    if value not in {"0", "1", "no", "yes", "false", "true"}:
        raise BadSetting(f"{name} must be 1 or 0, not {value!r}.")
    return value in {"1", "yes", "true"}


def _number(name: str, default: int) -> int:
    value = _text(name, str(default))
    if not value.isdecimal():
        raise BadSetting(f"{name} must be a whole number, not {value!r}.")
    return int(value)


def _address(name: str) -> str:
    """A mail address; empty where nothing was set."""
    value = _text(name)
    local, _, domain = value.partition("@")
    if value and (not local or not domain or "@" in domain or " " in value):
        raise BadSetting(f"{name} must be like abuse@example.org, not {value!r}.")
    return value


def _endpoint(name: str, protocol: str, *, allow_cleartext: bool) -> Endpoint | None:
    """A server as a URL; None where nothing was set."""
    value = _text(name)
    if not value:
        return None
    try:
        return parse_endpoint(value, protocol, allow_cleartext=allow_cleartext)
    except BadEndpoint as problem:
        raise BadSetting(f"{name}: {problem}") from problem


def _identity_submission() -> tuple[Endpoint, ...] | None:
    """Where the mail of an identity may leave beside WEBMAIL_SUBMISSION; None: anywhere public."""
    name = "WEBMAIL_IDENTITY_SUBMISSION"
    value = _text(name, "public")
    if value == "public":
        return None
    urls = [url.strip() for url in value.split(",") if url.strip() and value != "none"]
    try:
        return tuple(
            parse_endpoint(url, "submission", allow_cleartext=WEBMAIL_ALLOW_CLEARTEXT)
            for url in urls
        )
    except BadEndpoint as problem:
        raise BadSetting(f"{name} must be public, none, or servers: {problem}") from problem


def _providers() -> dict[str, Provider]:
    try:
        return read_providers(_text("WEBMAIL_OAUTH_FILE"))
    except (BadProvider, OSError) as problem:
        raise BadSetting(f"WEBMAIL_OAUTH_FILE: {problem}") from problem


# Google, Mozilla, Apple, Microsoft: what the browsers of today use (T81).
_PUSH_SERVICES = (
    "fcm.googleapis.com",
    "updates.push.services.mozilla.com",
    "*.push.apple.com",
    "*.notify.windows.com",
)


def _push_services() -> tuple[str, ...]:
    """Hosts that may carry notifications; ``*.`` stands for whatever is below a name."""
    value = _text("WEBMAIL_PUSH_SERVICES").lower()
    if value == "none":
        return ()
    more = [name.strip() for name in value.split(",") if name.strip()]
    for name in more:
        if not re.fullmatch(r"(\*\.)?([a-z0-9-]+\.)+[a-z][a-z0-9-]*", name):
            raise BadSetting(
                f"WEBMAIL_PUSH_SERVICES must be none, or hosts like push.example.org, not {name!r}."
            )
    return (*_PUSH_SERVICES, *more)


def _base_url(bind: str) -> str:
    value = _text("WEBMAIL_BASE_URL", f"http://{bind}").rstrip("/")
    parts = urlsplit(value)
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.path:
        raise BadSetting(f"WEBMAIL_BASE_URL must be like https://mail.example.org, not {value!r}.")
    return value


def _authserv_id() -> str:
    """As servers write it into Authentication-Results (RFC 8601, section 2.5)."""
    value = _text("WEBMAIL_AUTHSERV_ID")
    if value and not re.fullmatch(r"[A-Za-z0-9_](?:[A-Za-z0-9._-]{0,251}[A-Za-z0-9_])?", value):
        raise BadSetting(f"WEBMAIL_AUTHSERV_ID must be like mx.example.org, not {value!r}.")
    return value.lower()


def _hosts(base_url: str) -> list[str]:
    named = [host.strip() for host in _text("WEBMAIL_HOSTS").split(",") if host.strip()]
    if "*" in named:
        raise BadSetting("WEBMAIL_HOSTS must name the hosts one by one; * lets anyone pose as you.")
    return [*named, urlsplit(base_url).hostname or "", "127.0.0.1", "localhost"]


# -- ours: what an administrator sets; README.md has the table ---------------------------------
WEBMAIL_DATA_DIR = Path(_text("WEBMAIL_DATA_DIR", str(BASE_DIR / "var" / "data"))).resolve()
WEBMAIL_KEY_FILE = Path(_text("WEBMAIL_KEY_FILE", str(WEBMAIL_DATA_DIR / "key"))).resolve()
WEBMAIL_REDIS_URL = _text("WEBMAIL_REDIS_URL", "redis://127.0.0.1:6379/0")
WEBMAIL_ALLOW_CLEARTEXT = _switch("WEBMAIL_ALLOW_CLEARTEXT")
WEBMAIL_IMAP = _endpoint("WEBMAIL_IMAP", "imap", allow_cleartext=WEBMAIL_ALLOW_CLEARTEXT)
WEBMAIL_SUBMISSION = _endpoint(
    "WEBMAIL_SUBMISSION", "submission", allow_cleartext=WEBMAIL_ALLOW_CLEARTEXT
)
WEBMAIL_IDENTITY_SUBMISSION = _identity_submission()
WEBMAIL_OAUTH = _providers()
WEBMAIL_PUSH_SERVICES = _push_services()
WEBMAIL_AUTHSERV_ID = _authserv_id()
WEBMAIL_CA_FILE = _text("WEBMAIL_CA_FILE")
WEBMAIL_BIND = _text("WEBMAIL_BIND", "127.0.0.1:8000")
WEBMAIL_BASE_URL = _base_url(WEBMAIL_BIND)
WEBMAIL_MAX_MESSAGE_BYTES = _number("WEBMAIL_MAX_MESSAGE_BYTES", 25 * 1024 * 1024)
WEBMAIL_ABUSE_REPORT_TO = _address("WEBMAIL_ABUSE_REPORT_TO")  # empty: no report is offered
WEBMAIL_UNDO_SECONDS = _number("WEBMAIL_UNDO_SECONDS", 10)
WEBMAIL_MERGE_PER_MINUTE = _number("WEBMAIL_MERGE_PER_MINUTE", 30)
WEBMAIL_MERGE_PEOPLE = _number("WEBMAIL_MERGE_PEOPLE", 200)
WEBMAIL_USER_AGENT_FIELD = _switch("WEBMAIL_USER_AGENT_FIELD")
WEBMAIL_TRUSTED_PROXY = _text("WEBMAIL_TRUSTED_PROXY", "127.0.0.1")  # read by start/
if WEBMAIL_UNDO_SECONDS > 60:
    raise BadSetting(f"WEBMAIL_UNDO_SECONDS must be 0 to 60, not {WEBMAIL_UNDO_SECONDS}.")
if not 1 <= WEBMAIL_MERGE_PER_MINUTE <= 600:
    raise BadSetting(f"WEBMAIL_MERGE_PER_MINUTE must be 1 to 600, not {WEBMAIL_MERGE_PER_MINUTE}.")
if WEBMAIL_MERGE_PEOPLE > 1000:
    raise BadSetting(f"WEBMAIL_MERGE_PEOPLE must be 0 to 1000, not {WEBMAIL_MERGE_PEOPLE}.")
if WEBMAIL_CA_FILE and not Path(WEBMAIL_CA_FILE).is_file():
    raise BadSetting(f"WEBMAIL_CA_FILE: there is no file {WEBMAIL_CA_FILE}.")

# -- Django -------------------------------------------------------------------------------------
DEBUG = _switch("WEBMAIL_DEBUG")
IS_HTTPS = WEBMAIL_BASE_URL.startswith("https://")
IS_LOOPBACK = urlsplit(WEBMAIL_BASE_URL).hostname in {"127.0.0.1", "localhost", "::1"}
if DEBUG and not IS_LOOPBACK:
    raise BadSetting("WEBMAIL_DEBUG=1 shows secrets to visitors; it works only on 127.0.0.1.")
if not IS_HTTPS and not IS_LOOPBACK:
    raise BadSetting(
        "WEBMAIL_BASE_URL must start with https://; only 127.0.0.1 may be without TLS."
    )

SECRET_KEY = signing_key(WEBMAIL_KEY_FILE)
ALLOWED_HOSTS = _hosts(WEBMAIL_BASE_URL)
ROOT_URLCONF = "webmail.urls"
ASGI_APPLICATION = "webmail.asgi.application"
AUTH_USER_MODEL = "accounts.User"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django_htmx",
    "webmail.accounts",
    "webmail.index",
    "webmail.submission",
    "webmail.attachments",
    "webmail.openpgp",
    "webmail.smime",
    "webmail.push",
    "webmail.web",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "webmail.web.middleware.headers",
    "webmail.web.middleware.Compress",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "webmail.web.middleware.fetch_metadata",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "webmail.web.middleware.session_age",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.messages.context_processors.messages",
            ],
            "loaders": [
                (
                    "django.template.loaders.cached.Loader",
                    ["django.template.loaders.filesystem.Loader"],
                )
            ],
        },
    }
]
if DEBUG:
    TEMPLATES[0]["OPTIONS"]["loaders"] = ["django.template.loaders.filesystem.Loader"]  # type: ignore[index]


def _database() -> dict[str, object]:
    """SQLite in the data folder, tuned so that a commit survives a power cut (F24, F26)."""
    url = _text("WEBMAIL_DATABASE_URL")
    if url:
        config = dict(dj_database_url.parse(url))
        if "postgresql" in str(config["ENGINE"]):
            config["CONN_MAX_AGE"] = 60
            config["CONN_HEALTH_CHECKS"] = True
            # Whoever presses Send hears within 5 s that nothing was stored (F22): a host that
            # is gone is given 2.5 s to acknowledge, and another 2 s to be found again.
            patience = {"connect_timeout": 2, "tcp_user_timeout": 2500}
            config["OPTIONS"] = patience | config.get("OPTIONS", {})
            return config
    else:
        config = {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": str(WEBMAIL_DATA_DIR / "hearth.sqlite3"),
        }
    config["CONN_MAX_AGE"] = None  # a file stays open at no cost
    config["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",
        "timeout": 10,
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;",
    }
    return config


def _databases() -> dict[str, object]:
    """The index has a file of its own beside SQLite: index/keeping.py says why."""
    default = _database()
    if "sqlite3" not in str(default["ENGINE"]):
        return {"default": default}
    pragmas = "PRAGMA journal_mode=WAL; PRAGMA synchronous=OFF; PRAGMA cache_size=-8000;"
    index = {
        **default,
        "NAME": str(WEBMAIL_DATA_DIR / "index.sqlite3"),
        "OPTIONS": {**default["OPTIONS"], "init_command": pragmas},  # type: ignore[dict-item]
    }
    return {"default": default, "index": index}


DATABASES = _databases()
DATABASE_ROUTERS = ["webmail.index.keeping.IndexRouter"]
SESSION_ENGINE = "webmail.accounts.sessions"
SESSION_SERIALIZER = "django.contrib.sessions.serializers.JSONSerializer"
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"
AUTHENTICATION_BACKENDS = ["webmail.accounts.sessions.PersonOfSession"]

# Cookies: security.md 4.2.  Browsers accept __Host- only over TLS.
COOKIE_PREFIX = "__Host-" if IS_HTTPS else ""
SESSION_COOKIE_NAME = f"{COOKIE_PREFIX}sid"
SESSION_COOKIE_SECURE = IS_HTTPS
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_AGE = 14 * 24 * 3600
SESSION_ABSOLUTE_AGE = 30 * 24 * 3600
CSRF_COOKIE_NAME = f"{COOKIE_PREFIX}csrf"
CSRF_COOKIE_SECURE = IS_HTTPS
CSRF_COOKIE_HTTPONLY = True
CSRF_COOKIE_SAMESITE = "Lax"
CSRF_TRUSTED_ORIGINS = [WEBMAIL_BASE_URL]
CSRF_FAILURE_VIEW = "webmail.web.errors.csrf_failure"
KEY_COOKIE_NAME = f"{COOKIE_PREFIX}mk"
PUSH_COOKIE_NAME = f"{COOKIE_PREFIX}browser"

SECURE_HSTS_SECONDS = 63072000 if IS_HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_SSL_REDIRECT = IS_HTTPS
SECURE_REDIRECT_EXEMPT = [r"^healthz$"]
X_FRAME_OPTIONS = "DENY"

DATA_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024 * 1024  # a long text with its fields, never a file
DATA_UPLOAD_MAX_NUMBER_FIELDS = 2_000
FILE_UPLOAD_HANDLERS = ["webmail.attachments.receiving.CappedUploadHandler"]
FILE_UPLOAD_TEMP_DIR = None

LANGUAGE_CODE = "en"
USE_I18N = False
USE_TZ = True
TIME_ZONE = "UTC"

STATIC_URL = "/static/"
STATIC_ROOT = None
STATICFILES_DIRS = [BASE_DIR / "static" / "built"]
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = DEBUG
WHITENOISE_ALLOW_ALL_ORIGINS = False
WHITENOISE_MAX_AGE = 0
# esbuild writes the hash of the content into every name.
WHITENOISE_IMMUTABLE_FILE_TEST = r"^.+-[0-9A-Za-z]{8}\.[a-z0-9]+$"

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s: %(message)s"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["stderr"], "level": "INFO"},
    "loggers": {"django.request": {"level": "ERROR"}, "imapclient": {"level": "WARNING"}},
}
