"""The floor: IMAP spoken over a bare TLS socket, the command's octets made beforehand."""

import base64
import re
import socket
import ssl

from imapclient import IMAPClient

from tests.lab import Lab
from tests.lab.lab import HOST


class RawImap:
    """One session; an answer is read to its tagged line and not looked into."""

    def __init__(self, lab: Lab, address: str, mailbox: str = "") -> None:
        plain = socket.create_connection((HOST, lab.dovecot.ports["imaps"]), timeout=600)
        plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._socket = lab.tls().wrap_socket(plain, server_hostname=HOST)
        self._socket.recv(4096)
        secret = f"\0{address}\0{lab.users[address]}".encode()
        self.ask(b"AUTHENTICATE PLAIN " + base64.b64encode(secret))
        if mailbox:
            self.ask(f'SELECT "{mailbox}" (CONDSTORE)'.encode())

    def ask(self, command: bytes) -> bytes:
        """The whole answer, its tagged OK included."""
        self._socket.sendall(b"T " + command + b"\r\n")
        data = bytearray()
        while not _is_whole(data):
            piece = self._socket.recv(1 << 18)
            assert piece, f"the server closed the connection after {command[:40]!r}"
            data += piece
        assert data[data.rfind(b"\nT ") + 1 :].startswith(b"T OK"), bytes(data[-300:])
        return bytes(data)

    def highest_modseq(self) -> int:
        found = re.search(rb"HIGHESTMODSEQ (\d+)", self.ask(b"STATUS INBOX (HIGHESTMODSEQ)"))
        assert found
        return int(found[1])

    def close(self) -> None:
        self._socket.close()


def _is_whole(data: bytearray) -> bool:
    if not data.endswith(b"\r\n"):
        return False
    last = data.rfind(b"\n", 0, -2) + 1
    return data.startswith((b"T OK", b"T NO", b"T BAD"), last)


def tls_and_login(lab: Lab, address: str) -> None:
    RawImap(lab, address).close()


def imapclient_session(lab: Lab, address: str) -> IMAPClient:
    context: ssl.SSLContext = lab.tls()
    client = IMAPClient(HOST, lab.dovecot.ports["imaps"], ssl_context=context, timeout=600)
    client.plain_login(address, lab.users[address])
    client.select_folder("INBOX", readonly=True)
    return client
