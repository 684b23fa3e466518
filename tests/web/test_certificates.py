"""Certificates in the settings, and mail signed with them (S/MIME)."""

import logging
from html import unescape

import pytest
from cryptography.hazmat.primitives import hashes
from django.contrib.sessions.models import Session

from tests.message.signing import Authority
from tests.message.signing_files import OPENS, OpenSSL, p12_of
from tests.web.forms import begin, form_of, wire
from webmail.accounts.models import User
from webmail.message import smime_trust
from webmail.message.smime_key import WrongPassphrase, read_pkcs12, unlock
from webmail.smime.models import OwnCertificate
from webmail.submission import outbox
from webmail.submission.models import Outgoing, StoredDraft

pytestmark = pytest.mark.django_db(transaction=True)

MARA, JONAS = "mara@hearth.example", "jonas@hearth.example"
PASSPHRASE = "four words of mine"
PAGE = "/settings/encryption/"


@pytest.fixture(scope="module")
def authority():
    return Authority()


def add(client, file, *, passphrase=PASSPHRASE, again=None, opens=OPENS):
    identity = User.objects.get(address=MARA).accounts.get().identities.first()
    fields = {
        "do": "smime-import",
        "identity": identity.key,
        "file": file,
        "file_passphrase": opens,
        "passphrase": passphrase,
        "again": passphrase if again is None else again,
    }
    return client.post(PAGE, fields)


@pytest.fixture
def certified(mara, authority, submission):
    """Mara has a certificate."""
    signer = authority.signer(MARA)
    assert add(mara, p12_of(signer, authority)).status_code == 303
    return signer


def page(answer):
    return unescape(answer.content.decode())


# -- in the settings -------------------------------------------------------------------------------


def test_a_certificate_is_shown_with_who_gave_it_out_and_until_when(mara, certified):
    shown = page(mara.get(PAGE))
    fingerprint = certified.certificate.fingerprint(hashes.SHA256()).hex().upper()
    assert f"For <bdi>Somebody {MARA}</bdi>, given out by <bdi>Test Authority</bdi>" in shown
    assert " ".join(fingerprint[at : at + 4] for at in range(0, 64, 4)) in shown
    assert "It runs out in 29 days. Ask whoever gave it out for a new one." in shown


def test_one_for_another_address_is_not_taken_and_the_page_says_why(mara, authority):
    answer = add(mara, p12_of(authority.signer("other@hearth.example")))
    said = "This certificate is for other@hearth.example, not for mara@hearth.example."
    assert (answer.status_code, said in page(answer)) == (422, True)
    assert not OwnCertificate.objects.exists()


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"opens": "not this"}, "The passphrase of the file does not open it."),
        ({"passphrase": "short"}, "A passphrase needs at least 10 characters."),
        ({"again": "something else"}, "The two new passphrases are not the same."),
    ],
)
def test_what_is_wrong_with_a_passphrase_is_said(mara, authority, changes, said):
    answer = add(mara, p12_of(authority.signer(MARA)), **changes)
    assert (answer.status_code, said in page(answer)) == (422, True)
    assert PASSPHRASE not in page(answer)
    assert not OwnCertificate.objects.exists()


def test_the_private_key_is_kept_only_under_the_chosen_passphrase(certified):
    kept = OwnCertificate.objects.get()
    key = unlock(bytes(kept.locked), PASSPHRASE)
    assert key.private_numbers() == certified.key.private_numbers()
    for wrong in (OPENS, "", "four words of mine "):
        with pytest.raises(WrongPassphrase):
            unlock(bytes(kept.locked), wrong)


def test_it_leaves_as_the_file_it_came_as(mara, certified):
    key = OwnCertificate.objects.get().key
    answer = mara.post(f"/encryption/certificates/{key}/", {"passphrase": PASSPHRASE})
    pair = read_pkcs12(answer.content, PASSPHRASE)
    assert pair.key.private_numbers() == certified.key.private_numbers()
    assert [each.subject for each in pair.chain]
    assert answer.headers["Cache-Control"] == "no-store, private"
    refused = mara.post(f"/encryption/certificates/{key}/", {"passphrase": "something else"})
    assert refused.status_code == 303


def test_deleting_one_asks_for_a_tick(mara, certified):
    key = OwnCertificate.objects.get().key
    assert mara.post(PAGE, {"do": "smime-remove", "key": key}).status_code == 422
    assert OwnCertificate.objects.exists()
    mara.post(PAGE, {"do": "smime-remove", "key": key, "sure": "1"})
    assert not OwnCertificate.objects.exists()


# -- signing ---------------------------------------------------------------------------------------


def send(client, **changes):
    action, fields = begin(client, f"?to={JONAS}", text="Plain words", **changes)
    return client.post(action, fields | {"do": "send", "protect": "smime-sign"})


def again(client, answer, **changes):
    """The form of the page that was answered with, sent once more."""
    action, fields = form_of(answer)
    return client.post(action, fields | {"do": "send", "protect": "smime-sign"} | changes)


def test_nobody_without_a_certificate_sees_anything_of_it(mara):
    assert "Sign with certificate" not in page(mara.get("/compose/"))


def test_the_passphrase_is_asked_for_and_nothing_leaves_without_it(mara, certified):
    answer = send(mara)
    assert answer.status_code == 422
    assert "Its passphrase is needed for that." in page(answer)
    answer = again(mara, answer, passphrase="something else")
    assert "This passphrase does not open your certificate. Nothing was sent." in page(answer)
    assert not Outgoing.objects.exists()


def test_openssl_and_hearth_both_verify_what_was_signed(mara, certified, authority, tmp_path):
    text = "Dear Jonas,  \nFrom here on: grüße, ½ \n.\n"
    answer = again(mara, send(mara), passphrase=PASSPHRASE, text=text, bcc="eva@hearth.example")
    assert answer.status_code == 303
    message = wire()
    content = OpenSSL(tmp_path).verify(message, authority)
    assert b" From here on: gr=C3=BC" in content
    assert b"Subject: Hello" in content
    assert OpenSSL(tmp_path).verify(message.replace(b"Dear", b"Dead"), authority) is None
    # Nothing that a relay would change, and nobody named who was not to be.
    assert message.isascii()
    assert not [line for line in message.split(b"\r\n") if line.endswith(b" ")]
    assert b"eva@" not in message
    assert b"micalg=sha-256" in message
    sent = outbox.sent_bytes(Outgoing.objects.get())
    assert sent.endswith(message)
    assert b"Bcc: <eva@hearth.example>" in sent


def test_hearth_shows_the_signature_as_one_of_the_sender(
    mara, certified, authority, store, monkeypatch
):
    monkeypatch.setattr(smime_trust, "system_roots", lambda: (authority.certificate,))
    again(mara, send(mara), passphrase=PASSPHRASE)
    shown = page(mara.get(mara.url_of(store.append("INBOX", wire()))))
    assert f"Signed by {MARA}." in shown


def test_the_passphrase_stands_nowhere_but_in_the_request(mara, certified, caplog):
    caplog.set_level(logging.DEBUG)
    again(mara, send(mara), passphrase=PASSPHRASE)
    row, draft = Outgoing.objects.get(), StoredDraft.objects.get()
    rows = [str(vars(each)) for each in (row, draft, OwnCertificate.objects.get())]
    sessions = [str(each.get_decoded()) for each in Session.objects.all()]
    assert not [each for each in (*rows, *sessions, caplog.text) if PASSPHRASE in each]


def test_kept_for_the_session_it_is_not_asked_for_again_and_lies_there_sealed(mara, certified):
    again(mara, send(mara), passphrase=PASSPHRASE, keep_passphrase="1")
    assert send(mara).status_code == 303
    assert Outgoing.objects.count() == 2
    (session,) = [each.get_decoded() for each in Session.objects.all()]
    assert list(session["certificates"])
    assert PASSPHRASE not in str(session)
    mara.post("/sign-out/")
    mara.post("/sign-in/", {"address": MARA, "password": "secret"})
    assert send(mara).status_code == 422


def test_a_wrong_passphrase_is_not_kept(mara, certified):
    again(mara, send(mara), passphrase="something else", keep_passphrase="1")
    assert "certificates" not in str([each.get_decoded() for each in Session.objects.all()])


def test_the_next_new_mail_is_signed_as_the_last_one_was(mara, certified):
    ticked = 'value="smime-sign" checked'
    assert ticked not in page(mara.get("/compose/"))
    again(mara, send(mara), passphrase=PASSPHRASE)
    assert ticked in page(mara.get("/compose/"))
    action, fields = begin(mara, f"?to={JONAS}", text="Plain words")
    mara.post(action, fields | {"do": "send", "protect": ""})
    assert ticked not in page(mara.get("/compose/"))


def test_one_that_ran_out_signs_nothing_and_the_writer_is_told(mara, authority, submission):
    signer = authority.signer(MARA, days=400)
    assert add(mara, p12_of(signer)).status_code == 303
    answer = send(mara)
    assert "Your certificate for mara@hearth.example ran out on" in page(answer)
    assert not Outgoing.objects.exists()


def test_what_is_to_be_signed_does_not_repeat_or_go_to_a_list_unsigned(mara, certified):
    action, fields = begin(mara, f"?to={JONAS}", text="Plain words")
    mara.post(action, fields | {"do": "save", "protect": "smime-sign"})
    answer = mara.post(f"{action}repeat/", {"every": "day", "keeps_password": "1", "at": "08:00"})
    assert "What is signed or encrypted is sent once and by itself" in page(answer)
