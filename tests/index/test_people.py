"""Whom the index remembers having exchanged mail with."""

import pytest

from tests.index.rows import facts, mailbox, save
from webmail.index import words
from webmail.index.models import IndexedMailbox
from webmail.index.people import answers_own, count_earlier, forget_people, people_of
from webmail.store.mailbox import MessageRef

pytestmark = pytest.mark.django_db
JONAS, EVE = "jonas@hearth.example", "eve@berg.example"


@pytest.fixture(autouse=True)
def nothing_is_kept():
    forget_people()


def fill(where, *arrived):
    rows = save(where, *arrived)
    words.add(rows)
    IndexedMailbox.objects.filter(pk=where.pk).update(held=len(rows), grown_down_to=1)
    return rows


def by_address(account_id=1):
    return {each.addr_spec: each for each in people_of(account_id)[0]}


def test_people_are_those_written_to_and_those_heard_from():
    fill(mailbox(), *[facts(uid, sender=JONAS) for uid in (1, 2, 3)], facts(4, sender=EVE))
    fill(mailbox(name="Sent", use="sent"), facts(1, to=("Jonas@Hearth.example",)))
    people = by_address()
    assert (people[JONAS].written, people[JONAS].heard, people[JONAS].name) == (1, 3, "Jonas")
    assert (people[EVE].written, people[EVE].heard) == (0, 1)


def test_junk_and_the_mail_of_other_accounts_make_nobody_known():
    fill(mailbox(name="Spam", use="junk"), facts(1, sender=EVE))
    fill(mailbox(account_id=2), facts(1, sender=JONAS))
    assert by_address() == {}


def test_what_was_kept_goes_when_the_mailbox_changes():
    inbox = mailbox()
    fill(inbox, facts(1, sender=JONAS))
    assert set(by_address()) == {JONAS}
    save(inbox, facts(2, sender=EVE))
    assert set(by_address()) == {JONAS, EVE}


@pytest.mark.parametrize(("count", "lowest", "expected"), [(25, 1, True), (3, 1, False)])
def test_a_memory_is_long_and_whole(count, lowest, expected):
    fill(mailbox(), *[facts(uid, sender=JONAS) for uid in range(1, count + 1)])
    assert people_of(1)[1] is expected


def test_a_mailbox_still_growing_is_no_memory():
    inbox = mailbox()
    fill(inbox, *[facts(uid, sender=JONAS) for uid in range(1, 26)])
    IndexedMailbox.objects.filter(pk=inbox.pk).update(grown_down_to=500)
    assert people_of(1)[1] is False


def test_earlier_messages_are_counted_without_this_one():
    fill(mailbox(), facts(1, sender=EVE), facts(2, sender=EVE), facts(3, sender=JONAS))
    assert count_earlier(1, "Eve@berg.example", MessageRef("INBOX", 1, 2)) == 1
    assert count_earlier(1, JONAS, MessageRef("INBOX", 1, 3)) == 0
    assert count_earlier(1, "", MessageRef("INBOX", 1, 3)) == 0


def test_words_of_an_address_in_another_order_are_not_that_address():
    fill(mailbox(), facts(1, sender="berg@eve.example"))
    assert count_earlier(1, EVE, MessageRef("INBOX", 1, 9)) == 0


def test_an_answer_to_what_we_wrote_is_told():
    sent = mailbox(name="Sent", use="sent")
    fill(sent, facts(1, "ours@hearth.example", to=(JONAS,)))
    fill(mailbox(), facts(1, "theirs@berg.example", sender=EVE))
    assert answers_own(1, ["<ours@hearth.example>"])
    assert not answers_own(1, ["<theirs@berg.example>"])
    assert not answers_own(1, ["<unknown@x.example>"])
    assert not answers_own(1, [])
