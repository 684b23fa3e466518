"""Choosing another signature while writing, in a real Chromium."""

import pytest
from playwright.sync_api import expect

from tests.browser.saving import save_now
from tests.browser.test_compose_editor import draft_in, page  # noqa: F401  a fixture

pytestmark = pytest.mark.xdist_group("browser")


@pytest.fixture
def writing(page, hearth):  # noqa: F811
    """Two signatures, the first for all mail; the second is formatted."""
    page.home = hearth.url
    _remove_all(page)
    _add(page, "Home", "Ada")
    _add(page, "Work", "Ada L.", "<div>Ada <b>Lovelace</b></div>")
    yield page
    _remove_all(page)  # the tests after these share the account
    assert page.faults == []


def _remove_all(page):  # noqa: F811
    page.goto(f"{page.home}/settings/identities/")
    while page.locator(".signature-form [value=signature-remove]").count():
        page.locator(".signature-form summary").first.click()
        page.locator(".signature-form [value=signature-remove]").first.click()
        page.wait_for_load_state()


def _add(page, name, text, html=""):  # noqa: F811
    form = page.locator(".signature-form").last
    form.locator("summary").click()
    form.get_by_label("Name").fill(name)
    form.get_by_label("Text").fill(text)
    form.get_by_label("HTML").fill(html)
    form.get_by_role("button", name="Add signature").click()
    expect(page.locator(".signature-form summary", has_text=name)).to_be_visible()


def _lines(page):  # noqa: F811
    text = page.locator("[data-editor]").inner_text().replace("\u00a0", " ")
    return [line for line in text.split("\n") if line.strip()]


def test_another_signature_comes_in_place_and_what_was_typed_stays(writing, lab):
    page = writing  # noqa: F811
    page.goto(f"{page.home}/compose/?to=ben@hearth.test")
    editor = page.locator("[data-editor]")
    expect(editor.locator("div.signature")).to_have_text("-- Ada", use_inner_text=True)
    editor.locator("> div").first.click()
    page.keyboard.type("Dear Ben, ")
    page.locator("#signature").select_option(label="Work")
    assert _lines(page) == ["Dear Ben, ", "-- ", "Ada Lovelace"]
    expect(editor.locator(".signature b")).to_have_text("Lovelace")
    page.locator("#signature").select_option(label="None")
    assert _lines(page) == ["Dear Ben, "]
    page.locator("#signature").select_option(label="Home")
    assert _lines(page) == ["Dear Ben, ", "-- ", "Ada"]
    editor.locator(".signature").get_by_text("Ada").click()
    page.keyboard.press("End")
    page.keyboard.type(" and Grace")
    page.locator("#signature").select_option(label="Work")
    assert _lines(page) == ["Dear Ben, ", "-- ", "Ada and Grace", "-- ", "Ada Lovelace"]
    save_now(page)
    page.reload()
    expect(page.locator("#signature")).to_have_value(
        page.locator("#signature option", has_text="Work").get_attribute("value")
    )
    expect(editor.locator(".signature b")).to_have_text("Lovelace")
    text = draft_in(lab).get_body(("plain",)).get_content()
    assert "-- \r\nAda Lovelace\r\n" in text


def test_an_answer_has_the_signature_above_the_quotation_in_both_ways_to_write(writing):
    page = writing  # noqa: F811
    page.goto(f"{page.home}/mail/")
    page.locator(".row-link").first.click()
    page.locator(".replies").get_by_role("link", name="Reply", exact=True).click()
    block = page.locator("[data-editor] > div.signature")
    expect(block).to_have_text("Ada")
    page.locator("select[name=signature]").select_option(label="Work")
    expect(block).to_have_text("Ada Lovelace")
    assert block.evaluate("each => each.nextElementSibling.textContent").endswith("wrote:")
    page.locator("[data-toggle-format]:visible").first.click()
    area = page.locator("[data-text]")
    expect(area).to_be_visible()
    page.locator("select[name=signature]").select_option(label="None")
    page.locator("select[name=signature]").select_option(label="Home")
    assert "\nAda\n" in area.input_value()
    assert "Lovelace" not in area.input_value()
    page.locator("[data-toggle-format]:visible").first.click()
    expect(page.locator("[data-editor]")).to_be_visible()
    page.locator("select[name=signature]").select_option(label="Work")
    lines = _lines(page)
    assert lines.count("Ada Lovelace") == 1
    assert "Ada" not in lines
