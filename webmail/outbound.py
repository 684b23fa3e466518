"""Every connection to a host that a setting or a person named: where to, and how protected."""

import ipaddress
import ssl
from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import urlsplit


class Security(StrEnum):
    """How a connection is protected (RFC 8314)."""

    TLS = "tls"
    STARTTLS = "starttls"
    CLEARTEXT = "cleartext"


class BadEndpoint(ValueError):
    """The text is no endpoint we would connect to; the message says why, for people."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where to connect: ``imaps://host:993`` and its like, taken apart.

    ``protocol`` is ``imap``, ``pop3``, ``submission`` or ``sieve``.
    """

    protocol: str
    host: str
    port: int
    security: Security


# scheme → protocol, security, default port: RFC 8314, 6409, 5804.
_SCHEMES = {
    "imaps": ("imap", Security.TLS, 993),
    "imap+starttls": ("imap", Security.STARTTLS, 143),
    "imap": ("imap", Security.CLEARTEXT, 143),
    "pop3s": ("pop3", Security.TLS, 995),
    "pop3+starttls": ("pop3", Security.STARTTLS, 110),
    "pop3": ("pop3", Security.CLEARTEXT, 110),
    "submissions": ("submission", Security.TLS, 465),
    "submission+starttls": ("submission", Security.STARTTLS, 587),
    "submission": ("submission", Security.CLEARTEXT, 587),
    "sieve": ("sieve", Security.STARTTLS, 4190),
}


def parse_endpoint(text: str, protocol: str, *, allow_cleartext: bool = False) -> Endpoint:
    """An endpoint URL as a value; raises BadEndpoint with a sentence.

    Without TLS only loopback is allowed, unless ``allow_cleartext``.
    """
    known = [scheme for scheme, (kind, _, _) in _SCHEMES.items() if kind == protocol]
    scheme, separator, _ = text.partition("://")
    if not separator or scheme not in known:
        raise BadEndpoint(f"{text!r} must start with one of {', '.join(f'{s}://' for s in known)}.")
    _, security, default_port = _SCHEMES[scheme]
    host, port = _host_and_port(text, default_port)
    if security is Security.CLEARTEXT and not allow_cleartext and not is_loopback(host):
        raise BadEndpoint(
            f"{text!r} would send passwords unprotected. "
            f"Use {known[0]}://, or set WEBMAIL_ALLOW_CLEARTEXT=1 if you accept that."
        )
    return Endpoint(protocol, host, port, security)


def _host_and_port(text: str, default_port: int) -> tuple[str, int]:
    try:
        parts = urlsplit(text)
        port = parts.port or default_port
    except ValueError as problem:
        raise BadEndpoint(f"{text!r} has no usable port: {problem}.") from problem
    if not parts.hostname or parts.username or parts.path.strip("/") or parts.query:
        raise BadEndpoint(f"{text!r} must be a scheme, a host and perhaps a port, nothing else.")
    return parts.hostname, port


def is_loopback(host: str) -> bool:
    """Whether a host name or address can only be this machine."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def tls_context(ca_file: str = "") -> ssl.SSLContext:
    """TLS 1.2 or newer with full verification; ``ca_file`` is trusted beside the system's (T50)."""
    context = ssl.create_default_context()
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if ca_file:
        context.load_verify_locations(ca_file)
    return context
