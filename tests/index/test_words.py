"""The word index, in SQLite and in PostgreSQL."""

import dj_database_url
import pytest
from django.db import connections
from django.db.utils import load_backend

from webmail.index import words
from webmail.index.keeping import ALIAS
from webmail.index.models import IndexedMessage
from webmail.message.query import And, Not, Or, Term


@pytest.fixture(params=["sqlite", "postgresql"])
def index(request, monkeypatch, db):
    """The word index of the database under test, empty."""
    if request.param == "sqlite":
        yield connections[ALIAS]
        return
    settings = dict(connections["default"].settings_dict)
    url = request.getfixturevalue("postgres")
    settings |= {"OPTIONS": {}, **dj_database_url.parse(url)}
    connection = load_backend("django.db.backends.postgresql").DatabaseWrapper(settings, ALIAS)
    monkeypatch.setattr(words, "connections", {ALIAS: connection})
    words.renew_tables()
    yield connection
    words.drop_tables(connection)
    connection.close()


def message(mailbox, uid, subject="", senders="", recipients=""):
    return IndexedMessage(
        id=mailbox << 32 | uid, subject=subject, senders=senders, recipients=recipients
    )


def uids(query, mailboxes=(1,), **options):
    found = words.find(mailboxes, query, **{"limit": 50} | options)
    return [key & 0xFFFFFFFF for key in found]


def text(value):
    return Term("text", value)


def test_the_newest_come_first_and_no_more_than_were_asked_for(index):
    words.add([message(1, uid, "Boiler") for uid in (3, 1, 9, 7)])
    assert uids(text("boiler"), limit=3) == [9, 7, 3]
    assert uids(text("boiler"), before=1 << 32 | 7) == [3, 1]


def test_a_word_is_found_by_each_of_its_beginnings(index):
    words.add([message(1, 5, "Boiler"), message(1, 6, "Broken")])
    assert [uids(text("boiler"[:length])) for length in range(1, 7)] == [[6, 5]] + [[5]] * 5
    assert uids(text("oiler")) == []
    assert uids(text("boilers")) == []


def test_a_word_may_stand_in_any_field_and_a_field_narrows_it(index):
    words.add(
        [
            message(1, 1, "Boiler"),
            message(1, 2, senders="Boiler Inc\x1finfo@heat.example"),
            message(1, 3, recipients="\x1fboiler@heat.example"),
        ]
    )
    assert uids(text("boiler")) == [3, 2, 1]
    assert uids(Term("subject", "boiler")) == [1]
    assert uids(Term("from", "boiler")) == [2]
    assert uids(Term("to", "boiler")) == [3]
    assert uids(Term("from", "info@heat.example")) == [2]


def test_several_words_must_all_be_there_each_where_it_likes(index):
    words.add(
        [
            message(1, 1, "Boiler", "Jonas\x1fj@hearth.example"),
            message(1, 2, "Boiler"),
            message(1, 3, senders="Jonas\x1fj@hearth.example"),
        ]
    )
    both = And((text("boiler"), text("jonas")))
    assert uids(both) == [1]
    assert uids(Or(both.operands)) == [3, 2, 1]
    assert uids(And((text("boiler"), Not(text("jonas"))))) == [2]


def test_a_language_without_spaces_is_found_by_any_piece(index):
    words.add([message(1, 1, "東京都庁からのお知らせ"), message(1, 2, "京都")])
    assert uids(text("京都")) == [2, 1]
    assert uids(text("東京都")) == [1]
    assert uids(text("庁")) == [1]
    assert uids(text("お知らせ")) == [1]


def test_only_the_mailboxes_that_were_named_are_looked_at(index):
    words.add([message(mailbox, mailbox, "Boiler") for mailbox in (1, 2, 3, 7)])
    assert uids(text("boiler"), (1, 2, 7)) == [7, 2, 1]
    assert uids(text("boiler"), (1, 3), limit=1) == [3]
    assert uids(text("boiler"), ()) == []


@pytest.mark.parametrize("wanted", ["!!!", '"', "*", "a OR b*", "s:x", "'", "\\", "NEAR(a b)"])
def test_whatever_is_looked_for_is_only_words(wanted, index):
    words.add([message(1, 1, "Boiler")])
    assert uids(text(wanted)) == []


def test_what_matches_nothing_leaves_out_nothing(index):
    words.add([message(1, 1, "Boiler")])
    assert uids(And((text("boiler"), Not(text("!!!"))))) == [1]


def test_among_given_messages_the_matching_are_told(index):
    words.add([message(1, uid, "Boiler" if uid % 2 else "Zebra") for uid in range(1, 11)])
    near = [1 << 32 | uid for uid in (4, 5, 6, 7)]
    assert words.among(text("boiler"), near) == {near[1], near[3]}
    assert words.among(text("boiler"), []) == set()


@pytest.mark.parametrize(
    "wanted",
    [
        text("boiler"),
        text("boi"),
        Term("from", "boiler"),
        text("東京"),
        text("!!!"),
        And((text("boiler"), Not(text("zebra")))),
        Or((text("zebra"), Term("to", "j@hearth"))),
    ],
)
def test_messages_far_apart_are_matched_by_their_own_words(wanted, db):
    rows = [
        ("Boiler", "", ""),
        ("Zebra boilers", "", ""),
        ("", "Boiler\x1fb@heat.example", ""),
        ("東京都", "", "\x1fj@hearth.example"),
        ("Nothing", "", "\x1fhearth@j.example"),
    ]
    every = [message(1, uid, "boiler 東京 zebra", "boiler") for uid in range(1, 4000)]
    for number, row in enumerate(rows, 1):
        every[number * 700] = message(1, number * 700 + 1, *row)
        every[number * 700].mailbox_id, every[number * 700].internal_date = 1, 0
        every[number * 700].save(force_insert=True)
    words.add(every)
    far = [1 << 32 | number * 700 + 1 for number in range(1, 6)]
    assert words.among(wanted, far) == set(words.find([1], wanted, limit=9999)) & set(far)


def test_a_message_added_twice_is_found_once(index):
    words.add([message(1, 1, "Boiler")])
    words.add([message(1, 1, "Boiler")])
    assert uids(text("boiler")) == [1]


def test_a_beginning_of_very_many_words_still_finds_them(index, monkeypatch):
    monkeypatch.setattr(words.words_sqlite, "_MOST_WORDS", 10)
    words.add([message(1, uid, f"Order2026{uid}") for uid in range(1, 40)])
    assert uids(text("order2026"), limit=3) == [39, 38, 37]
