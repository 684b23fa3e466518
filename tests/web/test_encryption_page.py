"""Settings, Encryption: keys by plain forms, and whose they are."""

from pathlib import Path

import pytest
from django.test import Client

from webmail.message.openpgp_key import octets_of_key, read_key
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
    for do in ("verify", "unverify", "remove-known"):
        assert jonas.post(PAGE, {"do": do, "key": known.key}).status_code == 404
    assert jonas.post(PAGE, {"do": "remove-own", "key": own.key, "sure": "1"}).status_code == 404
    assert keyring.find_known(own.user, "ben@hearth.test") == known


def test_an_unknown_choice_changes_nothing(encrypting):
    assert encrypting.post(PAGE, {"do": "explode"}).status_code == 422
