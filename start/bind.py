"""Where the web process listens: WEBMAIL_BIND."""

import errno
import socket

from start.child import StartError


def split_bind(bind: str) -> tuple[str, int]:
    """Host and port of WEBMAIL_BIND; 127.0.0.1:8000 when empty."""
    host, _, port = (bind.strip() or "127.0.0.1:8000").rpartition(":")
    if not host or not port.isdecimal() or not 0 < int(port) < 65536:
        raise StartError(f"WEBMAIL_BIND must be host:port like 127.0.0.1:8000, not {bind!r}.")
    return host.strip("[]"), int(port)


def must_be_free(bind: str) -> None:
    """StartError when something else listens where the web process will."""
    host, port = split_bind(bind)
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise StartError(_bind_problem(host, port, error)) from error


def _bind_problem(host: str, port: int, error: OSError) -> str:
    if error.errno == errno.EADDRINUSE:
        return (
            f"Port {port} on {host} is in use by another program.  Choose another port, "
            f"for example: WEBMAIL_BIND={host}:{port + 1}"
        )
    if error.errno == errno.EACCES:
        return f"Only root may listen on port {port}.  Set WEBMAIL_BIND to a port above 1023."
    return f"WEBMAIL_BIND: cannot listen on {host}:{port}: {error.strerror}."
