"""What any octets of a server may do to us: end the session, nothing else."""

import contextlib

from imapclient.exceptions import ProtocolError
from imapclient.response_parser import parse_response

from webmail.store import imap_codec as codec
from webmail.store.imap_grammar import GrammarError, parse_records
from webmail.store.imap_replies import Record, Reply, Untagged
from webmail.store.imap_wire import Wire
from webmail.store.protocol import Unreachable

# What we refuse and the stock parser does not.
OURS_TO_REFUSE = ("lists too deep", "a number too large", "a literal without its octets")

_HEADER = (
    b'Subject: =?utf-8?q?Hi?=\r\nFrom: A <a@b>\r\nTo: "B, C" <b@c>\r\n'
    b"Date: 1 Jan 2026 1:1 GMT\r\nContent-Type: text/plain; charset=koi8-r\r\n\r\n"
)
SEEDS = [
    b'* 1 FETCH (UID 7 FLAGS (\\Seen $a) INTERNALDATE "01-Mar-2026 09:30:15 +0200"'
    b' RFC822.SIZE 9 BODYSTRUCTURE (("TEXT" "PLAIN" ("CHARSET" "utf-8") NIL NIL "7BIT" 5 1'
    b' NIL ("attachment" ("filename*" "utf-8\'\'%%C3%%BC")))("MESSAGE" "RFC822" NIL "<i@x>" NIL'
    b' "7BIT" 5 NIL ("TEXT" "HTML" NIL NIL NIL "BASE64" 5 1) 1) "MIXED" ("boundary" "b"))'
    b" BODY[HEADER.FIELDS (SUBJECT)] {%d}\r\n%s"
    % (len(_HEADER), _HEADER)
    + b' PREVIEW "x\\"y")\r\nTAG OK [READ-ONLY] x\r\n',
    b'* LIST (\\HasNoChildren \\Junk) "/" "a&AOQ-b"\r\n* STATUS INBOX (MESSAGES 3 UNSEEN 1)\r\n'
    b'* NAMESPACE (("INBOX." ".")) NIL NIL\r\n* SEARCH 1 2 3\r\n* 4 EXISTS\r\nTAG NO [LIMIT] x\r\n',
    b'* ESEARCH (TAG "x") UID COUNT 5 ALL 1:3,7\r\n* BYE gone\r\n+ go on\r\nTAG BAD x\r\n',
    b"* 2 FETCH (UID 5 BODY[] ~{3+}\r\na)( BINARY[1] {0}\r\n )\r\n* OK [CAPABILITY A B] x\r\n"
    b"TAG OK\r\n",
]
"""Answers as servers give them."""


class Octets:
    """Stands where a socket would and has these octets to say; TAG is the command's tag."""

    def __init__(self, octets: bytes, step: int) -> None:
        self._rest = octets
        self._step = step

    def sendall(self, octets: bytes) -> None:
        self._rest = self._rest.replace(b"TAG", octets.partition(b" ")[0])

    def recv(self, size: int) -> bytes:
        said, self._rest = self._rest[: self._step], self._rest[self._step :]
        assert len(said) <= size
        return said

    def recv_into(self, room: memoryview) -> int:
        size = min(self._step, len(room))
        said, self._rest = self._rest[:size], self._rest[size:]
        room[: len(said)] = said
        return len(said)

    def settimeout(self, _seconds: float) -> None:
        pass

    def close(self) -> None:
        pass


def answer(octets: bytes, step: int = 16) -> Reply | None:
    """Reads them as the answer to a command, all the way to our values."""
    wire = Wire(Octets(octets, max(step, 1)), host="imap.test")
    try:
        reply = wire.ask("NOOP")
    except Unreachable:
        assert not wire.is_open
        return None
    for response in reply.untagged:
        read_alike(response.records)
        with contextlib.suppress(Unreachable):
            read_values(reply, response)
    return reply


def read_values(reply: Reply, response: Untagged) -> None:
    match response.kind:
        case "FETCH":
            alone = Reply("OK", (response,), "", b"", "")
            for items in codec.fetched(alone):
                if b"UID" in items:
                    summary = codec.summary_from_fetch(items, "INBOX", 9)
                    assert all(part.media_type for part in summary.structure.walk())
        case "LIST":
            codec.listed(response, is_utf8=False)
        case "STATUS":
            codec.status_from(response, is_utf8=True)
        case "NAMESPACE":
            codec.personal_prefix(response)
        case "ESEARCH":
            codec.extended_search(reply)
        case "SEARCH":
            assert all(0 < number < 2**32 for number in codec.numbers_from(reply))


def stock(records: tuple[Record, ...] | list[Record]) -> object | None:
    try:
        return parse_response(list(records))
    except (ProtocolError, ValueError, AssertionError, RecursionError):
        return None


def read_alike(records: tuple[Record, ...] | list[Record]) -> None:
    """Our parser gives what IMAPClient's gives wherever that gives anything."""
    try:
        found = parse_records(records)
    except GrammarError as error:
        if str(error) in OURS_TO_REFUSE:
            return
        found = None
    expected = None if any(map(_is_glued, records)) else stock(records)
    assert expected is None or found == expected, (records, found, expected)


def _is_glued(record: Record) -> bool:
    """An atom right before a literal is no IMAP, and the stock parser loses the literal."""
    if isinstance(record, bytes):
        return False
    before = record[0][: record[0].rindex(b"{")]
    return not before.endswith((b" ", b"(")) and before != b""
