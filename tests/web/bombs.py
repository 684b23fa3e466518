"""Messages made to hurt whoever parses them (T33-T36), by what they are made of."""

from tests.web.letters import letter


def parts(count, kind="text/plain", text="x"):
    each = f"--b\r\nContent-Type: {kind}\r\n\r\n{text}\r\n"
    return letter("Bomb", each * count + "--b--", kind="multipart/mixed; boundary=b")


def nested(depth):
    opened = "".join(
        f"--b{n}\r\nContent-Type: multipart/mixed; boundary=b{n + 1}\r\n\r\n" for n in range(depth)
    )
    return letter("Bomb", f"{opened}--b{depth}\r\n\r\nx", kind="multipart/mixed; boundary=b0")


def matryoshka(depth):
    return b"Content-Type: message/rfc822\r\n\r\n" * depth + letter("Bomb")


def html(text):
    return letter("Bomb", text, kind="text/html; charset=utf-8")


FORMATS = "".join(f"<p><b c={n}>" for n in range(1900))
BOMBS = {
    "10 000 parts": lambda: parts(10_000),
    "3 000 html parts": lambda: parts(3_000, "text/html", "<p>x</p>"),
    "40 slow html parts": lambda: parts(40, "text/html", FORMATS + "<p>x" * 1500),
    "1 000 multiparts deep": lambda: nested(1_000),
    "1 000 messages deep": lambda: matryoshka(1_000),
    "16 000 recipients": lambda: letter(
        "Bomb", to=",\r\n ".join(f"N {n} <a{n}@e.example>" for n in range(16_000))
    ),
    "brackets in To": lambda: letter("Bomb", to="\r\n ".join("(" * 60 for _ in range(100))),
    "8 000 parameters": lambda: letter(
        "Bomb", kind=";\r\n ".join(["text/plain", *(f"p{n}=x" for n in range(8_000))])
    ),
    "4 000 pieces of a name": lambda: letter(
        "Bomb", kind=";\r\n ".join(["text/plain", *(f"name*{n}*=utf-8''%41" for n in range(4_000))])
    ),
    "2 000 fields": lambda: letter("Bomb", head="\n".join(f"X-{n}: y" for n in range(2_000))),
    "20 000 references": lambda: letter(
        "Bomb", head="References: " + "\n ".join(f"<{n}@e.example>" for n in range(20_000))
    ),
    "a subject of encoded words": lambda: letter(
        "\r\n ".join("=?utf-8?Q?=41?=" for _ in range(12_000))
    ),
    "formatting": lambda: html("<a><b>" * 32_000 + "</a>" * 32_000),
    "reopened": lambda: html(FORMATS + "<p>x" * 2_000),
    "undone ends": lambda: html("<div></x>" * 22_000),
    "attributes": lambda: html("<p " + "\r\n".join(f"a{n}=1" for n in range(80_000)) + ">"),
    "rules": lambda: html("<style>" + "a{color:red}\r\n" * 50_000 + "</style>x"),
    "brackets in a style": lambda: html('<p style="' + "((((((((\r\n" * 40_000 + '">x'),
    "tables": lambda: html("<table><tr><td>\r\n" * 20_000),
    "quotes": lambda: letter("Bomb", (">" * 900 + "\r\n") * 900),
    "links": lambda: letter("Bomb", "http://e.example/a(b" * 40_000),
    "at signs": lambda: letter("Bomb", "a.a@" * 200_000),
    "flowed": lambda: letter("Bomb", "x \r\n" * 250_000, kind="text/plain; format=flowed"),
    "iso-2022 escapes": lambda: letter(
        "Bomb", "\x1b$B\x1b(B" * 100_000, kind="text/plain; charset=iso-2022-jp"
    ),
    "base64 in pieces": lambda: letter(
        "Bomb", "QQ==\r\n" * 150_000, head="Content-Transfer-Encoding: base64"
    ),
}
