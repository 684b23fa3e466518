import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webmail.message.words import decode_header_words


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        ("plain words", "plain words"),
        ("=?utf-8?q?caf=C3=A9?=", "café"),
        ("=?utf-8?b?Y2Fmw6k=?=", "café"),
        ("=?UTF-8*de?Q?gr=C3=BCn?=", "grün"),
        ("a =?utf-8?q?b?= c", "a b c"),
        ("=?utf-8?q?a?= =?utf-8?q?b?=", "ab"),
        ("=?utf-8?q?a?=\r\n =?utf-8?q?b?=", "ab"),
        ("=?utf-8?q?a_b?=", "a b"),
        ("=?utf-8?b?4oKs4oKs4o?= =?utf-8?b?Ks?= 5", "€€€ 5"),
        ("=?utf-8?b?w6k?= =?utf-8?b?w6k?= =?utf-8?b?w6k?= =?utf-8?b?w6k?=", "éééé"),
        ("=?utf-8?b?w5xi?= =?utf-8?b?ZXI=?=", "Über"),
        ("=?utf-8?q?=C3?= =?utf-8?q?=A9?=", "é"),
        ("=?utf-8?b?Y2Fmw6k?=", "café"),
        ("=?utf-8?q?two words?=", "two words"),
        ("=?utf-8?q?why?=21?=", "why?!"),
        ("=?utf-8?q?open", "open"),
        ("=?utf-8?x?odd?=", "=?utf-8?x?odd?="),
        ("=?no-such-charset?q?caf=C3=A9?=", "café"),
        ("=?utf-7?q?+AGE-?=", "+AGE-"),
        ("=?iso-2022-jp?b?GyRCRnxLXBsoQg==?=", "日本"),
        ("=?iso-8859-1?q?=80?=", "€"),
        ("=?gb2312?b?yNWxvg==?=", "日本"),
        ("=?utf-8?q?a=0D=0Ab=00c?=", "a bc"),
        ("a\r\n b\tc", "a b c"),
        (b"Gr\xc3\xbc\xc3\x9fe", "Grüße"),
        (b"K\xf6ln", "Köln"),
        (b"=?iso-8859-1?Q?Fr\xf6sche?=", "Frösche"),
    ],
)
def test_words_are_decoded(raw: str | bytes, text: str) -> None:
    assert decode_header_words(raw) == text


def test_raw_octets_are_read_by_the_charset_of_the_message() -> None:
    assert decode_header_words("Привет".encode("koi8-r"), hint="koi8-r") == "Привет"


@given(st.binary(max_size=80))
def test_nothing_raises_and_no_control_is_left(raw: bytes) -> None:
    shown = decode_header_words(b"=?utf-8?q?" + raw + b"?=")
    assert not any(ord(c) < 32 or 127 <= ord(c) < 160 for c in shown)


@pytest.mark.parametrize(
    "piece", ["=?", "=?utf-8?q?", "=?a?b?", "=?a?q?b?= ", "?=", "=?a?q?=3F?=3"]
)
def test_a_field_of_one_piece_repeated_is_read_in_time(piece: str) -> None:
    started = time.process_time()
    decode_header_words(piece * (256_000 // len(piece)))
    assert time.process_time() - started < 3
