"""A message: its page, its frame, its parts."""

import re

import pytest

from tests.web.letters import attached, letter, with_files
from webmail.accounts.models import User
from webmail.store.mailbox import SEEN
from webmail.store.protocol import Refused
from webmail.web.downloads import clean_filename, picture_type

PNG = "iVBORw0KGgoAAAANSUhEUg=="  # its first octets are all that is looked at


def flags_of(store, ref):
    return store.summary(ref).flags


def page_of(mara, ref):
    answer = mara.get(mara.url_of(ref))
    assert answer.status_code == 200
    return answer.content.decode()


def test_reading_marks_as_read_and_looking_at_the_head_does_not(mara, store):
    ref = store.append("INBOX", letter())
    assert mara.head(mara.url_of(ref)).status_code == 200
    assert SEEN not in flags_of(store, ref)
    assert "Is there any?" in page_of(mara, ref)
    assert SEEN in flags_of(store, ref)


def test_the_rail_counts_what_is_unread_after_reading(mara, store):
    ref = store.append("INBOX", letter())
    store.append("INBOX", letter())
    assert re.search(r'class="n">1<span class="sr"> unread', page_of(mara, ref))


def test_a_mailbox_that_may_only_be_read_can_be_read(mara, store, monkeypatch):
    ref = store.append("INBOX", letter())

    def refuse(*_args, **_options):
        raise Refused("Mailbox is read-only", code="NOPERM")

    monkeypatch.setattr(store, "set_flags", refuse)
    assert "Is there any?" in page_of(mara, ref)


def test_the_true_address_stands_beside_the_name(mara, store):
    ref = store.append("INBOX", letter(sender="Jonas <thief@evil.example>"))
    page = page_of(mara, ref)
    assert "<bdi>Jonas</bdi>" in page
    assert "thief@evil.example</span>" in page


@pytest.mark.parametrize(
    ("sender", "head", "words"),
    [
        ('"jonas@hearth.example" <thief@evil.example>', "", "It was sent by thief@evil.example"),
        (
            "Jonas <jonas@hearth.example>",
            "Reply-To: x@evil.example",
            "Replies go to another address",
        ),
    ],
)
def test_a_header_that_says_two_things_is_pointed_out(sender, head, words, mara, store):
    ref = store.append("INBOX", letter(sender=sender, head=head))
    assert words in page_of(mara, ref)


def test_the_list_stays_beside_the_message_with_its_row_open(mara, store):
    refs = [store.append("INBOX", letter(f"Letter {n}")) for n in range(3)]
    page = page_of(mara, refs[1])
    assert page.count('class="row') >= 3
    assert f'data-ref="{mara.text_of(refs[1])}"' in page
    assert re.search(r'<li class="row is-open" data-ref="' + re.escape(mara.text_of(refs[1])), page)
    assert "2 of 3" in page
    assert f'rel="prev" href="{mara.url_of(refs[2])}"' in page
    assert f'rel="next" href="{mara.url_of(refs[0])}"' in page


def test_an_old_message_is_found_beside_its_own_page_of_the_list(mara, store):
    User.objects.update(groups_conversations=False)
    refs = [store.append("INBOX", letter(f"Letter {n}")) for n in range(120)]
    for number in (0, 5, 69, 70, 119):
        page = page_of(mara, refs[number])
        assert f"{120 - number} of 120" in page
        for rel, step in (("prev", 1), ("next", -1)):
            if 0 <= number + step < 120:
                assert f'rel="{rel}" href="{mara.url_of(refs[number + step])}"' in page


def test_a_script_gets_the_reading_pane_alone(mara, store):
    refs = [store.append("INBOX", letter(f"Letter {n}")) for n in range(3)]
    part = mara.part(mara.url_of(refs[1])).content.decode()
    assert '<article class="reader" id="reader"' in part
    assert "<html" not in part
    assert 'class="row' not in part
    assert "2 of 3" in part
    assert f'rel="prev" href="{mara.url_of(refs[2])}"' in part
    assert f'rel="next" href="{mara.url_of(refs[0])}"' in part
    assert SEEN in flags_of(store, refs[1])


def test_what_is_no_longer_there_is_gone_and_no_other_message_is_shown(mara, store):
    ref = store.append("INBOX", letter())
    url = mara.url_of(ref)
    store.expunge([ref])
    answer = mara.get(url)
    assert answer.status_code == 410
    assert "no longer there" in answer.content.decode()
    assert mara.get(f"{url}body/").status_code == 410
    other = mara.url_of(ref).replace(f"/{ref.uidvalidity}.", f"/{ref.uidvalidity + 1}.")
    assert mara.get(other).status_code == 410


# -- the frame ------------------------------------------------------------------------------------

HTML = "<p onclick='x()'>Hello</p><script>alert(1)</script><img src='https://t.example/p.png'>"


def test_html_is_shown_in_a_frame_without_scripts(mara, store):
    ref = store.append("INBOX", letter(text=HTML, kind="text/html"))
    page = page_of(mara, ref)
    frame = re.search(r"<iframe[^>]*>", page).group()
    assert f'src="{mara.url_of(ref)}body/"' in frame
    assert 'sandbox="allow-same-origin allow-popups allow-popups-to-escape-sandbox"' in frame
    assert "alert(1)" not in page
    body = mara.get(f"{mara.url_of(ref)}body/")
    assert "<p>Hello</p>" in body.content.decode()
    for word in ("<script", "onclick", "t.example"):
        assert word not in body.content.decode()
    assert body["Content-Type"] == "text/html; charset=utf-8"


def test_pictures_that_were_held_back_are_counted_in_words(mara, store):
    ref = store.append("INBOX", letter(text=HTML, kind="text/html"))
    assert "1 picture from t.example" in page_of(mara, ref)


def test_the_frame_may_load_pictures_of_its_own_message_only(mara, store):
    store.create_mailbox("Möbel; img-src *, x")
    ref = store.append("Möbel; img-src *, x", letter(text="<p>Hi</p>", kind="text/html"))
    policy = mara.get(f"{mara.url_of(ref)}body/")["Content-Security-Policy"]
    sources = re.search(r"img-src ([^;]*);", policy).group(1).split(" ")
    assert sources == [f"http://testserver{mara.url_of(ref)}part/", "data:"]


def test_html_without_colours_takes_those_of_the_theme(mara, store):
    plain = store.append("INBOX", letter(text="<p>Hi</p>", kind="text/html"))
    drawn = store.append("INBOX", letter(text="<p style='color:#333333'>Hi</p>", kind="text/html"))
    assert "is-simple" in page_of(mara, plain)
    assert "is-simple" not in page_of(mara, drawn)
    assert "prefers-color-scheme: dark" in mara.get(f"{mara.url_of(plain)}body/").content.decode()
    as_sent = mara.get(f"{mara.url_of(drawn)}body/?colours=sent").content.decode()
    assert "prefers-color-scheme" not in as_sent


def test_the_frame_stands_by_itself_after_a_restart(mara, store):
    from webmail.web import reading

    ref = store.append("INBOX", letter(text="<p>Hi</p>", kind="text/html"))
    page_of(mara, ref)
    reading.forget_all()
    assert "<p>Hi</p>" in mara.get(f"{mara.url_of(ref)}body/").content.decode()


# -- parts ----------------------------------------------------------------------------------------


def test_an_attachment_has_a_card_and_comes_as_it_was(mara, store):
    ref = store.append("INBOX", with_files(attached("list.pdf", "application/pdf")))
    page = page_of(mara, ref)
    assert "1 attachment, 5 bytes" in page
    url = f"{mara.url_of(ref)}part/2/"
    assert f'href="{url}"' in page
    answer = mara.download(url)
    assert answer.octets == b"hello"
    assert answer["Content-Type"] == "application/octet-stream"
    assert answer["Content-Disposition"] == 'attachment; filename="list.pdf"'
    assert answer["Content-Security-Policy"] == "default-src 'none'; sandbox"


@pytest.mark.parametrize(
    "kind", ["text/html", "image/svg+xml", "application/xml", "text/javascript"]
)
def test_no_type_of_a_sender_is_ever_named(kind, mara, store):
    ref = store.append("INBOX", with_files(attached("x.html", kind)))
    answer = mara.download(f"{mara.url_of(ref)}part/2/")
    assert answer["Content-Type"] == "application/octet-stream"
    assert answer["X-Content-Type-Options"] == "nosniff"


def test_a_picture_in_the_text_keeps_its_type_and_is_still_a_download(mara, store):
    body = (
        "--b\r\nContent-Type: text/html\r\n\r\n<p>Look <img src='cid:one@x'></p>\r\n"
        "--b\r\nContent-Type: image/png\r\nContent-ID: <one@x>\r\n"
        f"Content-Transfer-Encoding: base64\r\n\r\n{PNG}\r\n--b--"
    )
    ref = store.append("INBOX", letter(text=body, kind="multipart/related; boundary=b"))
    url = f"{mara.url_of(ref)}part/2/"
    assert f'src="{url}"' in mara.get(f"{mara.url_of(ref)}body/").content.decode()
    answer = mara.download(url)
    assert answer["Content-Type"] == "image/png"
    assert answer["Content-Disposition"].startswith("attachment")
    assert "attachment," not in page_of(mara, ref)


def test_a_file_that_can_run_asks_for_a_second_click(mara, store):
    ref = store.append("INBOX", with_files(attached("invoice.pdf.exe"), attached("a.txt")))
    page = page_of(mara, ref)
    assert page.count("can run programs") == 1


def test_a_name_that_turns_around_is_shown_as_what_it_is(mara, store):
    ref = store.append("INBOX", with_files(attached("invoice%E2%80%AEfdp.exe")))
    page = page_of(mara, ref)
    assert "\u202e" not in page
    assert "invoice⟨RLO⟩fdp.exe" in page.replace("‮", "")


@pytest.mark.parametrize(
    ("name", "clean"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\Windows\\x.dll", "x.dll"),
        ("CON", "_CON"),
        ("con.txt", "_con.txt"),
        ("a\r\nX-Evil: 1.txt", "aX-Evil_ 1.txt"),
        ('"; filename=x.html', "_; filename=x.html"),
        ("a\u202egpj.exe", "agpj.exe"),
        ("...", "attachment"),
        ("x" * 300 + ".pdf", "x" * 147 + ".pdf"),
        ("", "attachment"),
    ],
)
def test_names_are_made_harmless(name, clean):
    assert clean_filename(name) == clean


@pytest.mark.parametrize(
    "filename", ["%0D%0ASet-Cookie:%20a=b", "a%22;b", "%00", "x" * 4000, "ü;%2e%2e"]
)
def test_no_name_reaches_into_the_headers(filename, mara, store):
    ref = store.append("INBOX", with_files(attached(filename)))
    answer = mara.download(f"{mara.url_of(ref)}part/2/")
    assert answer.status_code == 200
    assert "Set-Cookie" not in answer.headers
    assert len(answer["Content-Disposition"]) < 1000
    assert answer["Content-Disposition"].isascii()


@pytest.mark.parametrize("section", ["9", "1.1", "TEXT", "HEADER", "2]"])
def test_a_part_that_is_none_is_not_there(section, mara, store):
    ref = store.append("INBOX", with_files(attached("a.txt")))
    assert mara.download(f"{mara.url_of(ref)}part/{section}/").status_code == 410


def test_the_source_is_a_file_or_text_to_look_at(mara, store):
    raw = letter("Cabin")
    ref = store.append("INBOX", raw)
    saved = mara.download(f"{mara.url_of(ref)}source/")
    assert saved.octets == raw
    assert saved["Content-Disposition"] == 'attachment; filename="Cabin.eml"'
    shown = mara.download(f"{mara.url_of(ref)}source/?view=1")
    assert shown["Content-Type"] == "text/plain; charset=utf-8"
    assert shown["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert shown.octets == raw


def test_a_download_that_stalls_keeps_no_session(mara, store):
    from webmail.accounts import connect

    ref = store.append("INBOX", letter(text="x" * 1_000_000))
    stalled = [mara.get(f"{mara.url_of(ref)}part/1/") for _ in range(5)]
    first = [next(iter(answer.streaming_content)) for answer in stalled]
    assert all(len(piece) < 600_000 for piece in first)
    assert mara.get(mara.list_url()).status_code == 200
    (account,) = [each for each in connect.pool._accounts.values() if each.count]
    assert len(account.warm) == account.count
    for answer in stalled:
        answer.close()


@pytest.mark.parametrize(
    ("octets", "kind"),
    [
        (b"\x89PNG\r\n\x1a\n", "image/png"),
        (b"\xff\xd8\xff\xe0", "image/jpeg"),
        (b"GIF89a", "image/gif"),
        (b"RIFF\x00\x00\x00\x00WEBPVP8 ", "image/webp"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'>", ""),
        (b"RIFF\x00\x00\x00\x00WAVE", ""),
        (b"", ""),
    ],
)
def test_a_picture_is_known_by_its_first_octets(octets, kind):
    assert picture_type(octets) == kind


def test_without_the_key_cookie_from_another_site_the_page_goes_on_by_itself(mara, store, settings):
    ref = store.append("INBOX", letter())
    del mara.cookies[settings.KEY_COOKIE_NAME]
    url = mara.url_of(ref)
    foreign = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"}
    answer = mara.get(url, headers={**foreign, "Sec-Fetch-Dest": "document"})
    assert answer.status_code == 200
    assert f'<meta http-equiv="refresh" content="0; url={url}">' in answer.content.decode()
    again = mara.get(url)
    assert again.status_code == 302
    assert again["Location"].startswith("/sign-in/?again=1&next=")
    script = mara.part(url)
    assert (script.status_code, script["HX-Redirect"][:9]) == (401, "/sign-in/")


@pytest.mark.parametrize("field", ["subject", "sender", "to"])
@pytest.mark.parametrize("vector", ['"><script>alert(1)</script>', "<img src=x onerror=alert(1)>"])
def test_no_word_of_a_header_becomes_an_element(field, vector, mara, store):
    value = vector if field == "subject" else f"=?utf-8?q?{_quoted(vector)}?= <a@b.example>"
    ref = store.append("INBOX", letter(**{field: value}))
    for url in (mara.url_of(ref), mara.list_url(), "/search/?q=any"):
        page = mara.get(url).content.decode()
        assert "<script>alert" not in page
        assert "<img src=x" not in page


def _quoted(text):
    return "".join(f"={ord(c):02X}" for c in text)
