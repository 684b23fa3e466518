"""Settings on the phone: their sections are a row to scroll, and a choice outlives the session."""

import pytest
from playwright.sync_api import expect

from tests.browser.docked import ADA

pytestmark = pytest.mark.xdist_group("browser")


def test_the_open_section_is_seen_in_its_row(phone, hearth):
    phone.goto(f"{hearth.url}/settings/appearance/")
    chips = phone.locator(".section-tabs .chip").all()
    urls = [each.get_attribute("href") for each in chips]
    assert len(urls) > 4
    for url in urls:
        phone.goto(f"{hearth.url}{url}")
        expect(phone.locator(".section-tabs .on")).to_be_in_viewport(ratio=0.95)
    assert phone.locator(".section-tabs").evaluate("each => each.scrollLeft") > 0


def test_who_was_signed_out_is_told_so_and_the_choice_is_saved_afterwards(phone, hearth, lab):
    phone.goto(f"{hearth.url}/settings/reading/")
    box = phone.locator("form[data-settings] input[type=checkbox]").first
    before = box.is_checked()
    phone.context.clear_cookies()
    box.click()
    said = phone.locator("form[data-settings] [data-saved]").first
    expect(said).to_have_text("Not saved: you are signed out. Sign in")
    with phone.context.expect_page() as opened:
        said.get_by_role("link", name="Sign in").click()
    sign_in = opened.value
    sign_in.fill("#address", ADA)
    sign_in.fill("#password", lab.users[ADA])
    sign_in.click("button[type=submit].primary")
    sign_in.wait_for_url("**/INBOX/")
    sign_in.close()
    phone.evaluate("dispatchEvent(new Event('focus'))")  # as coming back to the tab does
    expect(said).to_have_text("Saved")
    phone.reload()
    expect(box).to_be_checked(checked=not before)
