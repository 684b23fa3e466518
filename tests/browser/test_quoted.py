"""The quotation at the end of an HTML message: folded, and opened by key, finger or no script."""

import pytest
from playwright.sync_api import expect

from tests.browser.arrival import arrive
from tests.browser.test_quality import AXE, RULES, RUN_AXE

pytestmark = pytest.mark.xdist_group("browser")
ADA = "ada@hearth.test"
LETTER = f"""From: Ben <ben@hearth.test>\r
To: {ADA}\r
Subject: Re: Boiler\r
Date: Sun, 22 Nov 2026 09:00:00 +0000\r
MIME-Version: 1.0\r
Content-Type: text/html; charset=utf-8\r
\r
<p>Nine is fine.</p><p>Bring the key.</p><div>On Sat, 21 Nov 2026 Ada wrote:</div>\r
<blockquote>{"<p>Is nine fine?</p>" * 30}</blockquote>\r
""".encode()


@pytest.mark.parametrize("has_script", [True, False])
def test_a_quotation_is_folded_and_opens(chromium, hearth, lab, has_script):
    lab.clear()
    lab.append(ADA, "INBOX", LETTER)
    size = {"width": 390, "height": 844}
    context = chromium.new_context(viewport=size, java_script_enabled=has_script, has_touch=True)
    page = context.new_page()
    arrive(page, hearth, lab)
    page.locator(".row-link", has_text="Boiler").click()
    mail = page.frame_locator("iframe.mail")
    expect(mail.get_by_text("Bring the key.")).to_be_visible()
    quoted = mail.get_by_text("Is nine fine?").last
    expect(quoted).to_be_hidden()
    height = page.locator("iframe.mail").bounding_box()["height"]
    opener = mail.get_by_text("Show quoted text")
    assert opener.bounding_box()["height"] >= (40 if has_script else 20)
    if has_script:
        assert height < 400
        opener.press("Enter")
        expect(quoted).to_be_visible()
        page.wait_for_function(
            f"document.querySelector('iframe.mail').clientHeight > {height + 400}"
        )
        page.evaluate(AXE)
        assert page.evaluate(RUN_AXE, RULES) == []
        opener.press("Enter")
    else:
        opener.click()
        expect(quoted).to_be_visible()
        opener.click()
    expect(quoted).to_be_hidden()
    context.close()
