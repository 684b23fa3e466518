"""The list of drafts in a real Chromium: looked at, deleted, brought back, gone on with."""

import pytest
from playwright.sync_api import expect

from tests.browser.arrival import arrive

pytestmark = pytest.mark.xdist_group("browser")
ADA = "ada@hearth.test"


@pytest.fixture(params=[(1440, 900), (390, 844)], ids=["desktop", "phone"])
def page(request, chromium, hearth, lab):
    lab.clear()
    width, height = request.param
    context = chromium.new_context(viewport={"width": width, "height": height})
    page = context.new_page()
    arrive(page, hearth, lab)
    expect(page.locator("#list-title")).to_be_visible()
    page.drafts = page.url.replace("/INBOX/", "/Drafts/")
    write_draft(page, hearth)
    page.goto(page.drafts)
    yield page
    context.close()


def write_draft(page, hearth):
    page.goto(f"{hearth.url}/compose/?to=ben@hearth.test&subject=Firewood")
    page.locator("[data-editor]").click()
    page.keyboard.type("Bring some birch")
    page.locator("[data-compose-close]:visible").first.click()
    expect(page.locator("#list-title")).to_be_visible()


def test_looking_at_a_draft_in_the_list_does_not_open_it(page):
    row = page.locator("li.row", has_text="Firewood")
    row.hover()
    page.wait_for_timeout(500)
    row.locator(".row-link").focus()
    page.wait_for_timeout(500)
    assert page.url == page.drafts
    page.keyboard.press("Enter")
    expect(page.locator("[data-editor]")).to_contain_text("Bring some birch")


def test_a_deleted_draft_comes_back_whole(page, lab):
    page.locator("li.row", has_text="Firewood").locator(".pick input").check(force=True)
    page.locator(".bulk button[value=delete]:visible").first.click()
    expect(page.locator("#notices")).to_contain_text("1 message moved to Trash")
    assert lab.uids(ADA, "Drafts") == []
    page.locator("#notices").get_by_role("button", name="Undo").click()
    expect(page.locator("#notices")).to_contain_text("Undone")
    page.goto(page.drafts)
    page.locator("li.row", has_text="Firewood").locator(".row-link").click()
    expect(page.locator("[data-editor]")).to_contain_text("Bring some birch")
    expect(page.locator("[name=subject]")).to_have_value("Firewood")
