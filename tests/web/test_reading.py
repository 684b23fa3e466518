"""Opening messages: what comes with them, what is kept, and how reading marks them read."""

import base64
from types import SimpleNamespace

import pytest

from tests.web.letters import letter
from webmail.store.mailbox import FLAGGED, SEEN
from webmail.store.memory import MemoryStore
from webmail.store.protocol import MessageGone, Refused, Unreachable
from webmail.web import seen
from webmail.web.reading import Expected, forget_all, open_message, open_messages
from webmail.web.seen import marked_seen

CALENDAR = b"BEGIN:VCALENDAR\r\nMETHOD:REQUEST\r\nEND:VCALENDAR\r\n"


@pytest.fixture
def request_of():
    """Somebody reading in a store, as views see them."""
    forget_all()

    def made(store):
        account = SimpleNamespace(pk=7, key="abc")
        user = SimpleNamespace(cleans_links=True)
        return SimpleNamespace(
            account=account, user=user, store=store, method="GET", headers={}, is_second_try=False
        )

    yield made
    forget_all()


def with_parts(*parts):
    body = "".join(f"--b\r\n{head}\r\n\r\n{text}\r\n" for head, text in parts) + "--b--"
    return letter("Parts", body, kind="multipart/mixed; boundary=b")


def test_small_parts_of_machines_come_with_the_message(request_of):
    store = MemoryStore()
    encoded = base64.b64encode(CALENDAR).decode()
    ref = store.append(
        "INBOX",
        with_parts(
            ("Content-Type: text/plain", "Come on Friday."),
            ("Content-Type: text/calendar\r\nContent-Transfer-Encoding: base64", encoded),
            ("Content-Type: message/delivery-status", "Action: failed"),
            ("Content-Type: application/pdf", "%PDF"),
        ),
    )
    opened = open_message(request_of(store), ref)
    assert opened.small == {"2": CALENDAR, "3": b"Action: failed"}
    assert opened.body.text == "Come on Friday."
    assert dict(opened.fields)["Subject"] == b"Parts"


def test_no_more_of_them_than_fits(request_of):
    store = MemoryStore()
    large = ("Content-Type: text/calendar", "x" * 70_000)
    small = ("Content-Type: text/calendar", "y" * 10)
    ref = store.append("INBOX", with_parts(large, *[small] * 12))
    opened = open_message(request_of(store), ref)
    assert sorted(opened.small, key=int) == ["2", "3", "4", "5", "6", "7", "8", "9"]


def test_what_is_kept_and_known_asks_nobody(request_of):
    store = MemoryStore()
    ref = store.append("INBOX", letter("Firewood"))
    open_message(request_of(store), ref)
    again = open_messages(request_of(None), [Expected(ref, 300, frozenset({FLAGGED}))])
    assert again[ref].summary.flags == {FLAGGED}
    assert again[ref].body.text.startswith("Is there any?")


def test_of_what_is_kept_the_flags_are_asked_for_unless_known(request_of):
    store = MemoryStore()
    ref = store.append("INBOX", letter("Firewood"))
    assert open_message(request_of(store), ref).summary.flags == frozenset()
    store.set_flags([ref], add=[SEEN])
    assert open_message(request_of(store), ref).summary.flags == {SEEN}
    store.expunge([ref])
    with pytest.raises(MessageGone):
        open_message(request_of(store), ref)


def test_those_that_are_gone_are_passed_over(request_of):
    store = MemoryStore()
    first = store.append("INBOX", letter("One"))
    second = store.append("Archive", letter("Two"))
    store.expunge([first])
    assert list(open_messages(request_of(store), [Expected(first), Expected(second)])) == [second]


@pytest.fixture
def reading(request_of, monkeypatch):
    """A message being read in a store whose flags end in ``trouble``."""
    monkeypatch.setattr(seen, "_count_as_read", lambda request, refs: None)

    def made(trouble, **more):
        class Store(MemoryStore):
            def settle(self):
                raise trouble

        request = request_of(store := Store())
        request.__dict__.update(more)
        return request, open_message(request, store.append("INBOX", letter())).summary

    return made


def test_a_session_that_breaks_while_marking_reads_once_more(reading):
    request, summary = reading(Unreachable("gone", reason="cut"))
    with pytest.raises(Unreachable), marked_seen(request, [summary]):
        pass
    request, summary = reading(Unreachable("gone", reason="cut"), is_second_try=True)
    with marked_seen(request, [summary]):
        pass


def test_a_mailbox_that_may_only_be_read_is_read(reading):
    request, summary = reading(Refused("read-only"))
    with marked_seen(request, [summary]):
        pass


def test_asking_for_the_head_alone_marks_nothing(reading):
    request, summary = reading(AssertionError("nothing was begun"), method="HEAD")
    with marked_seen(request, [summary]):
        pass
    assert not request.store.writes_sent - 1


def test_the_sections_of_a_part_inside_a_message_are_not_fetched_along(request_of):
    inner = letter("Inside", "BEGIN:VCALENDAR", kind="text/calendar")
    store = MemoryStore()
    raw = with_parts(
        ("Content-Type: text/plain", "See below."),
        ("Content-Type: message/rfc822", inner.decode().rstrip()),
    )
    opened = open_message(request_of(store), store.append("INBOX", raw))
    kinds = [part.media_type for part in opened.summary.structure.children]
    assert kinds == ["text/plain", "message/rfc822"]
    assert opened.small == {}
