"""The sections of the settings on the phone: a row to scroll, at the one that is open."""

import pytest
from playwright.sync_api import expect

from tests.browser.test_docked_windows import phone  # noqa: F401  a fixture

pytestmark = pytest.mark.xdist_group("browser")


def test_the_open_section_is_seen_in_its_row(phone, hearth):  # noqa: F811
    phone.goto(f"{hearth.url}/settings/appearance/")
    chips = phone.locator(".section-tabs .chip").all()
    urls = [each.get_attribute("href") for each in chips]
    assert len(urls) > 4
    for url in urls:
        phone.goto(f"{hearth.url}{url}")
        expect(phone.locator(".section-tabs .on")).to_be_in_viewport(ratio=0.95)
    assert phone.locator(".section-tabs").evaluate("each => each.scrollLeft") > 0
