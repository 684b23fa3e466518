import pytest

from tests.message.reading import read, read_fixture
from webmail.message.body import read_body
from webmail.message.bodystructure import Part


def test_an_alternative_is_read_both_ways_and_the_rest_with_it() -> None:
    _, body = read_fixture("alternative.eml")
    assert body.text == "Café at nine\nThe list adds this."
    assert body.html is not None
    assert body.html.startswith("<p>Café at <b>nine</b></p>")
    assert "The list adds this." in body.html
    assert [part.filename for part in body.attachments] == ["", "Résumé.pdf"]
    assert body.attachments[0].media_type == "text/x-amp-html"


def test_a_picture_of_the_html_is_embedded_and_others_are_attached() -> None:
    _, body = read_fixture("related.eml")
    assert body.html == '<p>Look: <img src="/part/2/" alt="pic"><img></p>'
    assert [part.filename for part in body.embedded] == ["pic.png"]
    assert [part.filename for part in body.attachments] == ["unused.png"]
    assert (body.blocked.remote, body.blocked.hosts) == (1, ("tracker.example.net",))


def test_a_picture_may_be_named_by_the_place_it_came_from() -> None:
    """RFC 2557: Content-Location."""
    head = b"\r\n--b\r\nContent-Type: image/png\r\nContent-Location: "
    _, body = read(
        b"Content-Type: multipart/related; boundary=b\r\n\r\n--b\r\nContent-Type: text/html\r\n\r\n"
        b'<img src="http://a.example/x.png?a&amp;b"><img src=y.png><img src="http://a.example/z.png">'
        + head + b"http://a.example/\r\n x.png?a&b\r\n\r\nx"
        + head + b"y.png\r\n\r\ny"
        + head + b"unused.png\r\n\r\nu\r\n--b--\r\n"
    )  # fmt: skip
    assert body.html == '<img src="/part/2/"><img src="/part/3/"><img>'
    assert [part.section for part in body.embedded] == ["2", "3"]
    assert [part.content_location for part in body.attachments] == ["unused.png"]
    assert body.blocked.hosts == ("a.example",)


@pytest.mark.parametrize("start", [b"", b'; start="<r>"'])
def test_the_root_of_a_related_need_not_be_its_first_part(start: bytes) -> None:
    _, body = read(
        b"Content-Type: multipart/related; boundary=b" + start + b"\r\n\r\n"
        b"--b\r\nContent-Type: image/png\r\nContent-ID: <i>\r\n\r\nx\r\n"
        b"--b\r\nContent-Type: text/html\r\nContent-ID: <r>\r\n\r\n"
        b"<p>Hi <img src=cid:i></p>\r\n--b--"
    )
    assert body.html == '<p>Hi <img src="/part/1/"></p>'
    assert body.attachments == ()


@pytest.mark.parametrize(
    ("media_type", "source", "text"),
    [
        ("text/enriched", "<bold>Now</bold> or\n<param>x</param>\n\nno <<2", "Now or \nno <2"),
        ("text/richtext", "<bold>One</bold><nl>two\n<lt>3", "One\ntwo <3"),
        ("text/markdown", "# One", "# One"),
    ],
)  # fmt: skip
def test_text_of_a_kind_between_is_read_where_there_is_no_other(
    media_type: str, source: str, text: str
) -> None:
    alone = f"Content-Type: {media_type}\n\n{source}".encode()
    assert read(alone)[1].text == text
    inner = b"--b\n" + alone + b"\n--b\nContent-Type: text/plain\n\nplain\n--b--"
    assert read(b"Content-Type: multipart/mixed; boundary=b\n\n" + inner)[1].text == "plain"


def test_words_are_no_base64_whatever_their_field_says() -> None:
    head = b"Content-Type: text/plain\nContent-Transfer-Encoding: base64\n\n"
    assert read(head + b"See you at nine.")[1].text == "See you at nine."
    assert read(head + b"U2VlIHlv dSBhdCBuaW5l")[1].text == "See you at nine"


def test_a_message_inside_is_an_attachment_and_not_read_on() -> None:
    _, body = read_fixture("nested.eml")
    assert body.text == "See below."
    assert [part.section for part in body.attachments] == ["2", "3"]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("missing-boundary.eml", "The text is still here."),
        ("unclosed.eml", "First"),
        ("no-header.eml", "This is no header at all\nand there is no empty line: none."),
        ("empty.eml", ""),
        ("iso-2022-jp.eml", "本文です。\n①"),
        ("lying-charset.eml", "Žluťoučký kůň"),
        (
            "undeclared-koi8.eml",
            "Здравствуйте, уважаемые друзья! Приглашаем вас на встречу в субботу.",
        ),
        ("raw-8bit.eml", "Schön."),
    ],
)
def test_the_text_of_a_broken_message(name: str, text: str) -> None:
    assert read_fixture(name)[1].text == text


def test_the_headers_of_broken_messages() -> None:
    envelope = read_fixture("raw-8bit.eml")[0].envelope
    assert (envelope.subject, envelope.from_[0].name) == ("Grüße aus Köln", "Jürgen")
    assert read_fixture("broken-words.eml")[0].envelope.subject == (
        "Über die Brückecaféno paddingopen"
    )
    envelope = read_fixture("mailsploit.eml")[0].envelope
    assert envelope.from_[0].domain == "evil.example"
    assert envelope.to[0].addr_spec == "ben@example.org"
    assert envelope.subject == "two Bcc: x@y"


def test_html_alone_is_its_own_text() -> None:
    _, body = read(b"Content-Type: text/html\r\n\r\n<p>a<br>b</p>")
    assert body.text == "a\nb"
    assert body.html == "<p>a<br>b</p>\r\n" or body.html == "<p>a<br>b</p>"


def test_html_that_is_too_large_is_shown_as_text() -> None:
    _, body = read(b"Content-Type: text/html\r\n\r\n" + b"<div>deep " * 5000)
    assert body.html is None
    assert body.blocked.reason == "too large"
    assert body.text.startswith("deep deep")


def test_each_part_is_cleaned_by_itself() -> None:
    _, body = read(
        b"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: text/html\r\n\r\n"
        b'<img alt="\r\n--b\r\n\r\nsecret\r\n--b\r\nContent-Type: text/html\r\n\r\n">\r\n--b--'
    )
    assert body.html is not None
    assert "secret" in body.html
    assert 'alt="' not in body.html


def test_only_what_is_shown_is_fetched() -> None:
    shown = Part("1", "text/plain", size_bytes=2)
    file = Part("2", "application/zip", size_bytes=30_000_000, filename="a.zip")
    asked: list[str] = []

    def fetch(part: Part) -> bytes:
        asked.append(part.section)
        return b"hi"

    body = read_body(
        Part("", "multipart/mixed", children=(shown, file)), fetch, cid_url=lambda _: ""
    )
    assert asked == ["1"]
    assert (body.text, body.attachments) == ("hi", (file,))


def test_a_named_long_text_is_a_file() -> None:
    first = Part("1", "text/plain")
    log = Part("2", "text/plain", filename="all.log", size_bytes=5_000_000)
    note = Part("3", "text/plain", filename="note.txt", size_bytes=50)
    tree = Part("", "multipart/mixed", children=(first, log, note))
    body = read_body(tree, lambda part: part.section.encode(), cid_url=lambda _: "")
    assert body.text == "1\n3"
    assert body.attachments == (log,)


def test_uuencoded_parts_are_no_error() -> None:
    _, body = read_fixture("uuencode.eml")
    assert [part.filename for part in body.attachments] == ["cat.txt"]
    assert body.text.startswith("In the text:")


def test_many_parts_are_read_no_further_than_one_long_one() -> None:
    parts = tuple(Part(f"{n}", "text/plain") for n in range(1, 60))
    asked: list[Part] = []

    def fetch(part: Part) -> bytes:
        asked.append(part)
        return b"eleven char" * 10_000

    body = read_body(Part("", "multipart/mixed", children=parts), fetch, cid_url=lambda _: "")
    assert len(asked) == 10
    assert len(body.text) <= 1_000_100


def test_parts_that_each_take_long_are_given_up_together(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("webmail.message.body.MAX_CLEANING_S", -1)
    parts = tuple(Part(f"{n}", "text/html") for n in range(1, 9))
    tree = Part("", "multipart/mixed", children=parts)
    body = read_body(tree, lambda _: b"<p>word</p>", cid_url=lambda _: "")
    assert body.html is None
    assert body.blocked.reason == "too slow"
    assert "word" in body.text
