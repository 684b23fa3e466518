"""What the index answers to a search, and what it leaves to the server."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from webmail.index import search, words
from webmail.index.models import IndexedMailbox, IndexedMessage
from webmail.index.places import NEWEST, Beside
from webmail.index.plan import asks_server, for_server
from webmail.index.rows import message_from_facts
from webmail.message.address import Address
from webmail.message.envelope import Envelope
from webmail.message.query import parse_query, query_text
from webmail.store.mailbox import MessageFacts, MessageRef

TODAY = date(2026, 11, 25)
NOON = 1_764_072_000  # of 2025-11-25, UTC
DAY = 86_400


@pytest.fixture
def inbox(db):
    return mailbox("INBOX")


def mailbox(name, account_id=7, **fields):
    return IndexedMailbox.objects.create(
        account_id=account_id, name=name, **{"grown_down_to": 1, "uidvalidity": 1} | fields
    )


def add(place, uid, subject="", *, day=None, senders="", recipients="", **fields):
    """A message received on the ``day``-th day, its UID's unless it is told."""
    message = IndexedMessage(
        id=place.first_key | uid,
        mailbox_id=place.pk,
        internal_date=NOON + (uid if day is None else day) * DAY,
        subject=subject,
        senders=senders,
        recipients=recipients,
        **fields,
    )
    message.save(force_insert=True)
    words.add([message])


def asked(text):
    return parse_query(text, today=TODAY)


def uids(places, text, **options):
    places = places if isinstance(places, list) else [places]
    found = search.find(places, asked(text), **options)
    return [key & 0xFFFFFFFF for _, key in found.places]


@pytest.fixture
def house(inbox):
    add(inbox, 1, "Boiler service", senders="Jonas\x1fjonas@heat.example", is_seen=True)
    add(inbox, 2, "Service of the boiler", is_flagged=True, size_bytes=9_000_000)
    add(inbox, 3, "Zebra", senders="Boiler Inc\x1finfo@boiler.example", is_seen=True)
    add(inbox, 4, "Lunch", recipients="\x1fboiler-list@heat.example", has_attachment=True)
    add(inbox, 5, "Nothing of the kind", is_seen=True)
    return inbox


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("boiler", [4, 3, 2, 1]),
        ("boil", [4, 3, 2, 1]),
        ("subject:boiler", [2, 1]),
        ("from:boiler", [3]),
        ("to:boiler", [4]),
        ("boiler jonas", [1]),
        ("zebra OR lunch", [4, 3]),
        ("boiler -service", [4, 3]),
        ("-boiler", [5]),
        ('"boiler service"', [1]),
        ('-"boiler service"', [5, 4, 3, 2]),
        ("boiler is:unread", [4, 2]),
        ("boiler -is:unread", [3, 1]),
        ("is:flagged OR zebra", [3, 2]),
        ("is:flagged", [2]),
        ("is:unread has:attachment", [4]),
        ("larger:5m", [2]),
        ("boiler smaller:1k", [4, 3, 1]),
        ("after:2025-11-28", [5, 4, 3]),
        ("boiler before:2025-11-28", [2, 1]),
        ("in:inbox boiler jonas", [1]),
        ("in:inbox", [5, 4, 3, 2, 1]),
        ("body:boiler", []),
        ("-body:boiler", []),
        ("boiler -body:service", []),
        ("body:x OR zebra", [3]),
        ("unicorn", []),
        ("!!!", []),
        ("", [5, 4, 3, 2, 1]),
    ],
)
@pytest.mark.parametrize("most_gathered", [3000, 0], ids=["gathered", "walked"])
def test_each_condition_finds_what_it_says(text, found, most_gathered, house, monkeypatch):
    monkeypatch.setattr(search, "_MOST_GATHERED", most_gathered)
    assert uids(house, text) == found


def test_a_day_is_the_readers(inbox):
    add(inbox, 1, "Late", day=0)
    auckland = ZoneInfo("Pacific/Auckland")  # where it is the 26th already
    assert uids(inbox, "after:2025-11-26", zone=auckland) == [1]
    assert uids(inbox, "after:2025-11-26") == []


@pytest.mark.parametrize("most_gathered", [3000, 5], ids=["gathered", "walked"])
def test_the_newest_come_first_page_by_page_whatever_their_uids(inbox, monkeypatch, most_gathered):
    monkeypatch.setattr(search, "_MOST_GATHERED", most_gathered)
    monkeypatch.setattr(search, "_FIRST_STRIDE", 3)
    other = mailbox("Archive")
    for uid in range(1, 11):
        add(inbox, uid, "Boiler", day=(uid * 7) % 11)
        add(other, 100 + uid, "Boiler", day=(uid * 7) % 11)
        add(inbox, 20 + uid, "Zebra", day=uid)
    seen, beside = [], NEWEST
    while True:
        hits = search.find([inbox, other], asked("boiler"), beside=beside, size=6)
        seen += hits.places
        if not hits.has_older:
            break
        beside = Beside(hits.places[-1])
    assert len(seen) == len(set(seen)) == 20
    assert seen == sorted(seen, reverse=True)
    above = search.find([inbox, other], asked("boiler"), beside=Beside(seen[12], True), size=6)
    assert above.places == tuple(seen[6:12])
    assert (above.has_newer, above.has_older) == (True, True)
    above = search.find([inbox, other], asked("boiler"), beside=Beside(seen[6], True), size=6)
    assert (above.places, above.has_newer) == (tuple(seen[:6]), False)


def test_how_many_there_are_is_said_as_far_as_it_is_cheap(house, monkeypatch):
    assert (search.find_in(house, asked("boiler"), size=2).total) == 4
    assert search.find_in(house, asked("is:unread")).total == 2
    monkeypatch.setattr(search, "_MOST_GATHERED", 3)
    hits = search.find_in(house, asked("boiler"), size=3)
    assert (hits.total, hits.is_exact) == (3, False)
    monkeypatch.setattr(search, "_MOST_COUNTED", 1)
    hits = search.find_in(house, asked("is:unread"), size=1)
    assert (hits.total, hits.is_exact) == (1, False)


def test_what_is_gone_or_not_grown_down_to_is_not_found(house):
    IndexedMessage.objects.filter(pk=house.first_key | 4).delete()
    house.grown_down_to = 2
    assert uids(house, "boiler") == [3, 2]
    assert uids(house, "is:unread") == [2]


def test_another_mailbox_is_not_looked_into(house):
    assert uids(mailbox("Archive"), "boiler") == []
    assert uids([], "boiler") == []


@pytest.mark.parametrize(
    ("text", "asks"),
    [
        ("boiler", True),
        ("body:x", True),
        ("from:x OR boiler", True),
        ("-body:x", True),
        ("from:x subject:y -boiler is:unread larger:1m", False),
        ("", False),
    ],
)
def test_only_words_anywhere_and_in_the_text_are_asked_of_the_server(text, asks):
    assert asks_server(asked(text)) is asks


@pytest.mark.parametrize(
    ("text", "whole", "sent"),
    [
        ("boiler", True, "body:boiler"),
        ("boiler is:unread", True, "body:boiler is:unread"),
        ("boiler", False, "from:boiler OR to:boiler OR subject:boiler OR body:boiler"),
        (
            "a b",
            True,
            "from:a OR to:a OR subject:a OR body:a from:b OR to:b OR subject:b OR body:b",
        ),
        ("from:x body:y", True, "from:x body:y"),
    ],
)
def test_the_server_is_asked_for_what_the_index_cannot_know(text, whole, sent):
    assert query_text(for_server(asked(text), is_whole=whole)) == sent


def test_of_given_messages_those_that_match_are_told(house):
    keys = [house.first_key | uid for uid in (1, 4, 5)]
    assert search.matching(keys, asked("boiler is:unread")) == {keys[1]}


@pytest.mark.parametrize("text", ["to:p39@heat.example", "p39@heat.example", "to:p39", "cc:zoe"])
@pytest.mark.parametrize("most_gathered", [3000, 0], ids=["gathered", "walked"])
def test_every_recipient_is_found_also_those_a_row_has_no_room_for(
    text, most_gathered, inbox, monkeypatch
):
    monkeypatch.setattr(search, "_MOST_GATHERED", most_gathered)
    to = tuple(Address(f"Person {number}", f"p{number}@heat.example") for number in range(40))
    envelope = Envelope(subject="To all", to=to, cc=(Address("Zoë", "z@heat.example"),))
    facts = MessageFacts(
        ref=MessageRef("INBOX", 1, 9),
        modseq=0,
        flags=frozenset(),
        size_bytes=1,
        internal_date=datetime(2026, 1, 1, tzinfo=UTC),
        envelope=envelope,
    )
    message = message_from_facts(inbox, facts)
    message.save(force_insert=True)
    words.add([message])
    add(inbox, 10, "p39 and heat, an example", recipients="\x1fother@hearth.example")
    assert uids(inbox, f"{text} -subject:p39") == [9]


def test_somebody_in_copy_is_a_recipient(inbox):
    envelope = Envelope(to=(Address("", "a@x.example"),), cc=(Address("Zoë", "z@heat.example"),))
    facts = MessageFacts(
        MessageRef("INBOX", 1, 1), 0, frozenset(), 1, datetime(2026, 1, 1, tzinfo=UTC), envelope
    )
    message = message_from_facts(inbox, facts)
    message.save(force_insert=True)
    words.add([message])
    assert uids(inbox, "to:zoe") == uids(inbox, "z@heat.example") == [1]
