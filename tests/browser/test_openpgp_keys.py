"""Keys made, taken in and given away, in a real Chromium; foreign keys are GnuPG's."""

import os
import re
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser.arrival import arrive
from tests.browser.openpgp_mail import TEXT, encrypted
from tests.lab.gnupg import GnuPG
from webmail.message.openpgp_key import BadKey, read_key

pytestmark = pytest.mark.xdist_group("browser")
ADA = "ada@hearth.test"
PASSPHRASE = "correct horse battery"


@pytest.fixture(scope="session")
def gnupg(tmp_path_factory):
    gnupg = GnuPG(tmp_path_factory.mktemp("gnupg"))
    gnupg.make("Nobody <nobody@hearth.test>", "")  # without a key of its own it revokes none
    yield gnupg
    gnupg.close()


def sign_in(chromium, hearth, lab, width=1440, height=900):
    context = chromium.new_context(viewport={"width": width, "height": height})
    page = context.new_page()
    page.faults, page.posted = [], []
    page.on("console", lambda said: page.faults.append(said.text) if said.type == "error" else None)
    page.on("pageerror", lambda error: page.faults.append(str(error)))
    page.on("request", lambda each: page.posted.append(each.post_data_buffer or b""))
    arrive(page, hearth, lab)
    page.home = hearth.url
    return page


def keys_page(page):
    page.goto(f"{page.home}/settings/encryption/")
    if page.get_by_role("button", name="Turn on OpenPGP").count():
        page.get_by_role("button", name="Turn on OpenPGP").click()
        expect(page.locator("#g-own")).to_be_visible()


def remove_all_keys(page):
    keys_page(page)
    while page.locator("[value=remove-known]").count():
        page.locator("[value=remove-known]").first.click()
        page.wait_for_load_state()
    while page.locator("[value=remove-own]").count():
        page.get_by_text("Delete this key").first.click()
        page.get_by_label("I have a copy, or need none").first.check()
        page.locator("[value=remove-own]").first.click()
        page.wait_for_load_state()


def turn_off(page):
    keys_page(page)
    page.get_by_role("button", name="Turn off OpenPGP").click()
    expect(page.locator("#g-on")).to_be_visible()


def make_key(page, passphrase=PASSPHRASE):
    keys_page(page)
    if not page.get_by_label("Passphrase again", exact=True).is_visible():
        page.get_by_text("Make a key", exact=True).click()
    page.get_by_label("Passphrase", exact=True).fill(passphrase)
    page.get_by_label("Passphrase again", exact=True).fill(passphrase)
    page.get_by_role("button", name="Make key").click()
    expect(page.locator("[data-own-keys] .key-row")).to_have_count(1, timeout=20_000)


def add_known(page, armored):
    keys_page(page)
    page.get_by_text("Add a key", exact=True).click()
    page.get_by_role("textbox", name="Public key").fill(armored)
    page.get_by_role("button", name="Add key").last.click()
    page.wait_for_load_state()


def saved(page, name):
    with page.expect_download() as download:
        page.get_by_role("link", name=name).click()
    return download.value.path().read_text("ascii")


def standing(gnupg, fingerprint):
    """``r`` of a key that GnuPG takes for revoked, ``-`` of one that stands."""
    listed = gnupg.run("--with-colons", "--list-keys", fingerprint).decode()
    validity = re.search(r"^pub:(.?)", listed, re.MULTILINE)[1]
    return "r" if validity == "r" else "-"


def open_mail(page, lab, raw):
    uid = lab.append(ADA, "INBOX", raw.encode())
    with lab.imap(ADA) as imap:
        uidvalidity = imap.folder_status("INBOX", ["UIDVALIDITY"])[b"UIDVALIDITY"]
    page.goto(f"{page.home}/mail/")
    page.wait_for_url("**/mail/*/**")
    account = page.url.split("/mail/")[1].split("/")[0]
    page.goto(f"{page.home}/mail/{account}/INBOX/{uidvalidity}.{uid}/")


def look(page, name):
    """Nothing scrolls sideways; a picture where one is wanted."""
    folder = os.environ.get("OPENPGP_LOOK")
    if folder:
        width = page.viewport_size["width"]
        page.screenshot(path=Path(folder) / f"{name}-{width}.png", full_page=True)
    assert page.evaluate(
        "document.documentElement.scrollWidth <= document.documentElement.clientWidth"
    )


@pytest.fixture(params=[(1440, 900)], ids=["desktop"])
def page(request, chromium, hearth, lab):
    lab.clear()
    page = sign_in(chromium, hearth, lab, *request.param)
    remove_all_keys(page)
    yield page
    remove_all_keys(page)
    turn_off(page)
    assert page.faults == []
    page.context.close()


@pytest.mark.parametrize("page", [(1440, 900), (390, 844)], ids=["desktop", "phone"], indirect=True)
def test_a_key_is_made_here_and_another_program_can_use_it(page, gnupg):
    make_key(page)
    private = saved(page, "Save private key")
    public = saved(page, "Save public key")
    assert read_key(private).is_private
    assert not read_key(public).is_private
    shown = page.locator("[data-own-keys] .fingerprint").inner_text()
    fingerprint = re.sub(r"\W|Fingerprint", "", shown)
    assert fingerprint == read_key(public).fingerprint
    assert gnupg.take(public) == fingerprint
    # The passphrase went nowhere, and the octets of the unlocked key neither.
    assert not [body for body in page.posted if PASSPHRASE.encode() in body]
    assert gnupg.unlocks(private, PASSPHRASE)
    assert not gnupg.unlocks(private, "another passphrase")


def test_a_key_that_was_revoked_opens_old_mail_and_does_nothing_else(page, gnupg, lab):
    make_key(page)
    certificate = saved(page, "Save revocation certificate")
    public = saved(page, "Save public key")
    fingerprint = gnupg.take(public)
    assert standing(gnupg, fingerprint) == "-"
    old = encrypted(gnupg, f"{TEXT}The secret is seven.\r\n", to=fingerprint)
    page.get_by_text("Revoke this key", exact=True).click()
    page.get_by_label("I know that this cannot be undone").check()
    page.get_by_role("button", name="Revoke key").click()
    row = page.locator("[data-own-keys] .key-row")
    expect(row.get_by_text("Revoked", exact=True)).to_be_visible()
    expect(row.get_by_text("Save revocation certificate")).to_have_count(0)
    look(page, "revoked")
    # The key that is saved now tells it to another program; the certificate alone does so too.
    gnupg.run("--import", stdin=saved(page, "Save public key").encode())
    assert standing(gnupg, fingerprint) == "r"
    gnupg.run("--yes", "--delete-keys", fingerprint)
    gnupg.take(public)
    gnupg.run("--import", stdin=certificate.encode())
    assert standing(gnupg, fingerprint) == "r"
    page.goto(f"{page.home}/compose/?to=ben@hearth.test")
    note = page.locator("[data-protection-note]")
    expect(note).to_contain_text("You have no key for ada@hearth.test, but one that you revoked.")
    open_mail(page, lab, old)
    page.locator("[data-pgp]").get_by_role("button", name="Decrypt").click()
    page.locator("dialog[open]").get_by_label("Of the key").fill(PASSPHRASE)
    page.locator("dialog[open]").get_by_role("button", name="Decrypt").click()
    frame = page.frame_locator('iframe[title="Decrypted text"]')
    expect(frame.get_by_text("The secret is seven.")).to_be_visible()


def test_a_key_without_a_certificate_is_revoked_with_its_passphrase(page, gnupg):
    """As one that was kept before they were made, or that came from another program."""
    made = gnupg.make("Ada <ada@hearth.test>", PASSPHRASE)
    keys_page(page)
    halves = {"private": gnupg.private(made, PASSPHRASE), "public": gnupg.public(made)}
    token = page.locator('meta[name="csrf-token"]').get_attribute("content")
    page.context.request.post(
        f"{page.home}/settings/encryption/",
        form={"csrfmiddlewaretoken": token, "do": "add-own", **halves},
        headers={"Referer": page.home, "Origin": page.home},
    )
    keys_page(page)
    expect(page.get_by_text("Save revocation certificate")).to_have_count(0)
    page.get_by_text("Revoke this key", exact=True).click()
    fold = page.locator("[data-pgp-revoke]")
    fold.get_by_label("I know that this cannot be undone").check()
    fold.get_by_label("Passphrase of the key").fill("not this one")
    fold.get_by_role("button", name="Revoke key").click()
    expect(fold.get_by_role("alert")).to_have_text("This is not the passphrase of the key.")
    look(page, "revoking")
    fold.get_by_label("Passphrase of the key").fill(PASSPHRASE)
    fold.get_by_role("button", name="Revoke key").click()
    row = page.locator("[data-own-keys] .key-row")
    expect(row.get_by_text("Revoked", exact=True)).to_be_visible()
    gnupg.run("--import", stdin=saved(page, "Save public key").encode())
    assert standing(gnupg, made) == "r"
    assert not [body for body in page.posted if PASSPHRASE.encode() in body]


def test_a_key_of_another_program_is_taken_in_and_only_with_its_passphrase(page, gnupg):
    made = gnupg.make("Ada <ada@hearth.test>", "old passphrase")
    private = gnupg.private(made, "old passphrase")
    keys_page(page)
    page.get_by_text("Add a key you already have").click()
    page.get_by_label("Private key").fill(private)
    page.get_by_label("Passphrase of the key").fill("not this one")
    page.get_by_role("button", name="Add key").first.click()
    expect(page.locator("[data-pgp-import] [role=alert]")).to_have_text(
        "This is not the passphrase of the key."
    )
    page.get_by_label("Passphrase of the key").fill("old passphrase")
    page.get_by_role("button", name="Add key").first.click()
    expect(page.locator("[data-own-keys] .key-row")).to_have_count(1, timeout=20_000)
    gnupg.run("--import", stdin=saved(page, "Save revocation certificate").encode())
    assert standing(gnupg, made) == "r"
    assert not [body for body in page.posted if b"old passphrase" in body]


def test_a_key_without_passphrase_is_locked_before_it_leaves_the_browser(page, gnupg):
    bare = gnupg.private(gnupg.make("Ada open <ada@hearth.test>", ""), "")
    with pytest.raises(BadKey, match="not locked"):
        read_key(bare)
    keys_page(page)
    page.get_by_text("Add a key you already have").click()
    page.get_by_label("Private key").fill(bare)
    page.get_by_role("button", name="Add key").first.click()
    expect(page.locator("[data-pgp-import] [role=alert]")).to_contain_text("has no passphrase")
    page.get_by_label("Passphrase of the key").fill(PASSPHRASE)
    page.get_by_role("button", name="Add key").first.click()
    expect(page.locator("[data-own-keys] .key-row")).to_have_count(1, timeout=20_000)
    kept = saved(page, "Save private key")
    assert read_key(kept).is_private
    assert gnupg.unlocks(kept, PASSPHRASE)


@pytest.mark.parametrize("page", [(1440, 900), (390, 844)], ids=["desktop", "phone"], indirect=True)
def test_a_correspondents_key_is_listed_verified_and_removed(page, gnupg):
    made = gnupg.make("Ben <ben@hearth.test>", "")
    add_known(page, gnupg.public(made))
    row = page.locator("[aria-labelledby=g-known] .key-row")
    expect(row).to_contain_text("Ben <ben@hearth.test>")
    expect(row.locator(".fingerprint")).to_contain_text(made[:4])
    row.get_by_role("button", name="I compared it: verified").click()
    expect(row).to_contain_text("Verified by you")
    row.get_by_role("button", name="Remove").click()
    expect(row).to_have_count(0)


def test_a_private_key_is_not_deleted_without_the_tick(page):
    make_key(page)
    page.get_by_text("Delete this key").click()
    page.get_by_role("button", name="Delete key").click()
    expect(page.get_by_text("Tick the box first")).to_be_visible()
    expect(page.locator("[data-own-keys] .key-row")).to_have_count(1)
    page.faults.clear()  # the browser counts our 422


@pytest.mark.parametrize(
    ("status", "headers", "words"),
    [
        (503, {}, "Not stored: the server did not answer. Try again."),
        (413, {}, "Not stored: the server did not answer. Try again."),
        (302, {"Location": "/sign-in/"}, "Not stored: you were signed out."),
        (0, {}, "Not stored: the server did not answer. Try again."),
    ],
)
def test_a_key_that_could_not_be_stored_is_not_blamed(
    chromium, hearth, lab, status, headers, words
):
    page = sign_in(chromium, hearth, lab)
    keys_page(page)

    def answer(route):
        if route.request.method != "POST":
            return route.continue_()
        if not status:
            return route.abort("connectionreset")
        return route.fulfill(status=status, headers=headers, body="<!doctype html>")

    page.route("**/settings/encryption/", answer)
    if not page.get_by_label("Passphrase again", exact=True).is_visible():
        page.get_by_text("Make a key", exact=True).click()
    page.get_by_label("Passphrase", exact=True).fill(PASSPHRASE)
    page.get_by_label("Passphrase again", exact=True).fill(PASSPHRASE)
    page.get_by_role("button", name="Make key").click()
    expect(page.locator("[data-pgp-said]:visible")).to_have_text(words)
    page.unroute("**/settings/encryption/")
    turn_off(page)
    page.context.close()
