"""A submission server of aiosmtpd, where Postfix cannot run: for ordinary users and the demo."""

import json
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from start.child import end, spawn, wait_until_answers
from tests.lab.authority import Certificate
from tests.lab.place import free_port

ROOT = Path(__file__).resolve().parents[2]


@dataclass(slots=True)
class PlainMsa:
    """A running aiosmtpd; ``ports`` has ``submission`` (587) and ``submissions`` (465)."""

    ports: dict[str, int]
    log: Path
    process: subprocess.Popen[bytes] | None = None

    def stop(self) -> None:
        if self.process is not None:
            end(self.process)


def start_plain_msa(
    folder: Path,
    users: Mapping[str, str],
    certificate: Certificate,
    *,
    lmtp_port: int | None = None,
    imap_port: int | None = None,
    ports: Mapping[str, int] | None = None,
) -> PlainMsa:
    """Start it: delivery by LMTP where ``lmtp_port`` says, else by IMAP APPEND (plain IMAP)."""
    names = ("submission", "submissions")
    chosen = {name: (ports or {}).get(name) or free_port() for name in names}
    settings = folder / "msa.json"
    settings.touch(mode=0o600)
    settings.write_text(
        json.dumps(
            {
                "users": dict(users),
                "ports": chosen,
                "certificate": str(certificate.certificate),
                "key": str(certificate.key),
                "lmtp_port": lmtp_port,
                "imap_port": imap_port,
            }
        )
    )
    server = PlainMsa(chosen, folder / "msa.log")
    command = [sys.executable, "-m", "tests.lab.msa_process", settings]
    server.process = spawn(command, log=server.log, folder=ROOT)
    try:
        for port in chosen.values():
            wait_until_answers(server.process, port, name="aiosmtpd", log=server.log)
    except BaseException:
        server.stop()
        raise
    return server
