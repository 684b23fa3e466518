"""Which hosts strangers may make us connect to: only public addresses, looked up once (T76).

A name proves nothing, so only the addresses it stands for are judged, and the connection goes
to one that was judged (T77).  ``ipaddress.is_global`` is not enough: it takes NAT64, 6to4,
mapped and site-local forms for public.
"""

import ipaddress
import re
from collections.abc import Callable, Iterable

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Resolve = Callable[[str], Iterable[str]]
MayConnect = Callable[[Address], bool]

LOOKUP_S = 4.0
_MAX_ADDRESSES = 20


class Refused(Exception):
    """We do not connect there; the message says why, for the log."""


class Unknown(Refused):
    """The name stands for no address at all."""


class NotPublic(Refused):
    """It stands for an address that is not of the public Internet."""


_NOT_PUBLIC = tuple(
    ipaddress.ip_network(text)
    for text in (
        *("0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16"),
        *("172.16.0.0/12", "192.0.0.0/24", "192.0.2.0/24", "192.31.196.0/24", "192.52.193.0/24"),
        *("192.88.99.0/24", "192.168.0.0/16", "192.175.48.0/24", "198.18.0.0/15"),
        *("198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4"),
        # IETF protocol assignments with Teredo and ORCHID; documentation; 6to4; AS112.
        *("2001::/23", "2001:db8::/32", "2002::/16", "2620:4f:8000::/48", "3fff::/20"),
    )
)
# All of IPv6 that is given out to anybody; mapped, NAT64, ULA, link-local and site-local are not.
_GIVEN_OUT = ipaddress.ip_network("2000::/3")
# RFC 5214, section 6.1: an IPv4 address inside, behind whatever prefix.
_ISATAP = (0x00005EFE, 0x02005EFE)

_LABEL = re.compile(r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?")
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*")


def is_public(address: Address) -> bool:
    """Whether anybody on the Internet could be meant by it, and nobody at home."""
    if any(address in network for network in _NOT_PUBLIC if network.version == address.version):
        return False
    if isinstance(address, ipaddress.IPv4Address):
        return True
    is_isatap = (int(address) >> 32 & 0xFFFFFFFF) in _ISATAP
    return address in _GIVEN_OUT and not address.scope_id and not is_isatap


def look_up(name: str) -> list[str]:
    """The addresses of a name by DNS alone: /etc/hosts may name what is ours."""
    # Loaded with the first picture that is fetched: 3 MB of every process.
    import dns.exception
    import dns.name
    import dns.resolver

    found: list[str] = []
    for kind in ("A", "AAAA"):
        try:
            answer = dns.resolver.resolve(
                dns.name.from_text(name), kind, lifetime=LOOKUP_S, search=False
            )
        except dns.resolver.NoAnswer:
            continue
        except dns.exception.DNSException as problem:
            if found and not isinstance(problem, dns.resolver.NXDOMAIN):
                break
            is_unknown = isinstance(problem, dns.resolver.NXDOMAIN)
            kind_of = Unknown if is_unknown else Refused
            raise kind_of(f"no address for {name}: {type(problem).__name__}") from problem
        found += [record.address for record in answer]
    return found


def addresses_of(
    host: str, *, resolve: Resolve = look_up, may_connect: MayConnect = is_public
) -> list[Address]:
    """The addresses to connect to, IPv4 first.  Refused unless every one of them is allowed.

    ``host`` is a name in ASCII, or an address; one in brackets is IPv6.
    """
    literal = _literal(host)
    texts = [str(literal)] if literal else list(resolve(clean_name(host)))[:_MAX_ADDRESSES]
    if not texts:
        raise Unknown(f"no address for {host}")
    try:
        addresses = list(dict.fromkeys(ipaddress.ip_address(text) for text in texts))
    except ValueError as problem:
        raise Refused(f"{host} stands for no address") from problem
    if not all(may_connect(address) for address in addresses):
        raise NotPublic(f"{host} is not on the public Internet")
    return sorted(addresses, key=lambda address: address.version)


def clean_name(host: str) -> str:
    """A host name in lower case, without the last dot; Refused unless one of the Internet."""
    name = host.lower().removesuffix(".")
    labels = name.split(".")
    is_name = len(name) <= 253 and all(_LABEL.fullmatch(label) for label in labels)
    if not is_name or len(labels) < 2:
        raise Refused(f"{host!r} is no host name")
    return name


def _literal(host: str) -> Address | None:
    """An address written as one.

    A host whose last label is a number is an IPv4 address to every browser (WHATWG URL,
    3.5); we take it only in the one spelling that nobody reads differently.
    """
    try:
        if host.startswith("["):
            return ipaddress.IPv6Address(host.strip("[]"))
        if _NUMBER.fullmatch(host.lower().removesuffix(".").rpartition(".")[2]):
            return ipaddress.IPv4Address(host)
    except ValueError as problem:
        raise Refused(f"{host!r} is no address") from problem
    return None
