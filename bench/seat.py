"""All who serve one user: the bare floor, IMAPClient, Hearth, and Roundcube twice."""

import re
from collections.abc import Callable
from functools import cached_property

from imapclient import IMAPClient

from bench.browser import Replies
from bench.floor import RawImap, imapclient_session
from bench.hearth import Hearth
from bench.mailboxes import VALIDITY
from bench.measure import OURS, Act, Contender
from bench.roundcube import POOLS, Client, Roundcube
from bench.stage import PASSWORD, Stage

FLOOR, CLIENT = "floor", "IMAPClient"
# What the floor says in a round; what a peer's client does in a round, and which peer it is.
Command = Callable[[int], bytes]
PeerAct = Callable[[Client, int, int], Replies]
PEERS = {"Roundcube": POOLS[0], "Roundcube tuned": POOLS[1]}


class Seat:
    """Sessions are opened when first asked for."""

    def __init__(self, stage: Stage, roundcube: Roundcube | None, address: str) -> None:
        self.stage, self.roundcube, self.address = stage, roundcube, address

    @cached_property
    def hearth(self) -> Hearth:
        return self.stage.hearth(self.address)

    @cached_property
    def raw(self) -> RawImap:
        return RawImap(self.stage.lab, self.address, "INBOX")

    @cached_property
    def elsewhere(self) -> RawImap:
        """Another program of the same user's."""
        return RawImap(self.stage.lab, self.address, "INBOX")

    @cached_property
    def imapclient(self) -> IMAPClient:
        client = imapclient_session(self.stage.lab, self.address)
        client.use_uid = False
        return client

    @cached_property
    def peers(self) -> dict[str, Client]:
        if self.roundcube is None:
            return {}
        return {
            name: self.roundcube.client(pool, self.address, PASSWORD)
            for name, pool in PEERS.items()
        }

    @cached_property
    def total(self) -> int:
        found = re.search(rb"MESSAGES (\d+)", self.raw.ask(b"STATUS INBOX (MESSAGES)"))
        assert found
        return int(found[1])

    def newest(self, at: int) -> int:
        """UID of the message ``at`` places from the newest, 0 being that one."""
        return self.total - at

    def ref(self, uid: int, mailbox: str = "INBOX") -> str:
        return self.hearth.ref(VALIDITY, uid, mailbox)

    def message(self, uid: int, mailbox: str = "INBOX") -> str:
        return f"/mail/{self.ref(uid, mailbox)}/"

    def floor(self, command: bytes) -> Contender:
        """The same command in every round."""
        return self.floor_of(lambda _round: command)

    def floor_of(self, command: Command, name: str = FLOOR) -> Contender:
        def ask(number: int) -> Replies:
            self.raw.ask(command(number))
            return []

        return Contender(name, ask)

    def ours(self, act: Act) -> Contender:
        return Contender(OURS, act)

    def theirs(self, act: PeerAct) -> list[Contender]:
        """One for each pool."""

        def bound(client: Client, which: int) -> Act:
            return lambda number: act(client, number, which)

        return [
            Contender(name, bound(client, which))
            for which, (name, client) in enumerate(self.peers.items())
        ]
