"""Parts of hostile mail as downloads: their headers are ours, whatever the message says
(T22-T24, T26)."""

import re

import pytest

from tests.web.letters import letter
from webmail.web.downloads import clean_filename

# What a sender may call a part; none of it may come back as our content type.
TYPES = """
    text/html text/plain text/xml text/css text/javascript text/calendar text/vcard text/x-component
    text/html;charset=utf-7 text/cache-manifest text/vtt text/xsl image/svg+xml image/png image/jpeg
    image/x-icon image/bmp image/tiff image/avif application/xhtml+xml application/xml
    application/javascript application/json application/pdf application/x-shockwave-flash
    application/java-archive application/x-ms-application application/hta application/zip
    application/wasm application/x-msdownload application/octet-stream application/rss+xml
    application/mathml+xml application/vnd.wap.xhtml+xml audio/mpeg video/mp4 message/http
    multipart/x-mixed-replace model/vrml chemical/x-html x-unknown/x-type font/woff2
""".split()  # noqa: SIM905  a table to read
SCRIPT = "<html xmlns='http://www.w3.org/1999/xhtml'><script>hurt()</script></html>"
OURS = {"application/octet-stream", "image/png", "image/jpeg", "image/gif", "image/webp"}


def with_part(kind, *, disposition="attachment", content=SCRIPT):
    head = f"Content-Type: {kind}\r\nContent-Disposition: {disposition}\r\n"
    body = f"--b\r\nContent-Type: text/plain\r\n\r\nSee.\r\n--b\r\n{head}\r\n{content}\r\n--b--"
    return letter("Files", body, kind="multipart/mixed; boundary=b")


def last_part(mara, store, raw):
    ref = store.append("INBOX", raw)
    section = list(store.summary(ref).structure.walk())[-1].section
    return f"{mara.url_of(ref)}part/{section}/"


@pytest.mark.parametrize("method", ["get", "head"])
@pytest.mark.parametrize("kind", TYPES)
def test_every_part_is_a_file_that_no_browser_opens(kind, method, mara, store):
    url = last_part(mara, store, with_part(kind, disposition="inline"))
    answer = getattr(mara, method)(url, headers={"Range": "bytes=0-9"})
    if kind.startswith("multipart/"):
        assert answer.status_code in {200, 206, 410}
        return
    assert answer.status_code == (206 if method == "get" else 200)
    assert answer.headers["Content-Type"] == "application/octet-stream"
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert answer.headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert answer.headers["Cache-Control"] == "no-store, private"
    answer.close()


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        ("\x89PNG\r\n\x1a\n<script>hurt()</script>", "image/png"),
        ("GIF89a=0;/*<script>hurt()</script>*/", "image/gif"),
        (" GIF89a", "application/octet-stream"),
        ("<svg onload=hurt()>", "application/octet-stream"),
        ("%PDF-1.4", "application/octet-stream"),
    ],
)
def test_a_polyglot_is_at_most_a_picture_and_still_a_file(content, kind, mara, store):
    raw = with_part("text/html", content="PLACE").replace(b"PLACE", content.encode("latin-1"))
    answer = mara.download(last_part(mara, store, raw))
    assert answer.headers["Content-Type"] == kind
    assert answer.headers["Content-Disposition"].startswith("attachment")


NAMES = [
    "a\r\nSet-Cookie: x=1.pdf",
    "a\nb.pdf",
    "a\0b.pdf",
    'a".pdf"; filename=b.exe',
    "a;b=c.pdf",
    "a%00b.pdf",
    "a%0d%0aX-Evil: 1.pdf",
    "x" * 4096 + ".pdf",
    "\u65c5" * 4096 + ".pdf",
    "../../etc/passwd",
    "..\\..\\boot.ini",
    "C:\\x\\CON",
    "con.txt",
    ".",
    "..",
    "",
    "   ",
    "a\u202efdp.exe",
    "a\u2028b\u2029c.pdf",
    "<img src=x onerror=hurt()>.html",
    "a\ud800b.pdf",
    "\u00e9'\u00e9.pdf",
    "nul",
    "-rf",
]


@pytest.mark.parametrize("name", NAMES, ids=range(len(NAMES)))
def test_a_file_name_stays_inside_its_header_and_its_folder(name, mara, store):
    spelled = "".join(f"%{octet:02X}" for octet in name.encode("utf-8", "surrogatepass"))
    raw = with_part("application/pdf", disposition=f"attachment; filename*=utf-8''{spelled}")
    answer = mara.download(last_part(mara, store, raw))
    headers = [f"{key}: {value}" for key, value in answer.headers.items()]
    assert answer.status_code == 200
    assert not any(re.search(r"[\x00-\x1f\x7f]", line) for line in headers)
    assert "Set-Cookie" not in answer.headers
    assert "X-Evil" not in answer.headers
    disposition = answer.headers["Content-Disposition"]
    assert re.fullmatch(
        r"""attachment; filename(="(?:[^"\\]|\\.)*"|\*=utf-8''[\w!#$&+.^`|~%-]*)""", disposition
    )
    assert len(disposition) < 2_000


@pytest.mark.parametrize("name", NAMES, ids=range(len(NAMES)))
def test_a_cleaned_name_names_one_file_in_one_folder(name):
    cleaned = clean_filename(name)
    assert 0 < len(cleaned) <= 160
    assert not re.search(
        r'[\x00-\x1f\x7f/\\<>:"|?*\u2028\u2029\u202a-\u202e\ud800-\udfff]', cleaned
    )
    assert cleaned.strip(". ") == cleaned
    assert cleaned.partition(".")[0].lower() not in {"con", "nul", "aux", "prn", "com1", "lpt1"}
    assert clean_filename(cleaned) == cleaned


def test_the_source_is_a_file_or_plain_text_whatever_the_subject(mara, store):
    ref = store.append("INBOX", letter('=?utf-8?Q?"=0D=0AX-Evil:_1;=00.html?=', SCRIPT))
    for query, kind in (("", "application/octet-stream"), ("?view=1", "text/plain; charset=utf-8")):
        answer = mara.download(f"{mara.url_of(ref)}source/{query}")
        assert answer.headers["Content-Type"] == kind
        assert answer.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
        assert "X-Evil" not in answer.headers
        assert SCRIPT.encode() in answer.octets
