"""No text of a person, a message or a server becomes a command of ours (T43, T44)."""

import base64
import contextlib
import re

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.store.recording import BARE, FULL, MINUS, RecordingServer, Text
from webmail.message.query import And, Not, Or, Term
from webmail.store.imap import ImapStore
from webmail.store.imap_connect import sign_in
from webmail.store.imap_encoder import Atom
from webmail.store.imap_session import ImapSession
from webmail.store.imap_wire import Wire
from webmail.store.mailbox import Flag, MessageRef
from webmail.store.protocol import MessageGone, Refused, SignInRefused

ANSWERS = {
    b"SELECT": b"* 0 EXISTS\r\n* OK [UIDVALIDITY 9] valid\r\n",
    b"UID SEARCH": b"* ESEARCH (TAG x) UID\r\n",
    b"STATUS": b"* STATUS INBOX (MESSAGES 0 UNSEEN 0 UIDNEXT 1 UIDVALIDITY 9)\r\n",
    b"AUTHENTICATE": b"* CAPABILITY IMAP4rev1\r\n",
    b"LOGIN": b"* CAPABILITY IMAP4rev1\r\n",
}
NASTY = [
    *(
        "{5}",
        "{5+}",
        "~{5}",
        "a)(DELETED",
        "*",
        "%",
        "NIL",
        "nil",
        "\\Seen",
        '"',
        '\\"',
        "\\",
        "(",
        ")",
    ),
    *("x\r\nA9 DELETE INBOX", "x\nA9 NOOP", "x\rA9 NOOP", "\0", "a\0b", "", " ", "INBOX", "inbox"),
    *(
        '" DELETED "',
        "BODY[]",
        "]",
        "é",
        "\ud800",
        "\u2028",
        "🐈",
        "a" * 255,
        "a" * 256,
        "é" * 5000,
    ),
    *("x" * 5000, "&", "&-", "&AOk-", "~", "{", "}", "{4294967296}", "1:*", "$", "UID", "ALL"),
]
STRINGS = st.one_of(
    st.sampled_from(NASTY),
    st.lists(st.sampled_from(NASTY[:28]) | st.text(max_size=8), max_size=5).map("".join),
    st.text(max_size=40),
    st.text(st.characters(max_codepoint=127), max_size=40),
)
REF = MessageRef("Here", 9, 5)


def signed_in(capabilities):
    server = RecordingServer(capabilities, ANSWERS)
    wire = Wire(server, host="imap.test")
    wire.greeting()
    wire.capabilities = frozenset(capabilities.upper().split())
    store = ImapStore(ImapSession(wire))
    store.page("Here")
    return store, server


def called(store, server, act):
    """The commands one call sent; a call that is refused sends none."""
    server.commands.clear()
    with contextlib.suppress(Refused, MessageGone):
        act(store)
    assert server.is_quiet
    assert store.is_open
    return list(server.commands)


def name_of(text):
    """A mailbox name as RFC 3501, 5.1.3, has it, by another way than ours."""

    def shifted(found):
        octets = found[0].encode("utf-16-be")
        return "&" + base64.b64encode(octets).decode().rstrip("=").replace("/", ",") + "-"

    return Text(re.sub("[^ -~]+", shifted, text.replace("&", "&-")).encode())


def octets_of(text):
    return Text(text.encode("utf-8", "replace"))


def found_strings(command):
    return [token for token in command if isinstance(token, Text)]


def words_of(command):
    return [token for token in command if not isinstance(token, Text)]


BY_NAME = [
    ([b"STATUS"], lambda s, x: s.status(x)),
    ([b"SELECT"], lambda s, x: s.page(x)),
    ([b"CREATE", b"SUBSCRIBE"], lambda s, x: s.create_mailbox(x)),
    ([b"RENAME", b"SUBSCRIBE", b"UNSUBSCRIBE"], lambda s, x: s.rename_mailbox(x, "Other")),
    ([b"RENAME", b"SUBSCRIBE", b"UNSUBSCRIBE"], lambda s, x: s.rename_mailbox("Other", x)),
    ([b"DELETE", b"UNSUBSCRIBE"], lambda s, x: s.delete_mailbox(x)),
    ([b"APPEND"], lambda s, x: s.append(x, b"Subject: x\r\n\r\nx")),
    ([b"UID"], lambda s, x: s.move([REF], x)),
    ([b"UID"], lambda s, x: s.copy([REF], x)),
]
BY_VALUE = [
    *(lambda s, x, f=f: s.search("Here", Term(f, x)) for f in ("text", "from", "subject", "body")),
    lambda s, x: s.search(
        "Here", Not(Or((Term("to", x), And((Term("cc", x), Term("is", "unread"))))))
    ),
    lambda s, x: s.page("Here", Term("subject", x)),
    lambda s, x: s.find_message_id("Here", x),
]


@pytest.mark.parametrize("capabilities", [FULL, BARE, MINUS], ids=["plus", "bare", "minus"])
@settings(
    max_examples=3400,
    deadline=None,
    database=None,
    suppress_health_check=list(HealthCheck),
)
@given(text=STRINGS)
def test_no_string_in_any_parameter_sends_more_than_its_command(capabilities, text):
    store, server = signed_in(capabilities)
    check_names(store, server, text)
    check_values(store, server, text)
    check_message(store, server, text)
    check_section_and_flag(store, server, text)
    check_sign_in(capabilities, text)


def check_names(store, server, text):
    is_name = re.fullmatch("[^\x00-\x1f\x7f\ud800-\udfff]+", text)
    for names, act in BY_NAME:
        store._session.selected = None
        store.page("Here")
        commands = called(store, server, lambda s, act=act: act(s, text))
        if not is_name:
            assert len(commands) <= 1, commands
            assert not any(octets_of(text) in command for command in commands if text)
            continue
        sent = [command for command in commands if words_of(command) != [b"NOOP"]]
        if names == [b"UID"] and text != "Here":
            # Without MOVE a move is COPY, STORE and, with UIDPLUS, UID EXPUNGE.
            acts = [b"COPY", b"STORE", b"EXPUNGE"]
            assert [c[1] for c in sent] in ([b"MOVE"], *(acts[:n] for n in (1, 2, 3)))
            assert [found_strings(c) for c in sent] == [[name_of(text)], [], []][: len(sent)]
            continue
        for command in sent:
            assert set(found_strings(command)) <= {
                *(name_of(text), name_of("Other"), name_of("INBOX"), Text(b"Subject: x\r\n\r\nx")),
            }
        if text not in ("Here", "Other", "INBOX"):
            assert [command[0] for command in sent] == names
            assert name_of(text) in found_strings(sent[0])


def check_values(store, server, text):
    for act in BY_VALUE:
        store.page("Here")
        commands = called(store, server, lambda s, act=act: act(s, text))
        searches = [command for command in commands if command[:2] == [b"UID", b"SEARCH"]]
        assert len(commands) - len(searches) <= 1  # a NOOP
        assert len(searches) == (0 if "\0" in text else 1)
        for command in searches:
            assert set(found_strings(command)) == {octets_of(text)}


def check_message(store, server, text):
    raw = text.encode("utf-8", "replace")
    (command,) = called(store, server, lambda s: s.append("Here", raw, flags=[Flag("\\Seen")]))
    assert command == [b"APPEND", Text(b"Here"), b"(", b"\\Seen", b")", Text(raw)]


def check_section_and_flag(store, server, text):
    commands = called(store, server, lambda s: list(s.part(REF, text)))
    assert len(commands) == bool(
        re.fullmatch(r"[1-9][0-9]{0,3}(\.[1-9][0-9]{0,3})*|TEXT", text, re.ASCII)
    )
    with contextlib.suppress(ValueError):
        flag = Flag(text)
        (command,) = called(store, server, lambda s: s.set_flags([REF], add=[flag]))
        assert command[-2] == flag.name.encode()


def check_sign_in(capabilities, text):
    server = RecordingServer(capabilities, ANSWERS)
    wire = Wire(server, host="imap.test")
    wire.greeting()
    wire.capabilities = frozenset(capabilities.upper().split())
    with contextlib.suppress(SignInRefused):
        sign_in(wire, text, text)
    assert len(server.commands) == (0 if "\0" in text else 1)
    for command in server.commands:
        if command[0] == b"LOGIN":
            assert command[1:] == [octets_of(text)] * 2
        else:
            octets = octets_of(text).octets
            assert base64.b64decode(command[2]) == b"\0" + octets + b"\0" + octets


@pytest.mark.parametrize("word", ["", "a\r\nb", "{5}", '"', "é", "\0"])
def test_an_atom_refuses_what_could_end_it(word):
    with pytest.raises(ValueError, match="cannot be sent bare"):
        Atom(word)


def test_the_recorder_would_see_a_smuggled_command():
    server = RecordingServer(FULL)
    server.sendall(b"a1 UID SEARCH SUBJECT x\r\na9 DELETE INBOX\r\n")
    assert [command[0] for command in server.commands] == [b"UID", b"DELETE"]
    with pytest.raises(AssertionError, match="no IMAP grammar"):
        server.sendall(b"a2 UID SEARCH SUBJECT {5}x\r\n")
