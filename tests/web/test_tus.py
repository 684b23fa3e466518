"""Files in pieces by tus 1.0.0: what a broken line left goes on, for its owner (T31, T69)."""

import base64
import hashlib
import io
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from tests.attachments.test_photos import photo
from tests.web.forms import begin
from tests.web.newsletters import png
from webmail.accounts.models import User
from webmail.attachments import photo_marks, resumable, storage
from webmail.attachments.models import Unfinished, Upload
from webmail.submission.models import StoredDraft
from webmail.web import tasks, tus

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("submission")]
TUS = {"Tus-Resumable": "1.0.0"}
CONTENT = bytes(range(256)) * 4
JSON = "application/json"


@pytest.fixture
def draft(mara):
    action, fields = begin(mara, to="jonas@hearth.example", text="Here it is")
    mara.post(action, fields | {"do": "save"})
    return StoredDraft.objects.get()


def create(client, draft, size=1024, name="Führung ☃.bin", **facts):
    said = {"filename": name, "filetype": "application/x-thing", **facts}
    pairs = [f"{key} {base64.b64encode(each.encode()).decode()}" for key, each in said.items()]
    headers = TUS | {"Upload-Length": str(size), "Upload-Metadata": ",".join(pairs)}
    return client.post(f"/compose/{draft.key}/files/resumable/", headers=headers)


def piece(client, url, content, offset, kind="application/offset+octet-stream", **more):
    headers = TUS | {"Upload-Offset": str(offset), **more}
    return client.patch(url, content, content_type=kind, headers=headers)


def offset(client, url):
    return client.head(url, headers=TUS).headers.get("Upload-Offset")


def test_a_file_goes_on_where_the_line_broke(mara, draft):
    url = create(mara, draft)["Location"]
    answer = piece(mara, url, CONTENT[:300], 0)
    assert (answer.status_code, answer["Upload-Offset"]) == (204, "300")
    assert offset(mara, url) == "300"
    assert not Upload.objects.exists()
    assert piece(mara, url, CONTENT[300:], 300)["Upload-Offset"] == "1024"
    upload = Upload.objects.get()
    assert (upload.filename, upload.media_type) == ("Führung ☃.bin", "application/x-thing")
    assert storage.read(upload) == CONTENT
    # Whose line broke before the last answer learns that it was the last.
    assert offset(mara, url) == "1024"
    assert Upload.objects.count() == 1
    listed = mara.get(f"/compose/{draft.key}/files/", headers={"accept": JSON})
    assert [file["name"] for file in listed.json()["files"]] == ["Führung ☃.bin"]


def test_the_last_answer_is_not_lost_with_the_place_of_a_photo(mara, draft):
    User.objects.update(photo_place="remove")
    content = photo()
    url = create(mara, draft, size=len(content), name="Oak.jpg")["Location"]
    assert piece(mara, url, content, 0).status_code == 204
    assert not photo_marks.has_place(storage.read(Upload.objects.get()))
    assert offset(mara, url) == str(len(content))
    assert Upload.objects.count() == 1


def test_a_write_that_takes_only_some_of_a_piece_loses_no_octet(tmp_path):
    class Narrow(io.FileIO):
        def write(self, octets):
            return super().write(octets[:100])

    with Narrow(tmp_path / "file", "w") as file:
        assert resumable._write(file, [CONTENT], 1024, None) == 1024
    assert (tmp_path / "file").read_bytes() == CONTENT


def test_one_cancelled_while_its_last_piece_comes_is_gone(mara, draft):
    create(mara, draft)
    row = Unfinished.objects.get()

    def pieces():
        yield CONTENT
        resumable.abandon(Unfinished.objects.get())

    with pytest.raises(resumable.Gone):
        resumable.append(row, pieces(), offset=0, checksum=None)
    assert not Upload.objects.exists()


def test_a_question_names_the_version_and_each_answer_does(mara, draft):
    url = f"/compose/{draft.key}/files/resumable/"
    offers = mara.options(url)
    assert offers["Tus-Extension"] == "creation,termination,checksum,expiration"
    assert (offers["Tus-Version"], offers["Tus-Resumable"]) == ("1.0.0", "1.0.0")
    assert mara.post(url, headers={"Upload-Length": "3"}).status_code == 412


@pytest.mark.parametrize(
    ("more", "status"),
    [
        ({"offset": 5}, 409),
        ({"kind": "text/plain"}, 415),
        ({"content": CONTENT + b"x"}, 413),
        ({"Upload-Checksum": "sha256 " + base64.b64encode(b"0" * 32).decode()}, 460),
        ({"Upload-Checksum": "crc32 AAAA"}, 400),
    ],
)
def test_what_does_not_fit_changes_nothing(mara, draft, more, status):
    url = create(mara, draft)["Location"]
    said = {"content": CONTENT[:10], "offset": 0} | more
    assert piece(mara, url, **said).status_code == status
    assert offset(mara, url) == "0"


@pytest.mark.parametrize("algorithm", ["sha1", "sha256"])
def test_a_piece_proved_by_its_checksum_is_kept(mara, draft, algorithm):
    url = create(mara, draft)["Location"]
    digest = base64.b64encode(hashlib.new(algorithm, CONTENT[:9]).digest()).decode()
    answer = piece(mara, url, CONTENT[:9], 0, **{"Upload-Checksum": f"{algorithm} {digest}"})
    assert answer["Upload-Offset"] == "9"


def test_too_large_a_file_is_refused_before_a_byte_is_sent(mara, draft, settings):
    settings.WEBMAIL_MAX_MESSAGE_BYTES = 10_000
    answer = create(mara, draft, size=9_000)
    assert answer.status_code == 413
    sentence = "“Führung ☃.bin” is 9 KB and does not fit. The limit of a message is 10 KB."
    assert answer.json()["errors"]["files"] == sentence
    # What is on its way has its place.
    assert create(mara, draft, size=4_000).status_code == 201
    assert create(mara, draft, size=4_000).status_code == 413


def test_one_person_may_have_so_much_on_the_way(mara, draft, settings, monkeypatch):
    monkeypatch.setattr(resumable, "MOST_AT_ONCE", 2)
    answers = [create(mara, draft) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [201, 201, 429]
    assert answers[2].json()["errors"]["files"] == tus.ENOUGH
    mara.delete(answers[0]["Location"], headers=TUS)
    assert create(mara, draft).status_code == 201
    # What has arrived is no longer on its way.
    piece(mara, answers[1]["Location"], CONTENT, 0)
    assert create(mara, draft).status_code == 201


def test_a_cancelled_one_is_gone_with_its_bytes(mara, draft, settings):
    url = create(mara, draft)["Location"]
    piece(mara, url, b"abc", 0)
    assert mara.delete(url, headers=TUS).status_code == 204
    assert mara.head(url, headers=TUS).status_code == 404
    assert list((settings.WEBMAIL_DATA_DIR / "uploads").iterdir()) == []


def test_a_whole_one_is_taken_off_at_once(mara, draft, settings):
    url = create(mara, draft)["Location"]
    piece(mara, url, CONTENT, 0)
    key = Upload.objects.get().key
    left = mara.post(f"/compose/{draft.key}/files/{key}/remove/", headers={"accept": JSON})
    assert left.json()["files"] == []
    assert not Upload.objects.exists()
    assert list((settings.WEBMAIL_DATA_DIR / "uploads").iterdir()) == []


def test_one_that_nobody_goes_on_with_expires_and_is_swept(mara, draft, settings):
    url = create(mara, draft)["Location"]
    assert "Upload-Expires" in piece(mara, url, b"abc", 0)
    Unfinished.objects.update(touched_at=timezone.now() - timedelta(hours=25))
    assert mara.head(url, headers=TUS).status_code == 410
    tasks.sweep_uploads()
    assert not Unfinished.objects.exists()
    assert list((settings.WEBMAIL_DATA_DIR / "uploads").iterdir()) == []


def test_a_stranger_finds_nothing_and_a_form_of_another_site_does_nothing(mara, draft):
    url = create(mara, draft)["Location"]
    jonas = Client()
    jonas.post("/sign-in/", {"address": "jonas@hearth.example", "password": "secret"})
    assert create(jonas, draft).status_code == 404
    assert jonas.head(url, headers=TUS).status_code == 404
    assert piece(jonas, url, b"abc", 0).status_code == 404
    assert jonas.delete(url, headers=TUS).status_code == 404
    strict = Client(enforce_csrf_checks=True)
    strict.cookies = mara.cookies
    assert piece(strict, url, b"abc", 0).status_code == 403
    assert strict.delete(url, headers=TUS).status_code == 403
    assert offset(mara, url) == "0"


def test_a_picture_for_the_text_is_one_and_else_a_file(mara, draft):
    for content in (png(), b"<svg onload=alert(1)>"):
        answer = create(mara, draft, size=len(content), name="a.png", picture="a" * 32)
        piece(mara, answer["Location"], content, 0)
    assert [(each.place, each.content_id) for each in Upload.objects.order_by("id")] == [
        ("text", "a" * 32 + "@hearth.example"),
        ("", ""),
    ]


def test_the_form_says_what_did_not_arrive_and_asks_before_it_goes_without(mara, draft):
    piece(mara, create(mara, draft, size=4_000_000, name="film.mp4")["Location"], b"x" * 1024, 0)
    page = mara.get(f"/compose/{draft.key}/").content.decode()
    assert "1 KB of 3.8 MB arrived." in page
    fields = {"to": "jonas@hearth.example", "subject": "x", "text": "y", "do": "send"}
    answer = mara.post(f"/compose/{draft.key}/", fields | {"revision": draft.revision})
    assert "“film.mp4” has not arrived whole, so it is not attached." in answer.content.decode()
    key = Unfinished.objects.get().key
    mara.post(f"/compose/{draft.key}/files/{key}/remove/", {})
    assert "arrived" not in mara.get(f"/compose/{draft.key}/").content.decode()
