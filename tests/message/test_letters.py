"""Undeclared octets are read in the encoding their letters tell of."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webmail.message.charset import decode_text
from webmail.message.letters import codec_from_letters

TEXTS = {
    "Отправляю вам документы, посмотрите пожалуйста до пятницы.": (
        *("koi8-r", "cp1251", "iso8859-5", "cp866", "mac-cyrillic", "utf-8"),
    ),
    "Привет, как дела?": ("koi8-r", "cp1251"),
    "Надсилаю вам документи за договором, перегляньте їх, будь ласка.": ("koi8-u", "cp1251"),
    "Καλημέρα σας, σας στέλνω τα έγγραφα της συμφωνίας.": ("iso8859-7", "cp1253"),
    "שלום, אני שולח לך את המסמכים של ההסכם": ("cp1255", "iso8859-8"),
    "مرحبا، أرسل لكم وثائق العقد قبل يوم الجمعة": ("cp1256", "iso8859-6"),
    "สวัสดีครับ ผมส่งเอกสารสัญญามาให้": ("cp874",),
    "こんにちは。契約書の書類をお送りします。": ("shift_jis", "euc_jp", "iso2022_jp"),
    "您好,我把合同文件发给您,请在星期五之前查看。": ("gb2312", "hz"),
    "会议通知": ("gb2312",),
    "您好,我把合約文件寄給您,請在星期五之前查看。": ("big5",),
    "안녕하세요. 계약 서류를 보내드립니다.": ("euc_kr", "iso2022_kr"),
    "회의 안내": ("euc_kr",),
    "Proszę je sprawdzić do piątku. Żółć gęślą jaźń.": ("iso8859-2", "cp1250"),
    "Prosím zkontrolujte je do pátku. Příliš žluťoučký kůň.": ("iso8859-2", "cp1250"),
    "Árvíztűrő tükörfúrógép, küldöm.": ("iso8859-2", "cp1250"),
    "Bitte prüfen Sie dies bis übermorgen. Mit freundlichen Grüßen": ("cp1252",),
    "Merci de vérifier. Ça coûte déjà 5 €.": ("cp1252",),
    "İyi çalışmalar, görüşmek üzere, ağaç ışık.": ("cp1254",),
    "Prašau peržiūrėti iki penktadienio. Ačiū, gražių švenčių.": ("cp1257",),
}
ROWS = [(text, codec) for text, codecs in TEXTS.items() for codec in codecs]


@pytest.mark.parametrize(("text", "codec"), ROWS)
@pytest.mark.parametrize("label", ["", "us-ascii", "unknown-8bit"])
def test_text_without_a_charset_is_read(text: str, codec: str, label: str) -> None:
    assert decode_text(text.encode(codec), label) == text


@pytest.mark.parametrize(("text", "codec"), [row for row in ROWS if row[1] != "hz"])
def test_text_that_says_it_is_utf8_and_is_not_is_read(text: str, codec: str) -> None:
    assert decode_text(text.encode(codec), "utf-8") == text


@given(st.binary(max_size=200))
def test_any_octets_have_an_answer_or_none(octets: bytes) -> None:
    codec = codec_from_letters(octets)
    assert codec is None or octets.decode(codec, "replace") is not None
