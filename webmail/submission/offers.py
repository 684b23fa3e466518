"""What a submission server offers: asked once, then known for an hour.

How large a message it takes (RFC 1870), delivery notices (RFC 3461), required TLS (RFC 8689),
addresses in any letters (RFC 6531).
"""

import ssl
import time
from collections.abc import Sequence
from dataclasses import dataclass

from webmail.outbound import Endpoint
from webmail.submission.smtp import Submission, SubmissionError

PATIENCE_S = 4  # somebody waits in front of a page
_KNOWN_S = 3600
_UNKNOWN_S = 300  # a server that did not answer is left alone for a while


@dataclass(frozen=True, slots=True)
class Offers:
    """``limit_bytes`` is None where the server sets none."""

    limit_bytes: int | None
    delivery_notices: bool
    required_tls: bool
    eight_bits: bool = True  # 8BITMIME (RFC 6152)
    smtputf8: bool = True


@dataclass(frozen=True, slots=True)
class _Said:
    offers: Offers | None
    until: float


_said: dict[Endpoint, _Said] = {}


def known_offers(endpoint: Endpoint) -> Offers | None:
    """As last heard, without asking; None where that is not known."""
    said = _said.get(endpoint)
    return said.offers if said and time.monotonic() < said.until else None


def known_limit(endpoint: Endpoint) -> int | None:
    """The limit as last heard, without asking; None for none, or not known."""
    offers = known_offers(endpoint)
    return offers.limit_bytes if offers else None


def is_known(endpoint: Endpoint) -> bool:
    """Whether it was asked lately, even if it did not answer."""
    said = _said.get(endpoint)
    return said is not None and time.monotonic() < said.until


def ask(endpoint: Endpoint, tls: ssl.SSLContext, addresses: Sequence[str] = ()) -> None:
    """Looks at the server's EHLO unless that was done lately; signs in nowhere.

    ``addresses`` are the judged ones of a server that a person named.
    """
    if is_known(endpoint):
        return
    offers, known_s = None, _KNOWN_S
    try:
        with Submission(endpoint, tls, patience_s=PATIENCE_S, addresses=addresses) as server:
            server.connect()
            offers = Offers(
                limit_bytes=server.size_limit_bytes,
                delivery_notices=server.offers_delivery_notices,
                required_tls=server.offers_required_tls,
                eight_bits=server.offers_eight_bits,
                smtputf8=server.offers_smtputf8,
            )
    except SubmissionError:
        known_s = _UNKNOWN_S
    _said[endpoint] = _Said(offers, time.monotonic() + known_s)


def forget_all() -> None:
    _said.clear()
