"""Uploaded files: whole or not at all, under our own names, gone when nobody wants them."""

from datetime import timedelta

import pytest
from django.utils import timezone

from webmail.accounts.models import User
from webmail.attachments import storage
from webmail.attachments.models import Upload

pytestmark = pytest.mark.django_db


@pytest.fixture
def folder(settings, tmp_path):
    settings.WEBMAIL_DATA_DIR = tmp_path
    return tmp_path / "uploads"


@pytest.fixture
def user():
    return User.objects.create(address="mara@hearth.example")


def receive(user, pieces=(b"abc", b"def"), *, limit_bytes=100, **more):
    return storage.receive(
        pieces,
        user=user,
        draft_key="draft",
        filename=more.pop("filename", "a.txt"),
        media_type=more.pop("media_type", "text/plain"),
        limit_bytes=limit_bytes,
        **more,
    )


def test_a_file_is_kept_whole_under_our_key_and_not_its_name(folder, user):
    upload = receive(user, filename="../../a.txt")
    assert storage.read(upload) == b"abcdef"
    assert [path.name for path in folder.iterdir()] == [upload.key]
    assert (upload.filename, upload.size_bytes) == ("a.txt", 6)


def test_a_file_stops_at_its_limit_and_nothing_of_it_stays(folder, user):
    taken = []

    def endless():
        while True:
            taken.append(1)
            yield b"x" * 10

    with pytest.raises(storage.UploadTooLarge):
        receive(user, endless(), limit_bytes=25)
    assert len(taken) == 3
    assert list(folder.iterdir()) == []
    assert not Upload.objects.exists()


@pytest.mark.parametrize("damage", [b"abcdeX", b"abc", None])
def test_a_damaged_or_missing_file_is_noticed(folder, user, damage):
    upload = receive(user)
    path = folder / upload.key
    if damage is None:
        path.unlink()
    else:
        path.write_bytes(damage)
    with pytest.raises(storage.UploadDamaged):
        storage.read(upload)


def test_a_file_brought_twice_is_one_file_only_where_asked(folder, user):
    assert receive(user, once=True) == receive(user, once=True)
    assert receive(user) != receive(user)
    assert receive(user, [b"other"], once=True) not in Upload.objects.filter(size_bytes=6)


def test_a_day_later_only_files_of_living_drafts_are_left(folder, user):
    wanted, orphan = receive(user), receive(user)
    Upload.objects.filter(pk=orphan.pk).update(draft_key="gone")
    young = receive(user)
    Upload.objects.filter(pk=young.pk).update(draft_key="gone too")
    day = timezone.now() - timedelta(hours=25)
    Upload.objects.filter(pk__in=[wanted.pk, orphan.pk]).update(created_at=day)
    assert storage.sweep(timezone.now(), existing=lambda keys: {"draft"} & set(keys)) == 1
    assert set(Upload.objects.all()) == {wanted, young}
    assert storage.read(wanted) == b"abcdef"


def test_a_left_over_of_a_crash_goes_after_a_day(folder, user):
    receive(user)
    (folder / "half.part").write_bytes(b"x")
    later = timezone.now() + timedelta(hours=25)
    storage.sweep(later, existing=set)
    assert not (folder / "half.part").exists()


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("a.txt", "a.txt"),
        ("C:\\Users\\me\\a.txt", "a.txt"),
        ("../../etc/passwd", "passwd"),
        ("a\r\nb\0.txt", "ab.txt"),
        ("旅行.pdf", "旅行.pdf"),
        ("...", "attachment"),
        ("", "attachment"),
        ("n" * 300 + ".jpeg", "n" * 195 + ".jpeg"),
    ],
)
def test_names_of_files_are_made_harmless(name, expected):
    assert storage.clean_filename(name) == expected


@pytest.mark.parametrize(
    ("media_type", "expected"),
    [
        ("image/PNG", "image/png"),
        ("text/plain; charset=utf-8", "text/plain"),
        ("message/rfc822", "message/rfc822"),
        ("multipart/mixed", "application/octet-stream"),
        ('image/png"\r\nBcc: x', "application/octet-stream"),
        ("", "application/octet-stream"),
    ],
)
def test_types_of_files_are_made_harmless(media_type, expected):
    assert storage.clean_media_type(media_type) == expected
