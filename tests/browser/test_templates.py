"""Templates: kept from the composer, put into a message, and asked about half filled."""

import pytest
from playwright.sync_api import expect

from tests.browser.docked import BEN
from tests.browser.test_repeating import check_axe, page  # noqa: F401  a fixture

pytestmark = pytest.mark.xdist_group("browser")


def templates_of(page, query):  # noqa: F811
    page.goto(f"{page.home}/compose/?{query}")
    page.locator("[data-editor]").wait_for()
    page.locator("summary[aria-label='Send later']:visible").first.click()
    page.locator("button[value='go:templates']:visible").first.click()
    expect(page.get_by_role("heading", name="Templates")).to_be_visible()


def test_one_is_kept_from_a_message_put_into_another_and_asked_about(page):  # noqa: F811
    templates_of(page, "subject=Invoice&body=Dear+%7Bfirst+name%7D,+here+it+is.")
    check_axe(page)
    page.get_by_role("button", name="Save as template").click()
    expect(page.get_by_role("alert")).to_contain_text("Give it a name, to find it by.")
    page.get_by_label("Keep this message as a template named").fill("Invoice")
    page.get_by_role("button", name="Save as template").click()
    expect(page.locator("#notices")).to_contain_text("Kept as a template.")

    templates_of(page, f"to={BEN}")
    page.get_by_role("button", name="Insert Invoice").click()
    editor = page.locator("[data-editor]")
    expect(editor).to_contain_text("Dear {first name}, here it is.")
    expect(page.locator("[name=subject]")).to_have_value("Invoice")
    page.keyboard.press("Control+Enter")
    expect(page.get_by_text("“{first name}” is still to be filled in.")).to_be_visible()
    check_axe(page)

    templates_of(page, f"to=Ben+Ito+%3C{BEN}%3E")
    page.get_by_role("button", name="Insert Invoice").click()
    expect(page.locator("[data-editor]")).to_contain_text("Dear Ben, here it is.")
    page.goto(f"{page.home}/settings/templates/")
    check_axe(page)
    page.locator(".signature-form summary", has_text="Invoice").click()
    page.get_by_role("button", name="Remove", exact=True).click()
    expect(page.locator(".signature-form summary")).to_have_count(1)
