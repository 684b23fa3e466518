"""The sections of the settings on the phone: a row to scroll, at the one that is open."""

import pytest
from playwright.sync_api import expect

from tests.browser.test_docked_windows import phone  # noqa: F401  a fixture

pytestmark = pytest.mark.xdist_group("browser")


@pytest.mark.parametrize("at", [0, -1])
def test_the_open_section_is_seen_in_its_row(phone, hearth, at):  # noqa: F811
    phone.goto(f"{hearth.url}/settings/appearance/")
    url = phone.locator(".section-tabs .chip").all()[at].get_attribute("href")
    phone.goto(f"{hearth.url}{url}")
    expect(phone.locator(".section-tabs .on")).to_be_in_viewport(ratio=0.95)
    row = phone.locator(".section-tabs").evaluate("each => each.scrollLeft")
    assert (row > 0) == (at == -1)
