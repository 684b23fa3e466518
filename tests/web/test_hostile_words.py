"""Every string that somebody else chose, a vector: through every page there is (T13), and a
message's HTML through the editor's field (T11, T12)."""

import email.message
import email.policy
import json
import re
from html import unescape
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import quote, urljoin, urlsplit

import pytest
from django.test import Client

from tests.web.forms import begin, copies_in_drafts
from tests.web.letters import letter
from webmail.accounts import connect
from webmail.accounts.models import Identity, User
from webmail.outbound import parse_endpoint
from webmail.web import reading
from webmail.web.paths import mailbox_url

pytestmark = pytest.mark.django_db
V = "\"'></title></textarea></script><img src=x onerror=hurt()><a href=javascript:hurt()>"
WORD = "hurt"
OWN = json.loads((Path(__file__).parents[1] / "corpus/hostile.json").read_text("utf-8"))


class Page(HTMLParser):
    """Finds what must not be there, and where the page leads."""

    def __init__(self, html):
        super().__init__(convert_charrefs=True)
        self.harm, self.links = [], []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag, attrs):
        for name, value in attrs:
            value = value or ""
            if name.startswith("on") or "'" in name or '"' in name:
                self.harm.append((tag, name, value))
            if name in {"href", "src", "action", "formaction"}:
                self._follow(tag, name, value)
        if tag == "script" and not dict(attrs).get("src", "").startswith("/static/"):
            self.harm.append((tag, attrs))

    def _follow(self, tag, name, value):
        if re.match(r"[\s\0-\x20]*(?!https?:|mailto:|tel:)\w+:", value):
            self.harm.append((tag, name, value))
        elif name in {"href", "src"}:
            self.links.append(value)


@pytest.fixture
def ada(lab, settings):
    settings.WEBMAIL_IMAP = parse_endpoint(lab.imaps_url, "imap")
    settings.WEBMAIL_SUBMISSION = parse_endpoint(lab.submissions_url, "submission")
    settings.WEBMAIL_CA_FILE = str(lab.ca_file)
    reading.forget_all()
    lab.clear()
    client = Client()
    client.address = min(lab.users)
    fields = {"address": client.address, "password": lab.users[client.address]}
    assert client.post("/sign-in/", fields).status_code == 303
    user = User.objects.get(address=client.address)
    account = user.accounts.get()
    client.key = account.key
    User.objects.filter(pk=user.pk).update(name=V[:120])
    account.identities.update(name=V[:120])
    identity = account.identities.get()
    identity.signatures.create(name=V[:60], text=V, html=V, for_new=True, for_answers=True)
    Identity.objects.create(account=account, name=V[:120], addr_spec=client.address)
    yield client
    connect.pool.close()


def hostile_letter():
    """A vector in every field, parameter and name of a message."""
    message = email.message.EmailMessage(policy=email.policy.SMTP)
    for field in ("From", "To", "Cc", "Reply-To", "Sender"):
        message[field] = email.headerregistry.Address(V, "ben", "hearth.test")
    message["Subject"], message["Comments"] = V, V
    message["Date"] = "Sun, 22 Nov 2026 09:00:00 +0000"
    message.set_content(f"{V}\n> {V}\nhttps://e.example/{V} a@a.co?]<img/src=x onerror=hurt()>\n")
    message.add_alternative(f'<p title="{V}">{V}</p>', subtype="html")
    message.add_attachment(b"x", "application", "pdf", filename=f"{V}.pdf")
    message.add_attachment(b"x", "text", "html", filename=f"{V}.html")
    message.add_attachment(b"x", "image", "png", filename=f"{V}.png", cid=f"<{quote(V)}@e>")
    message.add_attachment(letter(subject=V).decode(), "plain", filename=f"{V}.eml")
    raw = message.as_bytes()
    return raw + b"\r\n", raw.replace(b"application/pdf", b'application/"><img/src=x')


def check(answer, seen):
    if "text/html" not in answer.headers.get("Content-Type", ""):
        return []
    html = answer.content.decode()
    seen["words"] += html.count(WORD)
    page = Page(html)
    assert not page.harm, answer.request["PATH_INFO"]
    return page.links


def crawl(client, start, seen):
    """Every page that a page leads to, whole and as scripts ask for it."""
    waiting, known = [start], {start}
    while waiting:
        url = waiting.pop()
        for headers in ({}, {"HX-Request": "true"}):
            answer = client.get(url, headers=headers)
            assert answer.status_code < 500, url
            links = [*check(answer, seen), answer.headers.get("Location", "")]
            if answer.streaming:
                answer.close()
            for link in (urljoin(url, link).partition("#")[0] for link in links if link):
                is_ours = not urlsplit(link).netloc and not link.startswith(("mailto:", "tel:"))
                if is_ours and link not in known and not link.startswith("/static/"):
                    known.add(link)
                    waiting.append(link)
        assert len(known) < 1000
    return known


def test_no_page_has_an_unescaped_word_of_a_stranger(ada, lab):
    folder = "".join(c for c in V if c != "/")
    for raw in hostile_letter():
        for mailbox in ("INBOX", "Sent", "Drafts", folder):
            lab.append(ada.address, mailbox, raw)
    seen = {"words": 0}
    known = crawl(ada, "/mail/", seen)
    assert seen["words"] > 200
    kinds = ("/body/", "/part/", "/source/", "compose/?reply=", "compose/?forward=", "/settings/")
    for kind in kinds:
        assert any(kind in url for url in known), kind


def test_no_answer_to_a_form_has_an_unescaped_word(ada, lab):
    folder = "".join(c for c in V if c != "/")
    lab.append(ada.address, "INBOX", hostile_letter()[0])
    lab.append(ada.address, folder, letter(subject=V))
    ref = re.search(r'data-ref="([^"]+)"', ada.get(mailbox_url(ada.key, "INBOX")).content.decode())
    place = {"ref": unescape(ref[1]), "next": V}
    identity = User.objects.get(address=ada.address).accounts.get().identities.first()
    signature = {"identity": identity.key, "name": V, "text": V, "html": V}
    compose = {"to": V, "cc": V, "subject": V, "text": V, "html": V, "format": "html"}
    answers = [
        ada.post("/mail/actions/", {"do": "flag", **place}, follow=True),
        ada.post("/mail/actions/", {"do": V, **place}, follow=True),
        ada.post("/mail/actions/", {"do": "move", "ref": place["ref"], "target": V}, follow=True),
        ada.post(
            "/mail/actions/", {"do": "copy", "ref": place["ref"], "target": folder}, follow=True
        ),
        ada.post("/mail/actions/", {"do": "move", **place}, follow=True),
        ada.post("/mail/actions/", {"do": "destroy", **place}, follow=True),
        ada.post("/undo/", {"token": V}, follow=True),
        ada.post(f"/mail/{ada.key}/", {"do": "create", "name": V}, follow=True),
        ada.post(f"/mail/{ada.key}/", {"do": "rename", "mailbox": folder, "name": V}, follow=True),
        ada.post(f"/mail/{ada.key}/", {"do": "delete", "mailbox": folder}, follow=True),
        ada.post("/settings/appearance/", {"theme": V, "time_zone": V, "name": V}, follow=True),
        ada.post("/settings/identities/", {"name": V, "addr_spec": V}, follow=True),
        ada.post("/settings/identities/", signature | {"do": "signature-add"}, follow=True),
        ada.get("/search/", {"q": V}),
        ada.get("/search/", {"q": f"subject:{V} in:{V} from:{V}"}),
        ada.get("/search/", {"q": "hurt onerror img"}),
        ada.get("/compose/", {**compose, "body": V, "attach": V}),
        ada.get(f"/mail/{ada.key}/{quote(quote(V, safe=''), safe='')}/"),
        ada.get("/compose/", {"reply": f"{ada.key}/INBOX/1.1{V}"}),
        Client().post(
            "/sign-in/", {"address": f"{V}@e.example".replace(" ", ""), "password": V, "next": V}
        ),
        Client().get("/sign-in/", {"address": V, "next": f"//e.example/{V}"}),
    ]
    seen = {"words": 0}
    for answer in answers:
        assert answer.status_code < 500, answer.request
        check(answer, seen)
    assert seen["words"] > 50


@pytest.mark.parametrize(
    "each",
    [
        "//e.example/",
        "/\\e.example/",
        "https:e.example",
        "/%09/e.example",
        "javascript:hurt()",
        "\t//e.example",
        "/\t/e.example",
        "http:///e",
    ],
)
def test_nobody_is_sent_to_another_site(each, ada, lab):
    lab.append(ada.address, "INBOX", letter())
    ref = re.search(r'data-ref="([^"]+)"', ada.get(mailbox_url(ada.key, "INBOX")).content.decode())
    answers = [
        ada.post("/mail/actions/", {"do": "flag", "ref": ref[1], "next": each}),
        ada.post("/undo/", {"token": "x", "next": each}),
        ada.get("/sign-in/", {"next": each}),
        Client().post(
            "/sign-in/", {"address": ada.address, "password": lab.users[ada.address], "next": each}
        ),
    ]
    for answer in answers:
        where = urlsplit(urljoin("http://testserver/a/", answer.headers["Location"].strip()))
        assert (where.scheme, where.netloc) == ("http", "testserver")
        assert "\t" not in answer.headers["Location"]


def field_of(answer):
    page = answer.content.decode()
    return unescape(
        re.search(r"<textarea name=\"html\"[^>]*>\n(.*?)</textarea>", page, re.DOTALL)[1]
    )


@pytest.mark.parametrize("each", OWN, ids=lambda each: each["id"])
def test_hostile_html_reaches_the_editor_as_the_compose_profile_lets_it(each, mara, store):
    html = f"<p>seen</p>{each['html']}"
    ref = store.append("INBOX", letter(text=html, kind="text/html; charset=utf-8"))
    draft = store.append("Drafts", letter(text=html, kind="text/html; charset=utf-8"))
    for way, place in (("reply", ref), ("forward", ref), ("draft_of", draft)):
        html = field_of(mara.get("/compose/", {way: mara.text_of(place)}))
        assert not Page(html).harm
        assert not re.search(r"<(?:script|style|svg|math|iframe|form|input|meta|link|base)\b", html)
        assert "seen" in html
        assert "tracker.example.test" not in re.sub(r">[^<]*<", "><", html)


@pytest.mark.parametrize(
    "hidden",
    [
        '<div style="display:none">kobold</div>',
        "<style>.k{display:none}</style><p class=k>kobold</p>",
        '<p style="font-size:0">kobold</p>',
        '<p style="opacity:0">kobold</p>',
        "<style>.k{display:none}@media (max-width:1px){.k{color:red}}</style><p class=k>kobold</p>",
    ],
)
def test_what_the_reader_did_not_see_is_not_passed_on(hidden, mara, store):
    ref = store.append("INBOX", letter(text=f"<p>seen</p>{hidden}", kind="text/html"))
    for way in ("reply", "forward"):
        page = mara.get("/compose/", {way: mara.text_of(ref)}).content.decode()
        assert "seen" in page
        assert "kobold" not in page


@pytest.mark.parametrize("each", OWN, ids=lambda each: each["id"])
def test_what_a_browser_sends_back_is_cleaned_before_it_is_shown_again(each, mara, store):
    html = f"<p>seen</p>{each['html']}"
    action, fields = begin(mara, subject="Draft", html=html, format="html", do="save")
    assert mara.post(action, fields).status_code == 303
    html = field_of(mara.get(action))
    assert "seen" in html
    assert not Page(html).harm
    copy = email.message_from_bytes(copies_in_drafts(store)[0], policy=email.policy.default)
    assert not Page(copy.get_body(("html",)).get_content()).harm
