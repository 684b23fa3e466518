"""Signatures: which fit, whose they are, and what they do not prove."""

from datetime import UTC, datetime

import pytest
from cryptography.x509.oid import ExtendedKeyUsageOID

from tests.message.reading import SHARED_CORPUS, read
from tests.message.signing import NOW, Authority, Signer
from webmail.message import smime_trust
from webmail.message.bodystructure import decode_part
from webmail.message.signed_parts import find_signed_content
from webmail.message.smime import Verdict, check_signature, cms_kind, signed_content

SMIME = sorted(SHARED_CORPUS.glob("smime/*.eml"))
ANNA = "anna@example.org"
CONTENT = b"Content-Type: text/plain\r\n\r\nIs there any?\r\n"


@pytest.fixture
def authority(monkeypatch):
    """One that this server knows."""
    known = Authority()
    monkeypatch.setattr(smime_trust, "system_roots", lambda: (known.certificate,))
    return known


def verdict(signer, *, content=CONTENT, senders=(ANNA,), at=NOW):
    return check_signature(signer.sign(CONTENT), content, senders=senders, at=at).verdict


def test_a_signature_of_the_sender_by_a_known_authority_is_good(authority):
    found = check_signature(
        authority.signer(ANNA).sign(CONTENT), CONTENT, senders=["Anna@Example.org"], at=NOW
    )
    assert (found.verdict, found.signer, found.issuer) == (Verdict.GOOD, ANNA, "Test Authority")


@pytest.mark.parametrize(
    ("named", "sender"),
    [
        ("jörg@example.org", "jörg@example.org"),
        ("jörg@xn--bcher-kva.example", "jörg@bücher.example"),
        ("anna@xn--bcher-kva.example", "Anna@bücher.example"),
    ],
)
def test_an_address_outside_of_ascii_is_the_senders_in_either_spelling(authority, named, sender):
    assert verdict(authority.signer(named), senders=[sender]) == Verdict.GOOD
    assert verdict(authority.signer(named), senders=[ANNA]) == Verdict.OTHER_SENDER


def test_one_changed_octet_is_noticed(authority):
    changed = CONTENT.replace(b"any", b"all")
    assert verdict(authority.signer(ANNA), content=changed) == Verdict.CHANGED


def test_a_signature_of_somebody_else_is_not_the_senders(authority):
    assert verdict(authority.signer("eve@example.net")) == Verdict.OTHER_SENDER


def test_a_second_sender_does_not_borrow_the_signature(authority):
    senders = (ANNA, "boss@example.org")
    assert verdict(authority.signer(ANNA), senders=senders) == Verdict.OTHER_SENDER


def test_an_authority_nobody_knows_proves_nothing(authority):
    assert verdict(Authority("Elsewhere").signer(ANNA)) == Verdict.UNKNOWN_AUTHORITY


def test_a_stranger_that_takes_the_name_of_a_known_authority_is_found_out(authority):
    assert verdict(Authority().signer(ANNA)) == Verdict.UNKNOWN_AUTHORITY


def test_a_certificate_for_a_web_server_is_none_for_mail(authority):
    signer = authority.signer(ANNA, usage=ExtendedKeyUsageOID.SERVER_AUTH)
    assert verdict(signer) == Verdict.UNKNOWN_AUTHORITY


def test_a_certificate_made_by_its_owner_is_said_to_be(authority):
    assert verdict(Signer(ANNA)) == Verdict.SELF_ISSUED


def test_a_certificate_has_to_be_valid_when_the_message_arrives(authority):
    assert verdict(authority.signer(ANNA, days=200)) == Verdict.OUT_OF_DATE


def test_what_is_wrapped_in_a_signature_is_found_and_checked(authority):
    der = authority.signer(ANNA).sign(CONTENT, detached=False)
    assert signed_content(der) == CONTENT
    assert check_signature(der, None, senders=[ANNA], at=NOW).verdict == Verdict.GOOD
    other = check_signature(der, CONTENT + b"x", senders=[ANNA], at=NOW)
    assert other.verdict == Verdict.CHANGED


@pytest.mark.parametrize("der", [b"", b"x", b"\x30\x80", b"\x30\x03\x06\x01\x00", b"\x30" * 5000])
def test_what_is_no_signature_cannot_be_read(der):
    found = check_signature(der, CONTENT, senders=[ANNA], at=NOW)
    assert found.verdict == Verdict.UNREADABLE


def test_the_signed_octets_are_those_between_the_true_boundaries():
    head = b'Content-Type: multipart/signed; boundary="b"\r\n\r\n'
    raw = (
        head + b"--a\r\n\r\nFake\r\n--a--\r\n--b\r\n" + CONTENT + b"\r\n--b\r\n\r\nsig\r\n--b--\r\n"
    )
    assert find_signed_content(raw).content == CONTENT
    assert find_signed_content(raw.replace(b"\r\n", b"\n")).content == CONTENT
    assert find_signed_content(b"Content-Type: text/plain\r\n" + raw) is None


# Thunderbird's own tests call these bad; openssl finds the others changed as well.
BAD = {"smime-34", "smime-56", "smime-101"}
GOOD_ENOUGH = {"smime-65", "smime-107", "smime-39"}


@pytest.mark.parametrize("path", SMIME, ids=lambda path: path.stem)
def test_no_signature_of_the_corpus_raises_and_the_bad_ones_are_found(path):
    raw = path.read_bytes()
    message, _ = read(raw)
    signed = find_signed_content(raw)
    senders = [address.addr_spec for address in message.envelope.from_]
    for part in message.structure.walk():
        if "pkcs7" not in part.media_type:
            continue
        der = decode_part(message.part_bytes(part.section), part.encoding)
        kind = cms_kind(der)
        content = signed.content if signed and "signature" in part.media_type else None
        at = datetime(2025, 1, 1, tzinfo=UTC)
        found = check_signature(der, content, senders=senders, at=at)
        assert (kind == "signed_data") or found.verdict == Verdict.UNREADABLE
        if path.stem in BAD:
            assert found.verdict == Verdict.CHANGED
        if path.stem in GOOD_ENOUGH and part in message.structure.children:
            assert found.verdict == Verdict.UNKNOWN_AUTHORITY


def der(tag, *contents):
    """In as many octets as it takes, or with a mark at the end where ``tag`` is a pair."""
    content = b"".join(contents)
    if isinstance(tag, tuple):
        return bytes([tag[0], 0x80]) + content + b"\0\0"
    return bytes([tag, 0x84]) + len(content).to_bytes(4, "big") + content


DATA, SIGNED_DATA = (bytes.fromhex(f"06092a864886f70d01070{number}") for number in (1, 2))
ONCE = b"\x04\x01x"


def wrapped(content, *, kind=DATA, algorithms=b"", certificates=b""):
    more = der(0xA0, certificates) if certificates else b""
    held = der(0x30, kind, der(0xA0, content))
    signed = der(0x30, b"\x02\x01\x01", der(0x31, algorithms), held, more, der(0x31))
    return der(0x30, SIGNED_DATA, der(0xA0, signed))


def nested(times, content=b""):
    for _ in range(times):
        content = der(0x30, content)
    return content


def test_content_in_pieces_is_put_together():
    assert signed_content(wrapped(der((0x24,), ONCE * 8000))) == b"x" * 8000


SWALLOWS = der(0x30, b"\x04\x84\x00\x01\x00\x00")  # an item that says it is longer than its holder


@pytest.mark.parametrize(
    "hostile",
    [
        wrapped(der((0x24,), ONCE * 20_000)),
        wrapped(ONCE, certificates=b"\x30\x00" * 20_000),
        wrapped(ONCE, certificates=b"\x30\x00" * 20_000, algorithms=SWALLOWS),
        wrapped(nested(3000), kind=b"\x06\x03\x2a\x03\x04"),
        wrapped(der(0x04, nested(3000)), kind=b"\x06\x03\x2a\x03\x04"),
        wrapped(ONCE)[:-3],
    ],
    ids=["pieces", "certificates", "hidden certificates", "nested", "nested in octets", "cut off"],
)
def test_what_would_take_the_reader_up_is_not_read(hostile):
    assert signed_content(hostile) is None
    assert check_signature(hostile, CONTENT, senders=[ANNA], at=NOW).verdict == Verdict.UNREADABLE


ADDRESS = b"\x81\x10" + ANNA.encode()


@pytest.mark.parametrize(
    ("was", "becomes"),
    [
        (bytes.fromhex("0603551d25"), bytes.fromhex("0603551d11")),
        (ADDRESS, b"\xa3" + ADDRESS[1:]),
        (bytes.fromhex("a003020102"), bytes.fromhex("a003020104")),
    ],
    ids=["an extension twice", "a name of a kind unknown", "a version to come"],
)
def test_a_certificate_that_cannot_be_read_is_as_good_as_none(authority, was, becomes):
    signed = authority.signer(ANNA).sign(CONTENT)
    assert was in signed
    found = check_signature(signed.replace(was, becomes), CONTENT, senders=[ANNA], at=NOW)
    assert found.verdict == Verdict.UNREADABLE
