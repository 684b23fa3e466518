"""Signed and encrypted mail as it is shown: honest words, and the text that was signed."""

import base64
from html import unescape

import pytest

from tests.message.reading import SHARED_CORPUS
from tests.message.signing import Authority
from tests.web.letters import letter
from webmail.message import smime_trust

pytestmark = pytest.mark.django_db

JONAS = "jonas@hearth.example"
PROTECTED = [p for kind in ("smime", "pgp") for p in sorted(SHARED_CORPUS.glob(f"{kind}/*.eml"))]


@pytest.fixture
def authority(monkeypatch):
    known = Authority()
    monkeypatch.setattr(smime_trust, "system_roots", lambda: (known.certificate,))
    return known


def page(client, ref):
    return unescape(client.get(client.url_of(ref)).content.decode())


def signed(signer, text="Is there any?", *, shown=None):
    content = f"Content-Type: text/plain; charset=utf-8\r\n\r\n{text}\r\n"
    der = base64.encodebytes(signer.sign(content.encode())).decode().replace("\n", "\r\n")
    kind = "application/pkcs7-signature; name=smime.p7s"
    body = (
        f"--b\r\n{shown or content}\r\n--b\r\nContent-Type: {kind}\r\n"
        f"Content-Transfer-Encoding: base64\r\n\r\n{der}\r\n--b--\r\n"
    )
    whole = 'multipart/signed; protocol="application/pkcs7-signature"; boundary=b'
    return letter("Firewood", body, kind=whole)


def test_a_good_signature_says_who_signed_and_hides_its_file(mara, store, authority):
    shown = page(mara, store.append("INBOX", signed(authority.signer(JONAS))))
    assert f"Signed by {JONAS}." in shown
    assert "Test Authority vouches for the address." in shown
    assert "Is there any?" in shown
    assert "smime.p7s" not in shown


def test_an_unknown_authority_is_named_as_one(mara, store, authority):
    shown = page(mara, store.append("INBOX", signed(Authority("Elsewhere").signer(JONAS))))
    assert "an authority this server does not know" in shown


def test_a_changed_message_is_said_to_be_changed(mara, store, authority):
    other = "Content-Type: text/plain; charset=utf-8\r\n\r\nThere is none.\r\n"
    raw = signed(authority.signer(JONAS), shown=other)
    assert "The signature does not fit this message." in page(mara, store.append("INBOX", raw))


def test_a_second_sender_field_takes_the_signature_its_worth(mara, store, authority):
    raw = b"From: boss@hearth.example\r\n" + signed(authority.signer(JONAS))
    shown = page(mara, store.append("INBOX", raw))
    assert "Signed by" not in shown
    assert "The signature cannot be checked." in shown


def test_a_signed_part_of_something_larger_vouches_for_nothing(mara, store, authority):
    inner = signed(authority.signer(JONAS)).partition(b"MIME-Version: 1.0\r\n")[2].decode()
    footer = "Content-Type: text/plain\r\n\r\nFooter"
    body = f"--o\r\n{inner}\r\n--o\r\n{footer}\r\n--o--\r\n"
    raw = letter("Firewood", body, kind="multipart/mixed; boundary=o")
    shown = page(mara, store.append("INBOX", raw))
    assert "A part of this message is signed." in shown


def test_what_is_wrapped_in_a_signature_is_shown_and_can_be_saved(mara, store, authority):
    files = 'Content-Type: text/csv\r\nContent-Disposition: attachment; filename="a.csv"\r\n\r\n1'
    text = "Content-Type: text/plain\r\n\r\nIs there <b>any</b>?"
    content = "Content-Type: multipart/mixed; boundary=i\r\n\r\n"
    content += f"--i\r\n{text}\r\n--i\r\n{files}\r\n--i--\r\n"
    der = authority.signer(JONAS).sign(content.encode(), detached=False)
    raw = letter(
        "Firewood",
        base64.encodebytes(der).decode().replace("\n", "\r\n"),
        head="Content-Transfer-Encoding: base64",
        kind="application/pkcs7-mime; smime-type=signed-data; name=smime.p7m",
    )
    ref = store.append("INBOX", raw)
    shown = mara.get(mara.url_of(ref)).content.decode()
    assert f"Signed by {JONAS}." in shown
    assert "Is there &lt;b&gt;any&lt;/b&gt;?" in shown
    assert "a.csv" in shown
    saved = mara.download(f"{mara.url_of(ref)}signed/")
    assert saved.octets == content.encode()


def test_encrypted_mail_is_explained(mara, store):
    text = "-----BEGIN PGP MESSAGE-----\r\n\r\nhQEM\r\n-----END PGP MESSAGE-----"
    shown = page(mara, store.append("INBOX", letter("Firewood", text)))
    assert "This message is encrypted." in shown


@pytest.mark.parametrize("path", PROTECTED, ids=lambda path: path.stem)
def test_every_protected_message_opens_and_none_is_called_good(mara, store, path):
    answer = mara.get(mara.url_of(store.append("INBOX", path.read_bytes())))
    assert answer.status_code == 200
    assert "Signed by " not in unescape(answer.content.decode())
