"""A message that repeats: set from the composer and minded in the Outbox, at both widths."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.docked import BEN, open_mailbox
from tests.browser.test_quality import AXE, RULES, RUN_AXE

pytestmark = pytest.mark.xdist_group("browser")


@pytest.fixture(params=[(390, 844)], ids=["phone"])
def page(request, chromium, hearth, lab):
    page = open_mailbox(chromium, hearth, lab, *request.param)
    page.home = hearth.url
    yield page
    assert [each for each in page.faults if "422" not in each] == []
    page.context.close()


def check_axe(page):
    page.evaluate(AXE)
    assert page.evaluate(RUN_AXE, RULES) == []


def act(page, name):
    page.locator(".outgoing").get_by_role("button", name=name, exact=True).click()


def next_day(page):
    return re.search(r"Next on (.+?)\.", page.locator(".outgoing").inner_text())[1]


def test_it_is_set_skipped_paused_and_stopped_where_it_is_seen(page):
    page.goto(f"{page.home}/compose/?to={BEN}&subject=Bins&body=Out+with+them")
    page.locator("summary[aria-label='Send later']:visible").first.click()
    page.locator("button[value='go:repeat']:visible").first.click()
    expect(page.get_by_role("heading", name="Repeat")).to_be_visible()
    check_axe(page)
    page.get_by_label("Every day", exact=True).check()
    page.get_by_label("At", exact=True).fill("07:30")
    page.get_by_label("After so many times").check()
    page.get_by_label("How often").fill("3")
    page.get_by_label("Keep it for this message").check()
    page.get_by_role("button", name="Repeat", exact=True).click()
    expect(page).to_have_url(f"{page.home}/outbox/")
    row = page.locator(".outgoing", has_text="Bins")
    expect(row.locator(".state")).to_contain_text("Every day, 07:30, 3 more times. Next on")
    check_axe(page)
    first = next_day(page)
    act(page, "Skip the next")
    expect(page.locator("#notices")).to_contain_text("The next one is left out.")
    assert next_day(page) != first
    act(page, "Pause")
    expect(row.locator(".state")).to_have_text("Every day, 07:30. Paused.")
    act(page, "Go on")
    assert next_day(page) == first
    act(page, "Stop")
    expect(page.get_by_role("heading", name="Everything is sent")).to_be_visible()
    expect(row).to_have_count(0)


def test_without_leave_to_keep_the_password_the_form_says_so_and_keeps_what_was_set(page):
    page.goto(f"{page.home}/compose/?to={BEN}&subject=Bins&body=Out")
    page.locator("summary[aria-label='Send later']:visible").first.click()
    page.locator("button[value='go:repeat']:visible").first.click()
    page.get_by_label("At", exact=True).fill("06:15")
    page.get_by_role("button", name="Repeat", exact=True).click()
    expect(page.get_by_role("alert")).to_contain_text("Tick that your password may be kept")
    expect(page.get_by_label("At", exact=True)).to_have_value("06:15")
