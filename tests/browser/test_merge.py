"""One text to a list, with a script and without: the mails shown, and how far they are."""

import pytest
from playwright.sync_api import expect

from tests.browser.arrival import arrive
from tests.browser.test_quality import AXE, RULES, RUN_AXE

pytestmark = pytest.mark.xdist_group("browser")
ADA, BEN, CHIYO = "ada@hearth.test", "ben@hearth.test", "chiyo@hearth.test"
LIST = f"name,mail,town\nBen Ito,{BEN},Ulm\nChiyo Abe,{CHIYO},Kiel\nEve,eve at x,Rome"


@pytest.mark.parametrize(("size", "has_script"), [((1440, 900), True), ((390, 844), False)])
def test_each_of_a_list_gets_a_mail_that_was_seen_before(chromium, hearth, lab, size, has_script):
    lab.clear()
    viewport = dict(zip(("width", "height"), size, strict=True))
    context = chromium.new_context(viewport=viewport, java_script_enabled=has_script)
    page = context.new_page()
    page.set_default_timeout(15_000)
    text = "Dear+%7Bfirst+name%7D,+come+to+%7Btown%7D."
    arrive(page, hearth, lab, f"/compose/?subject=Fete&body={text}")
    page.locator("summary[aria-label='Send later']:visible").first.click()
    page.locator("button[value='go:merge']:visible").first.click()
    page.fill("#people", LIST)
    page.get_by_role("button", name="Show the mails").click()
    expect(page.get_by_text("Dear Ben, come to Ulm.")).to_be_visible()
    expect(page.get_by_text("Line 4: “eve at x”")).to_be_visible()
    if has_script:
        page.evaluate(AXE)
        assert page.evaluate(RUN_AXE, RULES) == []
    page.get_by_role("button", name="Send 2 mails").click()
    expect(page.locator(".outgoing .state")).to_contain_text("of 2 sent")
    for address, town in ((BEN, "Ulm"), (CHIYO, "Kiel")):
        uid = lab.wait_for(address, "INBOX", "SUBJECT", "Fete", timeout_s=40)[0]
        raw = lab.raw(address, "INBOX", uid).decode()
        assert f"come to {town}." in raw
        assert not {BEN, CHIYO} - {address} & set(raw.split())
    page.goto(f"{hearth.url}/outbox/")
    row = page.locator(".outgoing", has_text="2 of 2 sent.").first
    row.get_by_role("button", name="OK").click()
    context.close()
