"""Requests that no page of ours makes: none is our error."""

import pytest
from django.test import Client

from tests.web.letters import letter
from webmail.accounts import connect
from webmail.accounts.models import User
from webmail.outbound import parse_endpoint
from webmail.web import reading

pytestmark = pytest.mark.django_db
HUGE = "9" * 5000
PLACES = [
    "1.1",
    "0.1",
    "1.0",
    "4294967295.4294967295",
    "4294967296.1",
    "1.99999999999",
    "-1.1",
    "1",
    "1.1.1",
    f"1.{HUGE}",
    "\u0661.\u0661",
    "1.1 (FLAGS)",
    "1.*",
    "1.1:*",
    "x.y",
    ".",
    "",
]
NAMES = [
    "INBOX",
    "nowhere",
    "%252F",
    "a%0d%0ab",
    "a%00b",
    "%ff",
    "%25ff",
    "%2500",
    "%250d%250a",
    "*",
    "%25",
    "INBOX/../x",
    "x" * 1200,
    "\U0001f4a9",
    "~",
    "..",
    "&",
    "%2526-",
    "{5+}",
    "%22",
]
WORDS = [
    "",
    "\0",
    "{5+}",
    "a)(DELETED",
    "*",
    '"',
    "\\",
    "x\r\nA9 DELETE INBOX",
    "x" * 60_000,
    "\U0001f4a9",
    "in:nowhere",
    'in:"\r\n"',
    "before:99999-99-99",
    "larger:" + HUGE,
    "subject:",
    "-",
    "OR OR OR",
    "is:x",
    "(" * 3000,
    '"' * 3001,
    "has:attachment " * 900,
    "\u202e",
]

IDENTITY_FIELDS = (
    *("name", "addr_spec", "theme", "density", "key", "identity"),
    *("signature", "text", "html", "for_new", "place"),
)
DRAFT_FIELDS = (
    *("fresh", "revision", "identity", "to", "cc", "bcc", "subject"),
    *("text", "html", "format", "carry", "signed", "signature"),
)


@pytest.fixture
def ada(lab, settings):
    settings.WEBMAIL_IMAP = parse_endpoint(lab.imaps_url, "imap")
    settings.WEBMAIL_CA_FILE = str(lab.ca_file)
    reading.forget_all()
    lab.clear()
    client = Client()
    client.address = min(lab.users)
    fields = {"address": client.address, "password": lab.users[client.address]}
    assert client.post("/sign-in/", fields).status_code == 303
    client.key = User.objects.get(address=client.address).accounts.get().key
    lab.append(client.address, "INBOX", letter())
    yield client
    connect.pool.close()


def check(answer, *asked):
    if answer.streaming:
        answer.getvalue()
    assert answer.status_code < 500, asked


@pytest.mark.parametrize("name", NAMES, ids=range(len(NAMES)))
def test_a_url_with_an_odd_name_or_place(name, ada):
    for place in ("", *PLACES):
        url = f"/mail/{ada.key}/{name}/{place}"
        for end in (
            "/",
            "/body/",
            "/source/",
            "/part/1/",
            "/part/1.1/",
            "/part/TEXT/",
            "/part/1]%20(/",
        ):
            check(ada.get(url + end), url)
            if not place:
                break
        ref = f"{ada.key}/{name}/{place}"
        check(ada.get("/compose/", {"reply": ref}), ref)
        check(ada.post("/mail/actions/", {"do": "flag", "ref": ref}), ref)
        check(ada.post("/mail/actions/", {"do": "move", "ref": ref, "target": name}), ref)


@pytest.mark.parametrize("text", WORDS, ids=range(len(WORDS)))
def test_odd_words_in_every_field(text, ada):
    for url in ("/search/", "/compose/", "/sign-in/", f"/mail/{ada.key}/INBOX/", "/mail/"):
        for name in ("q", "newer", "after", "reply", "draft_of", "to", "subject", "body", "next"):
            check(ada.get(url, {name: text}), url, name)
    for do in ("create", "rename", "delete", text[:50]):
        check(
            ada.post(
                f"/mail/{ada.key}/", {"do": do, "name": text, "mailbox": text, "parent": text}
            ),
            do,
        )
    for section in ("appearance", "identities"):
        for do in ("save", "remove", "default", "add"):
            fields = dict.fromkeys(IDENTITY_FIELDS, text)
            check(ada.post(f"/settings/{section}/", {"do": do, **fields}), section)
    check(ada.post("/undo/", {"token": text}), "undo")
    check(ada.post("/mail/actions/", {"do": text, "ref": text, "target": text}), "act")
    here = "".join(c for c in text if c.isprintable() and c.isascii())
    check(ada.get("/mail/", headers={"HX-Request": "true", "HX-Current-URL": here}), "hx")
    fields = dict.fromkeys(DRAFT_FIELDS, text)
    for do in ("save", "send", "discard"):
        check(ada.post("/compose/abcdefghjkmn/", {"do": do, **fields}), do)
    check(Client().post("/sign-in/", {"address": text, "password": text, "next": text}), "sign-in")
