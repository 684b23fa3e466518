"""S/MIME in a real Chromium, with and without script: added, signed with, opened with."""

import base64
import os
import re
from pathlib import Path

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from tests.browser.arrival import arrive
from tests.browser.saving import save_now
from tests.browser.test_quality import AXE, RULES, RUN_AXE
from tests.message.signing import Authority
from tests.message.signing_files import OPENS, OpenSSL, p12_of, pair_of, pem_file
from webmail.message.smime_envelope import encrypt
from webmail.message.smime_mail import signed_entity

pytestmark = pytest.mark.xdist_group("browser")
ADA, BEN = "ada@hearth.test", "ben@hearth.test"
PASSPHRASE = "four words of mine"
HTML = (
    b"Content-Type: text/html; charset=utf-8\r\n\r\n<p>The secret is <b>eight</b>.</p>"
    b'<img src="https://spy.example/a.png"><p style="background:url(https://spy.example/b)">x</p>'
)


@pytest.fixture(scope="module")
def authority():
    return Authority()


@pytest.fixture(scope="module")
def signers(authority):
    return {each: authority.signer(each, by_rsa=True) for each in (ADA, BEN)}


class Writer:
    """Ada, who has a certificate."""

    def __init__(self, chromium, hearth, lab, *, width, height, script=True, scheme="light"):
        self.lab, self.home, self.is_scripted = lab, hearth.url, script
        self.name = f"{width}-{scheme}{'' if script else '-plain'}"
        self.context = chromium.new_context(
            viewport={"width": width, "height": height},
            java_script_enabled=script,
            color_scheme=scheme,
        )
        self.page = self.context.new_page()
        self.faults, self.asked = [], []
        self.page.on("console", lambda said: said.type == "error" and self.faults.append(said.text))
        self.context.on("request", lambda each: self.asked.append(each.url))
        self.account = arrive(self.page, hearth, lab).split("/mail/")[1].split("/")[0]

    def add(self, file, *, opens=OPENS):
        self.page.goto(f"{self.home}/settings/encryption/")
        self.page.get_by_text("Add a certificate", exact=True).click()
        octets = {"name": "mine.p12", "mimeType": "application/x-pkcs12", "buffer": file.getvalue()}
        self.page.get_by_label("PKCS#12 file").set_input_files(octets)
        self.page.get_by_label("Passphrase of the file").fill(opens)
        self.page.get_by_label("New passphrase, for here").fill(PASSPHRASE)
        self.page.get_by_label("New passphrase again").fill(PASSPHRASE)
        self.look("adding")
        self.page.get_by_role("button", name="Add certificate").first.click()
        expect(self.page.get_by_text("Valid from")).to_be_visible()

    def add_known(self, file):
        self.page.get_by_text("Add a certificate of somebody").click()
        octets = {"name": "ben.pem", "mimeType": "application/x-pem-file", "buffer": file.read()}
        self.page.get_by_label("Certificate", exact=True).set_input_files(octets)
        self.page.get_by_role("button", name="Add certificate").last.click()
        expect(self.page.get_by_text("You added it.")).to_be_visible()

    def forget_all(self):
        self.page.goto(f"{self.home}/settings/encryption/")
        while self.page.get_by_role("button", name="Remove certificate of").count():
            self.page.get_by_role("button", name="Remove certificate of").first.click()
        self.page.get_by_text("Delete this certificate").click()
        self.page.get_by_label("I have a copy, or need none").check()
        self.page.get_by_role("button", name="Delete certificate").click()
        expect(self.page.get_by_text("You have no certificate here.")).to_be_visible()
        self.context.close()

    def look(self, name):
        """Axe finds nothing, nothing scrolls sideways; a picture where one is wanted."""
        folder = os.environ.get("SMIME_LOOK")
        if folder:
            path = Path(folder) / f"{name}-{self.name}.png"
            self.page.screenshot(path=path, full_page="settings" in self.page.url)
        if self.is_scripted:
            self.page.evaluate(AXE)
            assert self.page.evaluate(RUN_AXE, RULES) == []
            assert self.page.evaluate(
                "document.documentElement.scrollWidth <= document.documentElement.clientWidth"
            )

    def open(self, raw):
        self.lab.clear()
        uid = self.lab.append(ADA, "INBOX", raw)
        with self.lab.imap(ADA) as imap:
            uidvalidity = imap.folder_status("INBOX", ["UIDVALIDITY"])[b"UIDVALIDITY"]
        self.page.goto(f"{self.home}/mail/{self.account}/INBOX/{uidvalidity}.{uid}/")


@pytest.fixture(
    scope="module",
    params=[(390, 844, True, "dark"), (1440, 900, False, "light")],
    ids=["phone", "plain"],
)
def writer(request, chromium, hearth, lab, signers, authority):
    width, height, script, scheme = request.param
    writer = Writer(chromium, hearth, lab, width=width, height=height, script=script, scheme=scheme)
    writer.add(p12_of(signers[ADA], authority))
    writer.add_known(pem_file(signers[BEN].certificate))
    writer.look("settings")
    yield writer
    writer.forget_all()


@pytest.fixture(autouse=True)
def _clean(writer, lab):
    lab.clear()
    writer.faults.clear()
    writer.asked.clear()


def write(writer, *labels):
    page = writer.page
    page.goto(f"{writer.home}/compose/?to={BEN}&subject=Plans")
    if writer.is_scripted:
        expect(page.locator("[data-editor]")).to_be_visible()
        page.locator("[data-editor] > div").first.click()
        page.keyboard.type("The secret is seven.")
    else:
        page.locator("textarea[name=text]").fill("The secret is seven.")
    for label in ("Sign with certificate", "Encrypt with certificates"):
        page.get_by_label(label).set_checked(label in labels)
    if writer.is_scripted:
        save_now(page)
    writer.look("writing")
    page.locator('[name="do"][value="send"]:visible').first.click()
    return page


def unlock(writer, passphrase):
    page = writer.page
    place = page.locator("dialog[open]") if writer.is_scripted else page.locator(".notice.warn")
    place.get_by_label("Passphrase").fill(passphrase)
    writer.look("asked")
    place.get_by_role("button", name="Sign and send").click()


def arrived(lab):
    (uid,) = lab.wait_for(BEN, "INBOX", timeout_s=60)
    return lab.raw(BEN, "INBOX", uid)


def test_a_message_is_signed_with_the_passphrase_asked_for_at_sending(
    writer, lab, authority, tmp_path
):
    write(writer, "Sign with certificate")
    unlock(writer, "something else")
    expect(writer.page.get_by_text("Nothing was sent.")).to_be_visible()
    unlock(writer, PASSPHRASE)
    writer.page.wait_for_url("**/mail/**", timeout=20_000)
    assert b"seven" in OpenSSL(tmp_path).verify(arrived(lab), authority)
    if writer.is_scripted:
        kept = writer.page.evaluate("JSON.stringify([{...localStorage}, {...sessionStorage}])")
        assert PASSPHRASE not in kept


def test_a_message_is_encrypted_for_its_recipient(writer, lab, signers, tmp_path):
    write(writer, "Encrypt with certificates")
    writer.page.wait_for_url("**/mail/**", timeout=20_000)
    raw = arrived(lab)
    assert b"seven" not in raw
    assert b"seven" in OpenSSL(tmp_path).decrypt(raw, signers[BEN])


def letter(der):
    head = (
        f"From: Ben <{BEN}>\r\nTo: {ADA}\r\nSubject: ...\r\nMIME-Version: 1.0\r\n"
        "Content-Type: application/pkcs7-mime; name=smime.p7m\r\n"
        "Content-Transfer-Encoding: base64\r\n\r\n"
    )
    return head.encode() + base64.encodebytes(der).replace(b"\n", b"\r\n")


def test_t91_an_encrypted_message_opens_and_asks_nobody_for_anything(writer, signers, authority):
    signed = signed_entity(HTML, pair_of(signers[BEN], authority), timezone.now(), seed="c")
    der = encrypt(signed, [signers[ADA].certificate], is_authenticated=True)
    writer.open(letter(der))
    page = writer.page
    writer.look("encrypted")
    page.get_by_label("Passphrase of your certificate").fill(PASSPHRASE)
    page.get_by_role("button", name="Open", exact=True).click()
    expect(page.get_by_text(f"Signed as {BEN}.")).to_be_visible()
    frame = page.frame_locator('iframe[title="Message text"]')
    expect(frame.locator("b")).to_have_text("eight")
    writer.look("opened")
    assert not [url for url in writer.asked if not url.startswith((writer.home, "about:"))]
    assert not [fault for fault in writer.faults if "inline style" not in fault]


def test_an_answer_quotes_what_was_opened_and_is_encrypted_with_its_subject_t12_t91(
    writer, lab, signers, tmp_path
):
    inner = b'Content-Type: text/plain; charset=utf-8; hp="cipher"\r\nSubject: The mill\r\n\r\n'
    text = b"The secret is seven.\r\n\r\n> Which one?\r\n"
    writer.open(letter(encrypt(inner + text, [signers[ADA].certificate], is_authenticated=True)))
    page = writer.page
    page.get_by_label("Passphrase of your certificate").fill(PASSPHRASE)
    page.get_by_role("button", name="Open", exact=True).click()
    act = page.get_by_role("link" if writer.is_scripted else "button", name="Reply", exact=True)
    act.click()
    window = page.locator("form[data-compose]")
    quoted = re.compile(r"wrote:\n> The secret is seven\.\n>\n>> Which one\?\n?$")
    expect(window.locator("[data-text]")).to_have_value(quoted)
    expect(window.locator('[name="subject"]')).to_have_value("Re: The mill")
    expect(window.get_by_label("Encrypt with certificates")).to_be_checked()
    writer.look("answering")
    window.get_by_label("Encrypt with certificates").uncheck()
    window.locator('[name="do"][value="send"]:visible').first.click()
    place = page.locator("dialog[open]") if writer.is_scripted else page.locator(".notice.warn")
    expect(place).to_contain_text("quotes a message that came to you encrypted")
    expect(place).to_contain_text("Its subject came to you encrypted")
    if writer.is_scripted:
        place.get_by_role("button", name="Go back").click()
    window.get_by_label("Encrypt with certificates").check()
    window.locator('[name="do"][value="send"]:visible').first.click()
    raw = arrived(lab)
    assert b"seven" not in raw
    assert b"mill" not in raw
    inside = OpenSSL(tmp_path).decrypt(raw, signers[BEN])
    assert b"> The secret is seven." in inside
    assert b"Subject: Re: The mill\r\n" in inside
