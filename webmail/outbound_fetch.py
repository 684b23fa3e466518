"""The one request to what strangers name: to a judged address, within limits, telling nothing.

No cookies, no Referer, no proxy of the environment, the same few header fields whoever asks.
"""

import http.client
import io
import socket
import ssl
import time
import zlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import lru_cache
from urllib.parse import quote, urljoin, urlsplit

from webmail.outbound import tls_context
from webmail.outbound_address import (
    Address,
    MayConnect,
    Refused,
    Resolve,
    addresses_of,
    is_public,
    look_up,
)

USER_AGENT = "Mozilla/5.0 (compatible; HearthFetch/1.0)"
MAX_REDIRECTS = 3
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_PORTS = {"http": 80, "https": 443}
_MAX_URL_CHARS = 8000
_MAX_TRIES = 3
_HEAD_BYTES = 256 * 1024
_PIECE_BYTES = 64 * 1024
_PATH_SAFE = "!$%&'()*+,/:;=?@~-._[]"


class FetchFailed(Exception):
    """The other side did not answer, or not with what was asked for."""


class TooSlow(FetchFailed):
    """No answer, or not all of it, within the time."""


class TooLarge(FetchFailed):
    """More octets than allowed, as sent or unpacked."""


@lru_cache(maxsize=1)
def _public_tls() -> ssl.SSLContext:
    return tls_context()


@dataclass(frozen=True, slots=True)
class Rules:
    """What may be connected to, and for how long.  The defaults are the rules; only tests,
    which have no public address, hand in others."""

    resolve: Resolve = look_up
    may_connect: MayConnect = is_public
    ports: frozenset[int] = frozenset(_PORTS.values())
    tls: ssl.SSLContext | None = None
    connect_s: float = 5.0
    total_s: float = 10.0
    max_bytes: int = 10 * 1024 * 1024


RULES = Rules()


@dataclass(frozen=True, slots=True)
class Target:
    """A URL taken apart; ``host`` is ASCII, an IPv6 address in its brackets."""

    scheme: str
    host: str
    port: int
    path: str

    @property
    def authority(self) -> str:
        return self.host if self.port == _PORTS[self.scheme] else f"{self.host}:{self.port}"


@dataclass(frozen=True, slots=True)
class Fetched:
    """``url`` is where the content was in the end; ``content_type`` is only what was claimed."""

    url: str
    content_type: str
    content: bytes


def fetch(url: str, *, accept: str, rules: Rules = RULES) -> Fetched:
    """The content at ``url``.  Raises Refused before any connection that is not allowed, on
    the first host or after a redirect, and FetchFailed for all that goes wrong elsewhere."""
    deadline = time.monotonic() + rules.total_s
    for _ in range(MAX_REDIRECTS + 1):
        target = parse_target(url, ports=rules.ports)
        try:
            with _connected(target, rules, deadline) as connection:
                answer = _ask(connection, target, accept)
                if answer.status not in _REDIRECTS:
                    return _read(answer, url, rules.max_bytes)
                url = _next_url(url, answer)
        except TimeoutError as problem:
            raise TooSlow(target.authority) from problem
        except (OSError, http.client.HTTPException, ValueError, zlib.error) as problem:
            raise FetchFailed(f"{target.authority}: {type(problem).__name__}") from problem
    raise FetchFailed(f"more than {MAX_REDIRECTS} redirects")


def post_form(url: str, form: bytes, *, rules: Rules = RULES) -> int:
    """Sends a form to an https address and tells the status of the answer, whatever it is.

    No redirect is followed: whoever names another place might have it from anywhere.  Raises
    as ``fetch`` does.
    """
    fields = {"Content-Type": "application/x-www-form-urlencoded"}
    return post_octets(url, form, fields, rules=rules)


def post_octets(url: str, octets: bytes, fields: dict[str, str], *, rules: Rules = RULES) -> int:
    """The same for whatever ``fields`` say that it is."""
    target = parse_target(url, ports=rules.ports)
    if target.scheme != "https":
        raise Refused("not https")
    try:
        with _connected(target, rules, time.monotonic() + rules.total_s) as connection:
            return _ask(connection, target, "*/*", octets, fields).status
    except TimeoutError as problem:
        raise TooSlow(target.authority) from problem
    except (OSError, http.client.HTTPException, ValueError) as problem:
        raise FetchFailed(f"{target.authority}: {type(problem).__name__}") from problem


def parse_target(url: str, *, ports: Iterable[int] = _PORTS.values()) -> Target:
    """Raises Refused for all but plain http and https addresses on their own ports."""
    if len(url) > _MAX_URL_CHARS or "\\" in url or any(c <= " " or c == "\x7f" for c in url):
        raise Refused("the address is malformed")
    try:
        parts = urlsplit(url)
        name, port = parts.hostname or "", parts.port
    except ValueError as problem:
        raise Refused("the address is malformed") from problem
    scheme = parts.scheme.lower()
    if scheme not in _PORTS or not name:
        raise Refused("neither http nor https")
    if "@" in parts.netloc:
        raise Refused("the address holds credentials")
    port = _PORTS[scheme] if port is None else port
    if port not in ports:
        raise Refused(f"port {port} is not for pages")
    path = quote(parts.path or "/", safe=_PATH_SAFE)
    query = f"?{quote(parts.query, safe=_PATH_SAFE)}" if parts.query else ""
    return Target(scheme, _ascii(name), port, f"{path}{query}")


def _ascii(name: str) -> str:
    if ":" in name:
        return f"[{name}]"
    try:
        return name if name.isascii() else name.encode("idna").decode("ascii")
    except UnicodeError as problem:
        raise Refused("the host is no name") from problem


# -- the connection ----------------------------------------------------------------------------


@dataclass(slots=True)
class _Connection:
    """A connected socket as http.client wants one, with a deadline over all of it."""

    socket: socket.socket
    deadline: float
    room: int
    _readers: list[io.BufferedReader] = field(default_factory=list)

    def __enter__(self) -> "_Connection":
        return self

    def __exit__(self, *_: object) -> None:
        self.socket.close()

    def sendall(self, octets: bytes) -> None:
        self.socket.settimeout(_left(self.deadline))
        self.socket.sendall(octets)

    def makefile(self, *_: object) -> io.BufferedReader:
        return io.BufferedReader(_Timed(self))

    def close(self) -> None:
        """http.client lets go of the socket when it has an answer; we still read from it."""


class _Timed(io.RawIOBase):
    """Reads that end at the deadline, however little comes each time, and at the last octet
    allowed, of the header too."""

    def __init__(self, connection: _Connection) -> None:
        self._connection = connection

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]
        connection = self._connection
        connection.socket.settimeout(_left(connection.deadline))
        count = connection.socket.recv_into(buffer)
        connection.room -= count
        if connection.room < 0:
            raise TooLarge("more octets than allowed")
        return count


def _left(deadline: float) -> float:
    left = deadline - time.monotonic()
    if left <= 0:
        raise TimeoutError("too slow")
    return left


def _connected(target: Target, rules: Rules, deadline: float) -> _Connection:
    """To one of the addresses that were judged; the name is for TLS and the Host field only."""
    addresses = addresses_of(target.host, resolve=rules.resolve, may_connect=rules.may_connect)
    until = min(deadline, time.monotonic() + rules.connect_s)
    problem: OSError = TimeoutError("too slow")
    for address in addresses[:_MAX_TRIES]:
        try:
            plain = _dial(address, target.port, until)
            break
        except OSError as refused:
            problem = refused
    else:
        raise problem
    try:
        plain.settimeout(_left(until))
        secured = _secured(plain, target, rules)
    except BaseException:
        plain.close()
        raise
    return _Connection(secured, deadline, rules.max_bytes + _HEAD_BYTES)


def _dial(address: Address, port: int, until: float) -> socket.socket:
    family = socket.AF_INET if address.version == 4 else socket.AF_INET6
    dialled = socket.socket(family, socket.SOCK_STREAM)
    try:
        dialled.settimeout(_left(until))
        dialled.connect((str(address), port))
    except BaseException:
        dialled.close()
        raise
    return dialled


def _secured(plain: socket.socket, target: Target, rules: Rules) -> socket.socket:
    if target.scheme != "https":
        return plain
    context = rules.tls or _public_tls()
    return context.wrap_socket(plain, server_hostname=target.host.strip("[]").removesuffix("."))


# -- question and answer -----------------------------------------------------------------------


def _ask(
    connection: _Connection,
    target: Target,
    accept: str,
    octets: bytes = b"",
    fields: dict[str, str] | None = None,
) -> http.client.HTTPResponse:
    asking = http.client.HTTPConnection(target.host.strip("[]"), target.port)
    asking.sock = connection
    method = "POST" if octets else "GET"
    asking.putrequest(method, target.path, skip_host=True, skip_accept_encoding=True)
    asking.putheader("Host", target.authority)
    asking.putheader("User-Agent", USER_AGENT)
    asking.putheader("Accept", accept)
    asking.putheader("Accept-Encoding", "gzip")
    asking.putheader("Connection", "close")
    for name, value in (fields or {}).items():
        asking.putheader(name, value)
    if octets:
        asking.putheader("Content-Length", str(len(octets)))
    asking.endheaders(octets or None)
    return asking.getresponse()


def _next_url(url: str, answer: http.client.HTTPResponse) -> str:
    place = answer.getheader("Location")
    if not place:
        raise FetchFailed("a redirect to nowhere")
    # Header octets come as latin-1; what is beyond ASCII is escaped, as browsers do.
    return urljoin(url, quote(place.strip(), safe=_PATH_SAFE + "#"))


def _read(answer: http.client.HTTPResponse, url: str, max_bytes: int) -> Fetched:
    if answer.status != 200:
        raise FetchFailed(f"the answer was {answer.status}")
    if (answer.length or 0) > max_bytes:
        raise TooLarge(f"{answer.length} octets")
    coding = (answer.getheader("Content-Encoding") or "identity").strip().lower()
    if coding not in ("identity", "gzip", "x-gzip", "deflate"):
        raise FetchFailed("packed in a way we did not ask for")
    content = bytearray()
    unpacker = None if coding == "identity" else zlib.decompressobj(wbits=47)
    while piece := answer.read(_PIECE_BYTES):
        # One octet more than allowed is enough to know.
        room = max_bytes + 1 - len(content)
        content += piece if unpacker is None else unpacker.decompress(piece, room)
        if len(content) > max_bytes:
            raise TooLarge(f"more than {max_bytes} octets")
    if answer.length or (unpacker is not None and not unpacker.eof):
        raise FetchFailed("cut short")
    return Fetched(url, answer.getheader("Content-Type") or "", bytes(content))
