"""From an endpoint to a signed-in IMAP connection: RFC 8314, RFC 9051 sections 6.1 to 6.2."""

import base64
import contextlib
import ipaddress
import socket
import ssl

from webmail.outbound import Endpoint, Security
from webmail.outbound_sasl import BearerToken, bearer_exchange, failure_words
from webmail.store.imap_encoder import Answer, Atom
from webmail.store.imap_replies import Reply, Untagged
from webmail.store.imap_wire import Wire
from webmail.store.protocol import Refused, SignInRefused, StoreError, Unreachable

_TRY_LATER = frozenset({"UNAVAILABLE", "INUSE", "LIMIT", "SERVERBUG"})


def open_wire(
    endpoint: Endpoint, tls: ssl.SSLContext, *, timeout_s: float, connect_timeout_s: float
) -> Wire:
    """A greeted connection, protected as the endpoint says, its capabilities known."""
    sock = _connect(endpoint, connect_timeout_s)
    if endpoint.security is Security.TLS:
        sock = _wrap(sock, endpoint, tls)
    wire = Wire(sock, host=endpoint.host, port=endpoint.port)
    wire.is_remote = _is_remote(sock)
    try:
        wire.set_timeout(connect_timeout_s)
        _accept_greeting(wire, wire.greeting())
        if endpoint.security is Security.STARTTLS:
            _start_tls(wire, endpoint, tls)
        if not wire.capabilities:
            learn_capabilities(wire, wire.command("CAPABILITY"))
        wire.set_timeout(timeout_s)
    except BaseException:
        wire.drop()
        raise
    return wire


def sign_in(wire: Wire, username: str, credential: str | BearerToken) -> None:
    """Proves who we are, by a password or a token; capabilities are those after it."""
    if "\0" in username or (isinstance(credential, str) and "\0" in credential):
        raise SignInRefused("A name or password cannot contain a NUL.", host=wire.host)
    try:
        if isinstance(credential, BearerToken):
            reply = _bear(wire, username, credential)
        else:
            reply = _authenticate(wire, username, credential)
    except Refused as refusal:
        if refusal.code in _TRY_LATER:
            raise _unreachable(
                wire.host, "busy", f"cannot sign anybody in now: {refusal}"
            ) from None
        raise SignInRefused(str(refusal), host=wire.host) from None
    wire.capabilities = frozenset()
    learn_capabilities(wire, reply)
    if not wire.capabilities:
        learn_capabilities(wire, wire.command("CAPABILITY"))


def compress(wire: Wire) -> None:
    """Deflates a signed-in connection (RFC 4978) where that saves more time than it takes.

    On loopback it does not.  No password is in what is compressed.
    """
    if wire.is_remote and "COMPRESS=DEFLATE" in wire.capabilities:
        with contextlib.suppress(Refused):  # a NO: TLS below us compresses, or it would rather not
            wire.start_compression()


def learn_capabilities(wire: Wire, reply: Reply) -> None:
    """Takes them from the untagged response or the response code, if either is there."""
    words = reply.find_code("CAPABILITY") or b""
    for response in reply.of("CAPABILITY"):
        words = response.records[0] if isinstance(response.records[0], bytes) else words
    wire.capabilities = _capability_set(words)


def _authenticate(wire: Wire, username: str, password: str) -> Reply:
    """AUTHENTICATE PLAIN where offered: its base64 takes any character of any alphabet."""
    if "AUTH=PLAIN" in wire.capabilities:
        token = base64.b64encode(f"\0{username}\0{password}".encode("utf-8", "replace"))
        at_once = "SASL-IR" in wire.capabilities
        return wire.command(
            "AUTHENTICATE", Atom("PLAIN"), Atom(token.decode()) if at_once else Answer(token)
        )
    if "LOGINDISABLED" in wire.capabilities:
        raise SignInRefused(f"{wire.host} takes no passwords on this connection.", host=wire.host)
    return wire.command("LOGIN", username, password)


def _bear(wire: Wire, username: str, token: BearerToken) -> Reply:
    """By OAUTHBEARER or XOAUTH2; a refusal in the words of its challenge."""
    named = (each for each in wire.capabilities if each.startswith("AUTH="))
    offered = [each.removeprefix("AUTH=") for each in named]
    exchange = bearer_exchange(offered, username, token, wire.host, wire.port)
    if exchange is None:
        raise SignInRefused(f"{wire.host} takes no OAuth tokens.", host=wire.host)
    reply, challenge = wire.authenticate(exchange.mechanism, exchange.response, exchange.farewell)
    why = failure_words(challenge) if challenge else ""
    if reply.status != "OK" and why and reply.code not in _TRY_LATER:
        said = f" It said “{reply.text}”." if reply.text else ""
        raise SignInRefused(f"{wire.host} does not accept the token: {why}.{said}", host=wire.host)
    return wire.accepted(reply)


def _connect(endpoint: Endpoint, timeout_s: float) -> socket.socket:
    place = f"{endpoint.host}:{endpoint.port}"
    try:
        sock = socket.create_connection((endpoint.host, endpoint.port), timeout=timeout_s)
    except socket.gaierror as error:
        raise _unreachable(
            endpoint.host, "dns", f"is not known to DNS: {error.strerror}"
        ) from error
    except TimeoutError as error:
        raise _unreachable(place, "timeout", f"did not answer within {timeout_s:g} s") from error
    except OSError as error:
        raise _unreachable(place, "connect", f"cannot be reached: {error.strerror}") from error
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return sock


def _is_remote(sock: socket.socket) -> bool:
    try:
        return not ipaddress.ip_address(sock.getpeername()[0].partition("%")[0]).is_loopback
    except (OSError, ValueError):
        return False


def _wrap(sock: socket.socket, endpoint: Endpoint, tls: ssl.SSLContext) -> socket.socket:
    try:
        return tls.wrap_socket(sock, server_hostname=endpoint.host)
    except OSError as error:
        sock.close()
        raise _tls_fault(endpoint.host, error) from error


def _tls_fault(host: str, error: OSError) -> Unreachable:
    if isinstance(error, ssl.SSLCertVerificationError):
        return _unreachable(host, "certificate", f"shows a bad certificate: {error.verify_message}")
    if isinstance(error, TimeoutError):
        return _unreachable(host, "timeout", "did not finish the TLS handshake in time")
    return _unreachable(
        host, "connect", f"did not complete a TLS handshake: {error.strerror or error}"
    )


def _accept_greeting(wire: Wire, greeting: Untagged) -> None:
    if greeting.kind == "PREAUTH":
        # A greeting that skips sign-in also skips STARTTLS, and shows somebody's mail (T49).
        raise _unreachable(wire.host, "greeting", "greeted us as signed in before we signed in")
    if greeting.kind != "OK":
        raise _unreachable(wire.host, "greeting", f"turned us away: “{greeting.text}”")
    if greeting.code == "CAPABILITY":
        wire.capabilities = _capability_set(greeting.argument)


def _start_tls(wire: Wire, endpoint: Endpoint, tls: ssl.SSLContext) -> None:
    if not wire.capabilities:
        learn_capabilities(wire, wire.command("CAPABILITY"))
    if "STARTTLS" not in wire.capabilities:
        raise _unreachable(wire.host, "starttls", "does not offer STARTTLS")
    try:
        wire.command("STARTTLS")
    except Refused as refusal:
        raise _unreachable(wire.host, "starttls", f"refused STARTTLS: “{refusal}”") from None
    except StoreError as error:
        raise _unreachable(wire.host, "starttls", f"broke off at STARTTLS: {error}") from error
    try:
        wire.start_tls(tls)
    except OSError as error:
        raise _tls_fault(endpoint.host, error) from error


def _capability_set(words: bytes) -> frozenset[str]:
    return frozenset(words.decode("ascii", "replace").upper().split())


def _unreachable(host: str, reason: str, what: str) -> Unreachable:
    return Unreachable(f"{host} {what}.", host=host, reason=reason)
