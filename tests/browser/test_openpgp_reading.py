"""Signed and encrypted mail of GnuPG, checked and decrypted in a real Chromium (T91, T92)."""

import pytest
from playwright.sync_api import expect

from tests.browser.openpgp_mail import (
    ADA,
    BEN,
    PASSPHRASE,
    TEXT,
    Reader,
    encrypted,
    header,
    signed,
)
from tests.lab.gnupg import GnuPG
from webmail.message.autocrypt import field

pytestmark = pytest.mark.xdist_group("browser")


@pytest.fixture(scope="module")
def gnupg(tmp_path_factory):
    gnupg = GnuPG(tmp_path_factory.mktemp("gnupg"))
    gnupg.ada = gnupg.make(f"Ada <{ADA}>", PASSPHRASE)
    gnupg.ben = gnupg.make(f"Ben <{BEN}>", "")
    gnupg.eve = gnupg.make("Eve <eve@evil.test>", "")
    yield gnupg
    gnupg.close()


@pytest.fixture(scope="module")
def reader(chromium, hearth, lab, gnupg):
    reader = Reader(chromium, hearth, lab, gnupg)
    reader.take_keys(gnupg.ada, gnupg.public(gnupg.ben), gnupg.public(gnupg.eve))
    reader.verify(gnupg.ben)
    yield reader
    reader.end()


@pytest.fixture(autouse=True)
def _no_faults(reader):
    reader.faults.clear()
    reader.asked.clear()
    yield
    assert reader.faults == []


def test_a_signed_message_says_who_signed_it_and_that_the_key_was_compared(reader, gnupg):
    reader.open(signed(gnupg, f"{TEXT}Grüße, Ben\r\n", gnupg.ben))
    said = reader.state("verified")
    assert f"Signed by Ben <{BEN}>." in said
    assert "You compared this key" in said
    assert gnupg.ben[:4] in said
    assert "The subject and the names above were not signed." in said


def test_a_key_that_nobody_compared_proves_nothing(reader, gnupg):
    reader.verify(gnupg.ben, do="unverify")
    reader.open(signed(gnupg, f"{TEXT}Hello\r\n", gnupg.ben))
    assert "does not prove who wrote it" in reader.state("unverified")
    reader.verify(gnupg.ben)


def test_a_changed_message_does_not_fit_its_signature(reader, gnupg):
    message = signed(gnupg, f"{TEXT}Pay 10 to Ben\r\n", gnupg.ben)
    reader.open(message.replace("Pay 10", "Pay 99"))
    assert "does not fit" in reader.state("changed")


def test_a_signature_of_somebody_else_is_said_to_be_theirs_t92(reader, gnupg):
    """Eve has a key, and its signature is good; the message says it is Ben's."""
    reader.open(signed(gnupg, f"{TEXT}I am Ben\r\n", gnupg.eve))
    said = reader.state("other")
    assert "belongs to Eve <eve@evil.test>" in said
    assert f"says it is from {BEN}" in said


def test_a_signature_of_an_unknown_key_is_not_called_good(reader, gnupg):
    stranger = gnupg.make("Stranger <ben@hearth.test>", "")
    reader.open(signed(gnupg, f"{TEXT}Hello\r\n", stranger))
    assert "a key you do not have" in reader.state("unknown")


def test_an_encrypted_message_is_read_and_the_server_learns_nothing_of_it(reader, gnupg):
    entity = f"{TEXT}The secret is seven.\r\n"
    reader.open(encrypted(gnupg, entity))
    reader.decrypt("not this one")
    expect(reader.page.locator("dialog[open] .err")).to_have_text(
        "This is not the passphrase of the key."
    )
    reader.page.locator("dialog[open]").get_by_label("Of the key").fill(PASSPHRASE)
    reader.page.locator("dialog[open]").get_by_role("button", name="Decrypt").click()
    assert "The secret is seven." in reader.shown()
    assert "It is not signed." in reader.state("none")
    for each in reader.asked:
        body = (each.post_data_buffer or b"") + each.url.encode()
        assert b"seven" not in body
        assert PASSPHRASE.encode() not in body


def test_a_signed_and_encrypted_message_gives_both_and_its_protected_subject(reader, gnupg):
    entity = (
        'Content-Type: text/plain; charset=utf-8; protected-headers="v1"\r\n'
        f"From: Ben <{BEN}>\r\nSubject: =?utf-8?q?Caf=C3=A9_at_noon?=\r\n\r\nCome alone.\r\n"
    )
    reader.open(encrypted(gnupg, entity, "--local-user", gnupg.ben, "--sign"))
    reader.decrypt()
    said = reader.state("verified")
    assert f"Decrypted. Signed by Ben <{BEN}>." in said
    assert "Café at noon" in said
    assert "Come alone." in reader.shown()


def test_signed_inside_of_encrypted_is_checked_too(reader, gnupg):
    inner = signed(gnupg, f"{TEXT}Both ways\r\n", gnupg.ben, head="")
    reader.open(encrypted(gnupg, inner))
    reader.decrypt()
    assert "Both ways" in reader.shown()
    reader.state("verified")


def test_what_is_encrypted_for_another_key_is_said_to_be(reader, gnupg):
    reader.open(encrypted(gnupg, f"{TEXT}x\r\n", to=BEN))
    reader.card.get_by_role("button", name="Decrypt").click()
    expect(reader.card).to_contain_text("None of your keys fits")


def test_files_inside_are_saved_with_their_names(reader, gnupg):
    entity = (
        'Content-Type: multipart/mixed; boundary="m"\r\n\r\n--m\r\n'
        f"{TEXT}See the file.\r\n--m\r\n"
        "Content-Type: application/pdf; name=a.pdf\r\nContent-Transfer-Encoding: base64\r\n"
        "Content-Disposition: attachment; filename*=utf-8''%C3%BCber.pdf\r\n\r\nJVBERi0=\r\n"
        "--m--\r\n"
    )
    reader.open(encrypted(gnupg, entity))
    reader.decrypt()
    assert "See the file." in reader.shown()
    with reader.page.expect_download() as download:
        reader.page.get_by_role("link", name="über.pdf").click()
    assert download.value.path().read_bytes() == b"%PDF-"


def test_an_inline_signature_covers_its_block_and_the_rest_is_shown_apart_t92(reader, gnupg):
    block = gnupg.run("--local-user", gnupg.ben, "--clearsign", stdin=b"I owe you 10.\n").decode()
    body = f"Please pay 500 to Eve.\r\n\r\n{block}\r\nRegards, and also 900 to Mallory.\r\n"
    reader.open(f"{header()}Content-Type: text/plain; charset=utf-8\r\n\r\n{body}")
    said = reader.state("verified")
    assert "Not covered" in said
    inside = reader.shown("Signed text")
    assert inside.strip() == "I owe you 10."
    outside = reader.shown("Not signed")
    assert "500 to Eve" in outside
    assert "900 to Mallory" in outside
    expect(reader.page.get_by_text("Not signed:")).to_be_visible()
    # As it came, all of it would seem to stand under the verdict.
    assert "500 to Eve" not in reader.page.locator(".prose").inner_text()


def test_an_inline_encrypted_text_is_decrypted_by_itself(reader, gnupg):
    block = gnupg.run("--recipient", ADA, "--armor", "--encrypt", stdin="Grüße".encode()).decode()
    reader.open(f"{header()}Content-Type: text/plain; charset=utf-8\r\n\r\nBefore\r\n\r\n{block}")
    reader.decrypt()
    assert reader.shown().strip() == "Grüße"
    assert reader.shown("Not encrypted, and not signed").strip() == "Before"


def test_a_key_that_mail_brings_is_a_candidate_and_never_replaces_a_verified_one(reader, gnupg):
    zoe = gnupg.make("Zoe <zoe@hearth.test>", "")
    brought = field("zoe@hearth.test", gnupg.public(zoe)).decode()
    head = header(sender="Zoe <zoe@hearth.test>", Autocrypt=brought)
    reader.open(signed(gnupg, f"{TEXT}Hello\r\n", zoe, head=head))
    assert "does not prove who wrote it" in reader.state("unverified")
    known = {each["fingerprint"]: each for each in reader.ring()["known"]}
    assert (known[zoe]["origin"], known[zoe]["verified"]) == ("autocrypt", False)
    reader.verify(zoe)
    other = gnupg.make("Zoe two <zoe@hearth.test>", "")
    brought = field("zoe@hearth.test", gnupg.public(other)).decode()
    head = header(sender="Zoe <zoe@hearth.test>", Autocrypt=brought)
    reader.open(signed(gnupg, f"{TEXT}Hello\r\n", other, head=head))
    reader.state("unverified")
    known = {each["fingerprint"]: each for each in reader.ring()["known"]}
    assert known[zoe]["verified"]
    reader.page.goto(f"{reader.home}/compose/?to=zoe@hearth.test&subject=x")
    reader.page.get_by_label("Encrypt", exact=True).check()
    expect(reader.page.locator("[data-protection-note]")).to_contain_text("are encrypted")
    made = reader.page.evaluate(
        """async () => {
      const body = new FormData(document.querySelector("form[data-compose]"));
      body.delete("files");
      for (const [name, value] of [["do", "entity"], ["sure", "1"]]) body.set(name, value);
      const options = { method: "POST", body, headers: { Accept: "application/json" } };
      return (await fetch(location.pathname, options)).json();
    }"""
    )
    assert gnupg.take(made["keys"]["zoe@hearth.test"]) == zoe


def test_a_key_for_another_address_than_the_senders_is_not_learnt(reader, gnupg):
    mallory = gnupg.make("Mallory <ben@hearth.test>", "")
    brought = field(BEN, gnupg.public(mallory)).decode()
    head = header(sender="Eve <eve@evil.test>", Autocrypt=brought)
    reader.open(f"{head}{TEXT}Hello\r\n")
    assert mallory not in {each["fingerprint"] for each in reader.ring()["known"]}


def test_a_key_is_looked_for_only_on_a_click_and_the_answer_is_in_words(reader, gnupg):
    """The domain of the tests is in no DNS."""
    stranger = gnupg.make("Xeno <xeno@hearth.test>", "")
    head = header(sender="Xeno <xeno@hearth.test>")
    reader.open(signed(gnupg, f"{TEXT}Hello\r\n", stranger, head=head))
    reader.state("unknown")
    assert not [each for each in reader.asked if each.method == "POST"]
    look = reader.card.get_by_role("button", name="Look for the key")
    cookies = reader.page.context.cookies()
    reader.page.context.clear_cookies()
    look.click()
    expect(reader.card).to_contain_text("You are signed out. Sign in")
    reader.page.context.add_cookies(cookies)
    look.click()
    expect(reader.card).to_contain_text("publishes no key for this address", timeout=20_000)
    reader.faults.clear()  # the browser counts our 422
