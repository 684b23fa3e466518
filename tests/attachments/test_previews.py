"""Previews: a real child makes them, a folder keeps them, and neither trusts the file."""

import io
import os
import time
import zlib

import pypdfium2
import pytest
from PIL import Image

from webmail.attachments import preview_job, previews
from webmail.store.mailbox import MessageRef

KEY = previews.key_of(1, MessageRef("INBOX", 7, 9), "2")
ORIENTATION, GPS = 0x0112, 0x8825


@pytest.fixture(autouse=True)
def folder(settings, tmp_path):
    settings.WEBMAIL_DATA_DIR = tmp_path
    return tmp_path / "previews"


def photo(size=(2000, 1000), kind="JPEG", **options):
    out = io.BytesIO()
    Image.new("RGB", size, "navy").save(out, kind, **options)
    return out.getvalue()


def turned_photo():
    exif = Image.Exif()
    exif[ORIENTATION] = 6
    exif[0x010F] = "SECRET CAMERA"
    exif.get_ifd(GPS)[1] = "N"
    return photo(exif=exif)


def document(pages):
    made = pypdfium2.PdfDocument.new()
    for _ in range(pages):
        made.new_page(595, 842)
    out = io.BytesIO()
    made.save(out)
    return out.getvalue()


def preview(content, kind, charset="", key=KEY, *, is_cut=False):
    previews.receive(1, key, [content], kind=kind, charset=charset, is_cut=is_cut)
    previews.make(1, key)
    return previews.find(1, key)


def seen(content):
    return Image.open(io.BytesIO(content))


def test_a_picture_is_turned_made_small_and_freed_of_its_metadata():
    found = preview(turned_photo(), "picture")
    view, thumb = found.picture(page=1), found.picture()
    assert seen(view).size == (800, 1600)
    assert max(seen(thumb).size) == 320
    assert seen(view).format == "WEBP"
    assert b"SECRET" not in view
    assert b"EXIF" not in view
    assert not seen(view).getexif()


@pytest.mark.parametrize("kind", ["PNG", "GIF", "WEBP", "BMP", "TIFF", "AVIF"])
def test_pictures_of_many_kinds_are_shown(kind):
    assert seen(preview(photo((50, 40), kind), "picture").picture(page=1)).size == (50, 40)


def test_what_is_clear_stays_clear():
    out = io.BytesIO()
    Image.new("RGBA", (30, 30), (255, 0, 0, 0)).save(out, "PNG")
    shown = seen(preview(out.getvalue(), "picture").picture(page=1))
    assert shown.convert("RGBA").getpixel((5, 5))[3] == 0


def test_the_first_pages_of_a_document_are_shown():
    found = preview(document(9), "pdf")
    assert (found.kind, found.shown, found.total) == ("pdf", 5, 9)
    assert max(seen(found.picture(page=5)).size) == 1600
    assert found.picture(page=6) is None
    assert max(seen(found.picture()).size) == 320


@pytest.mark.parametrize(
    ("content", "charset", "text"),
    [
        ("Grüße\r\nzwei".encode(), "", "Grüße\nzwei"),
        ("Grüße".encode("latin-1"), "iso-8859-1", "Grüße"),
        ("日本語のテキストです。これは試験です。".encode("shift_jis"), "", "日本語の"),
        (b"a\x00\x1b[31mb\x7f\tc", "", "a[31mb\tc"),
        (b"<script>hurt()</script>", "../../etc; rm", "<script>hurt()</script>"),
    ],
)
def test_text_is_read_in_its_charset_without_controls(content, charset, text):
    assert preview(content, "text", charset).text().startswith(text)


def bomb():
    """A PNG of 60,000 by 60,000 pixels in a few kilobytes."""

    def chunk(kind, content):
        crc = zlib.crc32(kind + content).to_bytes(4, "big")
        return len(content).to_bytes(4, "big") + kind + content + crc

    size = (60_000).to_bytes(4, "big")
    head = chunk(b"IHDR", size + size + b"\x08\x02\x00\x00\x00")
    return b"\x89PNG\r\n\x1a\n" + head + chunk(b"IDAT", zlib.compress(bytes(10_000)))


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (bomb(), "picture"),
        (b"<svg onload='hurt()'/>", "picture"),
        (photo()[:300], "picture"),
        (b"%PDF-1.7 nothing", "pdf"),
        (b"", "pdf"),
        (b"", "picture"),
    ],
    ids=["bomb", "svg", "cut", "broken pdf", "empty pdf", "empty"],
)
def test_what_cannot_be_shown_is_remembered_and_not_tried_again(content, kind, monkeypatch):
    assert preview(content, kind).kind == ""
    monkeypatch.setattr(preview_job, "run", lambda *_: pytest.fail("tried again"))
    previews.make(1, KEY)


def test_the_file_itself_is_gone_afterwards(folder):
    preview(photo((20, 20)), "picture")
    names = {path.name for path in (folder / "1" / KEY).iterdir()}
    assert names == {"facts.json", "question.json", "thumb.webp", "view-1.webp"}


def _child(monkeypatch, tmp_path, source):
    child = tmp_path / "child.py"
    child.write_text(source)
    monkeypatch.setattr(preview_job, "_CHILD", child)
    given = tmp_path / "given"
    given.write_bytes(b"x")
    return preview_job.run(given, "text")


@pytest.mark.parametrize(
    "source",
    [
        "import time; time.sleep(60)",
        "raise SystemExit(1)",
        "print('not json')",
        """print('{"files": [["../../x", 1]], "shown": 1, "total": 1}\\nx', end='')""",
        """print('{"files": [["thumb.webp", 4]], "shown": 1, "total": 1}\\n<svg', end='')""",
        """print('{"files": 5, "shown": 1, "total": 1}')""",
    ],
    ids=["sleeps", "breaks", "babbles", "escapes", "svg", "odd"],
)
def test_a_child_that_was_taken_over_is_not_believed(source, monkeypatch, tmp_path):
    monkeypatch.setattr(preview_job, "WALL_TIME_S", 1)
    assert _child(monkeypatch, tmp_path, source).kind == ""


def test_the_child_knows_nothing_of_us(monkeypatch, tmp_path):
    monkeypatch.setenv("WEBMAIL_SECRET", "hush")
    source = """
import os, sys
text = repr(dict(os.environ)).encode()
head = b'{"files": [["text.txt", %d]], "shown": 1, "total": 1}\\n' % len(text)
sys.stdout.buffer.write(head + text)
"""
    made = _child(monkeypatch, tmp_path, source)
    assert made.kind == "text"
    assert b"hush" not in made.files["text.txt"]


def test_a_file_that_is_too_large_is_not_taken(monkeypatch, folder):
    monkeypatch.setattr(previews, "MOST_SOURCE_BYTES", 10)
    with pytest.raises(previews.PreviewRefused):
        previews.receive(1, KEY, [b"123456", b"123456"], kind="pdf", charset="", is_cut=False)
    assert not previews.is_waiting(1, KEY)
    assert not list(folder.rglob("*.part"))


def test_a_person_may_have_only_so_many_waiting(monkeypatch):
    monkeypatch.setattr(previews, "MOST_WAITING", 1)
    previews.receive(1, KEY, [b"1"], kind="pdf", charset="", is_cut=False)
    assert previews.is_waiting(1, KEY)
    other = previews.key_of(1, MessageRef("INBOX", 7, 10), "2")
    with pytest.raises(previews.PreviewRefused) as refused:
        previews.receive(1, other, [b"1"], kind="pdf", charset="", is_cut=False)
    assert refused.value.is_busy
    previews.receive(2, other, [b"1"], kind="pdf", charset="", is_cut=False)


def test_somebody_elses_is_not_found():
    preview(photo((20, 20)), "picture")
    assert previews.find(2, KEY) is None


def test_what_is_old_goes_and_what_was_looked_at_stays(folder):
    keys = [previews.key_of(1, MessageRef("INBOX", 7, n), "2") for n in (1, 2, 3)]
    now = time.time()
    for days, key in zip((20, 20, 1), keys, strict=True):
        previews.refuse(1, key)
        os.utime(folder / "1" / key / "facts.json", (now - days * 86400,) * 2)
    previews.find(1, keys[1])
    assert previews.sweep(now=now) == 1
    assert [previews.find(1, key) is None for key in keys] == [True, False, False]


def test_over_the_cap_what_was_not_looked_at_for_longest_goes(folder, monkeypatch):
    keys = [previews.key_of(1, MessageRef("INBOX", 7, n), "2") for n in (1, 2, 3)]
    now = time.time()
    for minutes, key in zip((30, 20, 10), keys, strict=True):
        previews.refuse(1, key)
        os.utime(folder / "1" / key / "facts.json", (now - minutes * 60,) * 2)
    size = (folder / "1" / KEY[:0] / keys[0] / "facts.json").stat().st_size
    monkeypatch.setattr(previews, "MOST_BYTES", 2 * size)
    previews.sweep(now=now)
    assert [previews.find(1, key) is None for key in keys] == [True, False, False]


def test_what_a_worker_never_came_for_goes_too(folder):
    previews.receive(1, KEY, [b"1"], kind="pdf", charset="", is_cut=False)
    later = time.time() + 2 * 3600
    assert previews.sweep(now=later) == 1
    assert not (folder / "1" / KEY).exists()


@pytest.mark.parametrize("key", ["../../../etc", "", "A" * 32, KEY + "/"])
def test_a_key_is_never_a_path(key):
    with pytest.raises(ValueError, match="names no preview"):
        previews.find(1, key)
