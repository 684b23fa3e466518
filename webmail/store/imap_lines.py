"""Responses cut out of octets as they arrive, for connections that nobody waits on."""

import re
from collections.abc import Iterator

from webmail.store.imap_replies import Record, Untagged
from webmail.store.protocol import Unreachable

LINE_LIMIT = 64 * 1024
LITERAL_LIMIT = 64 * 1024
RECORD_LIMIT = 64

_LITERAL_AT_END = re.compile(rb"~?\{(\d{1,20})\+?\}$")
_UNTAGGED = re.compile(rb"\* (?:(\d{1,20}) )?([A-Za-z0-9-]+)(?: |$)")


class LineReader:
    """Takes what a socket gave; hands out logical lines, literals and all."""

    def __init__(self, host: str) -> None:
        self._host = host
        self._buffer = b""
        self._records: list[Record] = []
        self._text = b""  # a line whose literal is still on its way
        self._literal: int | None = None

    def feed(self, octets: bytes) -> Iterator[tuple[Record, ...]]:
        """Whole logical lines; Unreachable when one is longer than any news can be."""
        self._buffer += octets
        while (record := self._next_record()) is not None:
            self._records.append(record)
            if len(self._records) > RECORD_LIMIT:
                raise self._too_much("too many literals")
            if isinstance(record, bytes):
                line, self._records = tuple(self._records), []
                yield line

    def _next_record(self) -> Record | None:
        if self._literal is None:
            line, found, rest = self._buffer.partition(b"\n")
            if len(line) > LINE_LIMIT:
                raise self._too_much("an endless line")
            if not found:
                return None
            self._buffer = rest
            self._text = line.removesuffix(b"\r")
            announced = _LITERAL_AT_END.search(self._text)
            if announced is None:
                return self._text
            self._literal = int(announced[1])
        return self._take_literal(self._literal)

    def _take_literal(self, size: int) -> Record | None:
        if size > LITERAL_LIMIT:
            raise self._too_much(f"a literal of {size} octets")
        if len(self._buffer) < size:
            return None
        record = (self._text, self._buffer[:size])
        self._buffer = self._buffer[size:]
        self._literal = None
        return record

    def _too_much(self, what: str) -> Unreachable:
        return Unreachable(f"{self._host} sent {what}.", host=self._host, reason="cut")


def untagged(records: tuple[Record, ...]) -> Untagged:
    """The response of a line that begins with ``* ``; kind "" when it is none we know."""
    first = records[0]
    text = first if isinstance(first, bytes) else first[0]
    found = _UNTAGGED.match(text)
    if found is None:
        return Untagged("", 0, records)
    rest = text[found.end() :]
    begin: Record = rest if isinstance(first, bytes) else (rest, first[1])
    return Untagged(found[2].decode().upper(), int(found[1] or 0), (begin, *records[1:]))
