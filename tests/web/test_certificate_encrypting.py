"""Mail encrypted for the certificates of all who get it (S/MIME)."""

import email
import email.policy

import pytest

from tests.message.signing import Authority
from tests.message.signing_files import OPENS, OpenSSL, p12_of, pair_of, pem_file
from tests.web.forms import begin, form_of, wire
from tests.web.test_certificate_reading import page, show
from webmail.accounts.models import User
from webmail.message import smime_trust
from webmail.message.smime import cms_kind
from webmail.message.smime_inside import look_inside
from webmail.message.smime_open import open_envelope
from webmail.smime.models import KnownCertificate
from webmail.submission import outbox
from webmail.submission.models import Outgoing, StoredDraft

pytestmark = pytest.mark.django_db(transaction=True)

MARA, JONAS, EVA = "mara@hearth.example", "jonas@hearth.example", "eva@hearth.example"
PASSPHRASE = "four words of mine"
PAGE = "/settings/encryption/"


@pytest.fixture(scope="module")
def authority():
    return Authority()


@pytest.fixture(scope="module")
def signers(authority):
    return {
        MARA: authority.signer(MARA),
        JONAS: authority.signer(JONAS, by_rsa=True),
        EVA: authority.signer(EVA),
    }


@pytest.fixture
def certified(mara, signers, submission, authority, monkeypatch):
    """Mara has a certificate, and that of Jonas."""
    monkeypatch.setattr(smime_trust, "system_roots", lambda: (authority.certificate,))
    identity = User.objects.get(address=MARA).accounts.get().identities.first()
    fields = {
        "do": "smime-import",
        "identity": identity.key,
        "file": p12_of(signers[MARA], authority),
        "file_passphrase": OPENS,
        "passphrase": PASSPHRASE,
        "again": PASSPHRASE,
    }
    assert mara.post(PAGE, fields).status_code == 303
    assert know(mara, signers[JONAS]).status_code == 303
    return signers


def know(client, signer):
    return client.post(PAGE, {"do": "smime-add-known", "certificate": pem_file(signer.certificate)})


def send(client, protect=("smime-encrypt",), **changes):
    changes = {"to": JONAS, "text": "The secret is seven.", **changes}
    action, fields = begin(client, **changes)
    return client.post(action, fields | {"do": "send", "protect": list(protect)})


def der_in(message):
    return email.message_from_bytes(message).get_payload(decode=True)


def test_openssl_opens_what_was_encrypted_for_its_key(mara, certified, tmp_path):
    assert send(mara).status_code == 303
    message = wire()
    assert b"secret" not in message
    assert b"Subject: ..." in message
    assert cms_kind(der_in(message)) == "enveloped_data"
    content = OpenSSL(tmp_path).decrypt(message, certified[JONAS])
    inner = email.message_from_bytes(content, policy=email.policy.default)
    assert (inner["Subject"], inner["To"]) == ("Hello", JONAS)
    assert inner.get_body(("plain",)).get_content().strip() == "The secret is seven."


@pytest.mark.parametrize(
    ("named", "typed"),
    [
        ("jörg@hearth.example", "jörg@hearth.example"),
        ("eva@xn--bcher-kva.example", "Eva@bücher.example"),
    ],
)
def test_addresses_outside_of_ascii_are_encrypted_for_too(
    mara, certified, authority, tmp_path, named, typed
):
    other = authority.signer(named, by_rsa=True)
    assert know(mara, other).status_code == 303
    assert send(mara, to=typed, protect=("smime-sign", "smime-encrypt")).status_code == 422
    action, fields = begin(mara, to=typed, text="The secret is seven.")
    fields |= {"do": "send", "protect": ["smime-sign", "smime-encrypt"], "passphrase": PASSPHRASE}
    assert mara.post(action, fields).status_code == 303
    assert b"seven" in OpenSSL(tmp_path).decrypt(wire(), other)


def test_it_is_encrypted_for_its_writer_too_and_the_copy_in_sent_is_the_same(
    mara, certified, store
):
    send(mara)
    row = Outgoing.objects.get()
    assert outbox.sent_bytes(row) == outbox.wire_bytes(row)
    assert row.subject == "..."
    ref = store.append("Sent", wire())
    shown = page(show(mara, ref))
    assert "The secret is seven." in shown
    assert "It could have been altered on the way." in shown


def test_signed_and_encrypted_the_signature_lies_inside(mara, certified, authority, tmp_path):
    answer = send(mara, protect=("smime-sign", "smime-encrypt"))
    action, fields = form_of(answer)
    fields |= {"do": "send", "protect": ["smime-sign", "smime-encrypt"], "passphrase": PASSPHRASE}
    assert mara.post(action, fields).status_code == 303
    message = wire()
    assert b"pkcs7-signature" not in message
    content = OpenSSL(tmp_path).decrypt(message, certified[JONAS])
    assert b"seven" in OpenSSL(tmp_path).verify(content, authority)


def test_authenticated_encryption_is_for_who_said_they_can_open_it(mara, certified, tmp_path):
    KnownCertificate.objects.update(reads_gcm=True)
    send(mara)
    der = der_in(wire())
    assert cms_kind(der) == "authenticated_enveloped_data"
    assert b"authEnveloped-data" in wire()
    opened = open_envelope(der, pair_of(certified[JONAS]))
    assert opened.is_authenticated
    assert b"seven" in look_inside(opened.content).message.raw
    assert b"seven" in OpenSSL(tmp_path).decrypt(wire(), certified[JONAS])


def test_who_lacks_a_certificate_is_named_and_nothing_leaves(mara, certified):
    answer = send(mara, to=f"{JONAS}, {EVA}")
    assert (answer.status_code, f"You have no certificate of {EVA}." in page(answer)) == (422, True)
    assert not Outgoing.objects.exists()
    know(mara, certified[EVA])
    assert send(mara, to=f"{JONAS}, {EVA}").status_code == 303


def test_blind_copies_are_refused_with_encryption(mara, certified):
    know(mara, certified[EVA])
    answer = send(mara, bcc=EVA)
    assert "Send blind copies as messages of their own" in page(answer)
    assert not Outgoing.objects.exists()


def test_openpgp_and_certificates_do_not_go_together(mara, certified):
    answer = send(mara, protect=("encrypt", "smime-encrypt"))
    assert "Choose OpenPGP or a certificate" in page(answer)
    assert not Outgoing.objects.exists()


def test_the_copy_in_drafts_holds_nothing_and_the_page_says_what_is_kept(mara, certified, store):
    action, fields = begin(mara, to=JONAS, text="The secret is seven.", subject="Gold")
    mara.post(action, fields | {"do": "save", "protect": "smime-encrypt"})
    (copy,) = store.page("Drafts").rows
    raw = b"".join(store.source(copy.ref))
    assert b"secret" not in raw
    assert b"Gold" not in raw
    assert StoredDraft.objects.get().fields["text"] == "The secret is seven."
    said = "Until you send it, the draft is kept on this server unencrypted."
    assert said in page(mara.get(action))


def test_a_certificate_of_a_correspondent_is_shown_and_can_be_removed(mara, certified):
    shown = page(mara.get(PAGE))
    assert f"For <bdi>Somebody {JONAS}</bdi>, given out by <bdi>Test Authority</bdi>" in shown
    key = KnownCertificate.objects.get().key
    mara.post(PAGE, {"do": "smime-remove-known", "key": key})
    assert not KnownCertificate.objects.exists()


def test_nothing_is_encrypted_for_one_that_ran_out(mara, certified, authority):
    answer = know(mara, authority.signer(EVA, days=400))
    assert "This certificate ran out on" in page(answer)
    KnownCertificate.objects.update(valid_until="2020-01-01T00:00Z")
    assert f"You have no certificate of {JONAS}." in page(send(mara))
    assert not Outgoing.objects.exists()


def test_one_with_openpgp_ticked_beside_it_is_refused_and_nothing_of_it_is_lost(mara, certified):
    """As a browser without script sends it: with one the one switches the other off."""
    mara.post(PAGE, {"do": "on"})
    answer = send(mara, protect=("encrypt", "smime-encrypt"))
    assert answer.status_code == 422
    assert "Choose OpenPGP or a certificate" in page(answer)
    assert "The secret is seven." in page(answer)
    assert 'value="encrypt" checked' in page(answer)
    assert 'value="smime-encrypt" checked' in page(answer)
    assert not Outgoing.objects.exists()
