"""A session alone must not export or remove keys, or change where mail leaves by (T61)."""

import re
import time
from dataclasses import replace
from datetime import timedelta

import pytest
from django.utils import timezone

from tests.lab.gnupg import GnuPG
from tests.web.conftest import ADDRESS, Reader
from webmail.accounts import connect, identity_servers, proof
from webmail.accounts.models import SignInFailure, SubmissionServer, User
from webmail.message.openpgp_key import armor
from webmail.store.protocol import SignInRefused
from webmail.submission import proving
from webmail.web.proof import ENDED, TOO_LARGE, WAITED
from webmail.web.settings import SECTIONS

pytestmark = pytest.mark.django_db
ENCRYPTION, IDENTITIES = "/settings/encryption/", "/settings/identities/"
PASSPHRASE = "correct horse battery"
ASKS = "Your password, please"


@pytest.fixture(scope="module")
def pair(tmp_path_factory):
    gnupg = GnuPG(tmp_path_factory.mktemp("gnupg"))
    made = gnupg.make(f"Mara <{ADDRESS}>", PASSPHRASE)
    yield {"private": gnupg.private(made, PASSPHRASE), "public": gnupg.public(made)}
    gnupg.close()


@pytest.fixture
def refuses(store, monkeypatch):
    """The mail server knows one password."""

    def open_store(account, password):
        if password.reveal() != "secret":
            raise SignInRefused("no", host="mail.hearth.example")
        return store

    monkeypatch.setattr(connect, "open_store", open_store)


@pytest.fixture
def own(mara, refuses, pair):
    mara.post(ENCRYPTION, {"do": "on"})
    mara.post(ENCRYPTION, {"do": "add-own", **pair})
    return User.objects.get(address=ADDRESS).own_keys.get()


def age(browser, minutes):
    """As if the password had been given that long ago."""
    session = browser.session
    session["proven_at"] = int((timezone.now() - timedelta(minutes=minutes)).timestamp())
    session.save()


def hidden(answer, name):
    return re.search(rf'name="{name}" value="([^"]*)"', answer.content.decode())[1]


def test_a_key_is_removed_only_after_the_password_was_given_again_t61(mara, own):
    age(mara, 6)
    asked = mara.post(ENCRYPTION, {"do": "remove-own", "key": own.key, "sure": "1"})
    assert asked.status_code == 403
    assert ASKS in asked.content.decode()
    assert User.objects.get(address=ADDRESS).own_keys.exists()
    held = hidden(asked, "held")
    wrong = mara.post(ENCRYPTION, {"held": held, "proof": "guess"})
    assert wrong.status_code == 422
    assert "did not accept this password" in wrong.content.decode()
    assert User.objects.get(address=ADDRESS).own_keys.exists()
    done = mara.post(ENCRYPTION, {"held": hidden(wrong, "held"), "proof": "secret"})
    assert (done.status_code, done.headers["Location"]) == (303, ENCRYPTION)
    assert not User.objects.get(address=ADDRESS).own_keys.exists()


def test_a_sign_in_counts_for_five_minutes_t61(mara, own):
    url = f"/encryption/keys/{own.key}/?private=1"
    assert mara.get(url).headers["Content-Type"] == "application/pgp-keys"
    age(mara, 4.9)
    assert mara.get(url).status_code == 200
    age(mara, 5.1)
    assert mara.get(url).status_code == 403


def test_a_private_key_is_saved_after_the_password_and_a_public_one_at_any_time_t61(mara, own):
    age(mara, 6)
    url = f"/encryption/keys/{own.key}/"
    assert mara.get(url).headers["Content-Type"] == "application/pgp-keys"
    asked = mara.get(f"{url}?private=1")
    assert "PRIVATE KEY" not in asked.content.decode()
    answer = mara.post("/settings/password/", {"proof": "secret", "back": hidden(asked, "back")})
    assert answer.headers["Location"] == ENCRYPTION
    assert "PRIVATE KEY" in mara.get(f"{url}?private=1").content.decode()


def test_a_key_is_revoked_and_what_revokes_it_saved_only_after_the_password_t61(mara, own):
    age(mara, 6)
    assert mara.get(f"/encryption/keys/{own.key}/?revocation=1").status_code == 403
    certificate = armor(b"\xc2\x06\x04\x20\x16\x08\x00\x00", "PUBLIC")
    fields = {"do": "revoke-own", "key": own.key, "sure": "1", "revocation": certificate}
    asked = mara.post(ENCRYPTION, fields)
    assert asked.status_code == 403
    own.refresh_from_db()
    assert own.revoked_at is None
    mara.post(ENCRYPTION, {"held": hidden(asked, "held"), "proof": "secret"})
    own.refresh_from_db()
    assert own.revoked_at


def test_a_certificate_with_its_key_is_saved_only_after_the_password_t61(mara, refuses):
    age(mara, 6)
    asked = mara.post("/encryption/certificates/any/", {"passphrase": "x"})
    assert (asked.status_code, ASKS in asked.content.decode()) == (403, True)


def test_a_sending_server_is_changed_after_the_password_and_nothing_typed_is_lost_t61(
    mara, refuses, monkeypatch, settings
):
    monkeypatch.setattr(proving, "prove", lambda access: None)
    kept = []
    monkeypatch.setattr(identity_servers, "keep", lambda *facts: kept.append(facts[2]))
    key = User.objects.get(address=ADDRESS).accounts.get().identities.get().key
    typed = {"host": "smtp.work.example", "security": "tls", "username": "mara.l"}
    form = {"do": "server-save", "identity": key, **typed, "password": "of-the-server"}
    age(mara, 6)
    asked = mara.post(IDENTITIES, form)
    assert asked.status_code == 403
    assert "of-the-server" not in asked.content.decode()
    assert kept == []
    mara.post(IDENTITIES, {"held": hidden(asked, "held"), "proof": "secret"})
    (access,) = kept
    assert (access.url, access.username) == ("submissions://smtp.work.example:465", "mara.l")
    assert access.password.reveal() == "of-the-server"


def test_a_name_is_not_removed_with_its_server_before_the_password_t61(mara, refuses):
    account = User.objects.get(address=ADDRESS).accounts.get()
    names = [account.identities.create(name=each, addr_spec=ADDRESS) for each in ("Bare", "Work")]
    bare, work = (each.key for each in names)
    SubmissionServer.objects.create(identity=names[1], url="submissions://smtp.work.example:465")
    age(mara, 6)
    assert mara.post(IDENTITIES, {"do": "remove", "identity": bare}).status_code == 303
    asked = mara.post(IDENTITIES, {"do": "remove", "identity": work})
    assert (asked.status_code, ASKS in asked.content.decode()) == (403, True)
    mara.post(IDENTITIES, {"held": hidden(asked, "held"), "proof": "secret"})
    assert not account.identities.filter(key__in=(bare, work)).exists()


def test_a_provider_is_asked_for_permission_only_after_the_password_t61(mara, refuses):
    age(mara, 6)
    asked = mara.post("/settings/permission/", {"ask": "any", "provider": "lab"})
    assert (asked.status_code, ASKS in asked.content.decode()) == (403, True)
    assert f'href="{IDENTITIES}"' in asked.content.decode()


def test_what_waits_opens_for_its_own_page_and_session_only_t61(mara, own):
    age(mara, 6)
    form = {"do": "remove-own", "key": own.key, "sure": "1"}
    held = hidden(mara.post(ENCRYPTION, form), "held")
    for elsewhere, sealed in ((IDENTITIES, held), (ENCRYPTION, held[:-2] + "00"), (ENCRYPTION, "")):
        answer = mara.post(elsewhere, {"held": sealed, "proof": "secret", **form})
        assert answer.status_code == 422
    assert User.objects.get(address=ADDRESS).own_keys.exists()


@pytest.mark.parametrize("size", [60_000, 3_000_000])
def test_a_long_form_waits_for_the_password_too_t61(mara, own, monkeypatch, size):
    saved = []
    section = next(each for each in SECTIONS if each.name == "encryption")
    keep = replace(section, save=lambda request: saved.append(request.POST["text"]) or {})
    monkeypatch.setattr("webmail.web.settings.SECTIONS", (keep,))
    age(mara, 6)
    text = "ä" * (size // 2)
    held = hidden(mara.post(ENCRYPTION, {"do": "remove-own", "text": text}), "held")
    assert mara.post(ENCRYPTION, {"held": held, "proof": "secret"}).status_code == 303
    assert saved == [text]


def test_a_form_too_long_to_wait_says_so_and_what_to_do_t61(mara, own):
    age(mara, 6)
    form = {"do": "remove-own", "key": own.key, "sure": "1", "text": "x" * 4_500_000}
    asked = mara.post(ENCRYPTION, form)
    assert (asked.status_code, TOO_LARGE in asked.content.decode()) == (413, True)
    answer = mara.post("/settings/password/", {"proof": "secret", "back": hidden(asked, "back")})
    assert answer.headers["Location"] == ENCRYPTION
    mara.post(ENCRYPTION, form)
    assert not User.objects.get(address=ADDRESS).own_keys.exists()


def test_what_waits_opens_in_no_other_session_of_the_same_person_t61(mara, own):
    age(mara, 6)
    form = {"do": "remove-own", "key": own.key, "sure": "1"}
    held = hidden(mara.post(ENCRYPTION, form), "held")
    other = Reader()
    other.post("/sign-in/", {"address": ADDRESS, "password": "secret"})
    answer = other.post(ENCRYPTION, {"held": held, "proof": "secret"})
    assert (answer.status_code, ENDED in answer.content.decode()) == (422, True)
    assert User.objects.get(address=ADDRESS).own_keys.exists()


def test_what_waits_is_not_done_long_after_it_was_wanted_t61(mara, own, monkeypatch):
    age(mara, 6)
    form = {"do": "remove-own", "key": own.key, "sure": "1"}
    held = hidden(mara.post(ENCRYPTION, form), "held")
    later = time.time() + 16 * 60
    monkeypatch.setattr("webmail.web.proof.time.time", lambda: later)
    answer = mara.post(ENCRYPTION, {"held": held, "proof": "secret"})
    assert (answer.status_code, WAITED in answer.content.decode()) == (422, True)
    assert User.objects.get(address=ADDRESS).own_keys.exists()


def test_a_proof_ends_with_its_session_and_is_nobody_elses_t61(mara, own):
    url = f"/encryption/keys/{own.key}/?private=1"
    assert mara.get(url).status_code == 200
    mara.post("/sign-out/")
    assert "proven_at" not in mara.session
    mara.post("/sign-in/", {"address": ADDRESS, "password": "secret"})
    age(mara, 6)
    mara.post("/sign-in/", {"address": ADDRESS, "password": "guess"})
    assert mara.get(url).status_code != 200


def test_guesses_are_counted_with_those_of_the_sign_in_t53_t61(mara, own):
    age(mara, 6)
    for _ in range(5):
        mara.post("/settings/password/", {"proof": "guess", "back": "encryption"})
    assert SignInFailure.objects.filter(address=ADDRESS).count() == 5
    answer = mara.post("/settings/password/", {"proof": "secret", "back": "encryption"})
    assert answer.status_code == 422
    assert "Too many attempts" in answer.content.decode()


def test_a_script_is_told_in_words_t61(mara, own):
    age(mara, 6)
    headers = {"Accept": "application/json"}
    answer = mara.post(ENCRYPTION, {"do": "remove-own", "key": own.key}, headers=headers)
    assert answer.status_code == 403
    assert "Sign in again first" in answer.json()["errors"]["form"]


def test_proof_holds_no_longer_than_security_asks_t61():
    assert timedelta(minutes=5) >= proof.HOLDS
