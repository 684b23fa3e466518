"""Keys that GnuPG made, read as far as the server must: whose, and whether they are locked."""

import base64
import re
import time
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import pytest

from webmail.message.openpgp_key import BadKey, armor, key_facts, read_key

CORPUS = Path(__file__).parents[1] / "corpus" / "openpgp"
BEN = (CORPUS / "ben.asc").read_text("ascii")


def test_a_public_key_tells_its_fingerprint_its_user_ids_and_their_addresses():
    facts = read_key(f"Here is my key:\n\n{BEN}\nBest, Ben")
    assert facts.fingerprint == "94DF81799474CC6AF7901F053CA33720C50BB91B"
    assert set(facts.user_ids) == {"Ben <Ben@Hearth.test>", "Benjamin (work) <ben@work.test>"}
    assert set(facts.addr_specs) == {"ben@hearth.test", "ben@work.test"}
    assert facts.made_at > datetime(2020, 1, 1, tzinfo=UTC)
    assert not facts.is_private


def test_what_was_read_is_read_again_the_same():
    facts = read_key(BEN)
    assert read_key(facts.armored) == facts
    # Only the checksum line may differ from what GnuPG wrote, and it does not.
    assert re.sub(r"\s", "", facts.armored) == re.sub(r"\s|Comment:.*", "", BEN)


@pytest.mark.parametrize("kind", ["rsa2048", "dsa1024", "ed25519", "nistp256"])
def test_a_locked_private_key_of_each_kind_is_taken(kind):
    facts = read_key((CORPUS / f"locked-{kind}.asc").read_text("ascii"))
    assert facts.is_private
    assert facts.addr_specs == (f"{kind}@hearth.test",)


def test_a_private_key_that_is_not_locked_is_refused():
    with pytest.raises(BadKey, match="not locked by a passphrase"):
        read_key((CORPUS / "ben-unlocked.asc").read_text("ascii"))


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "no OpenPGP key"),
        ("-----BEGIN PGP MESSAGE-----\n\nabcd\n-----END PGP MESSAGE-----", "no OpenPGP key"),
        (BEN + BEN, "more than one key"),
        (BEN.replace("\nmDM", "\nm!M"), "damaged"),
        (BEN.replace("PUBLIC", "PRIVATE"), ""),
    ],
)
def test_what_is_no_single_key_is_refused_in_words(text, sentence):
    if not sentence:  # the armor may lie; the packets say what it is
        assert not read_key(text).is_private
        return
    with pytest.raises(BadKey, match=sentence):
        read_key(text)


def test_no_piece_of_a_key_makes_more_than_a_sentence():
    octets = _octets(BEN)
    for end in range(len(octets)):
        with suppress(BadKey):  # anything else would be a page that breaks
            key_facts(octets[:end])
    assert armor(octets, "PUBLIC") == read_key(BEN).armored


def _octets(armored: str) -> bytes:
    body = armored.split("\n\n", 1)[1].split("\n=")[0]
    return base64.b64decode(body)


def test_a_text_of_beginnings_without_an_end_is_refused_at_once():
    start = time.process_time()
    with pytest.raises(BadKey):
        read_key("-----BEGIN PGP PUBLIC KEY BLOCK-----\n" * 20_000)
    assert time.process_time() - start < 1
