import time
import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.message.reading import FIXTURES, read, read_fixture
from webmail.message.header import (
    media_type_and_parameters,
    split_fields,
    value_and_parameters,
)
from webmail.message.parse import parse_message


@pytest.mark.parametrize("path", sorted(FIXTURES.glob("*.eml")), ids=lambda path: path.stem)
def test_every_fixture_opens(path) -> None:
    read(path.read_bytes())


def test_sections_are_numbered_as_imap_does() -> None:
    message, _ = read_fixture("nested.eml")
    assert [(part.section, part.media_type) for part in message.structure.walk()] == [
        ("", "multipart/mixed"),
        ("1", "text/plain"),
        ("2", "message/rfc822"),
        ("2", "multipart/alternative"),
        ("2.1", "text/plain"),
        ("2.2", "text/html"),
        ("3", "message/rfc822"),
        ("3.1", "text/plain"),
    ]
    assert message.part_bytes("1") == b"See below."
    assert message.part_bytes("2").startswith(b"From: Cid <cid@example.org>\r\nSubject: Inner")
    assert message.part_bytes("2.2") == b"<p>Inner text</p>"
    assert message.part_bytes("3.1") == b"Just text"
    assert message.part_bytes("9") == b""


def test_a_message_that_is_no_multipart_is_part_one() -> None:
    message = parse_message(b"Subject: a\r\n\r\nbody\r\n")
    assert (message.structure.section, message.part_bytes("1")) == ("1", b"body\r\n")
    assert message.part_bytes("") == b"Subject: a\r\n\r\nbody\r\n"


def test_the_size_of_a_part_is_that_of_its_octets() -> None:
    message, _ = read_fixture("related.eml")
    for part in message.structure.walk():
        if not part.is_multipart:
            assert part.size_bytes == len(message.part_bytes(part.section))


def test_the_headers_are_all_there_in_order() -> None:
    message = parse_message(b"B: 1\r\nA: =?utf-8?q?=C3=A9?=\r\n x\r\nB: 2\r\n\r\nC: no")
    assert message.headers == (("B", "1"), ("A", "é x"), ("B", "2"))


@pytest.mark.parametrize(
    ("raw", "fields"),
    [
        (b"A: 1\nB : 2\n\nC: 3", [("A", b"1"), ("B", b"2")]),
        (b"From ann Tue Mar 3\r\nA: 1\r\n\r\n", [("A", b"1")]),
        (b"A: 1\r\nno field here\r\nB: 2\r\n", [("A", b"1"), ("B", b"2")]),
        (b"A: 1\r\n 2\r\n\t3\r\n", [("A", b"1 2\t3")]),
        (b" leading\r\nA: 1", [("A", b"1")]),
        (b"A: 1\rB: 2", [("A", b"1"), ("B", b"2")]),
        (b"", []),
    ],
)
def test_fields_are_split(raw: bytes, fields: list[tuple[str, bytes]]) -> None:
    assert split_fields(raw) == fields


@pytest.mark.parametrize(
    ("field", "value", "parameters"),
    [
        (b"Text/Plain; Charset=UTF-8", "text/plain", {"charset": "UTF-8"}),
        (b'a/b; name="x; y.txt"', "a/b", {"name": "x; y.txt"}),
        (rb'a/b; name="x \"y\".txt"', "a/b", {"name": 'x "y".txt'}),
        (b"a/b (comment; really); c=d", "a/b", {"c": "d"}),
        (b"a/b; name=a(1).txt", "a/b", {"name": "a(1).txt"}),
        (b"a/b; name==?utf-8?q?=C3=A9?=", "a/b", {"name": "é"}),
        (b"a/b; name*=utf-8'en'%C3%A9", "a/b", {"name": "é"}),
        (b"a/b; name*1=c; name*0*=utf-8''%C3%A9", "a/b", {"name": "éc"}),
        (b"a/b; name*=utf-8''%C3%A9; name=e", "a/b", {"name": "é"}),
        (b"a/b; name=\xe9", "a/b", {"name": "é"}),
        (b"a/b; name=1; name=2", "a/b", {"name": "1"}),
        (b"a/b; ; =x; y", "a/b", {}),
        (b'a/b; name="open', "a/b", {"name": "open"}),
        (b"", "", {}),
    ],
)
def test_parameters_are_read(field: bytes, value: str, parameters: dict[str, str]) -> None:
    assert value_and_parameters(field) == (value, parameters)


MIXED_HEAD = b"Content-Type: multipart/mixed; boundary=b\r\n\r\n"


@pytest.mark.parametrize(
    ("field", "value", "parameters"),
    [
        (b"text/html, charset=utf-8", "text/html", {"charset": "utf-8"}),
        (b"text/plain: charset=utf-8", "text/plain", {"charset": "utf-8"}),
        (b"text/plain charset=utf-8", "text/plain", {"charset": "utf-8"}),
        (b"multipart/mixed;; boundary=b", "multipart/mixed", {"boundary": "b"}),
        (b"x-be2; name=a", "x-be2", {"name": "a"}),
        (b'name="x.pdf"', "", {"name": "x.pdf"}),
        (b"text/", "text/", {}),
    ],
)
def test_a_media_type_is_read_as_it_was_meant(field, value, parameters) -> None:
    assert media_type_and_parameters(field) == (value, parameters)


HEAD = b"From: a@b.c\r\nSubject: s\r\n"
INNER = b"--B\r\nContent-Type: text/plain\r\n\r\nhello\r\n--B--\r\n"


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        (HEAD + b"Content-Type: multipart/mixed\r\n\r\n" + INNER, "hello"),
        (HEAD + b"Content-Type: multipart/mixed; boundary=X\r\n\r\n" + INNER, "hello"),
        (HEAD + b"Content-Type: multipart/mixed;\r\nboundary=B\r\n\r\n" + INNER, "hello"),
        (HEAD + b'Content-Type: multipart/mixed; boundary="b"\r\n\r\n' + INNER, "hello"),
        (HEAD + b"Content-Type: multipart/mixed\r\n\r\nno parts", "no parts"),
        (b"From: a@b.c\rSubject: s\r\rone\rtwo\r", "one\ntwo"),
        (HEAD + b"\r\none\rtwo", "one\ntwo"),
        (b"words\r\nand more: yes\r\n\r\nlast", "words\nand more: yes\n\nlast"),
        (HEAD + b" \r\nafter blanks", "after blanks"),
        (b"  " + HEAD + b"\r\nbody", "body"),
        (HEAD + b"no field here\r\nand the rest", "no field here\nand the rest"),
        (
            MIXED_HEAD + b"--b\r\nContent-Type: text/plain\r\nno empty line\r\n--b--",
            "no empty line",
        ),
        (MIXED_HEAD + b"--b\r\nContent-Type: text/plain\r\ntoo late\r\n\r\n--b--", "too late"),
        (HEAD + b"\xc3\xa9 too late\r\n\r\n", "é too late\n"),
        (MIXED_HEAD + b'--b\r\nContent-Transfer-Encoding: "base64";\r\n\r\naGk=\r\n--b--', "hi"),
        (MIXED_HEAD + b"--b\r\nContent-Type: a/b; name=x\r\n\r\n\xff\r\n--b--", ""),
        (HEAD + b"Content-Type: x-be2\r\n\r\nodd", "odd"),
    ],
)
def test_broken_messages_are_read_as_they_were_meant(raw: bytes, text: str) -> None:
    assert read(raw)[1].text == text


def test_a_multipart_without_parts_within_another_says_nothing() -> None:
    """RFC 2046, 5.1.1: what comes before the first delimiter is to be ignored."""
    inner = b"--b\r\nContent-Type: multipart/mixed; boundary=c\r\n\r\nAAA\r\n--c--\r\n"
    _, body = read(MIXED_HEAD + b"--b\r\n\r\nFoo\r\n" + inner + b"--b--")
    assert (body.text, body.attachments) == ("Foo", ())


def test_a_whole_message_of_no_known_type_is_a_file_when_it_has_a_name() -> None:
    _, body = read(HEAD + b"Content-Type: application-x-gzip; name=a.gz\r\n\r\nx")
    assert [part.filename for part in body.attachments] == ["a.gz"]


MIXED = MIXED_HEAD
BOMBS = {
    "parts": MIXED + b"--b\r\n\r\nx\r\n" * 10_000 + b"--b--",
    "levels": b"".join(
        b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" % (n, n)
        for n in range(1000)
    ),
    "one boundary": (MIXED + b"--b\r\n") * 20_000,
    "messages": b"Content-Type: message/rfc822\r\n\r\n" * 1000,
    "header": b"X: " + b"a" * 10_000_000 + b"\r\n\r\nhi",
    "fields": b"A: b\r\n" * 1_000_000 + b"\r\nhi",
    "no empty line": MIXED + b"--b\r\nA: " * 400_000,
    "guesses": (b"Content-Type: multipart/mixed\r\n\r\n--x\r\n") * 100_000,
    "dashes": MIXED + b"--\r\n" * 2_000_000,
    "addresses": b"To: " + b"user@example.org, " * 16_000 + b"\r\n\r\nhi",
    "comments": b"To: " + b"(" * 100_000 + b"\r\n\r\nhi",
    "parameters": b"Content-Type: text/plain" + b"; a=b" * 8000 + b"\r\n\r\nhi",
    "open comments": b"Content-Type: text/plain; " + b'(";' * 60_000 + b"\r\n\r\nhi",
    "quotes": b"\r\n" + b">\n\n" * 300_000,
    "depth of quotes": b"\r\n" + b">" * 1_000_000,
    "flowed": b"Content-Type: text/plain; format=flowed\r\n\r\n" + b"a \n" * 300_000,
    "addresses in text": b"\r\n" + b"a@" * 500_000,
    "links in text": b"\r\n" + b"http://" * 140_000,
    "octets": b"\r\n" + bytes(range(128, 256)) * 40_000,
}


@pytest.mark.parametrize("name", BOMBS)
@pytest.mark.timeout(30)
def test_a_bomb_comes_to_an_end(name: str) -> None:
    started = time.process_time()
    message, _ = read(BOMBS[name])
    assert time.process_time() - started < 3
    assert sum(1 for _ in message.structure.walk()) <= 1000


def test_beyond_the_caps_a_message_says_so() -> None:
    assert parse_message(BOMBS["parts"]).is_cut
    assert parse_message(BOMBS["levels"]).is_cut
    assert not parse_message(b"Subject: a\r\n\r\nb").is_cut


def test_parsing_does_not_copy_the_message() -> None:
    raw = MIXED + b"--b\r\n\r\n" + b"x" * 20_000_000 + b"\r\n--b--"
    tracemalloc.start()
    parse_message(raw)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 3_000_000


PIECES = st.sampled_from(
    [
        b"Content-Type: multipart/mixed; boundary=b\r\n",
        b'Content-Type: multipart/alternative; boundary="c d"\r\n',
        b"Content-Type: message/rfc822\r\n",
        b"Content-Type: text/html; charset=utf-16\r\n",
        b"Content-Type: multipart/digest; boundary=b",
        b"Content-Transfer-Encoding: base64\r\n",
        b"Content-Disposition: attachment; filename*0*=x''%\r\n",
        b"\r\n",
        b"\n\n",
        b"--b\r\n",
        b"--b--\r\n",
        b"--c d\n",
        b"text",
        b" ",
        b"\xff\x00",
    ]
)


@given(st.lists(PIECES, max_size=30).map(b"".join))
def test_no_message_is_an_error(raw: bytes) -> None:
    message, body = read(raw)
    sections = [part.section for part in message.structure.walk() if not part.children]
    assert len(sections) == len(set(sections))
    assert all(part.section for part in body.attachments)
