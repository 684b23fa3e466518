"""Mail encrypted with S/MIME, as it is opened and shown (T91, T92)."""

import base64
import re
from html import unescape

import pytest
from django.utils import timezone

from tests.message.signing import Authority
from tests.message.signing_files import OPENS, OpenSSL, p12_of, pair_of
from tests.web.letters import letter
from webmail.accounts.models import User
from webmail.message import cleaned, smime_trust
from webmail.message.smime_envelope import encrypt
from webmail.message.smime_mail import signed_entity
from webmail.smime.models import KnownCertificate
from webmail.web import signature_card

pytestmark = pytest.mark.django_db(transaction=True)

MARA, JONAS = "mara@hearth.example", "jonas@hearth.example"
PASSPHRASE = "four words of mine"
TEXT = b"Content-Type: text/plain; charset=utf-8\r\n\r\nThe secret is seven.\r\n"
SPY = (
    b"Content-Type: text/html; charset=utf-8\r\n\r\n<p>The secret is <b>eight</b>.</p>"
    b'<img src="https://spy.example/a.png"><style>@import url(https://spy.example/b.css);</style>'
    b'<a href="https://spy.example/?c=">here</a>\r\n'
)


@pytest.fixture(scope="module")
def authority():
    return Authority()


@pytest.fixture(scope="module")
def signers(authority):
    """Mara's, by each kind of key, and that of Jonas."""
    return {
        "rsa": authority.signer(MARA, by_rsa=True),
        "curve": authority.signer(MARA),
        "jonas": authority.signer(JONAS),
    }


@pytest.fixture(params=["rsa", "curve"])
def mine(request, signers, mara, monkeypatch, authority):
    monkeypatch.setattr(smime_trust, "system_roots", lambda: (authority.certificate,))
    return keep(mara, signers[request.param])


@pytest.fixture
def own(signers, mara, monkeypatch, authority):
    monkeypatch.setattr(smime_trust, "system_roots", lambda: (authority.certificate,))
    return keep(mara, signers["curve"])


def keep(client, signer):
    identity = User.objects.get(address=MARA).accounts.get().identities.first()
    fields = {
        "do": "smime-import",
        "identity": identity.key,
        "file": p12_of(signer),
        "file_passphrase": OPENS,
        "passphrase": PASSPHRASE,
        "again": PASSPHRASE,
    }
    assert client.post("/settings/encryption/", fields).status_code == 303
    return signer


def sealed(content, *signers, is_authenticated=True):
    der = encrypt(
        content, [each.certificate for each in signers], is_authenticated=is_authenticated
    )
    return wrapped(der)


def wrapped(der):
    kind = "application/pkcs7-mime; smime-type=enveloped-data; name=smime.p7m"
    body = base64.encodebytes(der).decode().replace("\n", "\r\n")
    return letter("...", body, kind=kind, head="Content-Transfer-Encoding: base64")


def show(client, ref, passphrase=PASSPHRASE, **more):
    return client.post(f"{client.url_of(ref)}decrypted/", {"passphrase": passphrase, **more})


def page(answer):
    return unescape(answer.content.decode())


def frame(answer):
    found = re.search(r'srcdoc="([^"]*)"', answer.content.decode())
    return unescape(found[1]) if found else ""


def test_what_is_encrypted_for_me_opens_with_my_passphrase(mara, store, mine):
    ref = store.append("INBOX", sealed(TEXT, mine))
    before = page(mara.get(mara.url_of(ref)))
    assert "This message is encrypted for your certificate." in before
    assert "The secret" not in before
    shown = page(show(mara, ref))
    assert "The secret is seven." in shown
    assert "Encrypted for you, and not signed." in shown
    assert "altered" not in shown


@pytest.mark.parametrize("options", [["-aes256"], ["-aes-256-gcm"], ["-aes128"]])
def test_what_openssl_encrypted_opens_too(mara, store, mine, tmp_path, options):
    raw = OpenSSL(tmp_path).encrypt(TEXT, mine, *options)
    raw = b"From: jonas@hearth.example\r\nTo: mara@hearth.example\r\n" + raw
    assert "The secret is seven." in page(show(mara, store.append("INBOX", raw)))


def test_a_wrong_passphrase_opens_nothing(mara, store, own):
    answer = show(mara, store.append("INBOX", sealed(TEXT, own)), "something else")
    assert (answer.status_code, "does not open your certificate" in page(answer)) == (422, True)
    assert "The secret" not in page(answer)


def test_what_is_for_somebody_else_is_not_asked_a_passphrase_for(mara, store, own, signers):
    ref = store.append("INBOX", sealed(TEXT, signers["jonas"]))
    assert "None of your certificates opens it." in page(mara.get(mara.url_of(ref)))
    assert show(mara, ref).status_code == 404


def test_one_too_large_to_be_opened_is_said_to_be(mara, store, own, monkeypatch):
    monkeypatch.setattr(signature_card, "MAX_BYTES", 1000)
    shown = page(mara.get(mara.url_of(store.append("INBOX", sealed(TEXT + b"7" * 1000, own)))))
    assert "This message is too large to be opened here." in shown
    assert "None of your certificates opens it." not in shown


def test_nothing_of_it_is_remembered_anywhere(mara, store, own, tmp_path):
    cleaned.memory.clear()
    ref = store.append("INBOX", sealed(SPY, own))
    answer = show(mara, ref)
    assert "eight" in frame(answer)
    assert not cleaned.memory.size_bytes
    assert answer.headers["Cache-Control"] == "no-store, private"
    assert not [
        path for path in tmp_path.rglob("*") if path.is_file() and b"eight" in path.read_bytes()
    ]
    assert "The secret" not in page(mara.get(mara.url_of(ref)))


# -- T91 -------------------------------------------------------------------------------------------


def test_t91_nothing_is_fetched_by_what_was_encrypted(mara, store, own):
    answer = show(mara, store.append("INBOX", sealed(SPY, own)))
    document = frame(answer)
    assert "<b>eight</b>" in document
    assert "a.png" not in document
    assert "b.css" not in document
    assert "default-src 'none'" in document
    policy = answer.headers["Content-Security-Policy"]
    assert "https:" not in policy
    assert "unsafe" not in policy
    assert 'sandbox="allow-same-origin allow-popups' in page(answer)


def test_t91_what_may_have_been_altered_is_shown_as_text_and_says_so(mara, store, own):
    answer = show(mara, store.append("INBOX", sealed(SPY, own, is_authenticated=False)))
    assert "It could have been altered on the way." in page(answer)
    assert "The secret is eight." in page(answer)
    assert not frame(answer)
    assert "spy.example/a.png" not in page(answer)


def test_t91_a_signature_over_all_of_it_speaks_for_what_is_not_authenticated(
    mara, store, own, signers, authority
):
    signed = signed_entity(SPY, pair_of(signers["jonas"], authority), timezone.now(), seed="a")
    answer = show(mara, store.append("INBOX", sealed(signed, own, is_authenticated=False)))
    assert f"Signed by {JONAS}." in page(answer)
    assert "altered" not in page(answer)
    assert "<b>eight</b>" in frame(answer)


@pytest.mark.parametrize("place", [-1, -40])
def test_t91_a_changed_octet_of_an_authenticated_message_shows_nothing(mara, store, own, place):
    der = bytearray(encrypt(TEXT, [own.certificate], is_authenticated=True))
    der[place] ^= 1
    answer = show(mara, store.append("INBOX", wrapped(bytes(der))))
    assert (answer.status_code, "It could not be opened." in page(answer)) == (422, True)
    assert "secret" not in page(answer)


def test_t91_an_encrypted_part_of_something_larger_is_not_opened(mara, store, own):
    der = encrypt(TEXT, [own.certificate], is_authenticated=False)
    inner = "Content-Type: application/pkcs7-mime\r\nContent-Transfer-Encoding: base64\r\n\r\n"
    inner += base64.encodebytes(der).decode().replace("\n", "\r\n")
    spy = 'Content-Type: text/html\r\n\r\n<img src="https://spy.example/'
    body = (
        f'--b\r\n{spy}\r\n--b\r\n{inner}\r\n--b\r\nContent-Type: text/html\r\n\r\n">\r\n--b--\r\n'
    )
    ref = store.append("INBOX", letter("Hello", body, kind="multipart/mixed; boundary=b"))
    shown = page(mara.get(mara.url_of(ref)))
    assert "A part of this message is encrypted." in shown
    assert "decrypted/" not in shown
    assert show(mara, ref).status_code == 404


def test_t91_an_answer_quotes_nothing_of_what_was_encrypted(mara, store, own):
    ref = store.append("INBOX", sealed(TEXT, own))
    show(mara, ref)
    shown = page(mara.get(f"/compose/?reply={mara.text_of(ref)}"))
    assert "The secret" not in shown


# -- T92 -------------------------------------------------------------------------------------------


def test_t92_a_signature_inside_is_compared_with_the_sender_outside(mara, store, own, authority):
    pair = pair_of(authority.signer("eva@hearth.example"), authority)
    signed = signed_entity(TEXT, pair, timezone.now(), seed="a")
    shown = page(show(mara, store.append("INBOX", sealed(signed, own))))
    assert "The signature is not the sender’s." in shown
    assert "Signed by" not in shown


def test_t92_what_stands_beside_the_signed_part_is_not_shown(mara, store, own, signers, authority):
    pair = pair_of(signers["jonas"], authority)
    signed = signed_entity(TEXT, pair, timezone.now(), seed="a")
    boundary = re.search(rb'boundary="([^"]+)"', signed)[1]
    added = b"--" + boundary + b"\r\nContent-Type: text/plain\r\n\r\nPay to Eva.\r\n--" + boundary
    forged = signed.replace(b"--" + boundary + b"--", added + b"--")
    shown = page(show(mara, store.append("INBOX", sealed(forged, own))))
    assert "Pay to Eva" not in shown
    assert "Signed by" in shown


def test_t92_a_changed_signed_part_inside_is_said_to_be_changed(
    mara, store, own, signers, authority
):
    pair = pair_of(signers["jonas"], authority)
    signed = signed_entity(TEXT, pair, timezone.now(), seed="a").replace(b"seven", b"eight")
    shown = page(show(mara, store.append("INBOX", sealed(signed, own))))
    assert "The signature does not fit this message." in shown


def test_t92_another_sender_named_inside_is_told(mara, store, own):
    inner = b"From: boss@hearth.example\r\nSubject: Gold\r\n"
    inner += TEXT.replace(b"utf-8", b'utf-8; hp="cipher"')
    shown = page(show(mara, store.append("INBOX", sealed(inner, own))))
    assert "There it says that it is from boss@hearth.example" in shown
    assert "Gold" in shown


# -- files and the passphrase ----------------------------------------------------------------------


def test_files_inside_are_saved_with_the_passphrase(mara, store, own):
    files = (
        b'Content-Type: text/csv\r\nContent-Disposition: attachment; filename="a.csv"\r\n\r\n1,2'
    )
    content = b"Content-Type: multipart/mixed; boundary=i\r\n\r\n--i\r\n" + TEXT + b"\r\n--i\r\n"
    ref = store.append("INBOX", sealed(content + files + b"\r\n--i--\r\n", own))
    assert "a.csv" in page(show(mara, ref))
    saved = show(mara, ref, do="part:2")
    assert saved.getvalue() == b"1,2"
    assert "attachment" in saved.headers["Content-Disposition"]
    assert show(mara, ref, "something else", do="part:2").status_code == 422


def test_kept_for_the_session_the_passphrase_is_not_asked_for(mara, store, own):
    ref = store.append("INBOX", sealed(TEXT, own))
    show(mara, ref, keep_passphrase="1")
    assert 'name="passphrase"' not in page(mara.get(mara.url_of(ref)))
    assert "The secret is seven." in page(show(mara, ref, ""))


# -- certificates that mail brings -----------------------------------------------------------------


def signed_letter(signer, authority=None, sender=JONAS):
    entity = signed_entity(TEXT, pair_of(signer, authority), timezone.now(), seed="b")
    head = f"From: {sender}\r\nTo: {MARA}\r\nMessage-ID: <{id(signer)}@x.example>\r\n"
    return head.encode() + b"Subject: Hello\r\nMIME-Version: 1.0\r\n" + entity


def test_a_certificate_that_an_authority_vouches_for_is_kept_from_signed_mail(
    mara, store, own, signers, authority
):
    mara.get(mara.url_of(store.append("INBOX", signed_letter(signers["jonas"], authority))))
    known = KnownCertificate.objects.get()
    assert (known.addr_spec, known.is_chosen, known.reads_gcm) == (JONAS, False, True)


def test_one_of_an_unknown_authority_is_kept_only_if_its_reader_says_so(mara, store, own):
    stranger = Authority("Elsewhere").signer(JONAS)
    ref = store.append("INBOX", signed_letter(stranger))
    assert "Keep this certificate" in page(mara.get(mara.url_of(ref)))
    assert not KnownCertificate.objects.exists()
    mara.post(f"{mara.url_of(ref)}certificate/")
    assert KnownCertificate.objects.get().is_chosen
    assert "Keep this certificate" not in page(mara.get(mara.url_of(ref)))


def test_mail_takes_no_place_of_a_certificate_that_was_chosen(mara, store, own, signers, authority):
    chosen = Authority("Elsewhere").signer(JONAS, days=9)
    mara.post(f"{mara.url_of(store.append('INBOX', signed_letter(chosen)))}certificate/")
    fingerprint = KnownCertificate.objects.get().fingerprint
    mara.get(mara.url_of(store.append("INBOX", signed_letter(signers["jonas"], authority))))
    assert KnownCertificate.objects.get().fingerprint == fingerprint


def test_a_signature_that_is_not_the_senders_brings_nothing(mara, store, own, signers, authority):
    raw = signed_letter(signers["jonas"], authority, sender="eva@hearth.example")
    mara.get(mara.url_of(store.append("INBOX", raw)))
    assert not KnownCertificate.objects.exists()
