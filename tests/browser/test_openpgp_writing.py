"""Mail signed and encrypted in a real Chromium, sent through real servers, read by GnuPG."""

import email
import email.policy
import subprocess
import time

import pytest
from playwright.sync_api import expect

from tests.browser.openpgp_mail import ADA, BEN, PASSPHRASE, Reader
from tests.browser.saving import save_now
from webmail.message.autocrypt import find_key
from webmail.message.header import header_end, split_fields
from webmail.message.openpgp_key import armor, octets_of_key, split_packets

pytestmark = pytest.mark.xdist_group("browser")
CHIYO = "chiyo@hearth.test"
SECRET = "The secret is seven."


@pytest.fixture(scope="module", params=[(1440, 900)], ids=["desktop"])
def writer(request, chromium, hearth, lab, gnupg):
    width, height = request.param
    writer = Reader(chromium, hearth, lab, gnupg, width=width, height=height)
    writer.take_keys(gnupg.ada, gnupg.public(gnupg.ben))
    yield writer
    writer.end()


@pytest.fixture(autouse=True)
def _clean(writer, lab):
    lab.clear()
    writer.faults.clear()
    writer.asked.clear()


def write(writer, *, to=BEN, subject="Plans for noon", text=SECRET, protect=(), more=""):
    page = writer.page
    page.goto(f"{writer.home}/compose/?to={to}&subject={subject}{more}")
    editor = page.locator("[data-editor]")
    expect(editor).to_be_visible()
    editor.locator("> div").first.click()
    page.keyboard.type(text)
    for name in protect:
        page.get_by_label(name, exact=True).check()
    save_now(page)
    return page


def send(writer, *, signs):
    writer.page.keyboard.press("Control+Enter")
    if signs:
        dialog = writer.page.locator("dialog[open]")
        dialog.get_by_label("Of the key").fill(PASSPHRASE)
        dialog.get_by_role("button", name="Sign and send").click()
    writer.page.wait_for_url("**/mail/**", timeout=20_000)


def arrived(lab, address=BEN):
    (uid,) = lab.wait_for(address, "INBOX", timeout_s=60)
    raw = lab.raw(address, "INBOX", uid)
    return raw, email.message_from_bytes(raw, policy=email.policy.default)


def entity_of(raw, boundary):
    """The octets between the first two boundary lines: what was signed."""
    line = f"--{boundary}".encode()
    return raw.split(line + b"\r\n")[1].removesuffix(b"\r\n")


def verified(gnupg, content, armored, tmp_path):
    (tmp_path / "content").write_bytes(content)
    (tmp_path / "signature.asc").write_text(armored, "ascii")
    said = gnupg.run(
        *("--status-fd", "1", "--verify", str(tmp_path / "signature.asc")),
        str(tmp_path / "content"),
    ).decode("utf-8", "replace")
    return f"VALIDSIG {gnupg.ada}" in said


def decrypted(gnupg, message):
    """GnuPG as Ben: the entity inside, and what it says of signatures."""
    armored = message.get_payload()[1].get_payload(decode=True)
    out = gnupg.home / "out"
    options = ["--passphrase", PASSPHRASE, "--status-fd", "1", "--output", str(out)]
    said = gnupg.run(*options, "--decrypt", stdin=armored)
    entity = email.message_from_bytes(out.read_bytes(), policy=email.policy.default)
    return entity, said.decode("utf-8", "replace")


@pytest.mark.parametrize("writer", [(390, 844)], ids=["phone"], indirect=True, scope="module")
def test_a_signed_message_is_verified_by_another_program(writer, lab, gnupg, tmp_path):
    write(writer, text="Dear Ben,  \nFrom here on: grüße ", protect=["Sign"])
    send(writer, signs=True)
    raw, message = arrived(lab)
    assert message.get_content_type() == "multipart/signed"
    assert message.get_param("protocol") == "application/pgp-signature"
    assert message.get_param("micalg").startswith("pgp-sha")
    armored = message.get_payload()[1].get_payload()
    content = entity_of(raw, message.get_boundary())
    assert verified(gnupg, content, armored, tmp_path)
    assert not verified_or_none(gnupg, content.replace(b"here", b"hero"), armored, tmp_path)
    assert content.isascii()
    assert not [line for line in content.split(b"\r\n") if line.endswith(b" ")]
    inner = message.get_payload()[0]
    assert (inner["Subject"], inner.get_param("hp")) == ("Plans for noon", "clear")
    assert message["Subject"] == "Plans for noon"
    assert "grüße" in inner.get_body(("plain",)).get_content()


def verified_or_none(*arguments):
    try:
        return verified(*arguments)
    except subprocess.CalledProcessError:
        return False


def test_an_encrypted_message_shows_only_whom_it_is_to(writer, lab, gnupg):
    write(writer, protect=["Encrypt", "Sign"])
    send(writer, signs=True)
    raw, message = arrived(lab)
    assert message["Subject"] == "..."
    assert [part.get_content_type() for part in message.get_payload()] == [
        "application/pgp-encrypted",
        "application/octet-stream",
    ]
    for secret in (b"seven", b"noon"):
        assert secret not in raw
    assert raw.count(b"\r\n") == raw.count(b"\n")
    entity, said = decrypted(gnupg, message)
    assert f"VALIDSIG {gnupg.ada}" in said
    assert SECRET in entity.get_body(("plain",)).get_content()
    assert entity["Subject"] == "Plans for noon"
    assert (entity.get_param("hp"), entity.get_param("protected-headers")) == ("cipher", "v1")
    assert "Subject: ..." in entity.get_all("HP-Outer")
    # The copy in Sent is the same octets; Ada's own key opens it.
    sent = lab.raw(ADA, "Sent", lab.wait_for(ADA, "Sent", timeout_s=30)[0])
    copy = email.message_from_bytes(sent, policy=email.policy.default)
    assert copy.get_payload()[1].get_payload() == message.get_payload()[1].get_payload()
    opened = gnupg.run(
        *("--passphrase", PASSPHRASE, "--try-secret-key", gnupg.ada, "--decrypt"),
        stdin=copy.get_payload()[1].get_payload(decode=True),
    )
    assert SECRET.encode() in opened
    assert not [
        each for each in writer.asked if PASSPHRASE.encode() in (each.post_data_buffer or b"")
    ]


def test_files_go_inside_of_what_is_encrypted(writer, lab, gnupg):
    page = write(writer, protect=["Encrypt"])
    file = {"name": "plan ü.pdf", "mimeType": "application/pdf", "buffer": b"%PDF-secret"}
    page.locator("[data-file-input]").set_input_files(file)
    expect(page.locator(".file .meta")).to_contain_text("PDF")
    send(writer, signs=False)
    raw, message = arrived(lab)
    assert b"plan" not in raw
    entity, said = decrypted(gnupg, message)
    assert "VALIDSIG" not in said
    files = list(entity.get_payload()[0].iter_attachments())
    assert [(each.get_filename(), each.get_content()) for each in files] == [
        ("plan ü.pdf", b"%PDF-secret")
    ]


def test_an_encrypted_draft_is_not_kept_in_the_mailbox(writer, lab):
    page = write(writer)
    draft = page.url
    page.keyboard.press("Escape")
    page.wait_for_url("**/mail/**")
    (uid,) = lab.wait_for(ADA, "Drafts", timeout_s=20)
    assert SECRET.encode() in lab.raw(ADA, "Drafts", uid)
    page.goto(draft)
    expect(page.locator("[data-editor]")).to_contain_text(SECRET)
    page.get_by_label("Encrypt", exact=True).check()
    expect(page.locator("[data-protection-note]")).to_contain_text("Until you send it")
    save_now(page)
    kept = lab.raws(ADA, "Drafts")
    assert 1 <= len(kept) <= 2  # the second while one is put in the place of the other
    assert not any(words in raw for raw in kept for words in (SECRET.encode(), b"Plans for noon"))
    page.reload()
    expect(page.locator("[data-editor]")).to_contain_text(SECRET)
    expect(page.get_by_label("Encrypt", exact=True)).to_be_checked()
    until = time.monotonic() + 10
    while len(lab.uids(ADA, "Drafts")) != 1:
        assert time.monotonic() < until, "two drafts of one message"
        page.wait_for_timeout(200)


@pytest.mark.parametrize(
    "writer", [(1440, 900), (390, 844)], ids=["desktop", "phone"], indirect=True, scope="module"
)
def test_without_a_key_it_says_whose_is_missing_and_sends_nothing(writer, lab):
    page = write(writer, to=f"{BEN},{CHIYO}", protect=["Encrypt"])
    expect(page.locator("[data-protection-note]")).to_contain_text(f"no key of {CHIYO}")
    page.keyboard.press("Control+Enter")
    expect(page.get_by_role("alert")).to_contain_text(f"Not sent. You have no key of {CHIYO}.")
    assert lab.uids(BEN) == []
    page.get_by_label("Encrypt", exact=True).uncheck()
    save_now(page)


@pytest.mark.parametrize("became", ["was withdrawn by its owner", "ran out on 2 January 2020"])
def test_a_key_that_is_no_more_valid_is_said_to_be_and_not_encrypted_with(
    writer, lab, gnupg, became
):
    if "withdrawn" in became:
        made = gnupg.make(f"Chiyo <{CHIYO}>", "")
        gnupg.revoke(made)
    else:
        early = ("--faked-system-time", "20200101T000000", "--passphrase", "")
        days = ("--quick-generate-key", f"Chiyo early <{CHIYO}>", "future-default", "default", "1d")
        gnupg.run(*early, *days)
        made = gnupg.fingerprint_of("Chiyo early")
    writer.post(do="add-known", public=gnupg.public(made))
    page = write(writer, to=f"{BEN},{CHIYO}")
    note, find = page.locator("[data-protection-note]"), page.locator("[data-find-keys]")
    expect(note).to_contain_text(f"Not to be encrypted: the key of {CHIYO} {became}")
    expect(find).to_be_visible()
    page.get_by_label("Encrypt", exact=True).check()
    expect(note).to_contain_text(f"the key of {CHIYO} {became}")
    page.keyboard.press("Control+Enter")
    expect(page.get_by_role("alert")).to_contain_text(f"he key of {CHIYO} {became}")
    assert lab.uids(CHIYO) == []
    assert lab.uids(BEN) == []
    page.get_by_label("Encrypt", exact=True).uncheck()
    save_now(page)
    (known,) = [each for each in writer.ring()["known"] if each["fingerprint"] == made]
    assert known["withdrawn"] is ("withdrawn" in became)
    page.goto(f"{writer.home}/settings/encryption/")
    row = page.locator(f'[data-pgp-known="{made}"]')
    expect(row).to_contain_text(f"This key {became}, so nothing is encrypted with it.")
    expect(row.get_by_text("Withdrawn by its owner", exact=True)).to_have_count(
        int(known["withdrawn"])
    )
    writer.post(do="remove-known", key=known["key"])


def test_a_name_that_was_written_into_a_key_draws_no_mail_to_it(writer, lab, gnupg):
    """Ben's key with an address of Chiyo in it, which its owner never signed."""
    ben = list(split_packets(octets_of_key(gnupg.public(gnupg.ben))))
    forged = [ben[0], (13, f"Chiyo <{CHIYO}>".encode()), *ben[1:]]
    octets = b"".join(bytes([0xC0 | t, 255]) + len(b).to_bytes(4, "big") + b for t, b in forged)
    writer.post(do="add-known", public=armor(octets, "PUBLIC"))
    page = write(writer, to=CHIYO, protect=["Encrypt"])
    page.keyboard.press("Control+Enter")
    expect(page.get_by_role("alert")).to_contain_text("does not name this address as its own")
    assert lab.uids(CHIYO) == []
    writer.post(do="add-known", public=gnupg.public(gnupg.ben))


def test_blind_copies_are_refused_with_encryption_t73(writer, lab):
    page = write(writer, more=f"&bcc={CHIYO}", protect=["Encrypt"])
    page.keyboard.press("Control+Enter")
    expect(page.get_by_role("alert")).to_contain_text("Send blind copies as messages of their own")
    assert lab.uids(BEN) == []
    assert lab.uids(CHIYO) == []


def test_it_never_leaves_in_clear_when_the_browser_did_not_encrypt_it(writer, lab):
    """Without script, or by a request that forgot its half, the server refuses."""
    page = write(writer, protect=["Encrypt"])
    form = page.evaluate(
        """async () => {
      const body = new FormData(document.querySelector("form[data-compose]"));
      body.delete("files");
      body.set("do", "send");
      const options = { method: "POST", body, headers: { Accept: "application/json" } };
      const answer = await fetch(location.pathname, options);
      return { status: answer.status, errors: (await answer.json()).errors };
    }"""
    )
    assert form["status"] == 422
    assert "need JavaScript" in form["errors"]["form"]
    assert lab.uids(BEN) == []


def test_a_draft_that_changed_meanwhile_is_not_sent_under_the_old_signature(writer, lab):
    page = write(writer, protect=["Sign"])
    answer = page.evaluate(
        """async () => {
      const form = document.querySelector("form[data-compose]");
      const post = async (more) => {
        const body = new FormData(form);
        body.delete("files");
        for (const [name, value] of Object.entries(more)) body.set(name, value);
        const options = { method: "POST", body, headers: { Accept: "application/json" } };
        return (await fetch(location.pathname, options)).json();
      };
      const made = await post({ do: "entity" });
      form.elements.revision.value = made.revision;
      const [begin, end] = ["BEGIN", "END"].map((word) => `-----${word} PGP SIGNATURE-----\\n`);
      const armored = new Blob([begin, "\\nabcd\\n", end]);
      return post({ do: "send", sealed: made.token, hash: "sha512", armored, subject: "Other" });
    }"""
    )
    assert "changed while it was encrypted or signed" in answer["errors"]["form"]
    assert lab.uids(BEN) == []


def test_the_key_goes_with_the_mail_of_whoever_wants_that(writer, lab, gnupg):
    writer.post(do="autocrypt", writes_autocrypt="1")
    write(writer)
    send(writer, signs=False)
    raw, _ = arrived(lab)
    head = split_fields(raw[: header_end(raw)])
    assert find_key(head, ADA).facts.fingerprint == gnupg.ada
    writer.post(do="autocrypt")
    lab.clear()
    write(writer)
    send(writer, signs=False)
    assert b"Autocrypt" not in arrived(lab)[0]


def test_nothing_of_it_is_there_until_it_is_turned_on(writer):
    writer.post(do="off")
    page = write(writer)
    assert page.locator("[data-protection]").count() == 0
    writer.post(do="on")
