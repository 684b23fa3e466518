"""Signed and encrypted mail of other programs: what is called signed, and what is not (T92)."""

import base64
import binascii
import email
import re
from contextlib import suppress

import pytest
from playwright.sync_api import expect

from tests.browser.test_openpgp_reading import _no_faults, gnupg, reader  # noqa: F401  fixtures
from tests.message.reading import SHARED_CORPUS
from webmail.message.openpgp_key import armor

pytestmark = pytest.mark.xdist_group("browser")
MESSAGES = sorted(SHARED_CORPUS.glob("pgp/*.eml"))
SIGNED_AS_A_WHOLE = {f"pgp-{number}" for number in ("09", "14", "32", "65", "87", "98")}


def keys_in(path):
    """Armored public keys in Autocrypt fields and attachments, nested ones too."""
    for part in email.message_from_bytes(path.read_bytes()).walk():
        for field in part.get_all("Autocrypt", []):
            found = re.search(r"keydata\s*=\s*([^;]+)", str(field), re.DOTALL)
            if found:
                with suppress(binascii.Error):
                    yield armor(base64.b64decode("".join(found[1].split()) + "=="), "PUBLIC")
        if part.get_content_type() == "application/pgp-keys":
            yield part.get_payload(decode=True).decode("ascii", "replace")


@pytest.fixture(scope="module")
def knowing(reader):  # noqa: F811
    """Ada has compared every key that any of the messages brings."""
    for armored in {each for path in MESSAGES for each in keys_in(path)}:
        reader.try_post(do="add-known", public=armored)
    for each in reader.ring()["known"]:
        reader.post(do="verify", key=each["key"])
    return reader


@pytest.mark.parametrize("path", MESSAGES, ids=lambda path: path.stem)
def test_only_what_is_signed_as_a_whole_by_its_sender_is_called_signed_t92(knowing, path):
    knowing.open(path.read_bytes())
    told = knowing.page.locator("[data-pgp]")
    if told.count():
        expect(knowing.page.locator("[data-pgp][data-pgp-done]")).to_have_count(1, timeout=20_000)
    good = knowing.page.locator("[data-pgp-state=verified], .card.is-ok").count()
    assert bool(good) == (path.stem in SIGNED_AS_A_WHOLE)
