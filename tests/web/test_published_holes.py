"""The published holes of other webmails, each tried on ours: its class, in vectors of our own.

security.md names them; a hole is opened the way its report says, and what comes out is looked
at as a browser would.
"""

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.conf import settings

from tests.web.letters import letter
from tests.web.test_hostile_words import Page
from webmail.message.addr_spec import BadAddress, wire_addr_spec
from webmail.message.address import Address, parse_address_list
from webmail.message.build import Draft, build
from webmail.message.homograph import shown_host
from webmail.message.invitation import read_invitation
from webmail.message.opening_job import opened
from webmail.message.plaintext import html_from_text
from webmail.message.vcard import read_contacts
from webmail.store.imap_encoder import command_pieces
from webmail.store.protocol import Refused
from webmail.web.downloads import clean_filename

ROOT = Path(__file__).resolve().parents[2]
T = "http://tracker.example.test/"
# The tags and attributes that these holes went through, and may never come out.
FORBIDDEN = re.compile(
    r"<(?:svg|math|script|style[^>]*>[^<]*(?:@import|url|position)|link|meta|base|form|input|video"
    r"|audio|object|embed|iframe|animate|set|use|fe\w+|template|noscript|title|mglyph)\b",
    re.IGNORECASE,
)

HTML_HOLES = {
    "CVE-2020-12625 script in an image": '<img src="x" onerror="hurt()">',
    "CVE-2020-15562 svg namespace": '<svg xmlns="http://www.w3.org/2000/svg"><script>hurt()</script>',
    "CVE-2020-18670 link of a vbscript": '<a href="vbscript:hurt()">a</a>',
    "CVE-2023-5631 svg use of a data URL": '<svg><use href="data:image/svg+xml;base64,PHN2Zz4=#x">',
    "CVE-2024-37383 svg animate of a href": '<svg><animate attributeName="href " '
    'values="javascript:hurt()" href="#l"/><a id="l"><text>a</text></a></svg>',
    "CVE-2024-42009 made again after cleaning": '<body title="bgcolor=foo" name="bar '
    'style=animation-name:p onanimationstart=hurt() foo=bar">a',
    "CVE-2024-42010 sheet that is let through": f"<style>body{{background:url({T})}}</style>a",
    "CVE-2024-45800 parsed otherwise the second time": "<math><mtext><table><mglyph><style><!--"
    '</style><img title="--&gt;&lt;img src=1 onerror=hurt()&gt;">',
    "CVE-2025-68461 svg animate": '<svg><animate href="#x" attributeName="href" by="javascript:a">',
    "CVE-2026-25916 feImage": f'<svg><filter id="f"><feImage href="{T}"/></filter></svg>',
    "CVE-2026-35540 sheet of a local host": '<link rel="stylesheet" href="http://localhost/a.css">',
    "CVE-2026-35542 background of the body": f'<body background="{T}">a',
    "CVE-2026-35543 animate by": '<svg><a><animate attributeName="href" by="javascript:hurt()"/>',
    "CVE-2026-35544 laid over the page": '<div style="position:fixed !important;top:0">a</div>',
    "CVE-2026-35545 function in a fill": f'<svg><rect fill="url({T}#a)"/></svg>',
    "CVE-2026-48845 unclosed url": f'<p style="background:url({T}">a</p>',
    "CVE-2026-48846 image-set": f"<p style=\"background:image-set('{T}' 1x)\">a</p>",
    "CVE-2026-26079 comment in a value": f'<p style="background:u/**/rl({T})">a</p>',
    "CVE-2021-26925 import by an escape": f"<style>@\\69mport '{T}';</style>a",
    "CVE-2021-46144 escape in a value": f'<p style="background:\\75rl({T})">a</p>',
    "CVE-2025-68460 variable": f'<p style="--a:url({T});background:var(--a)">a</p>',
    "Roundcube #5583 input and video": f'<input type="image" src="{T}"><video src="{T}">',
    "EFAIL attribute over parts": f'<img src="{T}',
    "CVE-2022-30287 form": f'<form action="{T}"><button>press</button></form>',
    "Proton 2022 svg style": f"<svg><style>@import url({T});</style></svg>",
}


@pytest.mark.parametrize("html", HTML_HOLES.values(), ids=HTML_HOLES)
def test_html_of_a_hole_comes_out_harmless(html, mara, store):
    """In the frame, in the editor of an answer and of a draft."""
    raw = letter(text=f"<p>seen</p>{html}", kind="text/html; charset=utf-8")
    ref, draft = store.append("INBOX", raw), store.append("Drafts", raw)
    shown = mara.get(f"{mara.url_of(ref)}body/").content.decode().partition("</head>")[2]
    written = [
        re.search(r'<textarea name="html"[^>]*>\n(.*?)</textarea>', page.content.decode(), re.S)[1]
        for page in (
            mara.get("/compose/", {"reply": mara.text_of(ref)}),
            mara.get("/compose/", {"forward": mara.text_of(ref)}),
            mara.get("/compose/", {"draft_of": mara.text_of(draft)}),
        )
    ]
    for out in (shown, *(each.replace("&lt;", "<").replace("&gt;", ">") for each in written)):
        assert "seen" in out
        assert not Page(out).harm
        assert not FORBIDDEN.search(out)
        assert not re.search(r"(?:src|href|style|background|action)=[^>]*tracker\.example", out)
        assert "javascript:" not in out
        assert "position" not in out


TEXT_HOLES = {
    "CVE-2020-35730 link reference": f"[1] {T}?<img src=x onerror=hurt()>\n[1]",
    "CVE-2023-43770 link reference": "[<script>hurt()</script>]: https://e.example/a",
    "CVE-2026-54433 address": "a@a.co?]<img/src=x onerror=hurt()>",
    "Bulwark f05f70a": 'https://e.example/"onmouseover="hurt()',
}


@pytest.mark.parametrize("text", TEXT_HOLES.values(), ids=TEXT_HOLES)
def test_text_of_a_hole_stays_text(text):
    html = html_from_text(text)
    assert not Page(html).harm
    assert "<img" not in html
    assert "<script" not in html


WORD_HOLES = {
    "CVE-2020-13964 subject": "Subject",
    "CVE-2021-44025 name of a file": "file",
    "CVE-2026-48849 subject of a draft": "draft",
    "CVE-2026-54432 type of a part": "type",
    "1.7.3 name of a sender": "From",
}


@pytest.mark.parametrize("where", WORD_HOLES.values(), ids=WORD_HOLES)
def test_a_strangers_word_never_becomes_markup(where, mara, store):
    word = "'\"><img src=x onerror=hurt()>"
    head = {
        "Subject": f"Subject: {word}",
        "draft": f"Subject: {word}",
        "From": f'From: "{word.replace(chr(34), "")}" <ben@hearth.test>',
    }.get(where, "Subject: a")
    part = {
        "file": f"Content-Type: application/pdf; name*=utf-8''{word.encode().hex()}\n"
        f'Content-Disposition: attachment; filename="{word.replace(chr(34), "")}"',
        "type": "Content-Type: application/'><img/src=x onerror=hurt()>\n"
        "Content-Disposition: attachment; filename=a.bin",
    }.get(where, "Content-Type: text/plain")
    raw = (
        f"{head}\nMIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b\n\n"
        f"--b\nContent-Type: text/plain\n\nseen\n--b\n{part}\n\nx\n--b--\n"
    )
    ref = store.append(
        "Drafts" if where == "draft" else "INBOX", raw.replace("\n", "\r\n").encode()
    )
    pages = [mara.get(mara.url_of(ref)), mara.get(mara.list_url(ref.mailbox))]
    pages += [mara.get("/compose/", {"draft_of": mara.text_of(ref)}, follow=True)]
    for page in pages:
        assert page.status_code == 200
        assert not Page(page.content.decode()).harm
        assert "<img src=x" not in page.content.decode()


@pytest.mark.parametrize(
    ("kind", "content"),
    [
        ("text/html", b"<script>hurt()</script>"),  # CVE-2024-42008
        ("image/svg+xml", b"<svg onload=hurt()>"),  # CVE-2020-16145
        ("application/xml", b"<a xmlns='http://www.w3.org/1999/xhtml'>"),  # CVE-2020-13965
        ("text/x-unknown", b"<html><script>hurt()</script>"),  # Roundcube #10308
        ("application/pdf", b"%PDF-1.4"),  # CVE-2024-4367
    ],
)
def test_a_part_is_a_download_and_nothing_that_runs(kind, content, mara, store):
    raw = (
        b"MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\na\r\n"
        b"--b\r\nContent-Type: " + kind.encode() + b"\r\nContent-Disposition: inline; "
        b"filename=a\r\n\r\n" + content + b"\r\n--b--\r\n"
    )
    url = f"{mara.url_of(store.append('INBOX', raw))}part/2/"
    for query in ("", "?view=1", "?inline=1"):
        answer = mara.get(f"{url}{query}")
        assert answer["Content-Disposition"].startswith("attachment")
        assert answer["Content-Type"] == "application/octet-stream"
        assert answer["X-Content-Type-Options"] == "nosniff"
        assert "sandbox" in answer["Content-Security-Policy"]
    assert "pdfjs" not in (ROOT / "package.json").read_text("utf-8")


@pytest.mark.parametrize(
    "name",
    [
        "a\r\nSet-Cookie: a=b",  # CVE-2023-47272
        "../../etc/passwd",  # CVE-2017-16651
        "C:\\windows\\a.exe",
        'a"; filename="b.exe',
        "a\u202excod.exe",
    ],
)
def test_a_name_of_a_file_is_only_a_name(name):
    clean = clean_filename(name)
    assert not re.search(r"[\r\n\0/\\\u202e]", clean)
    assert not clean.startswith(".")


@pytest.mark.parametrize(
    "words",
    ["a\r\nA9 DELETE INBOX", "{5+}", "{5}", "a)(DELETED", "*", "%", '"', "a\0b"],
)
def test_imap_words_are_one_argument(words):
    """CVE-2026-35538, IMAPClient #657, net-imap CVE-2026-42257: a search is one command."""
    octets, literals = b"", 0
    try:
        for piece in command_pieces("UID SEARCH", ["SUBJECT", words]):
            is_literal = not isinstance(piece, bytes)
            literals += is_literal
            octets += b"" if is_literal else piece
    except Refused:  # nobody can be asked for a NUL
        return
    outside = re.sub(rb'"(?:[^"\\]|\\.)*"', b"", octets)
    assert octets.count(b"\r\n") <= 1 + literals
    assert not re.search(rb"DELETE|\{5|[*%]", outside)


@pytest.mark.parametrize(
    "query", ["' OR 1=1 --", "a%' UNION SELECT password FROM auth_user --", "\\'; DROP TABLE x; --"]
)
def test_a_search_is_never_sql(query, mara, store):
    """CVE-2021-44026, CVE-2026-48842."""
    store.append("INBOX", letter(subject="kept"))
    for path in ("/search/", mara.list_url()):
        answer = mara.get(path, {"q": query}, follow=True)
        assert answer.status_code == 200
        assert '<li class="row' not in answer.content.decode()
    assert "kept" in mara.get(mara.list_url()).content.decode()


def test_nothing_stored_is_unpickled():
    """CVE-2025-49113, CVE-2026-35537, CVE-2026-48847: sessions and tasks are JSON."""
    assert settings.SESSION_SERIALIZER.endswith("JSONSerializer")
    assert "cache" not in settings.SESSION_ENGINE
    sources = [path.read_text("utf-8") for path in (ROOT / "webmail").rglob("*.py")]
    banned = re.compile(r"^\s*(?:import|from)\s+(?:pickle|marshal|shelve|yaml)\b", re.MULTILINE)
    assert not any(banned.search(each) for each in sources)


@pytest.mark.parametrize(
    "octets",
    [
        b"\x78\x9f\x3e\x22\x00\x00" + b"\x02\x03\x90\x06\x00\x00\x00\x00\x00\x00\x00" * 50,
        b"\x78\x9f\x3e\x22\x00\x00\x02\x05\x90\x06\x00\xff\xff\xff\xff",
        b"\x78\x9f\x3e\x22\x00\x00\x02\x03\x90\x06\x00\x08\x00\x00\x00\xff\xff\xff\x7f\x0d\x00\x01\x37",
    ],
)
def test_a_winmail_that_never_ends_is_left_alone(octets):
    """CVE-2026-62641, CVE-2026-62642."""
    found = opened(octets)
    assert found is None or b"winmail" not in found


@pytest.mark.parametrize(
    "field",
    [
        "SUMMARY:<img src=x onerror=hurt()>",  # CVE-2025-27915
        "DESCRIPTION:<details ontoggle=hurt() open>",
        'ORGANIZER;CN="<svg/onload=hurt()>":mailto:ben@hearth.test',  # CVE-2022-24682
        "URL:javascript:hurt()",
    ],
)
def test_an_invitation_is_words(field, mara, store):
    kept = [] if field.startswith("SUMMARY") else ["SUMMARY:a"]
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "METHOD:REQUEST", "BEGIN:VEVENT", "UID:1"]
    lines += ["DTSTART:20261201T090000Z", *kept, field, "END:VEVENT", "END:VCALENDAR", ""]
    assert read_invitation("\r\n".join(lines).encode()) is not None
    text = "\n".join(lines)
    ref = store.append("INBOX", letter(text=text, kind="text/calendar; method=REQUEST"))
    assert not Page(mara.get(mara.url_of(ref)).content.decode()).harm


def test_a_card_fetches_no_photo():
    """CVE-2015-5382."""
    card = f"BEGIN:VCARD\r\nVERSION:4.0\r\nFN:a\r\nPHOTO;VALUE=uri:{T}\r\nEND:VCARD\r\n"
    assert T not in repr(read_contacts(card.encode()))


@pytest.mark.parametrize(
    "text",
    [
        "=?utf-8?b?cG90dXNAd2hpdGVob3VzZS5nb3Y=?=@evil.example",  # Mailsploit
        "=?utf-8?Q?a=40good.example=00?=@evil.example",
        '"potus@whitehouse.gov" <a@evil.example>',
    ],
)
def test_an_address_is_that_of_its_sender(text):
    assert {each.addr_spec.rpartition("@")[2] for each in parse_address_list(text)} <= {
        "evil.example",
        "",
    }


def test_a_domain_in_look_alike_letters_is_shown_as_it_is():
    """CVE-2019-15237."""
    assert shown_host("xn--pypal-4ve.com").startswith("xn--")


@pytest.mark.parametrize("subject", ["a\r\nBcc: eve@e.example", "a\nX: y", "a\rX: y", "a\0"])
def test_a_field_that_is_written_is_one_field(subject):
    """CPython CVE-2024-6923, CVE-2025-1795, CVE-2026-1299; Roundcube #8404."""
    draft = Draft(
        from_=Address("", "ada@hearth.test"),
        to=(Address(subject, "ben@hearth.test"),),
        subject=subject,
        text="a\n.\r\n.\rb\n.\n",
    )
    try:
        built = build(draft, message_id="<a@hearth.test>", date=datetime(2026, 11, 22, tzinfo=UTC))
    except ValueError:
        return
    head = built.wire.partition(b"\r\n\r\n")[0]
    assert not re.search(rb"^(?:bcc|x):", head, re.IGNORECASE | re.MULTILINE)
    # CVE-2023-51764 and its kin: no bare CR or LF for a second message to hide behind.
    assert not re.search(rb"(?<!\r)\n|\r(?!\n)", built.wire)


@pytest.mark.parametrize(
    "address", ["a@b.example>\r\nRCPT TO:<c@d", "a b@c.example", "a@b\0.example"]
)
def test_an_address_is_no_smtp_command(address):
    """CPython bpo-43124."""
    with pytest.raises(BadAddress):
        wire_addr_spec(address)
