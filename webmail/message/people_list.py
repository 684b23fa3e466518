"""A list of people, pasted or from a spreadsheet: who is written to, and what is known of each."""

import csv
from collections.abc import Iterator
from dataclasses import dataclass, field
from io import StringIO

from webmail.message.addr_spec import BadAddress, wire_addr_spec
from webmail.message.address import Address, parse_address_list

_DELIMITERS = (";", "\t", ",")
_NAMES_OF_ADDRESS = ("email", "e-mail", "mail", "email address", "e-mail address", "address")
_NAMES_OF_NAME = ("name", "full name")


@dataclass(frozen=True, slots=True)
class Person:
    """``values`` are those of the columns, by their names in lower case."""

    line: int
    address: Address
    values: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class PeopleList:
    """``problems`` are sentences on lines that get no mail."""

    people: tuple[Person, ...]
    columns: tuple[str, ...]
    problems: tuple[str, ...]


def read_people(text: str) -> PeopleList:
    """One person a line: an address as mail has it, or the columns of a first line without any.

    An address that comes twice is taken once, and said.
    """
    text = text.removeprefix("\ufeff")
    head = next((line for line in text.splitlines() if line.strip()), "")
    if not head:
        return PeopleList((), (), ())
    columns, found = ((), _lines(text)) if "@" in head else _table(text, head)
    people: list[Person] = []
    problems: list[str] = []
    known: set[str] = set()
    for line, address, values in found:
        problem = _problem(address, known)
        if problem:
            problems.append(f"Line {line}: {problem}")
            continue
        known.add(address.addr_spec.lower())
        people.append(Person(line, address, values))
    return PeopleList(tuple(people), columns, tuple(problems))


def _problem(address: Address, known: set[str]) -> str:
    if not address.addr_spec:
        return f"“{address.name}” has no mail address." if address.name else "no mail address."
    try:
        wire_addr_spec(address.addr_spec)
    except BadAddress as problem:
        return str(problem)
    if address.addr_spec.lower() in known:
        return f"{address.addr_spec} stands above already, and gets one mail."
    return ""


_Found = Iterator[tuple[int, Address, dict[str, str]]]


def _lines(text: str) -> _Found:
    for number, line in enumerate(text.splitlines(), 1):
        for address in parse_address_list(line.strip().rstrip(",;")):
            yield number, address, {}


def _table(text: str, head: str) -> tuple[tuple[str, ...], _Found]:
    delimiter = max(_DELIMITERS, key=head.count)
    # Not its lines: a cell in quotes may hold line breaks.
    reader = csv.reader(StringIO(text.replace("\r\n", "\n")), delimiter=delimiter)
    columns: tuple[str, ...] = ()
    rows: list[tuple[int, list[str]]] = []
    try:
        for cells in reader:
            cells = [" ".join(each.split()) for each in cells]
            if not any(cells):
                continue
            if not columns:
                columns = tuple(each.lower() for each in cells)
            else:
                rows.append((reader.line_num, cells))
    except csv.Error:
        rows.append((reader.line_num, []))  # what cannot be read is told as a line without address
    return tuple(filter(None, columns)), _rows(columns, rows)


def _rows(columns: tuple[str, ...], rows: list[tuple[int, list[str]]]) -> _Found:
    place = _place_of_address(columns, [cells for _, cells in rows])
    for number, cells in rows:
        values = {name: cell for name, cell in zip(columns, cells, strict=False) if name}
        cell = cells[place] if place < len(cells) else ""
        parsed = parse_address_list(cell)
        is_one = len(parsed) == 1 and "@" in parsed[0].addr_spec
        address = parsed[0] if is_one else Address("", cell)
        name = next((values[each] for each in _NAMES_OF_NAME if values.get(each)), address.name)
        yield number, Address(name, address.addr_spec), values


def _place_of_address(columns: tuple[str, ...], rows: list[list[str]]) -> int:
    """The column so named; else the one with most addresses."""
    for name in _NAMES_OF_ADDRESS:
        if name in columns:
            return columns.index(name)
    counts = [0] * len(columns)
    for cells in rows:
        for place, cell in enumerate(cells[: len(columns)]):
            counts[place] += "@" in cell
    return counts.index(max(counts)) if counts else 0
