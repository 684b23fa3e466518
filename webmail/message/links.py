"""The only link targets a message may have (T16)."""

import re
from urllib.parse import quote, urlsplit, urlunsplit

# What browsers drop before they look for a scheme (WHATWG URL, 4.4).
_DROPPED = re.compile("[\t\n\r]")
_AROUND = "".join(map(chr, range(0x21)))
_SCHEME = re.compile(r"(https?|mailto|tel):", re.IGNORECASE)
_HOST = re.compile(r"[^\s\x00-\x20\x7f-\x9f/\\?#@:<>\"'`^|%\[\]{}]+")
_PORT = re.compile(r"[0-9]{1,5}")
_SAFE = "!#$%&'()*+,/:;=?@[]~-._"
_MAX_LENGTH = 8000


def safe_link(target: str) -> str | None:
    """The target rebuilt from its parts; None unless absolute https, http, mailto or tel."""
    target = _DROPPED.sub("", target.strip(_AROUND))
    match = _SCHEME.match(target)
    # A browser reads a backslash as a slash, urlsplit as part of the name.
    if match is None or len(target) > _MAX_LENGTH or "\\" in target.partition("?")[0]:
        return None
    scheme = match[1].lower()
    if scheme in ("mailto", "tel"):
        return f"{scheme}:{_quoted(target[match.end() :])}"
    return _web_link(target)


def picture_link(target: str) -> str | None:
    """The address of a remote picture rebuilt; None unless http or https.

    ``//host/x`` is asked for over https: a mail has no scheme of its own.
    """
    target = _DROPPED.sub("", target.strip(_AROUND))
    link = safe_link(f"https:{target}" if target.startswith("//") else target)
    return link.partition("#")[0] if link and link.startswith("http") else None


def remote_host(target: str) -> str | None:
    """The host a browser would ask for ``target``; None for what is not remote."""
    target = _DROPPED.sub("", target.strip(_AROUND)).replace("\\", "/")
    match = re.match(r"(?:(https?|ftp):)?/*", target, re.IGNORECASE)
    if match is None or ("//" not in match[0] and match[1] is None):
        return None
    host = re.split(r"[/?#]", target[match.end() :], maxsplit=1)[0].rpartition("@")[2]
    name = host.partition(":")[0] if not host.startswith("[") else host
    return "".join(c for c in name.lower()[:253] if c.isprintable()) or None


def _web_link(target: str) -> str | None:
    try:
        parts = urlsplit(target)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return None
    is_literal = parts.netloc.rpartition("@")[2].startswith("[")
    if not is_literal and not _HOST.fullmatch(host):
        return None
    host = f"[{host}]" if is_literal else _ascii_host(host)
    netloc = host if port is None else f"{host}:{port}"
    path = _quoted(parts.path)
    return urlunsplit((parts.scheme, netloc, path, _quoted(parts.query), _quoted(parts.fragment)))


def _ascii_host(host: str) -> str:
    """A-labels, so that nobody is shown a look-alike; as it came where IDNA cannot."""
    try:
        return host if host.isascii() else host.encode("idna").decode("ascii")
    except UnicodeError:
        return quote(host, safe="")


def _quoted(text: str) -> str:
    return quote(text, safe=_SAFE, errors="replace")
