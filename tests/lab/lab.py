"""One object for all servers of a test: start it, use its URLs, stop it."""

import atexit
import contextlib
import os
import ssl
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from imapclient import IMAPClient

from tests.lab.authority import Authority, make_authority
from tests.lab.dovecot import Dovecot, start_dovecot
from tests.lab.msa import PlainMsa, start_plain_msa
from tests.lab.place import find_program
from tests.lab.postfix import Postfix, start_postfix

HOST = "127.0.0.1"


@dataclass(slots=True)
class Lab:
    """Dovecot and a submission server that deliver to each other's users.

    ``msa`` is Postfix; where that cannot start (it wants root) it is aiosmtpd, and
    ``has_postfix`` says so.
    """

    folder: Path
    authority: Authority
    dovecot: Dovecot
    msa: Postfix | PlainMsa

    @property
    def has_postfix(self) -> bool:
        return isinstance(self.msa, Postfix)

    @property
    def users(self) -> dict[str, str]:
        """Addresses and their passwords."""
        return self.dovecot.users

    @property
    def ca_file(self) -> Path:
        return self.authority.ca_file

    @property
    def imaps_url(self) -> str:
        return f"imaps://{HOST}:{self.dovecot.ports['imaps']}"

    @property
    def imap_starttls_url(self) -> str:
        return f"imap+starttls://{HOST}:{self.dovecot.ports['imap']}"

    @property
    def imap_url(self) -> str:
        """The cleartext port: Dovecot lets loopback sign in there."""
        return f"imap://{HOST}:{self.dovecot.ports['imap']}"

    @property
    def pop3s_url(self) -> str:
        return f"pop3s://{HOST}:{self.dovecot.ports['pop3s']}"

    @property
    def sieve_url(self) -> str:
        return f"sieve://{HOST}:{self.dovecot.ports['sieve']}"

    @property
    def submissions_url(self) -> str:
        return f"submissions://{HOST}:{self.msa.ports['submissions']}"

    @property
    def submission_starttls_url(self) -> str:
        return f"submission+starttls://{HOST}:{self.msa.ports['submission']}"

    def tls(self) -> ssl.SSLContext:
        """What a client needs to trust ``good`` certificates and no other."""
        return ssl.create_default_context(cafile=str(self.ca_file))

    @contextlib.contextmanager
    def imap(self, address: str) -> Iterator[IMAPClient]:
        """A session of ``address``, straight to Dovecot, none of our code between."""
        with IMAPClient(
            HOST, self.dovecot.ports["imaps"], ssl_context=self.tls(), timeout=30
        ) as client:
            client.plain_login(address, self.users[address])
            yield client

    def append(
        self,
        address: str,
        mailbox: str,
        raw: bytes,
        flags: tuple[str, ...] = (),
        internal_date: datetime | None = None,
    ) -> int:
        """Put a message into a mailbox, which is made when absent; its UID."""
        with self.imap(address) as client:
            if not client.folder_exists(mailbox):
                client.create_folder(mailbox)
            client.append(mailbox, raw, flags, internal_date)
            status = client.folder_status(mailbox, ["UIDNEXT"])
            return int(status[b"UIDNEXT"]) - 1

    def uids(self, address: str, mailbox: str = "INBOX", *criteria: str) -> list[int]:
        """UIDs by SEARCH, all of them without criteria."""
        with self.imap(address) as client:
            client.select_folder(mailbox, readonly=True)
            return list(client.search(list(criteria) or "ALL"))

    def raw(self, address: str, mailbox: str, uid: int) -> bytes:
        """The octets of one message, \\Seen untouched."""
        with self.imap(address) as client:
            client.select_folder(mailbox, readonly=True)
            return client.fetch([uid], ["BODY.PEEK[]"])[uid][b"BODY[]"]

    def raws(self, address: str, mailbox: str) -> list[bytes]:
        """The octets of every message as they are at one moment, also where one is just put in
        the place of another."""
        with self.imap(address) as client:
            while True:
                client.select_folder(mailbox, readonly=True)
                uids = client.search("ALL")
                found = client.fetch(uids, ["BODY.PEEK[]"]) if uids else {}
                if found.keys() == set(uids):
                    return [found[uid][b"BODY[]"] for uid in uids]

    def newest(self, address: str, mailbox: str) -> bytes:
        """The octets of the newest message, also where one is just put in the place of another."""
        while True:
            with contextlib.suppress(KeyError):
                return self.raw(address, mailbox, self.uids(address, mailbox)[-1])

    def wait_for(
        self, address: str, mailbox: str, *criteria: str, timeout_s: float = 20
    ) -> list[int]:
        """The UIDs that match, as soon as there are any; AssertionError when none came."""
        deadline = time.monotonic() + timeout_s
        while time.monotonic() < deadline:
            found = self.uids(address, mailbox, *criteria)
            if found:
                return found
            time.sleep(0.1)
        raise AssertionError(f"nothing like {criteria} came to {mailbox} in {timeout_s:g} s")

    def clear(self) -> None:
        """Take every message of every user away; the mailboxes of special use stay."""
        for address in self.users:
            with self.imap(address) as client:
                for flags, _separator, name in client.list_folders():
                    _empty(client, flags, name)

    def stop(self) -> None:
        """End every process of this lab; a second call does nothing."""
        atexit.unregister(self.stop)
        for server in (self.msa, self.dovecot):
            if server.process is not None and server.process.poll() is None:
                server.process.terminate()  # both take a second: let it be the same one
        self.msa.stop()
        self.dovecot.stop()


def start(
    folder: Path,
    users: Mapping[str, str],
    *,
    ports: Mapping[str, int] | None = None,
    quota_kib: int | None = None,
    introspection_url: str = "",
) -> Lab:
    """Start the servers with their files in ``folder``, for users {address: password}.

    ``ports`` fixes some (imap, imaps, pop3, pop3s, lmtp, sieve, submission, submissions);
    the rest are free ones.  StartError is one sentence about what is missing.
    """
    folder.mkdir(parents=True, exist_ok=True)
    authority = make_authority(folder / "tls")
    dovecot = start_dovecot(
        folder,
        users,
        authority.good,
        ports=ports,
        quota_kib=quota_kib,
        introspection_url=introspection_url,
    )
    try:
        msa = _start_msa(dovecot, authority, ports)
    except BaseException:
        dovecot.stop()
        raise
    lab = Lab(folder, authority, dovecot, msa)
    atexit.register(lab.stop)
    return lab


def _start_msa(
    dovecot: Dovecot, authority: Authority, ports: Mapping[str, int] | None
) -> Postfix | PlainMsa:
    if os.geteuid() == 0 and find_program("postfix"):
        return start_postfix(dovecot, authority.good, ports=ports)
    return start_plain_msa(
        dovecot.run,
        dovecot.users,
        authority.good,
        lmtp_port=dovecot.ports["lmtp"],
        imap_port=dovecot.ports["imap"],
        ports=ports,
    )


def _empty(client: IMAPClient, flags: tuple[bytes, ...], name: str) -> None:
    if b"\\Noselect" in flags or b"\\NonExistent" in flags:
        return
    special = {b"\\Drafts", b"\\Sent", b"\\Archive", b"\\Junk", b"\\Trash"}
    client.select_folder(name)
    uids = client.search("ALL")
    if uids:
        client.delete_messages(uids)
        client.expunge(uids)
    if name != "INBOX" and not special.intersection(flags):
        client.unselect_folder()
        client.delete_folder(name)
