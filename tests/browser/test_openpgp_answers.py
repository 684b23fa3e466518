"""Answers to mail that was decrypted: they quote what was shown and stay encrypted (T12, T91)."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.openpgp_mail import ADA, BEN, PASSPHRASE, TEXT, Reader, encrypted, header

pytestmark = pytest.mark.xdist_group("browser")


@pytest.fixture(scope="module", params=[(1440, 900)], ids=["desktop"])
def reader(request, chromium, hearth, lab, gnupg):
    width, height = request.param
    reader = Reader(chromium, hearth, lab, gnupg, width=width, height=height)
    reader.take_keys(gnupg.ada, gnupg.public(gnupg.ben))
    yield reader
    reader.end()


@pytest.fixture(autouse=True)
def _no_faults(reader):
    reader.faults.clear()
    reader.asked.clear()
    yield
    windows = reader.page.locator("form[data-compose]")
    if windows.count():
        windows.locator("[data-compose-close]:visible").first.click()
    expect(windows).to_have_count(0)
    assert reader.faults == []


def decrypt(reader):
    """The key stays open for as long as the page stands."""
    reader.card.get_by_role("button", name="Decrypt").click()
    dialog = reader.page.locator("dialog[open]")
    dialog.get_by_label("Of the key").fill(PASSPHRASE)
    dialog.get_by_role("button", name="Decrypt").click()
    reader.shown()


def answer(reader, relation="reply"):
    """The compose window over the message."""
    link = f'a[data-compose-link][href*="?{relation}="]'
    reader.page.locator(link).first.dispatch_event("click")
    window = reader.page.locator("form[data-compose]")
    expect(window.locator("[data-protection-note]")).to_be_attached()
    return window


def posted(reader):
    return b"".join(each.post_data_buffer or b"" for each in reader.asked)


@pytest.mark.parametrize(
    "reader", [(1440, 900), (390, 844)], ids=["desktop", "phone"], indirect=True, scope="module"
)
def test_an_answer_quotes_what_was_decrypted_and_is_to_be_encrypted_t91(reader, gnupg):
    reader.open(encrypted(gnupg, f"{TEXT}The secret is seven.\r\n\r\n> Which one?\r\nBen\r\n"))
    decrypt(reader)
    window = answer(reader)
    quoted = re.compile(r"wrote:\n> The secret is seven\.\n>\n>> Which one\?\n> Ben\n$")
    expect(window.locator("[data-text]")).to_have_value(quoted)
    expect(window.get_by_label("Encrypt", exact=True)).to_be_checked()
    expect(window.locator("[data-protection-note]")).to_contain_text("The server has nothing")
    assert b"seven" not in posted(reader)
    window.locator("[data-compose-close]:visible").click()
    expect(window).to_have_count(0)
    assert b"seven" not in posted(reader)  # nothing was written, so nothing was kept


def test_what_is_passed_on_holds_the_decrypted_text_under_its_head(reader, gnupg):
    reader.open(encrypted(gnupg, f"{TEXT}The secret is seven.\r\n"))
    decrypt(reader)
    window = answer(reader, "forward")
    text = re.compile(r"-- Forwarded message -+\nFrom: [^\0]*\nTo: .*\n\nThe secret is seven\.\n")
    expect(window.locator("[data-text]")).to_have_value(text)
    expect(window.get_by_label("Encrypt", exact=True)).to_be_checked()


def test_decrypted_html_is_quoted_as_the_text_that_was_shown_t12(reader, gnupg):
    html = (
        "<p>Lunch at <b>noon</b>?</p><p style='display:none'>Not at one.</p>"
        "<template>hidden words</template><details><summary>hidden</summary></details><p>Ben</p>"
    )
    reader.open(encrypted(gnupg, f"Content-Type: text/html; charset=utf-8\r\n\r\n{html}\r\n"))
    decrypt(reader)
    seen = reader.shown()
    text = answer(reader).locator("[data-text]")
    expect(text).to_have_value(re.compile(r"wrote:\n> Lunch at noon\?\n[^\0]*> Ben\n$"))
    quoted = text.input_value().partition("wrote:\n")[2]
    assert "".join(quoted.split()).replace(">", "") == "".join(seen.split())


@pytest.mark.parametrize(
    ("relation", "subject"),
    [("reply", "Re: Bid for the mill"), ("forward", "Fwd: AW: Bid for the mill")],
)
def test_the_subject_that_was_encrypted_is_taken_over_and_asked_about_t91(
    reader, gnupg, lab, relation, subject
):
    kind = TEXT.replace("utf-8", 'utf-8; protected-headers="v1"')
    reader.open(encrypted(gnupg, f"Subject: AW: Bid for the mill\r\n{kind}Seven.\r\n"))
    decrypt(reader)
    window = answer(reader, relation)
    field, mark = window.locator('[name="subject"]'), window.locator("[data-subject-decrypted]")
    expect(field).to_have_value(subject)
    expect(mark).to_be_checked()
    assert b"mill" not in posted(reader)
    for typed, is_asked in (("Re: Lunch", False), ("Re: the MILL?", True), (subject, True)):
        field.fill(typed)
        expect(mark).to_be_checked(checked=is_asked)
    if relation == "forward":
        expect(window.locator("[data-text]")).to_have_value(re.compile("\nSubject: AW: Bid for"))
        return
    window.locator("[data-text]").fill("Yes, gladly.")
    window.get_by_label("Encrypt", exact=True).uncheck()
    window.locator("[data-text]").press("Control+Enter")
    asked = reader.page.locator("dialog[open]")
    expect(asked).to_contain_text("Its subject came to you encrypted")
    expect(asked).not_to_contain_text("quotes a message")
    asked.get_by_role("button", name="Go back").click()
    window.get_by_label("Encrypt", exact=True).check()
    window.locator("[data-text]").press("Control+Enter")
    (uid,) = lab.wait_for(BEN, "INBOX", timeout_s=60)
    raw = lab.raw(BEN, "INBOX", uid)
    assert b"\r\nSubject: ...\r\n" in raw
    armored = raw[raw.index(b"-----BEGIN PGP MESSAGE") :].partition(b"\r\n--=")[0]
    opened = gnupg.run("--try-secret-key", gnupg.ben, "--passphrase", "", "-d", stdin=armored)
    assert b"\nSubject: Re: Bid for the mill\r\n" in opened
    reader.faults.clear()  # the browser counts our 422


def test_without_decrypting_first_an_answer_quotes_nothing_and_asks_for_no_key_t91(reader, gnupg):
    reader.open(encrypted(gnupg, f"{TEXT}The secret is seven.\r\n"))
    expect(reader.card.get_by_role("button", name="Decrypt")).to_be_visible()
    window = answer(reader)
    expect(window.locator("[data-text]")).to_have_value(re.compile(r"wrote:\n>\n$"))
    expect(window.get_by_label("Encrypt", exact=True)).not_to_be_checked()
    expect(reader.page.locator("dialog[open]")).to_have_count(0)


def test_only_a_message_encrypted_as_a_whole_is_quoted_t91(reader, gnupg):
    """Around an inline block stands what somebody else may have put there."""
    block = gnupg.run("--recipient", ADA, "--armor", "--encrypt", stdin=b"seven").decode()
    reader.open(f"{header()}Content-Type: text/plain; charset=utf-8\r\n\r\nBefore\r\n\r\n{block}")
    decrypt(reader)
    window = answer(reader)
    expect(window.locator("[data-text]")).to_have_value(re.compile("wrote:\n> Before"))
    assert "seven" not in window.locator("[data-text]").input_value()


@pytest.mark.parametrize("reader", [(390, 844)], ids=["phone"], indirect=True, scope="module")
def test_sending_such_an_answer_unencrypted_is_asked_about(reader, gnupg, lab):
    reader.open(encrypted(gnupg, f"{TEXT}The secret is seven.\r\n"))
    decrypt(reader)
    window = answer(reader)
    expect(window.get_by_label("Encrypt", exact=True)).to_be_checked()
    window.get_by_label("Encrypt", exact=True).uncheck()
    window.locator("[data-text]").press("Control+Enter")
    asked = reader.page.locator("dialog[open]")
    expect(asked).to_contain_text("quotes a message that came to you encrypted")
    asked.get_by_role("button", name="Go back").click()
    window.get_by_label("Encrypt", exact=True).check()
    window.locator("[data-text]").press("Control+Enter")
    (uid,) = lab.wait_for(BEN, "INBOX", timeout_s=60)
    raw = lab.raw(BEN, "INBOX", uid)
    assert b"multipart/encrypted" in raw
    assert b"seven" not in raw
    reader.faults.clear()  # the browser counts our 422


def test_an_answer_without_the_quotation_is_no_more_one_that_quotes_t91(reader, gnupg):
    reader.open(encrypted(gnupg, f"{TEXT}The secret is seven of nine.\r\nhunter2\r\nBen\r\n"))
    decrypt(reader)
    window = answer(reader)
    text, mark = window.locator("[data-text]"), window.locator("[data-quotes-decrypted]")
    expect(mark).to_be_checked()
    for body, is_asked in (
        ("Yes, gladly.", False),
        ("You wrote The secret is seven of nine. Yes.", True),
        ("Yes.\n\n> hunter2\n", True),
        ("hunter2", True),
        ("> secret is", True),
        ("", False),
    ):
        text.fill(body)
        expect(mark).to_be_checked(checked=is_asked)


def test_the_certificate_is_switched_off_where_an_answer_is_encrypted(reader, gnupg):
    """The window as the server draws it for whoever usually signs with a certificate."""
    line = '<fieldset data-certified><input type="checkbox" name="protect" value="{}"{}></fieldset>'
    drawn = line.format("smime-sign", " checked") + line.format("smime-encrypt", "")
    drawn += "<p data-family-said></p>"

    def usual(route):
        answered = route.fetch()
        own = '<fieldset class="protection" data-protection'
        route.fulfill(response=answered, body=answered.text().replace(own, drawn + own, 1))

    reader.open(encrypted(gnupg, f"{TEXT}The secret is seven.\r\n"))
    decrypt(reader)
    reader.page.route(re.compile("[?]reply="), usual)
    window = answer(reader)
    expect(window.get_by_label("Encrypt", exact=True)).to_be_checked()
    expect(window.locator('[value="smime-sign"]')).not_to_be_checked()
    expect(window.locator("[data-family-said]")).to_contain_text("certificate was switched off")
    # And the other way round, by its writer's own hand: one of both, and it says which.
    window.locator('[value="smime-sign"]').check()
    expect(window.get_by_label("Encrypt", exact=True)).not_to_be_checked()
    expect(window.locator("[data-family-said]")).to_contain_text("OpenPGP was switched off")
    expect(window.locator("[data-quotes-decrypted]")).to_be_checked()
    window.get_by_label("Sign", exact=True).check()
    expect(window.locator('[value="smime-sign"]')).not_to_be_checked()
    window.get_by_label("Sign", exact=True).uncheck()
    expect(window.locator("[data-family-said]")).to_have_text("")
    reader.page.unroute_all()
