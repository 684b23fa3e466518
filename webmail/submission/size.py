"""How large a message a submission server takes (RFC 1870): asked once, then known for an hour."""

import ssl
import time
from dataclasses import dataclass

from webmail.outbound import Endpoint
from webmail.submission.smtp import Submission, SubmissionError

PATIENCE_S = 4  # somebody waits in front of a page
_KNOWN_S = 3600
_UNKNOWN_S = 300  # a server that did not answer is left alone for a while


@dataclass(frozen=True, slots=True)
class _Said:
    limit_bytes: int | None
    until: float


_said: dict[Endpoint, _Said] = {}


def known_limit(endpoint: Endpoint) -> int | None:
    """The limit as last heard, without asking; None for none, or not known."""
    said = _said.get(endpoint)
    return said.limit_bytes if said and time.monotonic() < said.until else None


def ask_limit(endpoint: Endpoint, tls: ssl.SSLContext) -> None:
    """Looks at the server's EHLO unless that was done lately; signs in nowhere."""
    said = _said.get(endpoint)
    if said and time.monotonic() < said.until:
        return
    limit, known_s = None, _KNOWN_S
    try:
        with Submission(endpoint, tls, patience_s=PATIENCE_S) as server:
            server.connect()
            limit = server.size_limit_bytes
    except SubmissionError:
        known_s = _UNKNOWN_S
    _said[endpoint] = _Said(limit, time.monotonic() + known_s)


def forget_all() -> None:
    _said.clear()
