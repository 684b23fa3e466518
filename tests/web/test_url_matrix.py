"""Every URL name, walked: a stranger gets 404, a form without token 403, and the headers are
exact (T57, T59, T69, T84; security.md 4.2).  A new URL without an entry here fails."""

import re
import uuid
from dataclasses import dataclass, field
from datetime import time, timedelta

import pytest
from django.test import Client
from django.urls import get_resolver, reverse
from django.utils import timezone

from webmail.accounts import connect
from webmail.accounts.models import User
from webmail.outbound import parse_endpoint
from webmail.submission.models import FollowUp, Mailing, Outgoing, Series, StoredDraft
from webmail.web.images import image_url
from webmail.web.middleware import APP_HEADERS

pytestmark = pytest.mark.django_db


@dataclass(frozen=True)
class Entry:
    """``owned``: somebody else gets 404.  ``methods`` are those the view answers."""

    arguments: tuple[str, ...] = ()
    methods: str = "GET"
    policy: str = "app"
    owned: bool = False
    open_to_all: bool = False
    query: str = ""
    fields: dict[str, str] = field(default_factory=dict)


_PLACE = ("account", "mailbox", "place")
MATRIX = {
    "home": Entry(),
    "sign-in": Entry(methods="GET POST", open_to_all=True),
    "sign-out": Entry(methods="POST", open_to_all=True),
    "healthz": Entry(open_to_all=True),
    "manifest": Entry(open_to_all=True),
    "service-worker": Entry(open_to_all=True, policy="worker"),
    "mail": Entry(),
    "actions": Entry(methods="POST", owned=True, fields={"do": "flag", "ref": "{ref}"}),
    "conversations": Entry(methods="POST", owned=True, fields={"do": "take_out", "ref": "{ref}"}),
    "trust": Entry(methods="POST", fields={"sender": "a@b.example", "kinds": "links"}),
    "colours": Entry(methods="POST", fields={"sent": "a@b.example"}),
    "unified": Entry(),
    "undo": Entry(methods="POST", fields={"token": "forged"}),
    "folders": Entry(("account",), "GET POST", owned=True),
    "mailbox": Entry(("account", "mailbox"), owned=True),
    "message": Entry(_PLACE, owned=True),
    "message-body": Entry(_PLACE, policy="body", owned=True),
    "message-print": Entry(_PLACE, policy="print", owned=True),
    "message-link": Entry(_PLACE, owned=True, query="n=0"),
    "message-source": Entry(_PLACE, policy="file", owned=True),
    "message-part": Entry((*_PLACE, "section"), policy="file", owned=True),
    "image": Entry(("token",), policy="file", owned=True),
    "pictures": Entry(methods="POST", fields={"do": "sender", "sender": "a@b.example"}),
    "message-signed": Entry(_PLACE, policy="file", owned=True),
    "message-abuse": Entry(_PLACE, "GET POST", owned=True, fields={"to": "abuse@hearth.example"}),
    "message-remind": Entry(_PLACE, "POST", owned=True, fields={"do": "remind:3"}),
    "waiting": Entry(),
    "waiting-act": Entry(("key",), "POST", owned=True, fields={"do": "later:3"}),
    "waiting-again": Entry(("key",), owned=True),
    "message-redirect": Entry(_PLACE, "GET POST", owned=True, fields={"to": "a@b.example"}),
    "message-unsubscribe": Entry(_PLACE, "POST", owned=True),
    "invitation-answer": Entry(_PLACE, "POST", owned=True, fields={"answer": "accepted"}),
    "receipt-answer": Entry(_PLACE, "POST", owned=True, fields={"do": "give"}),
    "message-part-view": Entry((*_PLACE, "section"), owned=True),
    "message-part-preview": Entry((*_PLACE, "section"), policy="file", owned=True),
    "message-parts": Entry(_PLACE, policy="file", owned=True),
    "mailbox-files": Entry(("account", "mailbox"), owned=True),
    "rail": Entry(("account",), owned=True),
    "search": Entry(query="q=hello"),
    "search-found": Entry(("search",), owned=True),
    "compose": Entry(methods="GET POST"),
    "forward": Entry(methods="POST", owned=True, fields={"ref": "{ref}"}),
    "people": Entry(query="q=jo"),
    "people-forget": Entry(methods="POST", fields={"address": "a@b.example"}),
    "draft": Entry(("draft",), "GET POST", owned=True, fields={"do": "save"}),
    "draft-recipients": Entry(("draft",), "POST", owned=True, fields={"asked": "[]"}),
    "draft-files": Entry(("draft",), "GET POST", owned=True),
    "draft-messages": Entry(("draft",), "GET POST", owned=True, fields={"ref": "{ref}"}),
    "draft-tus": Entry(("draft",), "POST OPTIONS", owned=True),
    "draft-tus-file": Entry(("draft", "file"), "HEAD PATCH DELETE OPTIONS", owned=True),
    "draft-file": Entry(("draft", "file"), policy="file", owned=True),
    "draft-file-photo": Entry(("draft", "file"), "POST", owned=True, fields={"photo": "keep"}),
    "draft-file-remove": Entry(("draft", "file"), "POST", owned=True),
    "draft-templates": Entry(("draft",), "GET POST", owned=True, fields={"do": "fill"}),
    "draft-merge": Entry(("draft",), "GET POST", owned=True, fields={"do": "preview"}),
    "mailing": Entry(("key",), "GET POST", owned=True, fields={"do": "stop"}),
    "draft-repeat": Entry(("draft",), "GET POST", owned=True),
    "repeat-act": Entry(("key",), "POST", owned=True, fields={"do": "pause"}),
    "outbox": Entry(),
    "outbox-act": Entry(("key",), "POST", owned=True, fields={"do": "undo"}),
    "outbox-source": Entry(("key",), policy="file", owned=True),
    "settings-first": Entry(),
    "signature-preview": Entry(("key",), policy="sealed", owned=True),
    "proof": Entry(methods="POST", fields={"proof": "", "back": "encryption"}),
    "consent": Entry(methods="GET POST", fields={"state": "forged"}),
    "message-openpgp": Entry(_PLACE, owned=True),
    "message-decrypted": Entry(_PLACE, "POST", owned=True, fields={"passphrase": "guessed"}),
    "message-certificate": Entry(_PLACE, "POST", owned=True),
    "certificate": Entry(("key",), "POST", owned=True, fields={"passphrase": "guessed"}),
    "openpgp-page": Entry(policy="sealed"),
    "openpgp-keys": Entry(owned=True),
    "openpgp-key": Entry(("key",), policy="file", owned=True),
    "settings": Entry(("section",), "GET POST", fields={"theme": "dark"}),
}
NAMES = sorted(MATRIX)
MESSAGE = b"""From: Jonas <jonas@hearth.example>\r
To: mara@hearth.example\r
Subject: A page with a picture\r
Message-ID: <matrix@hearth.example>\r
MIME-Version: 1.0\r
Content-Type: multipart/mixed; boundary=b\r
\r
--b\r
Content-Type: text/html\r
\r
<p>Hello</p>\r
--b\r
Content-Type: application/pdf\r
Content-Disposition: attachment; filename=list.pdf\r
\r
%PDF-1.4\r
--b--\r
"""


def test_every_url_name_has_an_entry():
    assert {name for name in get_resolver().reverse_dict if isinstance(name, str)} == set(MATRIX)


@pytest.fixture
def mara(lab, settings):
    settings.WEBMAIL_IMAP = parse_endpoint(lab.imaps_url, "imap")
    settings.WEBMAIL_SUBMISSION = parse_endpoint(lab.submissions_url, "submission")
    settings.WEBMAIL_CA_FILE = str(lab.ca_file)
    yield sign_in(lab, 0)
    connect.pool.close()


@pytest.fixture
def jonas(lab, mara):
    return sign_in(lab, 1)


def sign_in(lab, number, **options):
    address = sorted(lab.users)[number]
    client = Client(**options)
    answer = client.post("/sign-in/", {"address": address, "password": lab.users[address]})
    assert answer.status_code == 303, answer.content
    client.address = address
    return client


@pytest.fixture
def url_of(lab, mara):
    """The URL of each name, filled with what belongs to the first person."""
    user = User.objects.get(address=mara.address)
    account = user.accounts.get()
    uid = lab.append(mara.address, "INBOX", MESSAGE)
    with lab.imap(mara.address) as imap:
        uidvalidity = imap.folder_status("INBOX", ["UIDVALIDITY"])[b"UIDVALIDITY"]
    draft = StoredDraft.objects.create(user=user, account=account, fields={"subject": "mine"})
    outgoing = Outgoing.objects.create(
        user=user,
        account=account,
        client_token=uuid.uuid4(),
        message_id="<out@hearth.example>",
        wire_path="none",
        sent_path="none",
        size_bytes=0,
        mail_from=mara.address,
        send_at=timezone.now() + timedelta(hours=1),
        state=Outgoing.State.HELD,
    )
    FollowUp.objects.create(
        user=user,
        account=account,
        outgoing=outgoing,
        key=outgoing.key,
        message_id=outgoing.message_id,
        sent_at=outgoing.send_at,
        remind_at=outgoing.send_at,
    )
    Series.objects.create(
        user=user,
        account=account,
        key=outgoing.key,
        frequency="daily",
        zone="UTC",
        at=time(8),
        next_at=timezone.now() + timedelta(days=1),
    )
    Mailing.objects.create(
        user=user,
        account=account,
        key=outgoing.key,
        client_token=uuid.uuid4(),
        people="",
        total=1,
    )
    named = user.accounts.get().identities.first()
    named.signatures.create(key=outgoing.key, name="Work", text="Mara", html="<b>Mara</b>")
    values = {
        "account": account.key,
        "mailbox": "INBOX",
        "place": (uidvalidity, uid),
        "section": "2",
        "draft": draft.key,
        "file": "abcdefghjkmn",
        "key": outgoing.key,
        "search": "abcdefghjkmn",
        "token": image_url(user, "ref", "http://127.0.0.1/").split("/")[2],
    }

    def url(name):
        entry = MATRIX[name]
        filled = {word: values[word] for word in entry.arguments}
        if name == "settings":
            filled["section"] = "appearance"
        if "place" in filled:
            filled["place"] = f"{uidvalidity}.{uid}" if _takes_text() else values["place"]
        address = reverse(name, kwargs=filled)
        return f"{address}?{entry.query}" if entry.query else address

    url.ref = f"{account.key}/INBOX/{uidvalidity}.{uid}"
    return url


def _takes_text():
    from webmail.web.paths import PlaceConverter

    try:
        PlaceConverter().to_url("1.2")
    except (TypeError, ValueError, AttributeError):
        return False
    return True


def fields_of(name, url_of):
    return {key: value.format(ref=url_of.ref) for key, value in MATRIX[name].fields.items()}


@pytest.mark.parametrize("name", [n for n in NAMES if MATRIX[n].owned])
def test_what_belongs_to_another_person_is_not_there(name, url_of, jonas):
    for method in MATRIX[name].methods.split():
        answer = getattr(jonas, method.lower())(url_of(name), fields_of(name, url_of))
        assert answer.status_code == 404, f"{method} {name}"


@pytest.mark.parametrize("name", [n for n in NAMES if not MATRIX[n].open_to_all])
def test_without_signing_in_there_is_nothing_but_the_door(name, url_of):
    for method in MATRIX[name].methods.split():
        answer = getattr(Client(), method.lower())(url_of(name), fields_of(name, url_of))
        assert answer.status_code in {302, 303, 401}, f"{method} {name}"
        assert answer.headers.get("Location", "/sign-in/").startswith(("/sign-in/", "/mail/"))


@pytest.mark.parametrize("name", NAMES)
def test_a_form_without_its_token_is_refused(name, lab, url_of):
    strict = sign_in(lab, 0)
    strict.handler.enforce_csrf_checks = True
    answer = strict.post(url_of(name), fields_of(name, url_of))
    assert answer.status_code == 403


@pytest.mark.parametrize("name", NAMES)
def test_another_site_can_make_nobody_post(name, mara, url_of):
    for site in ("cross-site", "same-site"):
        foreign = {"Sec-Fetch-Site": site, "Sec-Fetch-Mode": "navigate"}
        foreign["Sec-Fetch-Dest"] = "document"
        answer = mara.post(url_of(name), fields_of(name, url_of), headers=foreign)
        assert answer.status_code == 403, site


@pytest.mark.parametrize("name", NAMES)
def test_another_site_can_load_no_url_as_a_part_of_itself(name, mara, url_of):
    foreign = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors"}
    assert mara.get(url_of(name), headers={**foreign, "Sec-Fetch-Dest": "image"}).status_code == 403


@pytest.mark.parametrize("name", NAMES)
def test_a_url_answers_its_own_methods_only(name, mara, url_of):
    for method in {"GET", "POST", "PUT", "DELETE", "PATCH"} - set(MATRIX[name].methods.split()):
        answer = mara.generic(method, url_of(name))
        assert answer.status_code == 405, f"{method} {name} {answer.status_code}"


_FILE_CSP = "default-src 'none'; sandbox"
_BODY_CSP = re.compile(
    r"default-src 'none'; script-src 'none'; style-src 'unsafe-inline'; "
    r"img-src http://testserver/mail/[^ ;,]+/part/ data:; font-src 'none'; "
    r"connect-src 'none'; form-action 'none'; base-uri 'none'; frame-ancestors 'self'; "
    r"sandbox allow-same-origin allow-popups allow-popups-to-escape-sandbox"
)


@pytest.mark.parametrize("name", [n for n in NAMES if "GET" in MATRIX[n].methods])
def test_the_headers_are_exact(name, mara, url_of):
    response = mara.get(url_of(name))
    headers = response.headers
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Cache-Control"] == "no-store, private"
    assert headers["Cross-Origin-Resource-Policy"] == "same-origin"
    policy = MATRIX[name].policy if response.status_code in {200, 202} else "app"
    if policy == "app":
        assert {key: headers.get(key) for key in APP_HEADERS} == APP_HEADERS
    elif policy in ("body", "print"):
        csp = headers["Content-Security-Policy"]
        # Our page asks the sheet to be printed; it runs no script that could ask for anything.
        csp = csp.removesuffix(" allow-modals") if policy == "print" else csp
        assert _BODY_CSP.fullmatch(csp)
        assert (headers["Referrer-Policy"], headers["X-Frame-Options"]) == (
            "no-referrer",
            "SAMEORIGIN",
        )
    elif policy == "sealed":  # not even a picture of the message
        own = _BODY_CSP.pattern.replace("http://testserver/mail/[^ ;,]+/part/ ", "")
        assert re.fullmatch(own, headers["Content-Security-Policy"])
    elif policy == "worker":
        assert headers["Content-Security-Policy"] == "default-src 'none'"
    else:
        assert headers["Content-Security-Policy"] == _FILE_CSP
        assert headers["Content-Disposition"].startswith("attachment")


def test_the_canary_password_is_in_no_page(lab, mara, url_of):
    password = lab.users[mara.address].encode()
    for name in NAMES:
        if "GET" in MATRIX[name].methods and MATRIX[name].policy == "app":
            assert password not in mara.get(url_of(name)).content, name
