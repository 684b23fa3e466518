"""Settings, Encryption: keys by plain forms, and whose they are."""

from dataclasses import replace
from pathlib import Path

import pytest
from django.test import Client

from webmail.accounts.models import User
from webmail.message.openpgp_key import armor, octets_of_key, read_key, split_packets
from webmail.message.openpgp_revocation import is_revoked
from webmail.openpgp import keyring
from webmail.openpgp.models import KnownKey, OwnKey

pytestmark = pytest.mark.django_db

PAGE, RING = "/settings/encryption/", "/encryption/keys/"
CORPUS = Path(__file__).parents[1] / "corpus" / "openpgp"
BEN = (CORPUS / "ben.asc").read_text("ascii")
LOCKED = (CORPUS / "locked-ed25519.asc").read_text("ascii")

PUBLIC = (CORPUS / "ed25519.asc").read_text("ascii")


@pytest.fixture
def encrypting(mara):
    assert mara.post(PAGE, {"do": "on"}).status_code == 303
    return mara


def test_it_is_off_until_it_is_turned_on_and_keeps_keys_when_it_is_turned_off(mara):
    assert b"OpenPGP is off" in mara.get(PAGE).content
    assert mara.get(RING).status_code == 404
    mara.post(PAGE, {"do": "on"})
    mara.post(PAGE, {"do": "add-known", "public": BEN})
    assert len(mara.get(RING).json()["known"]) == 1
    mara.post(PAGE, {"do": "off"})
    assert mara.get(RING).status_code == 404
    assert KnownKey.objects.count() == 1


def test_a_key_is_added_compared_and_removed_without_script(encrypting):
    encrypting.post(PAGE, {"do": "add-known", "public": f"My key:\n{BEN}"})
    known = KnownKey.objects.get()
    page = encrypting.get(PAGE).content.decode()
    assert "94DF 8179 9474 CC6A F790 1F05 3CA3 3720 C50B B91B" in page
    encrypting.post(PAGE, {"do": "verify", "key": known.key})
    assert KnownKey.objects.get().is_verified
    saved = encrypting.get(f"{RING}{known.key}/")
    assert read_key(saved.content.decode()).fingerprint == known.fingerprint
    assert saved.headers["Content-Disposition"].startswith("attachment")
    encrypting.post(PAGE, {"do": "remove-known", "key": known.key})
    assert not KnownKey.objects.exists()


def test_a_private_key_is_kept_only_locked_and_leaves_as_it_came(encrypting):
    answer = encrypting.post(
        PAGE, {"do": "add-own", "private": (CORPUS / "ben-unlocked.asc").read_text(), "public": BEN}
    )
    assert answer.status_code == 422
    assert b"not locked by a passphrase" in answer.content
    assert not OwnKey.objects.exists()
    encrypting.post(PAGE, {"do": "add-own", "private": LOCKED, "public": PUBLIC})
    own = OwnKey.objects.get()
    saved = encrypting.get(f"{RING}{own.key}/?private=1").content.decode()
    assert octets_of_key(saved) == octets_of_key(LOCKED)
    assert "PRIVATE" not in encrypting.get(f"{RING}{own.key}/").content.decode()


@pytest.mark.parametrize(
    ("private", "public", "sentence"),
    [
        (LOCKED, BEN, "do not belong together"),
        (PUBLIC, PUBLIC, "This is a public key"),
        (LOCKED, LOCKED, "do not belong together"),
        ("", "", "no OpenPGP key"),
    ],
)
def test_halves_that_do_not_fit_are_refused(encrypting, private, public, sentence):
    answer = encrypting.post(PAGE, {"do": "add-own", "private": private, "public": public})
    assert answer.status_code == 422
    assert sentence in answer.content.decode()
    assert not OwnKey.objects.exists()


def test_a_private_key_of_somebody_else_is_not_kept(encrypting):
    answer = encrypting.post(PAGE, {"do": "add-known", "public": LOCKED})
    assert answer.status_code == 422
    assert not KnownKey.objects.exists()


# -- revoked and withdrawn keys --------------------------------------------------------------------

# As the browser makes one: a signature of version 4 and of the type that revokes a key.  Whether
# it is true the server cannot tell, and does not need to.
CERTIFICATE = armor(b"\xc2\x06\x04\x20\x16\x08\x00\x00", "PUBLIC")


def add_own(client, revocation=CERTIFICATE):
    fields = {"do": "add-own", "private": LOCKED, "public": PUBLIC, "revocation": revocation}
    assert client.post(PAGE, fields).status_code == 303
    return OwnKey.objects.get()


def test_the_certificate_made_with_a_key_is_saved_and_revokes_it_without_script(encrypting):
    own = add_own(encrypting)
    user = User.objects.get()
    encrypting.post(PAGE, {"do": "autocrypt", "writes_autocrypt": "1"})
    (address,) = own.addr_specs
    assert keyring.autocrypt_of(user, address)
    saved = encrypting.get(f"{RING}{own.key}/?revocation=1")
    assert octets_of_key(saved.content.decode()) == octets_of_key(CERTIFICATE)
    assert "-revocation.asc" in saved.headers["Content-Disposition"]
    assert encrypting.post(PAGE, {"do": "revoke-own", "key": own.key}).status_code == 422
    assert OwnKey.objects.get().revoked_at is None
    fields = {"do": "revoke-own", "key": own.key, "sure": "1"}
    assert encrypting.post(PAGE, fields).status_code == 303
    assert "Revoked" in encrypting.get(PAGE).content.decode()
    public = encrypting.get(f"{RING}{own.key}/").content.decode()
    (first, second, *rest), before = split_packets(octets_of_key(public)), octets_of_key(PUBLIC)
    assert [first, *rest] == list(split_packets(before))
    assert second == (2, b"\x04\x20\x16\x08\x00\x00")
    assert is_revoked(encrypting.get(f"{RING}{own.key}/?private=1").content.decode())
    assert keyring.find_own(user, address) is None
    assert keyring.autocrypt_of(user, address) == b""


def test_a_revoked_key_does_not_come_back_by_an_older_copy_of_it(encrypting):
    own = add_own(encrypting)
    encrypting.post(PAGE, {"do": "revoke-own", "key": own.key, "sure": "1"})
    answer = encrypting.post(PAGE, {"do": "add-own", "private": LOCKED, "public": PUBLIC})
    assert answer.status_code == 422
    assert "You have revoked this key." in answer.content.decode()
    assert is_revoked(OwnKey.objects.get().public)


def test_a_key_that_came_revoked_is_kept_as_one(encrypting):
    own = add_own(encrypting)
    encrypting.post(PAGE, {"do": "revoke-own", "key": own.key, "sure": "1"})
    own.refresh_from_db()
    halves = {"private": own.private, "public": own.public}
    own.delete()
    encrypting.post(PAGE, {"do": "add-own", **halves})
    assert OwnKey.objects.get().revoked_at


@pytest.mark.parametrize("certificate", ["", BEN, LOCKED, armor(b"\xc2\x02\x04\x13", "PUBLIC")])
def test_without_a_certificate_nothing_is_revoked_and_it_says_what_is_missing(
    encrypting, certificate
):
    own = add_own(encrypting, revocation="")
    fields = {"do": "revoke-own", "key": own.key, "sure": "1", "revocation": certificate}
    answer = encrypting.post(PAGE, fields)
    assert answer.status_code == 422
    assert "No certificate was made with this key" in answer.content.decode()
    assert encrypting.get(f"{RING}{own.key}/?revocation=1").status_code == 404
    assert OwnKey.objects.get().revoked_at is None


def test_a_key_that_the_browser_found_withdrawn_is_used_no_more_and_stays_so(encrypting):
    encrypting.post(PAGE, {"do": "add-known", "public": BEN})
    known, user = KnownKey.objects.get(), User.objects.get()
    assert keyring.find_known(user, "ben@hearth.test") == known
    encrypting.post(PAGE, {"do": "withdrawn", "fingerprint": known.fingerprint})
    encrypting.post(PAGE, {"do": "add-known", "public": BEN})
    assert keyring.find_known(user, "ben@hearth.test") is None
    page = encrypting.get(PAGE).content.decode()
    assert "Withdrawn by its owner" in page


@pytest.mark.parametrize("typed", ["Al@bücher.example", "al@xn--bcher-kva.example"])
def test_a_key_is_found_by_either_spelling_of_its_domain(encrypting, typed):
    user = User.objects.get()
    facts = replace(read_key(BEN), addr_specs=("al@xn--bcher-kva.example",))
    known = keyring.add_known(user, facts, KnownKey.Origin.IMPORTED)
    assert keyring.find_known(user, typed) == known


def test_private_keys_are_handed_out_one_by_one_when_one_is_needed(encrypting):
    own = add_own(encrypting)
    assert "PRIVATE" not in encrypting.get(RING).content.decode()
    asked = encrypting.get(RING, {"private": own.fingerprint}).json()
    assert octets_of_key(asked["private"]) == octets_of_key(LOCKED)
    assert encrypting.get(RING, {"private": "94DF"}).status_code == 404


def test_keys_of_another_person_are_not_there_t69(encrypting):
    encrypting.post(PAGE, {"do": "add-known", "public": BEN})
    encrypting.post(PAGE, {"do": "add-own", "private": LOCKED, "public": PUBLIC})
    known, own = KnownKey.objects.get(), OwnKey.objects.get()
    jonas = Client()
    jonas.post("/sign-in/", {"address": "jonas@hearth.example", "password": "secret"})
    jonas.post(PAGE, {"do": "on"})
    assert jonas.get(RING).json() == {"own": [], "known": []}
    for key in (known.key, own.key):
        assert jonas.get(f"{RING}{key}/?private=1").status_code == 404
    assert jonas.get(RING, {"private": own.fingerprint}).status_code == 404
    jonas.post(PAGE, {"do": "withdrawn", "fingerprint": known.fingerprint})
    fields = {"do": "revoke-own", "key": own.key, "sure": "1", "revocation": CERTIFICATE}
    assert jonas.post(PAGE, fields).status_code == 404
    for do in ("verify", "unverify", "remove-known"):
        assert jonas.post(PAGE, {"do": do, "key": known.key}).status_code == 404
    assert jonas.post(PAGE, {"do": "remove-own", "key": own.key, "sure": "1"}).status_code == 404
    assert keyring.find_known(own.user, "ben@hearth.test") == known


def test_an_unknown_choice_changes_nothing(encrypting):
    assert encrypting.post(PAGE, {"do": "explode"}).status_code == 422
