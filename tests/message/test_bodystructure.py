import base64
import binascii
import quopri

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webmail.message.bodystructure import PartDecoder, decode_part


@pytest.mark.parametrize(
    ("encoding", "raw", "content"),
    [
        ("7bit", b"a=3D\r\n", b"a=3D\r\n"),
        ("binary", b"\x00\xff", b"\x00\xff"),
        ("x-unknown", b"as it is", b"as it is"),
        ("BASE64", b"YWJj\r\nZGVm", b"abcdef"),
        ("base64", b"YWJj!\x80ZA==", b"abcd"),
        ("base64", b"YWJ", b"ab"),
        ("base64", b"YWJjZ", b"abc"),
        ("base64", b"YQ==YmM=", b"abc"),
        ("base64", b"YQ==\r\n--boundary-->\r\njunk", b"a"),
        ("base64", b"", b""),
        ("quoted-printable", b"caf=C3=A9", "café".encode()),
        ("quoted-printable", b"a=\r\nb= \nc", b"abc"),
        ("quoted-printable", b"a  \r\nb\t\nc ", b"a\r\nb\nc"),
        ("quoted-printable", b"50=% =G1 =", b"50=% =G1 "),
        ("quoted-printable", b"=e9=E9", b"\xe9\xe9"),
        ("x-uuencode", b"begin 644 cat.txt\n#0V%T\n`\nend\n", b"Cat"),
        ("x-uuencode", b"\r\n#0V%T\r\n`\r\n", b"Cat"),
        ("uuencode", b"talk\r\nbegin 644 cat.txt\r\n#0V%T  \r\n`\r\nend\r\ntalk", b"Cat"),
    ],
)
def test_a_part_is_decoded(encoding: str, raw: bytes, content: bytes) -> None:
    assert decode_part(raw, encoding) == content


ENCODINGS = st.sampled_from(["base64", "quoted-printable", "x-uuencode", "7bit", ""])


@given(st.binary(max_size=300), ENCODINGS, st.integers(1, 7))
def test_pieces_decode_as_the_whole(raw: bytes, encoding: str, size: int) -> None:
    decoder = PartDecoder(encoding)
    pieces = [decoder.feed(raw[at : at + size]) for at in range(0, len(raw), size)]
    assert b"".join((*pieces, decoder.finish())) == decode_part(raw, encoding)


@given(st.binary(max_size=500))
def test_what_was_encoded_comes_back(content: bytes) -> None:
    assert decode_part(base64.encodebytes(content), "base64") == content
    lines = [content[at : at + 45] for at in range(0, len(content), 45)]
    uu = b"begin 644 x\n" + b"".join(map(binascii.b2a_uu, lines)) + b"`\nend\n"
    assert decode_part(uu, "uuencode") == content
    quoted = quopri.encodestring(content.replace(b"\r", b"").replace(b"\n", b""))
    expected = content.replace(b"\r", b"").replace(b"\n", b"")
    assert decode_part(quoted, "quoted-printable") == expected


def test_a_line_without_end_does_not_grow_the_memory() -> None:
    decoder = PartDecoder("quoted-printable")
    sizes = [len(decoder.feed(b"a" * 50_000 + b"=3D")) for _ in range(20)]
    assert sum(sizes) + len(decoder.finish()) == 20 * 50_001
    assert len(decoder._rest) == 0
