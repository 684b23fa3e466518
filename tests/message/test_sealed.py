"""What the browser is given to sign or encrypt, and the message around what comes back."""

import email
import email.policy
from datetime import UTC, datetime

import pytest

from webmail.message.address import Address
from webmail.message.build import BuildError, Draft, DraftAttachment
from webmail.message.openpgp_mime import Kind, find_wrapped
from webmail.message.sealed import Sealed, build_sealed, digest_of, entity_of

ID = "<one@hearth.test>"
AT = datetime(2026, 11, 30, 10, tzinfo=UTC)
ARMORED = "-----BEGIN PGP {0}-----\n\nhQEMA3wvqk35PDey\n=abcd\n-----END PGP {0}-----\n"
MESSAGE, SIGNATURE = ARMORED.format("MESSAGE"), ARMORED.format("SIGNATURE")


def draft(**more):
    ada, ben = Address("Ada", "ada@hearth.test"), Address("Ben", "ben@hearth.test")
    return Draft(**{"from_": ada, "to": (ben,), "subject": "Plans", "text": "Hello", **more})


def entity(it, *, is_encrypted=False):
    return entity_of(it, message_id=ID, is_encrypted=is_encrypted)


def built(it, sealed):
    made = entity(it, is_encrypted=sealed.is_encrypted)
    return build_sealed(it, made, sealed, message_id=ID, date=AT)


def test_the_same_draft_gives_the_same_octets_and_another_draft_others():
    assert digest_of(entity(draft())) == digest_of(entity(draft()))
    changes = ({"subject": "Other"}, {"text": "Bye"}, {"cc": (Address("", "eve@hearth.test"),)})
    for change in changes:
        assert digest_of(entity(draft(**change))) != digest_of(entity(draft()))


def test_what_is_signed_arrives_as_the_very_octets_that_were_handed_out():
    it = draft(text="Dear Ben,  \nFrom now on: grüße \n-- \nAda")
    message = built(it, Sealed(SIGNATURE, is_encrypted=False, hash_name="sha512"))
    wrapped = find_wrapped(message.wire)
    assert wrapped.kind is Kind.SIGNED
    assert wrapped.content == entity(it)
    assert wrapped.armored.replace("\r\n", "\n") == SIGNATURE


def test_no_line_is_signed_that_a_server_on_the_way_might_change():
    original = DraftAttachment(
        "a.eml", "message/rfc822", "Subject: x\r\n\r\nFrom here \r\nü\r\n".encode()
    )
    it = draft(
        text="From me \n\nFrom you  \nend", html="<p>From  </p>\nFrom", attachments=(original,)
    )
    octets = entity(it)
    assert octets.isascii()
    for line in octets.split(b"\r\n"):
        assert len(line) <= 78
        assert not line.endswith((b" ", b"\t"))
        assert not line.startswith(b"From ")
    read = email.message_from_bytes(octets, policy=email.policy.default)
    files = [part for part in read.walk() if part.get_filename() == "a.eml"]
    assert files[0].get_content() == original.content
    assert "From you" in read.get_body(("plain",)).get_content()


def test_an_address_outside_of_ascii_is_signed_as_it_is_sent():
    """Only the fields that name it have such letters; whoever carries them takes eight bits."""
    it = draft(to=(Address("Jörg", "jörg@bücher.example"),), text="grüße")
    message = built(it, Sealed(SIGNATURE, is_encrypted=False, hash_name="sha512"))
    assert (message.needs_smtputf8, message.needs_8bitmime) == (True, True)
    octets = entity(it)
    assert find_wrapped(message.wire).content == octets
    others = [line for line in octets.split(b"\r\n") if not line.isascii()]
    assert [line.decode() for line in others] == [
        "To: =?utf-8?b?SsO2cmc=?= <jörg@xn--bcher-kva.example>"
    ]
    sealed = built(it, Sealed(MESSAGE, is_encrypted=True))
    assert sealed.needs_smtputf8
    assert entity(it, is_encrypted=True).count("jörg@".encode()) == 2  # HP-Outer says it too


def test_the_fields_around_what_is_encrypted_tell_no_subject():
    it = draft(in_reply_to=("<zero@hearth.test>",))
    message = built(it, Sealed(MESSAGE, is_encrypted=True))
    assert b"Plans" not in message.wire
    assert message.wire == message.sent
    inside = entity(it, is_encrypted=True)
    assert b"\r\nSubject: Plans\r\n" in inside
    assert b"\r\nHP-Outer: Subject: ...\r\n" in inside
    assert b"\r\nHP-Outer: From: Ada <ada@hearth.test>\r\n" in inside
    assert find_wrapped(message.wire).armored.replace("\r\n", "\n") == MESSAGE


@pytest.mark.parametrize(
    ("before", "is_read"),
    [
        (b"", True),
        (b"--x\r\nContent-Type: text/plain\r\n\r\n\r\n", True),
        (b"--x\r\nContent-Type: text/plain\r\n\r\nSee below.\r\n", False),
        (b"--x\r\nContent-Type: text/html\r\n\r\n\r\n", False),
    ],
)
def test_what_exchange_made_of_encrypted_mail_is_opened_with_nothing_beside_it_t91(before, is_read):
    inner = (
        b"--x\r\nContent-Type: application/pgp-encrypted\r\n\r\nVersion: 1\r\n"
        b"--x\r\nContent-Type: application/octet-stream\r\n\r\n" + MESSAGE.encode() + b"--x--\r\n"
    )
    raw = b"Content-Type: multipart/mixed; boundary=x\r\n\r\n" + before + inner
    wrapped = find_wrapped(raw)
    assert (wrapped is not None and wrapped.kind is Kind.ENCRYPTED) == is_read
    assert not is_read or "hQEMA3wvqk35PDey" in wrapped.armored


def test_blind_copies_are_no_part_of_what_is_signed_and_refused_in_what_is_encrypted_t73():
    it = draft(bcc=(Address("", "eve@hearth.test"),))
    assert b"eve@" not in entity(it)
    signed = built(it, Sealed(SIGNATURE, is_encrypted=False, hash_name="sha256"))
    assert b"eve@" not in signed.wire
    assert "eve@hearth.test" in signed.rcpt_to
    with pytest.raises(BuildError, match="blind copies"):
        built(it, Sealed(MESSAGE, is_encrypted=True))


@pytest.mark.parametrize(
    "armored",
    [
        "",
        SIGNATURE,
        MESSAGE + MESSAGE,
        MESSAGE.replace("hQEM", "hQEM\n--=_x\nContent-Type: text/html\n\n<p>"),
        MESSAGE.replace("hQEM", "hQEM\rBcc: eve@hearth.test\r"),
        MESSAGE.replace("hQEM", "\n.\nMAIL FROM:<eve@hearth.test>\n"),
        MESSAGE.replace("hQEM", "hQ\0EM"),
        "Secret text\n" + MESSAGE,
        MESSAGE.replace("-----\n\n", "-----\nComment: ü\n\n", 1),
        MESSAGE.replace("hQEMA3wvqk35PDey", "A" * 2000),
    ],
)
def test_only_one_block_of_armor_gets_into_a_message_t46_t48(armored):
    with pytest.raises(BuildError, match="damaged"):
        Sealed(armored, is_encrypted=True)


def test_an_old_hash_is_not_sent():
    with pytest.raises(BuildError, match="not safe"):
        Sealed(SIGNATURE, is_encrypted=False, hash_name="sha1")


def test_every_line_ends_in_crlf_t48():
    for sealed in (
        Sealed(MESSAGE, is_encrypted=True),
        Sealed(SIGNATURE, is_encrypted=False, hash_name="sha512"),
    ):
        wire = built(draft(text="a\n.\nb\r.\rc"), sealed).wire
        assert wire.count(b"\r\n") == wire.count(b"\n") == wire.count(b"\r")
