import codecs

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webmail.message import charset_names
from webmail.message.charset import decode_text
from webmail.message.charset_names import codec_for

RUSSIAN = "Здравствуйте, уважаемые друзья! Приглашаем вас на встречу в субботу."
JAPANESE = "こんにちは、明日の会議は十時からです。よろしくお願いします。"
CHINESE = "你好，明天上午十点开会，请准时参加。谢谢大家的配合。"


@pytest.mark.parametrize(
    ("label", "codec"),
    [
        ("UTF-8", "utf-8"),
        (' "utf8" ', "utf-8"),
        ("iso-8859-1", "cp1252"),
        ("us-ascii", "cp1252"),
        ("gb2312", "gb18030"),
        ("ks_c_5601-1987", "cp949"),
        ("shift_jis", "cp932"),
        ("windows-1251", "cp1251"),
        ("cp437", "cp437"),
        ("x-cp1251", "cp1251"),
        ("win-1251", "cp1251"),
        ("windows1251", "cp1251"),
        ("ms949", "cp949"),
        ("cp65001", "utf-8"),
        ("iso8859_15", "iso8859-15"),
        ("utf_8", "utf-8"),
        ("utf-8; format=flowed", "utf-8"),
        ("iso-8859-8-i", "iso8859-8"),
        ("iso-2022-kr", "iso2022_kr"),
        ("hz-gb-2312", "hz"),
        ("latin-9", "iso8859_15"),
        ("x-mac-ce", "mac_latin2"),
        ("cp65000", None),
        ("utf-7; x", None),
        ("utf-7", None),
        ("unicode-1-1-utf-7", None),
        ("x-user-defined", None),
        ("rot13", None),
        ("zip", None),
        ("idna", None),
        ("", None),
        ("x" * 1000, None),
    ],
)
def test_only_codecs_of_the_list_are_used(label: str, codec: str | None) -> None:
    assert codec_for(label) == codec


def test_every_codec_we_name_exists() -> None:
    for codec in (*charset_names._MAIL_NAMES.values(), *charset_names._PAGES.values()):
        assert codecs.lookup(codec)


@pytest.mark.parametrize(
    ("text", "written", "label"),
    [
        ("Grüße", "utf-8", "utf-8"),
        ("Grüße", "latin-1", "iso-8859-1"),
        ("“ja”", "cp1252", "iso-8859-1"),
        ("Žluťoučký kůň", "utf-8", "us-ascii"),
        ("Žluťoučký kůň", "utf-8", "iso-8859-1"),
        ("Žluťoučký kůň", "utf-8", ""),
        ("Žluťoučký kůň", "utf-8-sig", ""),
        ("Žluťoučký kůň", "utf-16", "x-unknown"),
        ("a flower: ✿", "utf-8", "iso-8859-1"),
        ("lost on the way: \ufffd", "utf-8", "us-ascii"),
        (RUSSIAN, "koi8-r", ""),
        (RUSSIAN, "cp1251", "utf-8"),
        (JAPANESE, "shift_jis", ""),
        (JAPANESE, "euc-jp", ""),
        (JAPANESE, "iso2022_jp", ""),
        (JAPANESE, "iso2022_jp", "us-ascii"),
        (CHINESE, "gb18030", ""),
    ],
)
def test_missing_and_lying_labels_are_seen_through(text: str, written: str, label: str) -> None:
    assert decode_text(text.encode(written), label) == text


def test_a_little_damage_does_not_make_the_label_a_lie() -> None:
    assert decode_text("Größe über alles ".encode() + b"\xc3", "utf-8") == "Größe über alles \ufffd"


def test_iso_2022_jp_has_the_characters_of_windows() -> None:
    assert decode_text(b"\x1b$B-!y!\x1b(B \x1b(I1\x1b(B", "iso-2022-jp") == "①纊 ｱ"
    assert decode_text(b"\x1b$B!A\x1b(B", "iso-2022-jp") == "\N{FULLWIDTH TILDE}"


@given(
    st.binary(max_size=200), st.sampled_from(["", "utf-8", "utf-16", "iso-2022-jp", "hz", "gbk"])
)
def test_no_octets_are_an_error(raw: bytes, label: str) -> None:
    decode_text(raw, label).encode("utf-8")
