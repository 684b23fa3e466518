"""COMPRESS=DEFLATE (RFC 4978): a connection whose octets are deflated both ways."""

import socket
import zlib

# Our commands are short: 4 KB of history do, and zlib's usual 256 KB a session would not.
_WINDOW_BITS, _MEMORY_LEVEL = -12, 5


class DeflatedSocket:
    """Stands where the socket did.  ``recv`` never gives more than was asked for, however
    much a few octets would inflate to (T41)."""

    def __init__(self, sock: socket.socket, received: bytes) -> None:
        """``received`` is what came behind the OK: deflated already."""
        self._sock = sock
        self._deflate = zlib.compressobj(
            zlib.Z_BEST_SPEED, zlib.DEFLATED, _WINDOW_BITS, _MEMORY_LEVEL
        )
        self._inflate = zlib.decompressobj(-zlib.MAX_WBITS)
        self._waiting = received

    def sendall(self, octets: bytes) -> None:
        self._sock.sendall(self._deflate.compress(octets) + self._deflate.flush(zlib.Z_SYNC_FLUSH))

    def recv(self, size: int) -> bytes:
        """Empty at the end of the connection only."""
        # Also without waiting octets zlib may hold the end of what did not fit last time.
        octets = self._inflated(size)
        while not octets:
            self._waiting = self._sock.recv(size)
            if not self._waiting:
                return b""
            octets = self._inflated(size)
        return octets

    def recv_into(self, room: memoryview) -> int:
        octets = self.recv(len(room))
        room[: len(octets)] = octets
        return len(octets)

    def settimeout(self, timeout_s: float | None) -> None:
        self._sock.settimeout(timeout_s)

    def setblocking(self, flag: bool) -> None:
        self._sock.setblocking(flag)

    def close(self) -> None:
        self._sock.close()

    def _inflated(self, size: int) -> bytes:
        try:
            octets = self._inflate.decompress(self._waiting, size)
        except zlib.error as error:
            raise OSError("its compressed answer is broken") from error
        self._waiting = self._inflate.unconsumed_tail
        if self._inflate.eof and not octets:
            raise OSError("it ended its compressed answers")
        return octets
