"""What is asked before a message leaves, and leaving later: with a script and without."""

import pytest
from playwright.sync_api import expect

from tests.browser.arrival import arrive
from tests.browser.test_quality import AXE, RULES, RUN_AXE

pytestmark = pytest.mark.xdist_group("browser")
ADA = "ada@hearth.test"


@pytest.mark.parametrize(("size", "has_script"), [((1440, 900), True), ((390, 844), False)])
def test_a_question_is_answered_and_the_message_waits_until_its_time(
    chromium, hearth, lab, size, has_script
):
    lab.clear()
    width, height = size
    viewport = {"width": width, "height": height}
    context = chromium.new_context(viewport=viewport, java_script_enabled=has_script)
    page = context.new_page()
    page.set_default_timeout(15_000)
    arrive(page, hearth, lab, "/compose/?to=ben@hearth.test&body=The+plan+is+attached.")
    if has_script:  # pressed before the script is there, the form goes without it
        page.locator("[data-editor]").wait_for()
    page.locator("summary[aria-label='Send later']:visible").first.click()
    if has_script and width > 500:
        page.evaluate(AXE)
        assert page.evaluate(RUN_AXE, RULES) == []
    page.locator("button:visible", has_text="Monday morning").or_(
        page.locator("button:visible", has_text="Tomorrow morning")
    ).first.click()
    expect(page.get_by_text("The message has no subject.")).to_be_visible()
    expect(page.get_by_text("but no file is attached")).to_be_visible()
    if has_script:
        page.get_by_role("button", name="Go back").click()
        expect(page.locator("[data-editor]")).to_contain_text("The plan is attached.")
        page.fill("#subject", "The plan")
        page.locator("button[value=send]:visible").first.click()
        expect(page.get_by_text("The message has no subject.")).to_be_hidden()
        page.get_by_role("button", name="Go back").click()
        page.locator("summary[aria-label='Send later']:visible").first.click()
        page.locator("button:visible", has_text="Tomorrow morning").first.click()
    page.get_by_role("button", name="Send anyway").click()
    expect(page.get_by_text("It will be sent on").first).to_be_visible()
    page.goto(f"{hearth.url}/outbox/")
    expect(page.locator(".outgoing .state").first).to_contain_text("Will be sent on")
    page.locator(".outgoing").first.get_by_role("button", name="Undo").click()
    expect(page.locator("[name=text]")).to_have_value("The plan is attached.")
    context.close()
