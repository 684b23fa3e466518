"""A file that a message only names is told of, and never fetched."""

from html import unescape

import pytest

from webmail import outbound_fetch


@pytest.mark.parametrize(
    ("parameters", "words", "name"),
    [
        (
            'access-type=URL; URL="http://files.example/\r\n plan.pdf"; size=1000',
            "keeps it at http://files.example/plan.pdf; Hearth did not fetch it, 1000 bytes",
            "plan.pdf",
        ),
        (
            "access-type=ANON-FTP; site=ftp.example; directory=pub; name=plan.pdf",
            "keeps it at ftp.example/pub/plan.pdf; Hearth did not fetch it, size not told",
            "plan.pdf",
        ),
        (
            "access-type=mail-server; server=files@e.example",
            "behind the mail address files@e.example",
            "attachment",
        ),
        ("access-type=local-file; size=x", "on a machine of their own", "attachment"),
    ],
)
def test_the_card_says_where_it_is(parameters, words, name, mara, store, monkeypatch):
    monkeypatch.setattr(outbound_fetch, "fetch", None)
    raw = (
        "Subject: a\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n"
        "--b\r\nContent-Type: text/plain\r\n\r\nSee it.\r\n"
        f"--b\r\nContent-Type: message/external-body; {parameters}\r\n\r\n"
        "Content-Type: application/pdf\r\n\r\n--b--\r\n"
    )
    ref = store.append("INBOX", raw.encode())
    page = unescape(mara.get(mara.url_of(ref)).content.decode())
    assert words in page
    assert f"<bdi>{name}</bdi>" in page
    assert "http://files.example" not in "".join(page.split("href=")[1:]).replace(words, "")
