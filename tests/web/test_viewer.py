"""Attachments to look at: previews, the page of each, all as one archive, those of a folder."""

import base64
import io
import re
import zipfile
from datetime import UTC, datetime, timedelta

import pypdfium2
import pytest
from PIL import Image

from tests.web.letters import letter
from webmail.attachments import previews as kept
from webmail.web import previews
from webmail.web.risky_names import can_run


@pytest.fixture(autouse=True)
def worker(monkeypatch):
    """A worker that comes at once."""

    def ask(user_id, key):
        kept.make(user_id, key)
        return True

    monkeypatch.setattr(previews, "ask_for_preview", ask)


def photo():
    out = io.BytesIO()
    exif = Image.Exif()
    exif[0x010F] = "SECRET CAMERA"
    Image.new("RGB", (900, 600), "navy").save(out, "JPEG", exif=exif)
    return out.getvalue()


def document(pages):
    made = pypdfium2.PdfDocument.new()
    for _ in range(pages):
        made.new_page(300, 400)
    out = io.BytesIO()
    made.save(out)
    return out.getvalue()


def archive(**files):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as written:
        for name, content in files.items():
            written.writestr(name, content)
    return out.getvalue()


def part(name, content, kind="application/octet-stream"):
    head = f"Content-Type: {kind}\r\nContent-Disposition: attachment; filename*=utf-8''{name}\r\n"
    text = base64.encodebytes(content).decode().replace("\n", "\r\n")
    return f"{head}Content-Transfer-Encoding: base64\r\n\r\n{text}"


def with_parts(*parts, subject="Files", boundary="b"):
    parts = ("Content-Type: text/plain\r\n\r\nSee the files.\r\n", *parts)
    body = "".join(f"--{boundary}\r\n{each}" for each in parts) + f"--{boundary}--\r\n"
    return letter(subject, body, kind=f"multipart/mixed; boundary={boundary}")


def carrying(message, name="Trip.eml"):
    head = f"Content-Type: message/rfc822\r\nContent-Disposition: attachment; filename={name}\r\n"
    return f"{head}\r\n{message.decode()}\r\n"


@pytest.fixture
def files(mara, store):
    """A message with files of all kinds, and another message with two inside it."""
    inner = with_parts(
        part("inner.jpg", photo(), "image/jpeg"),
        part("notes.txt", b"Pack boots.", "text/plain"),
        boundary="inner",
    )
    ref = store.append(
        "INBOX",
        with_parts(
            part("lake.jpg", photo(), "image/jpeg"),
            part("plan.pdf", document(7), "application/pdf"),
            part("list.csv", "a;Grüße\r\n".encode("latin-1"), "text/csv; charset=iso-8859-1"),
            part("all.zip", archive(**{"a.txt": b"a", "run.exe": b"b", "in.zip": b"c"})),
            part("plan.docx", b"PK"),
            part("run.exe", b"MZ"),
            carrying(inner),
        ),
    )
    return mara.url_of(ref)


def test_a_preview_is_a_picture_of_ours_without_metadata(files, mara):
    answer = mara.get(f"{files}part/2/preview/?size=thumb")
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "image/webp")
    assert answer.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert max(Image.open(io.BytesIO(answer.content)).size) == 320
    assert b"SECRET" not in answer.content
    view = mara.get(f"{files}part/2/preview/?size=view").content
    assert Image.open(io.BytesIO(view)).size == (900, 600)


def test_a_preview_that_is_there_asks_the_server_nothing(files, mara, store, monkeypatch):
    mara.get(f"{files}part/2/preview/")
    monkeypatch.setattr(store, "part", lambda *_, **__: pytest.fail("asked"))
    monkeypatch.setattr(store, "summary", lambda *_: pytest.fail("asked"))
    assert mara.get(f"{files}part/2/preview/").status_code == 200


def test_while_nobody_makes_it_a_blank_picture_says_so(files, mara, monkeypatch):
    monkeypatch.setattr(previews, "ask_for_preview", lambda *_: False)
    answer = mara.get(f"{files}part/2/preview/")
    assert (answer.status_code, answer.headers["Retry-After"]) == (202, "2")
    assert Image.open(io.BytesIO(answer.content)).size == (1, 1)
    page = mara.get(f"{files}part/2/view/")
    assert page.headers["Refresh"] == "2"
    assert "being made ready" in page.content.decode()


@pytest.mark.parametrize("section", ["6", "7"])
def test_of_other_files_there_is_never_one(section, files, mara):
    answer = mara.get(f"{files}part/{section}/preview/")
    assert Image.open(io.BytesIO(answer.content)).size == (2, 1)


@pytest.mark.parametrize("section", ["9", "TEXT", ""])
def test_of_no_part_there_is_none(section, files, mara):
    assert mara.get(f"{files}part/{section}/preview/").status_code in {404, 410}


def test_the_list_shows_thumbnails_and_the_files_inside(files, mara):
    page = mara.get(files).content.decode()
    thumbs = re.findall(r'<img src="[^"]*/part/([\d.]+)/preview/\?size=thumb"', page)
    assert thumbs == ["2", "3", "8.2"]
    assert "In <bdi>Trip.eml</bdi>" in page
    assert page.count('class="file"') == 9
    assert "parts.zip" in page


def test_the_pages_of_the_files_lead_from_one_to_the_next(files, mara):
    seen, url = [], f"{files}part/2/view/"
    while url:
        page = mara.get(url).content.decode()
        seen.append(re.search(r'id="viewer-title"[^>]*><bdi>([^<]*)', page)[1])
        following = re.search(r'rel="next" href="([^"]*/view/)" data-step', page)
        url = following and following[1]
    assert seen == [
        *("lake.jpg", "plan.pdf", "list.csv", "all.zip", "plan.docx", "run.exe", "Trip.eml"),
        *("inner.jpg", "notes.txt"),
    ]
    assert 'rel="prev"' in page


def test_a_document_shows_its_first_pages(files, mara):
    page = mara.get(f"{files}part/3/view/").content.decode()
    assert page.count("preview/?size=view&amp;page=") == 5
    assert "The first 5 of 7 pages." in page
    assert (
        mara.get(f"{files}part/3/preview/?size=view&page=5").headers["Content-Type"] == "image/webp"
    )


def test_text_is_shown_as_text(files, mara, store):
    assert "a;Grüße" in mara.get(f"{files}part/4/view/").content.decode()
    raw = with_parts(part("x.txt", b"<script>hurt()</script>" + b"y" * 200_000, "text/plain"))
    url = mara.url_of(store.append("INBOX", raw))
    page = mara.get(f"{url}part/2/view/").content.decode()
    assert "&lt;script&gt;hurt()" in page
    assert "<script>hurt" not in page
    assert "only the beginning" in page
    assert page.count("y") < 101_000


def test_an_archive_is_listed_with_what_to_know_of_it(files, mara):
    page = mara.get(f"{files}part/5/view/").content.decode()
    assert "3 files, 3 bytes unpacked" in page
    assert "can run programs" in page
    assert "archives inside it" in page


def test_a_file_that_can_run_is_only_named(files, mara):
    page = mara.get(f"{files}part/7/view/").content.decode()
    assert "Download it anyway" in page
    assert "preview/" not in page


def test_the_page_of_a_file_is_a_part_for_a_script(files, mara):
    part = mara.part(f"{files}part/2/view/").content.decode()
    assert "data-viewer" in part
    assert "<html" not in part


def test_files_inside_a_message_are_saved_and_seen(files, mara):
    assert mara.download(f"{files}part/8.2/").octets == photo()
    assert mara.get(f"{files}part/8.2/preview/").headers["Content-Type"] == "image/webp"
    assert "Pack boots." in mara.get(f"{files}part/8.3/view/").content.decode()


def test_all_come_as_one_archive(files, mara):
    answer = mara.download(f"{files}parts.zip")
    assert answer.headers["Content-Disposition"] == 'attachment; filename="Files.zip"'
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    made = zipfile.ZipFile(io.BytesIO(answer.octets))
    assert made.testzip() is None
    assert made.namelist() == [
        *("lake.jpg", "plan.pdf", "list.csv", "all.zip", "plan.docx", "run.exe", "Trip.eml"),
        *("Trip/inner.jpg", "Trip/notes.txt"),
    ]
    assert made.read("Trip/inner.jpg") == photo()


def test_names_in_the_archive_lead_nowhere_else(mara, store):
    raw = with_parts(
        *(part(name, b"x") for name in ("..%2F..%2Fetc%2Fpasswd", "C%3A%5Cx.dll", "CON", "a", "A"))
    )
    url = mara.url_of(store.append("INBOX", raw))
    made = zipfile.ZipFile(io.BytesIO(mara.download(f"{url}parts.zip").octets))
    assert made.namelist() == ["passwd", "x.dll", "_CON", "a", "A (2)"]


def test_a_message_without_files_has_no_archive(mara, store):
    url = mara.url_of(store.append("INBOX", letter()))
    assert mara.get(f"{url}parts.zip").status_code == 410


RISKY = """
    a.exe a.SCR a.js a.vbs a.hta a.lnk a.iso a.img a.msi a.jar a.ps1 a.bat a.cmd a.docm a.xlsm
    a.pptm a.one a.chm a.svg a.html a.pdf.exe a.exe. a.vhdx
""".split()  # noqa: SIM905  a table to read


@pytest.mark.parametrize("name", RISKY)
def test_files_that_can_run_are_known(name):
    assert can_run(name)


@pytest.mark.parametrize(
    "name", ["a.pdf", "a.docx", "exe", "a.exe.txt", "js", "a.jpg", "", "a.zip"]
)
def test_other_files_are_not_suspected(name):
    assert not can_run(name)


# -- all files of a folder -------------------------------------------------------------------------


@pytest.fixture
def folder(mara, store):
    at = datetime(2026, 11, 1, tzinfo=UTC)
    for number in range(130):
        kind = ("jpg", "pdf", "docx")[number % 3]
        raw = with_parts(part(f"file{number}.{kind}", b"x"), subject=f"Letter {number}")
        if number % 2:
            raw = raw.replace(b"Jonas Okafor <jonas@", b"Ingrid <ingrid@")
        store.append("INBOX", raw, internal_date=at + timedelta(hours=number))
    store.append("INBOX", letter("No files"), internal_date=at + timedelta(hours=500))
    return f"{mara.list_url()}files/"


def names_on(page):
    return re.findall(r'class="name clip"[^>]*><bdi>([^<]*)', page)


def older(page):
    found = re.search(r'rel="next" href="([^"]*)"', page)
    return found and found[1].replace("&amp;", "&")


def all_names(mara, url):
    found = []
    while url:
        page = mara.get(url).content.decode()
        found += names_on(page)
        url = older(page)
    return found


def test_every_file_of_a_folder_is_listed_once_newest_first(folder, mara):
    names = all_names(mara, folder)
    assert [int(name[4:].partition(".")[0]) for name in names] == list(range(129, -1, -1))


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("kind=pictures", {"jpg"}),
        ("kind=pdfs", {"pdf"}),
        ("kind=documents", {"docx"}),
        ("kind=other", set()),
        ("kind=nonsense", {"jpg", "pdf", "docx"}),
    ],
)
def test_the_kinds_are_told_apart(query, expected, folder, mara):
    names = all_names(mara, f"{folder}?{query}")
    assert {name.rpartition(".")[2] for name in names} == expected


def test_files_are_found_by_name_and_by_sender(folder, mara):
    assert all_names(mara, f"{folder}?q=FILE12.") == ["file12.jpg"]
    assert len(all_names(mara, f"{folder}?q=ingrid")) == 65
    assert all_names(mara, f"{folder}?q=ingrid&kind=pictures")[0] == "file129.jpg"


def test_a_page_looks_into_few_messages(folder, mara, store, monkeypatch):
    all_names(mara, folder)  # the index knows all
    asked = []
    genuine = store.summaries
    monkeypatch.setattr(
        store, "summaries", lambda refs: asked.append(list(refs)) or genuine(asked[-1])
    )
    mara.get(folder)
    assert [len(refs) for refs in asked] == [50]


def test_the_filter_menu_leads_there(folder, mara):
    assert f'href="{folder}"' in mara.get(mara.list_url()).content.decode()


@pytest.mark.parametrize("query", ["after=x", "after=1.0", "after=9999999999999.1", "q=%00"])
def test_nonsense_shows_the_newest(query, folder, mara):
    assert mara.get(f"{folder}?{query}").status_code == 200
