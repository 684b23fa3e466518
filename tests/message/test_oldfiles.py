import binascii

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webmail.message.oldfiles import files_in_text, may_hold_files, parted

CAT = b"begin 644 cat.txt\r\n#0V%T\r\n`\r\nend\r\n"


@pytest.mark.parametrize(
    ("octets", "rest", "files"),
    [
        (b"see\r\n" + CAT + b"bye\r\n", b"see\r\nbye\r\n", [("cat.txt", b"Cat")]),
        (CAT + CAT, b"", [("cat.txt", b"Cat"), ("cat.txt", b"Cat")]),
        (CAT.replace(b"cat.txt", b"my cat.txt"), b"", [("my cat.txt", b"Cat")]),
        (CAT.replace(b" cat.txt", b""), b"", [("", b"Cat")]),
        (CAT.replace(b"\r\n", b"\n"), b"", [("cat.txt", b"Cat")]),
        (CAT.replace(b"end\r\n", b""), b"", [("cat.txt", b"Cat")]),
        (b"begin 644 words\r\nthe day with a walk\r\n", None, []),
        (b"we begin 644 times\r\n", None, []),
        (b"begin 644 lonely\r\n", None, []),
        (
            b"=ybegin line=128 size=3 name=c a.txt\r\n\x6d\x8b\x9e\r\n=yend size=3\r\nbye",
            b"bye",
            [("c a.txt", b"Cat")],
        ),
        (
            b"=ybegin part=1 line=128 name=nul\r\n=ypart begin=1 end=1\r\n=\x40\r\n=yend\r\n",
            b"",
            [("nul", b"\xd6")],
        ),
        (b"=ybegin line=128 size=3 name=open\r\nabc", None, []),
    ],
)
def test_files_are_taken_out_of_text(octets, rest, files):
    left, found = parted(octets, "")
    assert left == (octets if rest is None else rest)
    assert [(file.name, file.content) for file in found] == files


def test_text_without_files_is_left_alone():
    assert files_in_text(b"Let us begin.", "") is None
    assert not may_hold_files(b"Let us begin 644.")
    assert may_hold_files(CAT)


@given(st.binary(max_size=400))
def test_what_was_encoded_comes_back(content):
    lines = [content[at : at + 45] for at in range(0, len(content), 45)]
    uu = b"begin 644 x\r\n" + b"".join(map(binascii.b2a_uu, lines)) + b"`\r\nend\r\n"
    (file,) = parted(b"a\r\n" + uu + b"b", "")[1]
    assert file.content == content


@given(
    st.lists(
        st.sampled_from(
            [
                CAT,
                b"begin 644 x\r\n",
                b"end\r\n",
                b"M" * 61 + b"\r\n",
                b"=ybegin name=x\n",
                b"=yend\n",
                b"x\n",
            ]
        )
    )
)
def test_no_text_is_an_error(pieces):
    parted(b"".join(pieces), "utf-8")


def test_a_large_text_of_beginnings_comes_to_an_end():
    parted(b"begin 644 x\r\n" * 100_000, "")
    parted(b"=ybegin name=x\r\n" * 100_000, "")
