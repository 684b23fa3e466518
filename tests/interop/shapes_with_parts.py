"""The rest of the shapes: with looks, pictures and files, and those that answer or pass on."""

from tests.interop.shapes import FAMILY, LONG, PEOPLE, SUBJECTS, TEXTS, Shape

OCTETS = bytes(range(256)) * 40
PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 3
BARE_ENDS = b"one\ntwo\r\nthree\rfour\0\x1a"
INNER = (
    b"From: dan@hearth.test\r\nTo: ada@hearth.test\r\nSubject: Inside\r\n"
    b"Message-ID: <inside@hearth.test>\r\n\r\nThe inner text.\r\n.\r\n"
)
EIGHT_BIT = (
    "From: dan@hearth.test\r\nSubject: Inside\r\nMIME-Version: 1.0\r\n"
    "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\nSchön.\r\n"
).encode()
QUESTION = (
    b"From: Ben Ek <ben@hearth.test>\r\nTo: Ada <ada@hearth.test>, chiyo@hearth.test\r\n"
    b"Cc: Dan <dan@hearth.test>\r\nSubject: Kindling\r\nMessage-ID: <kindling@hearth.test>\r\n"
    b"References: <first@hearth.test> <second@hearth.test>\r\n"
    b"Date: Thu, 12 Nov 2026 10:42:00 +0000\r\n\r\nIs there any?\r\n"
)
WITH_FILE = (
    b"From: ben@hearth.test\r\nTo: ada@hearth.test\r\nSubject: The plan\r\n"
    b"Message-ID: <plan@hearth.test>\r\nMIME-Version: 1.0\r\n"
    b"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n"
    b"Content-Type: text/plain\r\n\r\nSee the list.\r\n--b\r\n"
    b"Content-Type: application/pdf; name=list.pdf\r\n"
    b"Content-Disposition: attachment; filename=list.pdf\r\n"
    b"Content-Transfer-Encoding: base64\r\n\r\nJVBERi0xLjQ=\r\n--b--\r\n"
)
BEN_EK = (("Ben Ek", "ben@hearth.test"),)


def _file(name: str, content: bytes = OCTETS, media_type: str = "application/octet-stream"):
    return (name, media_type, content)


LOOKS = (
    Shape("bold", html="<p>All is <b>well</b> and <i>warm</i>.</p>"),
    Shape(
        "a list and a link", html='<ul><li>Wood</li></ul><a href="https://a.test/?b=1&amp;c">x</a>'
    ),
    Shape("a table", html="<table><tr><td>Birch</td><td>4 m³</td></tr></table>"),
    Shape("long html without a break", html=f"<p>{'wörd ' * 900}</p>"),
    Shape("html from right to left", html=f'<p dir="rtl">مرحبا {FAMILY}</p>'),
    Shape(
        "a picture in the text",
        html='<p>Look:</p><img src="cid:fire@hearth.test" alt="fire">',
        pictures=(("fire@hearth.test", PNG),),
    ),
    Shape(
        "two pictures and a file",
        html='<img src="cid:a@hearth.test"><p>and</p><img src="cid:b@hearth.test">',
        pictures=(("a@hearth.test", PNG), ("b@hearth.test", PNG + b"2")),
        files=(_file("Plan.bin"),),
    ),
)
FILES = (
    Shape("a file", files=(_file("plan.bin"),)),
    Shape("an empty file", files=(_file("empty.txt", b"", "text/plain"),)),
    Shape(
        "a name with umlauts", files=(_file("Räkning – oktober.pdf", OCTETS, "application/pdf"),)
    ),
    Shape("a long japanese name", files=(_file("旅行" * 60 + ".txt", b"text\n", "text/plain"),)),
    Shape("quotes and per cent in a name", files=(_file('100% "sure"*\';.txt'),)),
    Shape("text with all line ends", files=(_file("ends.txt", BARE_ENDS, "text/plain"),)),
    Shape("text that is not utf-8", files=(_file("latin.txt", b"Gr\xfc\xdfe\r\n", "text/plain"),)),
    Shape("seven files", text=LONG, files=tuple(_file(f"{n}.bin", OCTETS[n:]) for n in range(7))),
    Shape("a message", files=(_file("Inside.eml", INNER, "message/rfc822"),)),
    Shape("an 8-bit message", files=(_file("Gruß.eml", EIGHT_BIT, "message/rfc822"),)),
    Shape("a megabyte", files=(_file("large.bin", OCTETS * 100),)),
)
ANSWERS = (
    Shape("a reply", to=BEN_EK, subject="Re: Kindling", original=QUESTION, act="reply"),
    Shape(
        "a reply to all",
        to=(*BEN_EK, ("", "chiyo@hearth.test")),
        cc=(("Dan", "dan@hearth.test"),),
        subject="Re: Kindling",
        original=QUESTION,
        act="reply_all",
    ),
    Shape("forwarded", subject="Fwd: The plan", original=WITH_FILE, act="forward",
          files=(("list.pdf", "application/pdf", b"%PDF-1.4"),)),
    Shape("forwarded as a file", subject="Fwd: Kindling", original=QUESTION, act="forward_attached",
          files=(("Kindling.eml", "message/rfc822", QUESTION),)),
)  # fmt: skip
SHAPES = (*TEXTS, *SUBJECTS, *PEOPLE, *LOOKS, *FILES, *ANSWERS)
