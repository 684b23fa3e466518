"""Imports point down, each library has one owner, and no module is a drawer for leftovers."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
MODULES = sorted((ROOT / "webmail").rglob("*.py"))

# package → what of ours it may import (docs/decisions and the drawing in webmail/__init__.py)
MAY_IMPORT = {
    "message": set(),
    "outbound": set(),
    "store": {"message", "outbound"},
    "accounts": {"store", "message", "outbound"},
    "index": {"accounts", "store", "message"},
    "submission": {"index", "accounts", "store", "message", "outbound"},
    "attachments": {"index", "accounts", "store", "message", "outbound"},
    "openpgp": {"accounts", "message", "outbound"},
    "smime": {"accounts", "message"},
    "push": {"index", "accounts", "store", "message", "outbound"},
    "settings": {"accounts", "outbound"},
    "celery": set(),
    "asgi": {"web", "push", "message"},
    "urls": {"web"},
    "web": {
        "submission",
        "attachments",
        "openpgp",
        "smime",
        "push",
        "index",
        "accounts",
        "store",
        "message",
        "outbound",
    },
}
NO_DJANGO = {"message", "store", "outbound"}
# library → the modules that may import it (prefixes of the path below webmail/)
OWNERS = {
    "imapclient": ("store/imap",),
    "imaplib": ("store/imap",),
    "aiosmtplib": ("submission/smtp.py", "submission/smtp_opening.py"),
    "smtplib": (),
    "celery": (
        *("celery.py", "submission/tasks.py", "attachments/tasks.py", "index/tasks.py"),
        "web/tasks.py",
        "push/tasks.py",
    ),
    "redis": (
        "celery.py",
        *("push/hub.py", "submission/tasks.py", "index/tasks.py", "index/found.py"),
        "attachments/tasks.py",
    ),
    "PIL": (
        "attachments/preview_child.py",
        "attachments/picture_child.py",
        "attachments/photo_child.py",
    ),
    "pypdfium2": ("attachments/preview_child.py",),
    "dns": ("outbound_address.py", "outbound_services.py"),
    "nh3": ("message/sanitize",),
    "tinycss2": ("message/css.py", "message/css_media.py", "message/css_sheet.py"),
    "tnefparse": ("message/tnef.py",),
    "olefile": ("message/msg.py",),
    "compressed_rtf": ("message/rtf.py",),
    "webencodings": ("message/charset_names.py",),
    "charset_normalizer": ("message/charset.py",),
    "publicsuffixlist": ("message/domains.py",),
    "confusable_homoglyphs": ("message/domains.py",),
    "cryptography": (
        *("accounts/vault.py", "accounts/id_token.py", "message/smime"),
        *("push/encrypted.py", "push/vapid.py"),
    ),
    "asn1crypto": ("message/smime",),
    "icalendar": ("message/calendar_zone.py",),
    "defusedxml": ("message/dmarc.py",),
    "argon2": ("accounts/vault.py",),
    "pickle": (),
    "marshal": (),
    "shelve": (),
    "requests": (),
    "httpx": (),
    "aiohttp": (),
}
DRAWERS = {"utils", "helpers", "common", "misc", "managers", "registry"}


def imports_of(path):
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def place_of(path):
    inside = path.relative_to(ROOT / "webmail")
    return layer(inside.parts[0].removesuffix(".py")), inside.as_posix()


def layer(name):
    """The modules of ``outbound`` are one layer."""
    return "outbound" if name.startswith("outbound") else name


@pytest.mark.parametrize("path", MODULES, ids=lambda p: p.relative_to(ROOT).as_posix())
def test_a_module_imports_only_what_stands_below_it(path):
    package, inside = place_of(path)
    if package == "__init__":
        return
    for name in imports_of(path):
        if name.startswith("webmail.") and name.count(".") >= 1:
            target = layer(name.split(".")[1])
            assert (
                target == package
                or target in MAY_IMPORT[package]
                or (inside.endswith("tasks.py") and target == "celery")
            ), f"{inside} imports {name}"
        if package in NO_DJANGO:
            assert name.split(".")[0] != "django", f"{inside} imports {name}"


@pytest.mark.parametrize("path", MODULES, ids=lambda p: p.relative_to(ROOT).as_posix())
def test_each_library_has_one_owner(path):
    _, inside = place_of(path)
    for name in imports_of(path):
        owners = OWNERS.get(name.split(".")[0])
        if owners is not None:
            assert inside.startswith(owners), f"{inside} imports {name}"


@pytest.mark.parametrize("path", MODULES, ids=lambda p: p.relative_to(ROOT).as_posix())
def test_only_one_module_fetches_from_the_web(path):
    # The second asks nobody but a host that the administrator wrote down.
    if place_of(path)[1] not in {"outbound_fetch.py", "outbound_oauth.py"}:
        assert not {"http.client", "urllib.request"} & set(imports_of(path))


def test_no_module_is_a_drawer():
    assert not [path for path in MODULES if path.stem in DRAWERS]


def test_no_module_has_outgrown_its_room():
    long = {p.name: n for p in MODULES if (n := len(p.read_text("utf-8").splitlines())) > 400}
    assert not long


# module → what it alone may call, and why it is safe there
ALLOWED = {
    "web/templatetags/assets.py": {"mark_safe"},  # the icon sprite, written by our own build
    "web/drawn.py": {"mark_safe"},  # what mailbox/_row.html escaped, kept as octets
    "web/rows.py": {"SafeString"},  # an empty start, to which only format_html's output is added
}
FORBIDDEN = {"mark_safe", "SafeString", "system", "popen", "eval", "exec"}
FORBIDDEN_IN_TEMPLATES = ("|safe", "autoescape off", "hx-on", "onclick=", "style=", "<script>")


@pytest.mark.parametrize("path", MODULES, ids=lambda p: p.relative_to(ROOT).as_posix())
def test_nothing_is_declared_safe_or_run_by_hand(path):
    forbidden = FORBIDDEN - ALLOWED.get(place_of(path)[1], set())
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Call):
            name = getattr(node.func, "id", getattr(node.func, "attr", ""))
            assert name not in forbidden, f"{path.name}:{node.lineno} {name}"
            assert not any(
                k.arg == "shell" and getattr(k.value, "value", False) for k in node.keywords
            ), f"{path.name}:{node.lineno} shell=True"


@pytest.mark.parametrize("path", sorted((ROOT / "templates").rglob("*.html")), ids=lambda p: p.name)
def test_templates_escape_everything_and_carry_no_script(path):
    text = path.read_text("utf-8")
    assert not [word for word in FORBIDDEN_IN_TEMPLATES if word in text]


FORBIDDEN_IN_SCRIPTS = (".innerHTML", ".outerHTML", "insertAdjacentHTML", "document.write", "eval(")


@pytest.mark.parametrize(
    "path", sorted((ROOT / "static" / "js").rglob("*.js")), ids=lambda p: p.name
)
def test_scripts_build_no_html_from_strings(path):
    text = path.read_text("utf-8")
    assert not [word for word in FORBIDDEN_IN_SCRIPTS if word in text]
