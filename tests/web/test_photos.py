"""What is asked of a photo, in the plain form and of the script."""

import io
import re

import pytest
from PIL import Image

from tests.attachments.test_photos import photo
from tests.web.forms import begin, upload, wire
from webmail.accounts.models import User
from webmail.attachments import photo_marks, photos, storage
from webmail.attachments.models import Upload
from webmail.message.parse import parse_message

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("submission")]
JSON = {"accept": "application/json"}


def attach(mara, content, name="Oak.jpg"):
    action, fields = begin(mara, to="jonas@hearth.example", subject="Oak", text="See")
    mara.post(f"{action}files/", fields | {"files": upload(name, content)})
    return action, fields


def page_of(mara, action):
    return mara.get(action).content.decode()


def choose(mara, action, answer, **more):
    key = Upload.objects.get().key
    return mara.post(f"{action}files/{key}/photo/", {"photo": answer}, **more)


def test_a_photo_that_tells_its_place_is_asked_about_and_silent_on_request(mara):
    action, _ = attach(mara, photo())
    assert "This photo says where it was taken." in page_of(mara, action)
    assert choose(mara, action, "remove").status_code == 303
    stored = storage.read(Upload.objects.get())
    assert not photo_marks.has_place(stored)
    assert "Where and when it was taken is removed." in page_of(mara, action)
    # It is what leaves, and the answer is remembered.
    fields = {"to": "jonas@hearth.example", "subject": "Oak", "text": "See", "revision": "1"}
    mara.post(action, fields | {"do": "send"})
    assert b"Camera" not in parse_message(wire()).part_bytes("2")
    Upload.objects.all().delete()
    attach(mara, photo())
    assert not photo_marks.has_place(storage.read(Upload.objects.get()))


def test_one_who_keeps_the_place_is_not_asked_again(mara):
    action, _ = attach(mara, photo())
    choose(mara, action, "keep")
    assert "was taken" not in page_of(mara, action)
    Upload.objects.all().delete()
    action, _ = attach(mara, photo())
    page = page_of(mara, action)
    assert "Says where it was taken." in page
    assert 'name="photo" value="keep"' not in page
    assert photo_marks.has_place(storage.read(Upload.objects.get()))


def test_who_wants_to_be_asked_again_is(mara):
    User.objects.update(photo_place="remove")
    action, _ = attach(mara, photo())
    choose(mara, action, "ask")
    assert User.objects.get().photo_place == ""


@pytest.mark.parametrize(("size", "pixels"), [("small", 1280), ("medium", 2048), ("whole", 3000)])
def test_a_large_photo_can_be_made_smaller(mara, monkeypatch, size, pixels):
    monkeypatch.setattr(photos, "LARGE_BYTES", 10_000)
    action, _ = attach(mara, photo(size=(3000, 1500), place=False))
    assert "Make it smaller?" in page_of(mara, action)
    answer = choose(mara, action, size, headers=JSON).json()
    assert answer["files"][0]["offers"] == []
    picture = Image.open(io.BytesIO(storage.read(Upload.objects.get())))
    assert max(picture.size) == pixels
    assert User.objects.get().photo_size == size
    Upload.objects.all().delete()
    action, _ = attach(mara, photo(size=(3000, 1500), place=False))
    offered = re.findall(r'name="photo" value="(\w+)"', page_of(mara, action))
    assert offered[0] == size


def test_a_heic_photo_goes_as_it_is_and_says_so(mara):
    action, _ = attach(mara, b"\0\0\0\x18ftypheic\0\0\0\0mif1", name="a.heic")
    assert "A HEIC photo goes as it is" in page_of(mara, action)


def test_a_photo_that_pretends_to_be_one_breaks_nothing(mara, monkeypatch):
    monkeypatch.setattr(photos, "LARGE_BYTES", 10)
    action, _ = attach(mara, b"\xff\xd8\xff\xe1\0\x10nonsense")
    answer = choose(mara, action, "small", headers=JSON)
    assert answer.json()["warning"] == "This photo cannot be made smaller, so it stays as it is."
