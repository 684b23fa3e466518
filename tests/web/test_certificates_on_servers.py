"""Signed and encrypted mail (S/MIME) on a real IMAP and a real submission server."""

import pytest

from tests.message.signing import Authority
from tests.message.signing_files import OPENS, OpenSSL, p12_of, pem_file
from tests.web.forms import begin, form_of
from tests.web.test_certificate_reading import page
from tests.web.test_writing_on_servers import ADA, BEN, ada, deliver  # noqa: F401
from webmail.accounts import connect
from webmail.accounts.models import User
from webmail.message import smime_trust
from webmail.store.mailbox import MessageRef
from webmail.submission import outbox
from webmail.submission.models import Outgoing
from webmail.web.paths import message_url

pytestmark = pytest.mark.django_db(transaction=True)
PASSPHRASE = "four words of mine"
PAGE = "/settings/encryption/"


@pytest.fixture
def authority(monkeypatch):
    known = Authority()
    monkeypatch.setattr(smime_trust, "system_roots", lambda: (known.certificate,))
    return known


@pytest.fixture
def writer(ada):  # noqa: F811
    return ada


@pytest.fixture
def signers(writer, authority):
    """Ada has a certificate, and that of Ben."""
    signers = {each: authority.signer(each, by_rsa=True) for each in (ADA, BEN)}
    identity = User.objects.get(address=ADA).accounts.get().identities.first()
    fields = {
        "do": "smime-import",
        "identity": identity.key,
        "file": p12_of(signers[ADA], authority),
        "file_passphrase": OPENS,
        "passphrase": PASSPHRASE,
        "again": PASSPHRASE,
    }
    assert writer.post(PAGE, fields).status_code == 303
    writer.post(PAGE, {"do": "smime-add-known", "certificate": pem_file(signers[BEN].certificate)})
    return signers


def send(client, *protect):
    action, fields = begin(client, f"?to={BEN}", text="Grüße, the secret is seven.  \n.\nFrom Ada")
    fields |= {"do": "send", "protect": protect}
    action, again = form_of(client.post(action, fields))
    again |= {"do": "send", "protect": protect, "passphrase": PASSPHRASE}
    answer = client.post(action, again)
    assert answer.status_code == 303
    frozen = outbox.wire_bytes(Outgoing.objects.get())
    assert deliver().state == "done"
    return frozen


def arrived(lab, address, mailbox):
    (uid,) = lab.wait_for(address, mailbox)
    return uid, lab.raw(address, mailbox, uid)


def url_of(lab, mailbox, uid):
    with lab.imap(ADA) as imap:
        uidvalidity = imap.folder_status(mailbox, ["UIDVALIDITY"])[b"UIDVALIDITY"]
    account = User.objects.get(address=ADA).accounts.get()
    return message_url(account.key, MessageRef(mailbox, uidvalidity, uid))


def test_signed_mail_arrives_as_it_was_frozen_and_verifies(
    writer,
    lab,
    signers,
    authority,
    tmp_path,
):
    frozen = send(writer, "smime-sign")
    _, raw = arrived(lab, BEN, "INBOX")
    assert raw.endswith(frozen)
    assert b"seven" in OpenSSL(tmp_path).verify(raw, authority)
    uid, copy = arrived(lab, ADA, "Sent")
    assert copy == frozen
    assert f"Signed by {ADA}." in page(writer.get(url_of(lab, "Sent", uid)))


def test_encrypted_mail_arrives_and_each_of_both_opens_it(
    writer,
    lab,
    signers,
    authority,
    tmp_path,
):
    frozen = send(writer, "smime-sign", "smime-encrypt")
    _, raw = arrived(lab, BEN, "INBOX")
    assert raw.endswith(frozen)
    content = OpenSSL(tmp_path).decrypt(raw, signers[BEN])
    assert b"seven" in OpenSSL(tmp_path).verify(content, authority)
    uid, copy = arrived(lab, ADA, "Sent")
    assert copy == frozen
    url = url_of(lab, "Sent", uid)
    shown = page(writer.post(f"{url}decrypted/", {"passphrase": PASSPHRASE}))
    assert f"Signed by {ADA}." in shown
    assert "the secret is seven." in shown
    connect.pool.close()
