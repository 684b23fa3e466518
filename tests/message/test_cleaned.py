"""HTML is cleaned once, and what is remembered of it is nobody else's."""

import pytest

from webmail.message import cleaned, sanitize
from webmail.message.cleaned import sanitize_for_reading

PICTURE = '<p>See <img src="cid:a@x"></p>'


@pytest.fixture(autouse=True)
def times(monkeypatch):
    """How often the cleaning itself was done."""
    done = []
    plain = sanitize.sanitize_for_reading

    def counted(html, **more):
        done.append(html)
        return plain(html, **more)

    cleaned.memory.clear()
    monkeypatch.setattr(sanitize, "sanitize_for_reading", counted)
    yield done
    cleaned.memory.clear()


def clean(html, url="/mail/a/part/2/"):
    return sanitize_for_reading(html, cid_url=lambda cid: url)


def test_the_same_html_is_cleaned_once(times):
    html = '<p style="color: red" onclick="x()">Hi <img src="https://a.example/p.gif"></p>'
    first, again = clean(html), clean(html)
    assert first == again == sanitize.clean_for_reading(html, lambda cid: None)
    assert again[1].remote == 1
    assert len(times) == 1


def test_pictures_of_another_message_are_never_given(times):
    assert "/mail/mine/part/2/" in clean(PICTURE, "/mail/mine/part/2/")[0]
    assert "/mail/yours/part/2/" in clean(PICTURE, "/mail/yours/part/2/")[0]
    assert "src" not in clean(PICTURE, None)[0]
    assert len(times) == 3
    clean(PICTURE, None)
    assert len(times) == 3


def test_who_is_given_what_is_remembered_is_asked_for_its_pictures_too():
    clean(PICTURE)
    asked = []
    sanitize_for_reading(PICTURE, cid_url=lambda cid: asked.append(cid) or "/mail/a/part/2/")
    assert asked == ["a@x"]


def test_what_is_not_shown_is_not_remembered(times):
    deep = "<div>" * 5000
    assert clean(deep)[1].reason
    assert clean(deep)[1].reason
    assert len(times) == 2


def test_memory_has_an_end(monkeypatch):
    monkeypatch.setattr(cleaned, "ROOM_BYTES", 50_000)
    for number in range(40):
        clean(f"<p>{number} {'word ' * 1000}</p>")
        assert cleaned.memory.size_bytes <= 50_000
    assert cleaned.memory.find(b"") is None
    assert len(cleaned.memory._kept) == 7


def test_styles_seen_before_are_judged_alike():
    html = '<p style="color: red; background: url(https://a.example/x.png)">Hi</p>'
    one = sanitize.sanitize_for_reading(html, cid_url=lambda cid: None)
    two = sanitize.sanitize_for_reading(html + " ", cid_url=lambda cid: None)
    assert one[1] == two[1]
    assert one[1].hosts == ("a.example",)
