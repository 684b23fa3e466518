import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.message.outlook import HTML_RTF, compressed
from webmail.message.rtf import RtfContent, decompressed, read_rtf


def test_html_is_taken_out_of_its_wrapping():
    assert read_rtf(HTML_RTF) == RtfContent(html="<html><p>Café &amp; <b>bar</b></p></html>")


@pytest.mark.parametrize(
    ("rtf", "text"),
    [
        (rb"{\rtf1\ansi\fromtext Dear Ann,\par \par Bye\par}", "Dear Ann,\r\n\r\nBye"),
        (rb"{\rtf1\ansi{\fonttbl{\f0 Arial;}}{\*\generator x;}plain {\b bold}}", "plain bold"),
        (rb"{\rtf1\ansi\ansicpg1251 \'cf\'f0\'e8}", "При"),
        (rb"{\rtf1{\fonttbl{\f0 A;}{\f1\fcharset204 B;}}\f0 a\f1\'cf\f0 b}", "aПb"),
        (rb"{\rtf1{\fonttbl{\f0 A;}{\f1\fcharset128 B;}}\f1\'93\'fa}", "日"),
        (rb"{\rtf1\u8364? \u-10179?\u-8704?!}", "€ 😀!"),
        (rb"{\rtf1\uc2\u8364?? x}", "€ x"),
        (rb"{\rtf1 a\{b\}\\ c\~d\rquote }", "a{b}\\ c\u00a0d’"),
        (rb"{\rtf1 a{\pict ffff}{\bin3 }}}b}", "ab"),
        (rb"{\rtf1 a\tab b\line c}", "a\tb\r\nc"),
        (b"not rtf", ""),
        (b"", ""),
    ],
)
def test_text_is_read(rtf, text):
    assert read_rtf(rtf).text == text


def test_compressed_rtf_is_decompressed():
    assert decompressed(compressed(HTML_RTF)) == HTML_RTF


def test_a_wrong_checksum_and_a_lost_end_are_passed_over():
    octets = compressed(HTML_RTF)
    assert decompressed(octets[:12] + b"\0\0\0\0" + octets[16:]) == HTML_RTF
    assert decompressed(octets[:-1]) == HTML_RTF


@pytest.mark.parametrize("octets", [b"", b"x" * 15, b"\xff" * 64])
def test_what_cannot_be_decompressed_is_empty(octets):
    assert decompressed(octets) == b""


@given(
    st.lists(
        st.sampled_from(
            [b"{", b"}", b"\\par", b"\\'e9", b"\\u9?", b"\\*", b" a", b"\\", b"\\bin9 "]
        )
    )
)
def test_no_rtf_is_an_error(pieces):
    read_rtf(b"{\\rtf1" + b"".join(pieces))
    read_rtf(b"{\\rtf1\\fromhtml1" + b"".join(pieces))


def test_a_depth_of_groups_comes_to_an_end():
    read_rtf(b"{\\rtf1 " + b"{" * 500_000)
