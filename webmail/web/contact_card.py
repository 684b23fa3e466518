"""Address cards that came with a message."""

from dataclasses import dataclass
from urllib.parse import quote

from django.urls import reverse

from webmail.message.vcard import Contact, Entry, read_contacts
from webmail.web.paths import part_url
from webmail.web.people import clean, hue_of, initials_of
from webmail.web.rows import count_text
from webmail.web.sheet import Sheet

_TYPES = ("text/vcard", "text/x-vcard", "text/directory")
_MOST_SHOWN = 5
_LABELS = {
    "mail": "Mail",
    "phone": "Phone",
    "address": "Address",
    "page": "Page",
    "birthday": "Birthday",
    "note": "Note",
}


@dataclass(frozen=True, slots=True)
class ContactLine:
    """``url`` is empty where the value is only to be read; ``is_ours`` opens a message to write."""

    label: str
    value: str
    url: str = ""
    is_ours: bool = False


@dataclass(frozen=True, slots=True)
class Person:
    name: str
    initials: str
    hue: int
    role: str
    lines: tuple[ContactLine, ...]


@dataclass(frozen=True, slots=True)
class ContactCard:
    people: tuple[Person, ...]
    unlisted: str
    download_url: str


def make(sheet: Sheet) -> ContactCard | None:
    for part in sheet.parts(*_TYPES):
        contacts = read_contacts(sheet.small.get(part.section, b""))
        if contacts:
            more = len(contacts) - _MOST_SHOWN
            return ContactCard(
                people=tuple(_person(each) for each in contacts[:_MOST_SHOWN]),
                unlisted=count_text(more, "more contact", "more contacts") if more > 0 else "",
                download_url=part_url(sheet.request.account.key, sheet.ref, part.section),
            )
    return None


def _person(contact: Contact) -> Person:
    mail = next((each.value for each in contact.entries if each.field == "mail"), "")
    name = clean(contact.name) or clean(mail) or "(no name)"
    parts = (clean(contact.title), clean(contact.organisation))
    return Person(
        name=name,
        initials=initials_of(name, mail),
        hue=hue_of(mail or name),
        role=", ".join(part for part in parts if part and part != name),
        lines=tuple(_line(each) for each in contact.entries),
    )


def _line(entry: Entry) -> ContactLine:
    label = _LABELS[entry.field] + (f" ({clean(entry.kind)})" if entry.kind else "")
    value = clean(entry.value)
    if not entry.is_usable:
        return ContactLine(label, value)
    if entry.field == "mail":
        return ContactLine(label, value, f"{reverse('compose')}?to={quote(value)}", is_ours=True)
    if entry.field == "phone":
        return ContactLine(label, value, f"tel:{''.join(c for c in value if c in '+0123456789')}")
    return ContactLine(label, value, value)
