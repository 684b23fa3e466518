"""An invitation, its update, its cancellation or an answer to one, as a card."""

import secrets
from collections import Counter
from dataclasses import dataclass

from webmail.message.bodystructure import Part
from webmail.message.invitation import Event, Invitation, Person, read_invitation
from webmail.message.invitation_reply import Answer
from webmail.store.mailbox import Flag
from webmail.web.event_words import Leaf, leaf_of, person_name, when_words, zone_words
from webmail.web.paths import part_url
from webmail.web.people import clean
from webmail.web.rows import count_text
from webmail.web.sheet import Sheet

CALENDARS = ("text/calendar", "application/ics")
_MOST_OTHERS = 5
_MOST_LISTED = 50
_TEXT = 2000

# What was answered is kept with the message, where every client of the account finds it.
ANSWERED_AS = {
    Answer.ACCEPTED: Flag("$InvitationAccepted"),
    Answer.TENTATIVE: Flag("$InvitationTentative"),
    Answer.DECLINED: Flag("$InvitationDeclined"),
}
_ANSWERED = {
    Answer.ACCEPTED: "You accepted.",
    Answer.TENTATIVE: "You answered “maybe”.",
    Answer.DECLINED: "You declined.",
}
_ANSWERS = {
    "accepted": "accepted",
    "declined": "declined",
    "tentative": "answered “maybe”",
    "delegated": "sends somebody else",
    "needs-action": "has not answered",
    "": "has not answered",
    "completed": "says it is done",
    "in-process": "is working on it",
}


@dataclass(frozen=True, slots=True)
class Guest:
    name: str
    address: str
    answer: str


@dataclass(frozen=True, slots=True)
class Choice:
    """A button: ``value`` is an Answer, ``is_given`` what was answered before."""

    value: str
    label: str
    is_given: bool


@dataclass(frozen=True, slots=True)
class InvitationCard:
    """``news`` is the sentence above the title: an update, a cancellation, an answer."""

    element_id: str
    tone: str
    news: str
    title: str
    leaf: Leaf | None
    when: str
    zone: str
    recurrence: str
    place: str
    people: str
    guests: tuple[Guest, ...]
    unlisted: str
    note: str
    answered: str
    choices: tuple[Choice, ...]
    answer_url: str
    once: str
    answer_to: str
    others: tuple[str, ...]
    more_others: str
    download_url: str


def make(sheet: Sheet) -> InvitationCard | None:
    found = find_calendar(sheet)
    if found is None:
        return None
    part, invitation = found
    event = invitation.main
    if event is None or event.kind == "VFREEBUSY":
        return None
    method = invitation.method or part.parameter("method").upper()
    others = [each for each in invitation.events if each is not event]
    is_cancelled = method == "CANCEL" or event.status == "CANCELLED"
    can_answer = can_be_answered(method, event, sheet) and not is_cancelled
    given = next((a for a, flag in ANSWERED_AS.items() if flag in sheet.summary.flags), None)
    return InvitationCard(
        element_id=f"inv{part.section.replace('.', '-')}-{sheet.ref.uid}",
        tone="off" if is_cancelled else "",
        news=_news(method, event, sheet, is_cancelled=is_cancelled),
        title=clean(event.summary) or "(no title)",
        leaf=leaf_of(event, sheet.clock),
        when=when_words(event, sheet.clock),
        zone=zone_words(event, sheet.clock),
        recurrence=event.recurrence,
        place=clean(event.location),
        people=_people(event, sheet),
        guests=tuple(_guest(each, sheet) for each in event.attendees[:_MOST_LISTED]),
        unlisted=_more(len(event.attendees) - _MOST_LISTED, "more guest", "more guests"),
        note=event.comment.strip()[:_TEXT],
        answered=_ANSWERED[given] if given and can_answer else "",
        choices=_choices(given) if can_answer else (),
        answer_url=f"{sheet.url}invitation/",
        once=secrets.token_hex(8),
        answer_to=_answer_to(event, sheet) if can_answer else "",
        others=tuple(_other(each, sheet) for each in others[:_MOST_OTHERS]),
        more_others=_more(len(others) - _MOST_OTHERS, "more event", "more events"),
        download_url=part_url(sheet.request.account.key, sheet.ref, part.section),
    )


def find_calendar(sheet: Sheet) -> tuple[Part, Invitation] | None:
    """The first part that is a calendar: the same often comes twice, shown and attached."""
    for part in sheet.parts(*CALENDARS):
        if part.section in sheet.small:
            invitation = read_invitation(sheet.small[part.section])
            if invitation is not None:
                return part, invitation
    return None


def can_be_answered(method: str, event: Event, sheet: Sheet) -> bool:
    """A request with an organiser who is somebody else."""
    organizer = event.organizer
    return bool(
        method == "REQUEST"
        and event.kind in ("VEVENT", "VTODO")
        and organizer
        and "@" in organizer.address
        and organizer.address.lower() not in sheet.mine
    )


def _choices(given: Answer | None) -> tuple[Choice, ...]:
    labels = {Answer.ACCEPTED: "Accept", Answer.TENTATIVE: "Maybe", Answer.DECLINED: "Decline"}
    return tuple(Choice(a.value, label, a is given) for a, label in labels.items())


def _news(method: str, event: Event, sheet: Sheet, *, is_cancelled: bool) -> str:
    sender = clean(sheet.sender.name) or clean(sheet.sender.addr_spec)
    once = " This is about one date of the series." if event.instance is not None else ""
    if method == "REPLY":
        return _replied(event, sheet)
    if is_cancelled:
        return f"This was cancelled.{once}"
    if method == "COUNTER":
        return f"{sender} proposes a change: this is what they would like instead."
    if method == "DECLINECOUNTER":
        return f"{sender} did not take the change you proposed."
    if method == "REFRESH":
        return f"{sender} asks for the newest version of this."
    if method == "ADD":
        return "A date was added to the series."
    if method == "REQUEST" and event.sequence > 0:
        return f"This was changed since you were first invited.{once}"
    return once.strip()


def _replied(event: Event, sheet: Sheet) -> str:
    """``Jonas Okafor accepted.``; the sender is named too where somebody else answers."""
    if not event.attendees:
        return "This is an answer to your invitation."
    person = event.attendees[0]
    words = f"{person_name(person)} {_ANSWERS.get(person.answer, 'answered')}."
    if person.address and person.address.lower() != sheet.sender.addr_spec.lower():
        words += f" The answer was sent by {clean(sheet.sender.addr_spec)}."
    return words


def _people(event: Event, sheet: Sheet) -> str:
    """``Office and 41 guests, 3 accepted``."""
    organizer = event.organizer
    name = ""
    if organizer is not None:
        name = "You" if organizer.address.lower() in sheet.mine else person_name(organizer)
    own = organizer.address.lower() if organizer else ""
    guests = [each for each in event.attendees if each.address.lower() != own]
    count = count_text(len(guests), "guest", "guests") if guests else ""
    words = " and ".join(word for word in (name, count) if word)
    answers = Counter(each.answer for each in guests)
    said = [
        f"{answers[answer]:,} {label}"
        for answer, label in (("accepted", "accepted"), ("declined", "declined"))
        if answers[answer]
    ]
    return ", ".join([word for word in (words, *said) if word])


def _guest(person: Person, sheet: Sheet) -> Guest:
    is_reader = person.address.lower() in sheet.mine
    return Guest(
        name="You" if is_reader else person_name(person),
        address=clean(person.address) if person.name and not is_reader else "",
        answer=_ANSWERS.get(person.answer, "has not answered").removeprefix("has "),
    )


def _answer_to(event: Event, sheet: Sheet) -> str:
    """Named where it is not the sender, so that nobody answers a stranger unawares."""
    organizer = event.organizer
    if organizer is None or organizer.address.lower() == sheet.sender.addr_spec.lower():
        return ""
    return clean(organizer.address)


def _other(event: Event, sheet: Sheet) -> str:
    words = [clean(event.summary) or "(no title)", when_words(event, sheet.clock)]
    return ": ".join(word for word in words if word)


def _more(count: int, one: str, many: str) -> str:
    return count_text(count, one, many) if count > 0 else ""
