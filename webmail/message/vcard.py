"""Address cards: vCard 4.0 (RFC 6350), 3.0 (RFC 2426) and what 2.1 left behind.

Nothing a card points to is fetched, and pictures in it are passed over (T39).
"""

import re
from dataclasses import dataclass

from webmail.message.addr_spec import BadAddress, wire_addr_spec
from webmail.message.content_lines import Component, Line, read_components, split_escaped

MAX_CARDS = 200
_MAX_ENTRIES = 40
_MAX_TEXT = 500

_PHONE = re.compile(r"\+?[0-9 ()./\-]{3,40}")
_DATE = re.compile(r"(\d{4}|--)-?(\d{2})-?(\d{2})(?:T.*)?$")
_APPLE_LABEL = re.compile(r"_\$!<(.+?)>!\$_")
_KINDS = {
    "HOME": "home",
    "WORK": "work",
    "CELL": "mobile",
    "FAX": "fax",
    "PAGER": "pager",
    "IPHONE": "mobile",
}


@dataclass(frozen=True, slots=True)
class Entry:
    """``field`` is ``mail``, ``phone``, ``address``, ``page``, ``birthday`` or ``note``.

    ``kind`` is a word such as ``home``.  ``is_usable`` says that a mail, a number or a page
    is written as one, and may be made a link.
    """

    field: str
    value: str
    kind: str = ""
    is_usable: bool = False


@dataclass(frozen=True, slots=True)
class Contact:
    name: str
    organisation: str = ""
    title: str = ""
    entries: tuple[Entry, ...] = ()


def read_contacts(raw: bytes) -> tuple[Contact, ...]:
    """The cards, in order.  Never raises."""
    cards = read_components(raw, "VCARD")[:MAX_CARDS]
    return tuple(_contact(card) for card in cards)


def _contact(card: Component) -> Contact:
    organisation = ", ".join(_pieces(card.first("ORG")))[:_MAX_TEXT]
    entries = [
        *(_mail(line, card) for line in card.all("EMAIL")),
        *(_phone(line, card) for line in card.all("TEL")),
        *(_address(line, card) for line in card.all("ADR")),
        *(_page(line, card) for line in card.all("URL")),
        *(_birthday(line) for line in card.all("BDAY")),
        *(Entry("note", line.text.strip()[:_MAX_TEXT]) for line in card.all("NOTE")),
    ]
    kept = dict.fromkeys(entry for entry in entries if entry.value)
    return Contact(
        name=(_text(card, "FN") or _given_name(card) or organisation or _text(card, "NICKNAME")),
        organisation=organisation,
        title=_text(card, "TITLE") or _text(card, "ROLE"),
        entries=tuple(kept)[:_MAX_ENTRIES],
    )


def _text(card: Component, name: str) -> str:
    return " ".join(card.text(name).split())[:_MAX_TEXT]


def _given_name(card: Component) -> str:
    """``N:Doe;John;;Dr.;`` as ``Dr. John Doe``."""
    line = card.first("N")
    pieces = [*split_escaped(line.value, ";"), "", "", "", "", ""] if line else [""] * 5
    family, given, middle, prefix, suffix = (" ".join(piece.split()) for piece in pieces[:5])
    return " ".join(word for word in (prefix, given, middle, family, suffix) if word)[:_MAX_TEXT]


def _pieces(line: Line | None) -> list[str]:
    pieces = split_escaped(line.value, ";") if line else []
    return [word for piece in pieces if (word := " ".join(piece.split()))]


def _mail(line: Line, card: Component) -> Entry:
    address = line.text.strip().removeprefix("mailto:")[:320]
    try:
        wire_addr_spec(address)
    except BadAddress:
        return Entry("mail", address, _kind(line, card))
    return Entry("mail", address, _kind(line, card), is_usable=True)


def _phone(line: Line, card: Component) -> Entry:
    number = line.text.strip().removeprefix("tel:")[:100]
    is_number = _PHONE.fullmatch(number) is not None
    return Entry("phone", number, _kind(line, card), is_usable=is_number)


def _address(line: Line, card: Component) -> Entry:
    return Entry("address", ", ".join(_pieces(line))[:_MAX_TEXT], _kind(line, card))


def _page(line: Line, card: Component) -> Entry:
    url = line.text.strip()[:2000]
    is_page = url.lower().startswith(("https://", "http://")) and url.isprintable()
    return Entry("page", url, _kind(line, card), is_usable=is_page and " " not in url)


def _birthday(line: Line) -> Entry:
    found = _DATE.match(line.value.strip())
    if found is None:
        return Entry("birthday", line.text.strip()[:40] if line.parameter("VALUE") else "")
    year, month, day = found.groups()
    return Entry("birthday", f"{month}-{day}" if year == "--" else f"{year}-{month}-{day}")


def _kind(line: Line, card: Component) -> str:
    """The type, or the label of its group (``item1.X-ABLabel``)."""
    if line.group:
        for other in card.all("X-ABLABEL"):
            if other.group == line.group:
                found = _APPLE_LABEL.match(other.text)
                return (found[1] if found else other.text).strip().lower()[:40]
    for type_ in line.parameters.get("TYPE", ()):
        for word in type_.upper().split(","):
            if word in _KINDS:
                return _KINDS[word]
    return ""
