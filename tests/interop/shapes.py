"""Messages as people write them: what goes into the form, and what must come out of it."""

from dataclasses import dataclass

BEN = ("", "ben@hearth.test")


@dataclass(frozen=True)
class Shape:
    """``to`` and ``cc`` are (name, address as it travels); ``typed`` is what goes into To instead.

    ``files`` are (name, media type, octets), ``pictures`` are (content id, octets) that the
    html shows.  ``original`` is appended to the inbox first and answered as ``act`` says.
    ``travels`` is the subject where it is not the typed one.
    """

    name: str
    to: tuple[tuple[str, str], ...] = (BEN,)
    cc: tuple[tuple[str, str], ...] = ()
    bcc: tuple[tuple[str, str], ...] = ()
    typed: str = ""
    subject: str = "Hello"
    travels: str | None = None
    text: str = "Hi there."
    html: str = ""
    files: tuple[tuple[str, str, bytes], ...] = ()
    pictures: tuple[tuple[str, bytes], ...] = ()
    original: bytes = b""
    act: str = ""


MANY = tuple((f"Guest {n}", f"guest{n}@hearth.test") for n in range(100))
LONG = "The woodshed is full, the chimney is swept, and the kettle sings on the stove. " * 12
ARABIC, HEBREW = "مرحبا بالعالم، كيف حالك؟", "שלום עולם, מה שלומך?"
JAPANESE = "薪は足りていますか。明日の朝、市場へ行きます。" * 8
FAMILY = "👩‍👩‍👧‍👦 🏳️‍🌈 👋🏽 🇳🇴"
DOTS = ".\n..\n.hidden\n...\nend\n."
QUOTES = "> Is there any?\n>> Any wood?\nYes.\n\n> And coffee?\nNo."

TEXTS = (
    Shape("plain"),
    Shape("no text", text=""),
    Shape("one letter", text="x"),
    Shape("lines of their own", text="One\nTwo\n\nThree\n\n\nFour"),
    Shape("a paragraph that flows", text=LONG.strip()),
    Shape("three paragraphs that flow", text="\n\n".join([LONG.strip()] * 3)),
    Shape("lines with spaces before them", text=" one\n  two\n    code()\n\tand a tab"),
    Shape("From at a line's start", text="From here on\nFrom: nobody\n>From the top"),
    Shape("dots alone", text=DOTS),
    Shape("a signature", text="See you.\n\n-- \nAda Lind\nHearth Lane 4"),
    Shape("quotes", text=QUOTES),
    Shape("a word of 2,000 letters", text="x" * 2000),
    Shape("a URL of 600 letters", text="See https://hearth.test/" + "a1%2F" * 115 + " now"),
    Shape("300 lines", text="\n".join(f"Line {n} of 300" for n in range(300))),
    Shape("equals signs", text="a=b\n=3D=3D\n=?utf-8?q?no?=\n===="),
    Shape("looks like a boundary", text="--=_0123456789abcdef\n--\n--boundary--"),
    Shape("umlauts", text="Grüße aus Köln – „schön“, sagt Zoë."),
    Shape("arabic", subject=ARABIC, text=f"{ARABIC}\nThen English."),
    Shape("hebrew", subject=HEBREW, text=f"Re: {HEBREW}\n{HEBREW}"),
    Shape("japanese", subject="薪について", text=JAPANESE),
    Shape("emoji", subject=f"Party {FAMILY}", text=f"{FAMILY}\n🔥🔥🔥"),
    Shape("combining marks", text="e\u0301 a\u030a o\u0308 \u0e01\u0e33 क्षि"),
    Shape(
        "a zero-width space and a soft hyphen", text="wood\u200bshed wood\u00adpile no\u00a0break"
    ),
)
SUBJECTS = (
    Shape("no subject", subject=""),
    Shape("a subject of 400 letters", subject=("Firewood for the winter, " * 16).strip()),
    Shape("a long subject in greek", subject=("Ξύλα για τον χειμώνα " * 12).strip()),
    Shape("a subject that looks encoded", subject="=?utf-8?q?Not=20this?= one"),
    Shape("quotes and brackets in a subject", subject='[Hearth] "Wood" <and> (coal); 100% = all'),
    Shape("a subject without a space", subject="a" * 150),
    Shape("a surrogate pair where a word ends", subject="x" * 43 + "🔥" * 20),
    Shape("two spaces in a subject", subject="Two  spaces   here"),
)
PEOPLE = (
    Shape("a name", to=(("Ben Ek", "ben@hearth.test"),)),
    Shape("a comma in a name", to=(("Ek, Ben", "ben@hearth.test"),)),
    Shape("quotes in a name", to=(('Ben "The Axe" Ek', "ben@hearth.test"),)),
    Shape("a backslash in a name", to=(("Ben \\ Ek", "ben@hearth.test"),)),
    Shape("a japanese name", to=(("田中 太郎", "taro@hearth.test"),)),
    Shape("a long name with a comma", to=(("Öberg, " * 14 + "Åsa", "asa@hearth.test"),)),
    Shape("an address in a name", to=(("eve@evil.test", "ben@hearth.test"),)),
    Shape("to and cc", cc=(("Chiyo", "chiyo@hearth.test"), ("", "dan@hearth.test"))),
    Shape("a hidden recipient", bcc=(("Eve", "eve@hearth.test"),)),
    Shape("hidden recipients only", to=(), bcc=(("", "eve@hearth.test"), ("", "dan@hearth.test"))),
    Shape("a hundred recipients", to=MANY[:60], cc=MANY[60:90], bcc=MANY[90:]),
    Shape(
        "a group",
        typed="Friends: Ben <ben@hearth.test>, chiyo@hearth.test;, dan@hearth.test",
        to=(("Ben", "ben@hearth.test"), ("", "chiyo@hearth.test"), ("", "dan@hearth.test")),
    ),
    Shape(
        "a domain in letters",
        typed="Jürg <info@bücher.example>, kontakt@例え.jp",
        to=(("Jürg", "info@xn--bcher-kva.example"), ("", "kontakt@xn--r8jz45g.jp")),
    ),
    Shape("an address in letters", to=(("Jürg", "jürg@hearth.test"),), subject="Für dich"),
    Shape("japanese before the at", to=(("太郎", "太郎@hearth.test"), BEN), text=JAPANESE),
    Shape("signs before the at", to=(("", "o'neil+wood=dry/%_-~!#$&*?^`{|}@hearth.test"),)),
)
