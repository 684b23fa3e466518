"""Remote pictures: withheld, told in words, shown by this server alone (T08, T09, T76)."""

import io
import time
from dataclasses import replace

import pytest
from PIL import Image

from tests.lab.pages import Pages
from tests.web.newsletters import SENDER, newsletter, png, sources
from webmail.accounts.models import PictureConsent, User
from webmail.attachments import remote_pictures
from webmail.web.images import image_url


def body_of(mara, ref, query=""):
    return mara.get(f"{mara.url_of(ref)}body/{query}")


def test_what_is_withheld_is_said_and_nothing_is_fetched(mara, store, host):
    ref = store.append("INBOX", newsletter(host))
    page = mara.get(mara.url_of(ref)).content.decode()
    assert "<strong>Pictures are blocked</strong> for your privacy: 1 picture from " in page
    assert "img.shop.example, 1 tracker from t.shop.example." in page
    answer = body_of(mara, ref)
    assert sources(answer) == []
    assert "/images/" not in answer["Content-Security-Policy"]
    assert host.connections == 0


def test_shown_once_they_come_from_our_own_origin_without_the_tracker(mara, store, host):
    ref = store.append("INBOX", newsletter(host))
    page = mara.get(f"{mara.url_of(ref)}?pictures=once").content.decode()
    assert f'src="{mara.url_of(ref)}body/?pictures=once"' in page
    assert "Still blocked: 1 tracker from t.shop.example." in page
    answer = body_of(mara, ref, "?pictures=once")
    (source,) = sources(answer)
    assert source.startswith("/images/")
    policy = answer["Content-Security-Policy"]
    parts = f"http://testserver{mara.url_of(ref)}part/"
    assert f"img-src {parts} http://testserver/images/ data:;" in policy
    picture = mara.get(source)
    assert (picture.status_code, picture["Content-Type"]) == (200, "image/png")
    assert picture.content != png()
    assert Image.open(io.BytesIO(picture.content)).size == (60, 30)
    assert [path for path, _ in host.asked] == ["/a.png?k=1"]
    assert not {"Cookie", "Referer"} & set(host.asked[0][1])
    assert sources(body_of(mara, ref)) == []


def test_a_second_look_asks_nobody(mara, store, host):
    ref = store.append("INBOX", newsletter(host))
    for _ in range(2):
        (source,) = sources(body_of(mara, ref, "?pictures=once"))
        assert mara.get(source).status_code == 200
    assert len(host.asked) == 1


def test_trackers_are_shown_only_when_asked_for(mara, store, host):
    ref = store.append("INBOX", newsletter(host))
    assert len(sources(body_of(mara, ref, "?pictures=all"))) == 2
    assert "?pictures=all" in mara.get(f"{mara.url_of(ref)}?pictures=once").content.decode()


def test_what_the_url_asks_counts_for_the_message_it_names(mara, store, host):
    first = store.append("INBOX", newsletter(host))
    other = store.append("INBOX", newsletter(host))
    page = mara.get(f"{mara.url_of(first)}?pictures=once").content.decode()
    assert f"{mara.url_of(other)}body/?pictures" not in page


@pytest.mark.parametrize(
    ("act", "name", "also"),
    [("sender", SENDER, False), ("domain", "hearth.example", True)],
)
def test_a_standing_choice_is_remembered_listed_and_taken_back(mara, store, host, act, name, also):
    ref = store.append("INBOX", newsletter(host))
    other = store.append("INBOX", newsletter(host, sender="Eva <eva@hearth.example>"))
    stranger = store.append("INBOX", newsletter(host, sender="Eva <eva@sub.hearth.example>"))
    fields = {"do": act, "sender": SENDER, "next": mara.url_of(ref)}
    assert mara.post("/pictures/", fields)["Location"] == mara.url_of(ref)
    assert len(sources(body_of(mara, ref))) == 1
    assert len(sources(body_of(mara, other))) == also
    assert sources(body_of(mara, stranger)) == []
    assert "Block again" in mara.get(mara.url_of(ref)).content.decode()
    settings = mara.get("/settings/privacy/").content.decode()
    assert name in settings
    key = PictureConsent.objects.get().key
    mara.post("/pictures/", {"do": "revoke", "consent": key})
    assert sources(body_of(mara, ref)) == []
    assert "Nobody is allowed" in mara.get("/settings/privacy/").content.decode()


@pytest.mark.parametrize(
    "sender",
    [
        f"Jonas <{SENDER}>, Eva <eva@evil.example>",
        f"Jonas <{SENDER}>\r\nFrom: Eva <eva@evil.example>",
        f'"{SENDER}" <eva@evil.example>',
        "nobody",
    ],
)
def test_a_choice_counts_only_for_a_message_surely_from_that_sender(mara, store, host, sender):
    ref = store.append("INBOX", newsletter(host, sender=sender))
    mara.post("/pictures/", {"do": "domain", "sender": SENDER})
    assert sources(body_of(mara, ref)) == []


@pytest.mark.parametrize(
    "fields",
    [
        {"do": "sender", "sender": ""},
        {"do": "sender", "sender": "nobody"},
        {"do": "domain", "sender": "@"},
        {"do": "everybody", "sender": SENDER},
        {"do": "sender", "sender": f"{'a' * 300}@b.example"},
        {"do": "revoke", "consent": "abc"},
        {},
    ],
)
def test_a_choice_that_makes_no_sense_changes_nothing(mara, fields):
    assert mara.post("/pictures/", fields).status_code == 303
    assert not PictureConsent.objects.exists()


def test_nobody_takes_back_the_choice_of_another(mara):
    other = User.objects.create(address="eve@hearth.example")
    theirs = PictureConsent.objects.create(user=other, kind="sender", name=SENDER)
    mara.post("/pictures/", {"do": "revoke", "consent": theirs.key})
    assert PictureConsent.objects.exists()


def test_a_picture_address_is_its_readers_alone(mara, host):
    user = User.objects.get()
    other = User.objects.create(address="eve@hearth.example")
    url = f"http://img.shop.example:{host.port}/a.png"
    assert mara.get(image_url(user, "m", url)).status_code == 200
    assert mara.get(image_url(other, "m", url)).status_code == 404
    assert mara.get("/images/abc/").status_code == 404
    assert mara.get(image_url(user, "m", url).replace(":", "x", 1)).status_code == 404


def test_what_one_person_fetched_says_nothing_to_another(mara, host, tmp_path):
    url = f"http://img.shop.example:{host.port}/a.png"
    for person in (User.objects.get(), User.objects.create(address="eve@hearth.example")):
        remote_pictures.picture(person, url)
    assert len(host.asked) == 2


@pytest.mark.parametrize(
    "content", [b"", b"<svg xmlns='http://www.w3.org/2000/svg'/>", b"<html>", png()[:50]]
)
def test_what_is_no_picture_is_not_served_nor_asked_for_again(mara, host, content):
    host.answers["/a.png"] = (200, {"Content-Type": "image/png"}, content)
    url = image_url(User.objects.get(), "m", f"http://img.shop.example:{host.port}/a.png")
    for _ in range(2):
        assert mara.get(url).status_code == 404
    assert len(host.asked) == 1


def test_a_host_that_keeps_us_waiting_is_left_alone_for_a_while(mara, host, monkeypatch):
    monkeypatch.setattr(remote_pictures, "_slow_until", {})
    monkeypatch.setattr(remote_pictures, "rules", replace(remote_pictures.rules, total_s=0.3))
    host.answers["/slow.png"] = lambda _: time.sleep(1)
    for path in ("slow.png", "a.png"):
        url = f"http://img.shop.example:{host.port}/{path}"
        assert remote_pictures.picture(User.objects.get(), url) == b""
    assert [path for path, _ in host.asked] == ["/slow.png"]


def test_pictures_of_a_private_host_are_not_fetched(mara, store):
    """With the rules as they are, and nothing in the settings that could change them."""
    inside = Pages("127.0.0.1")
    try:
        for place in (f"127.0.0.1:{inside.port}", "127.0.0.1", "localhost", "[::1]"):
            answer = mara.get(image_url(User.objects.get(), "m", f"http://{place}/a.png"))
            assert answer.status_code == 404
        assert inside.connections == 0
    finally:
        inside.close()


def test_links_lead_straight_to_their_target_unless_switched_off(mara, store, host):
    link = '<a href="https://www.google.com/url?q=https://ex.example/%3Futm_source%3Dx">x</a>'
    ref = store.append("INBOX", newsletter(host, more=link))
    assert 'href="https://ex.example/"' in body_of(mara, ref).content.decode()
    assert mara.post("/settings/privacy/", {"cleans_links": ""}).status_code == 303
    for query in ("", "?pictures=once"):
        assert "google.com/url" in body_of(mara, ref, query).content.decode()
