"""The beginning of a conversation with a submission server: to reach it, and to sign in."""

import asyncio
import socket
from collections.abc import Sequence

import aiosmtplib

from webmail.outbound_sasl import Exchange

# With a password; what knows a token is in outbound_sasl.py.
MECHANISMS = frozenset({"plain", "login", "cram-md5"})
_AUTH_LINE = 500


async def reach(addresses: Sequence[str], port: int, timeout_s: float) -> socket.socket:
    """A connection to the first of the judged addresses that takes one (T77)."""
    for address in addresses:
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        sock = socket.socket(family, socket.SOCK_STREAM)
        sock.setblocking(False)
        try:
            async with asyncio.timeout(timeout_s):
                await asyncio.get_running_loop().sock_connect(sock, (address, port))
        except BaseException as error:
            sock.close()
            if not isinstance(error, OSError) or address == addresses[-1]:
                raise
            continue
        return sock
    raise OSError("there is no address to connect to")


async def authenticate(client: aiosmtplib.SMTP, username: str, password: str) -> None:
    """By the first mechanism there is; none where the server offers none."""
    offered = client.supported_auth_methods
    name, word = username.encode(), password.encode()
    if "plain" in offered:
        await client.auth_plain(name, word)
    elif "login" in offered:
        await client.auth_login(name, word)
    elif "cram-md5" in offered:
        await client.auth_crammd5(name, word)


async def bear(client: aiosmtplib.SMTP, exchange: Exchange, challenges: list[str]) -> None:
    """AUTH with a token; ``challenges`` gets what a refusal is told with, before it is raised."""
    mechanism = exchange.mechanism.encode()
    if len(exchange.response) + len(mechanism) < _AUTH_LINE:
        reply = await client.execute_command(b"AUTH", mechanism, exchange.response)
    else:  # RFC 4954, section 4: then the server is asked for its 334 first
        reply = await client.execute_command(b"AUTH", mechanism)
        if reply.code == 334:
            reply = await client.execute_command(exchange.response)
    if reply.code == 334:
        challenges.append(reply.message)
        reply = await client.execute_command(exchange.farewell)
    if reply.code != 235:
        raise aiosmtplib.SMTPAuthenticationError(reply.code, reply.message)
