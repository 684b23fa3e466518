"""What people do all day, through the web, on each mail server."""

import re
from itertools import count
from types import SimpleNamespace

import pytest
from django.test import Client

from tests.web.forms import begin
from tests.web.letters import letter
from webmail.accounts import connect
from webmail.accounts.models import User
from webmail.outbound import parse_endpoint
from webmail.store.imap import ImapStore
from webmail.web import reading
from webmail.web.paths import mailbox_url

pytestmark = pytest.mark.django_db(transaction=True)
_NUMBERS = count(1)


@pytest.fixture(params=["cyrus", "courier", "mailutils"])
def server(request):
    return request.getfixturevalue(request.param)


@pytest.fixture(params=["imaps_url", "imap_starttls_url"])
def place(request, server, settings, tmp_path):
    """A new account on the server, by TLS from the start or by STARTTLS."""
    address = f"job{next(_NUMBERS)}@hearth.test"
    server.add_users({address: "secret"})
    settings.WEBMAIL_DATA_DIR = tmp_path
    settings.WEBMAIL_IMAP = parse_endpoint(getattr(server, request.param), "imap")
    settings.WEBMAIL_CA_FILE = str(server.ca_file)
    reading.forget_all()
    yield SimpleNamespace(address=address, endpoint=settings.WEBMAIL_IMAP, server=server)
    connect.pool.close()


@pytest.fixture
def store(place):
    """What the server holds, in a session beside the browser's."""
    tls = connect.tls_context()
    store = ImapStore.open(place.endpoint, place.address, "secret", tls=tls)
    yield store
    store.close()


@pytest.fixture
def client(place):
    client = Client()
    answer = client.post("/sign-in/", {"address": place.address, "password": "secret"})
    assert answer.status_code == 303, answer.content
    client.key = User.objects.get(address=place.address).accounts.get().key
    return client


def refs_of(answer):
    return re.findall(r'<li class="row[^"]*" data-ref="([^"]+)"', answer.content.decode())


def subjects(store, mailbox):
    return [row.envelope.subject for row in store.page(mailbox).rows]


def named(store, leaf):
    return next(m.name for m in store.mailboxes() if m.leaf == leaf)


def test_the_main_job(client, store):
    for subject in ("Firewood", "Soup", "=?utf-8?q?K=C3=A4se?="):
        store.append("INBOX", letter(subject, f"Is there any {subject}?"))
    inbox = mailbox_url(client.key, "INBOX")
    page = client.get(inbox)
    assert page.status_code == 200, page.content
    assert len(refs_of(page)) == 3
    for words in ("Firewood", "Is there any Soup?", "Käse"):
        assert words in page.content.decode()
    _it_is_opened_and_flagged(client, refs_of(page)[-1])
    _it_is_found(client, "Firewood")
    _folders_come_and_go(client, store)
    _it_is_archived(client, store, refs_of(client.get(inbox))[-1])
    _a_draft_is_kept(client, store)


def _it_is_opened_and_flagged(client, ref):
    assert "Is there any Firewood?" in client.get(f"/mail/{ref}/").content.decode()
    assert client.post("/mail/actions/", {"do": "flag", "ref": ref}).status_code == 303
    assert refs_of(client.get("/search/?q=is%3Aflagged")) == [ref]


def _it_is_found(client, words):
    (ref,) = refs_of(client.get("/search/", {"q": f"subject:{words}"}))
    assert words in client.get(f"/mail/{ref}/").content.decode()


def _folders_come_and_go(client, store):
    folders = f"/mail/{client.key}/"
    assert client.post(folders, {"do": "create", "leaf": "Rezepte für"}).status_code == 303
    name = named(store, "Rezepte für")
    client.post(folders, {"do": "rename", "mailbox": name, "leaf": "Recipes"})
    (name,) = [m.name for m in store.mailboxes() if m.leaf in ("Recipes", "Rezepte für")]
    assert name.endswith("Recipes")
    assert client.get(mailbox_url(client.key, name)).status_code == 200
    client.post(folders, {"do": "delete", "mailbox": name, "confirmed": "1"})
    assert "Recipes" not in {m.leaf for m in store.mailboxes()}


def _it_is_archived(client, store, ref):
    assert client.post("/mail/actions/", {"do": "archive", "ref": ref}).status_code == 303
    assert subjects(store, named(store, "Archive")) == ["Firewood"]
    if store._session.can("UIDPLUS"):
        assert subjects(store, "INBOX") == ["Käse", "Soup"]
    (ref,) = refs_of(client.get(mailbox_url(client.key, named(store, "Archive"))))
    assert "Is there any Firewood?" in client.get(f"/mail/{ref}/").content.decode()


def _a_draft_is_kept(client, store):
    action, fields = begin(client, to="ben@hearth.test", subject="Plans", text="Not yet")
    assert client.post(action, fields | {"do": "save"}).status_code in (200, 303)
    assert subjects(store, named(store, "Drafts")) == ["Plans"]


def test_a_wrong_password_is_refused(place):
    answer = Client().post("/sign-in/", {"address": place.address, "password": "other"})
    assert answer.status_code == 422 or b"password" in answer.content
    assert not User.objects.filter(address=place.address).exists()
