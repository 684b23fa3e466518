"""Delivery notices and receipts in the compose window: saved, kept, restored, and read aloud."""

import pytest
from playwright.sync_api import expect

from tests.browser.test_compose_kept import sign_in

pytestmark = pytest.mark.xdist_group("browser")
RECEIPT, TLS = "Ask for a receipt", "Only by encrypted connections"


@pytest.fixture
def page(chromium, hearth, lab):
    lab.clear()
    context = chromium.new_context()
    opened = context.new_page()
    sign_in(opened, hearth, lab)
    yield opened
    context.close()


def test_what_is_ticked_is_saved_and_what_the_server_cannot_is_said(page, hearth):
    page.goto(f"{hearth.url}/compose/")
    page.fill("#subject", "The oak")
    page.get_by_text("Delivery and receipts").first.click()
    page.get_by_label(RECEIPT).check()
    page.get_by_label(TLS).check()
    note = page.locator("[data-wishes-note]")
    expect(note).to_contain_text("it offers no REQUIRETLS", timeout=15_000)
    expect(page.locator("[data-wishes-said]")).to_have_text("Receipt, encrypted connections only")
    page.reload()
    expect(page.locator("[name=wishes][value=receipt]")).to_be_checked()
    expect(page.locator("[name=wishes][value=delivery]")).not_to_be_checked()


def test_ticks_that_never_reached_the_server_come_back_with_the_words(page, hearth):
    page.goto(f"{hearth.url}/compose/")
    page.fill("#subject", "The oak")
    page.get_by_text("Delivery and receipts").first.click()
    page.get_by_label(RECEIPT).check()
    page.wait_for_timeout(2000)
    context = page.context
    context.set_offline(True)
    page.close()
    context.set_offline(False)
    again = context.new_page()
    again.goto(f"{hearth.url}/compose/")
    again.get_by_role("button", name="Restore it").click()
    expect(again.locator("#subject")).to_have_value("The oak")
    expect(again.locator("[name=wishes][value=receipt]")).to_be_checked()
