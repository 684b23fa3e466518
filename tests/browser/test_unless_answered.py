"""A scheduled answer that leaves only if nobody answers first, chosen with a script and without."""

import pytest
from playwright.sync_api import expect

from tests.browser.arrival import arrive
from tests.browser.test_quality import AXE, RULES, RUN_AXE

pytestmark = pytest.mark.xdist_group("browser")
ADA = "ada@hearth.test"
QUESTION = (
    b"From: Ben <ben@hearth.test>\r\nTo: ada@hearth.test\r\nSubject: Kindling\r\n"
    b"Message-ID: <kindling@hearth.test>\r\n\r\nIs there any?\r\n"
)


@pytest.mark.parametrize(("size", "has_script"), [((1440, 900), True), ((390, 844), False)])
def test_the_condition_is_chosen_beside_the_time_and_stands_in_the_outbox(
    chromium, hearth, lab, size, has_script
):
    lab.clear()
    uid = lab.append(ADA, "INBOX", QUESTION)
    viewport = dict(zip(("width", "height"), size, strict=True))
    context = chromium.new_context(viewport=viewport, java_script_enabled=has_script)
    page = context.new_page()
    page.set_default_timeout(15_000)
    arrive(page, hearth, lab)
    page.locator("a[href*='/mail/']", has_text="Kindling").first.click()
    page.locator("a[href*='?reply=']:visible").first.click()
    page.locator("summary[aria-label='Send later']:visible").first.click()
    page.get_by_label("Only if nobody has answered").and_(page.locator(":visible")).check()
    if has_script and size[0] > 500:
        page.evaluate(AXE)
        assert page.evaluate(RUN_AXE, RULES) == []
    page.locator("button:visible", has_text="Tomorrow morning").first.click()
    expect(page.get_by_text("unless somebody answers first").first).to_be_visible()
    page.goto(f"{hearth.url}/outbox/")
    row = page.locator(".outgoing", has_text="Kindling").first
    expect(row.locator(".state")).to_contain_text("unless somebody answers first")
    row.get_by_role("button", name="Undo").click()
    assert uid
    context.close()
