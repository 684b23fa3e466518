"""Where a domain offers a service: SRV records (RFC 2782), for mail RFC 6186 and RFC 8314.

DNS is not to be believed: what is found here is proposed to a person, never used by itself.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from webmail.outbound import Endpoint, Security
from webmail.outbound_address import LOOKUP_S, Refused, clean_name

if TYPE_CHECKING:
    from dns.resolver import Resolver

# Implicit TLS before STARTTLS (RFC 8314, section 3.3).
_SUBMISSION = (
    ("_submissions._tcp", Security.TLS),
    ("_submission._tcp", Security.STARTTLS),
)


def find_submission(domain: str, resolver: Resolver | None = None) -> Endpoint | None:
    """Where a domain says its people's mail leaves; None where it says nothing."""
    try:
        name = clean_name(domain.encode("idna").decode())
    except (Refused, UnicodeError):
        return None
    for service, security in _SUBMISSION:
        found = _first(f"{service}.{name}", resolver)
        if found is not None:
            return Endpoint("submission", *found, security)
    return None


def _first(name: str, resolver: Resolver | None) -> tuple[str, int] | None:
    """Host and port of the record that comes first: lowest priority, then highest weight."""
    # Loaded with the first question: 3 MB of every process.
    import dns.exception
    import dns.resolver

    asked = resolver or dns.resolver.get_default_resolver()
    try:
        answer = list(asked.resolve(name, "SRV", lifetime=LOOKUP_S, search=False))
    except dns.exception.DNSException:
        return None
    for record in sorted(answer, key=lambda each: (each.priority, -each.weight)):
        try:
            return clean_name(record.target.to_text()), record.port
        except Refused:  # "." says that the service is not there (RFC 6186, section 3.4)
            continue
    return None
