"""A signed-in browser on a store in memory."""

import ipaddress
from dataclasses import replace

import pytest
from django.test import Client

from tests.lab.pages import Pages
from tests.web.newsletters import png
from webmail.accounts import connect
from webmail.accounts.models import User
from webmail.attachments import remote_pictures
from webmail.outbound import parse_endpoint
from webmail.outbound_fetch import RULES
from webmail.store.memory import MemoryStore
from webmail.submission import offers
from webmail.web import events, lists, previews, reading
from webmail.web.paths import mailbox_url, message_url, ref_text

ADDRESS = "mara@hearth.example"


class Reader(Client):
    """Mara's browser; it knows how her mail is spelled in URLs."""

    @property
    def key(self):
        return User.objects.get(address=ADDRESS).accounts.first().key

    def list_url(self, mailbox="INBOX"):
        return mailbox_url(self.key, mailbox)

    def url_of(self, ref):
        return message_url(self.key, ref)

    def text_of(self, ref):
        return ref_text(self.key, ref)

    def act(self, do, *refs, **fields):
        return self.post(
            "/mail/actions/", {"do": do, "ref": [self.text_of(ref) for ref in refs], **fields}
        )

    def download(self, url):
        """The answer with all its octets, as a browser takes it."""
        answer = self.get(url)
        answer.octets = answer.getvalue()
        return answer

    def part(self, url):
        """What a script gets."""
        return self.get(url, headers={"HX-Request": "true"})


@pytest.fixture(autouse=True)
def no_wait_for_previews(monkeypatch):
    """There is no worker to make one."""
    monkeypatch.setattr(previews, "WAIT_S", 0)


@pytest.fixture
def store(db, monkeypatch, settings, tmp_path):
    """One store for every session, in memory."""
    settings.WEBMAIL_DATA_DIR = tmp_path
    settings.WEBMAIL_IMAP = parse_endpoint("imaps://mail.hearth.example:993", "imap")
    memory = MemoryStore()
    monkeypatch.setattr(memory, "close", lambda: None)
    monkeypatch.setattr(connect, "open_store", lambda account, password: memory)
    # There is no worker here, and no Redis to ring through.
    monkeypatch.setattr(lists, "wake_growth", lambda mailbox: None)
    monkeypatch.setattr(events, "wake_all", lambda account_id: None)
    monkeypatch.setattr(events, "poke", lambda: None)
    reading.forget_all()
    yield memory
    connect.pool.close()


@pytest.fixture
def mara(store):
    reader = Reader()
    answer = reader.post("/sign-in/", {"address": ADDRESS, "password": "secret"})
    assert answer.status_code == 303
    return reader


@pytest.fixture
def host(monkeypatch):
    """A web server that plays the Internet."""
    pages = Pages()
    internet = ipaddress.ip_address(pages.host)
    rules = replace(
        RULES,
        resolve=lambda _: [pages.host],
        may_connect=lambda address: address == internet,
        ports=frozenset({pages.port}),
    )
    monkeypatch.setattr(remote_pictures, "rules", rules)
    pages.answers["/a.png"] = (200, {"Content-Type": "text/html"}, png())
    yield pages
    pages.close()


@pytest.fixture
def submission(settings, monkeypatch):
    """A submission server is named, and not asked what it offers."""
    monkeypatch.setattr(offers, "ask", lambda endpoint, tls, addresses: None)
    settings.WEBMAIL_SUBMISSION = parse_endpoint("submissions://mail.hearth.example", "submission")
