"""Compose windows side by side over the mailbox, each with its own draft."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.docked import BEN, compose, texts_in, windows
from tests.browser.saving import save_now

pytestmark = pytest.mark.xdist_group("browser")


def test_two_windows_have_a_draft_each_and_the_mailbox_stays_usable(page, lab):
    address = page.url
    one = compose(page, "The oak", "It stands.")
    two = compose(page, "The elm", "It fell.")
    assert page.url == address
    page.locator("#list .row-link", has_text="Letter 3").click()
    expect(page.locator("#reader")).to_contain_text("Letter 3")
    page.locator("#list .row-link", has_text="Letter 3").focus()
    page.keyboard.press("j")
    expect(page.locator("#reader")).to_contain_text("Letter 2")
    page.go_back()
    expect(page.locator("#reader")).to_contain_text("Letter 3")
    expect(windows(page)).to_have_count(2)
    expect(one.locator("[data-editor]")).to_contain_text("It stands.")
    for window in (one, two):
        expect(window.locator("[data-saved]")).to_have_text("Saved", timeout=20_000)
    two.get_by_label("Close and keep draft").and_(page.locator(":visible")).click()
    expect(windows(page)).to_have_count(1)
    one.get_by_label("Close and keep draft").and_(page.locator(":visible")).click()
    expect(windows(page)).to_have_count(0)
    assert texts_in(lab) == {"The oak": "It stands.", "The elm": "It fell."}
    assert page.faults == []


def test_minimised_it_is_its_head_and_comes_back_as_it_was(page):
    window = compose(page, "The oak", "It stands.")
    tall = window.bounding_box()["height"]
    window.get_by_role("button", name="Minimise").click()
    restore = window.get_by_role("button", name="Restore")
    expect(restore).to_be_focused()
    expect(restore).to_have_attribute("aria-expanded", "false")
    expect(window.get_by_role("heading")).to_have_text("The oak")
    assert window.bounding_box()["height"] < 60
    restore.click()
    expect(window.locator("[data-editor]")).to_have_text("It stands.")
    assert window.bounding_box()["height"] == tall
    window.get_by_role("button", name="Full screen").click()
    assert window.bounding_box()["width"] > 900
    assert page.locator(".app").get_attribute("inert") is not None
    window.get_by_role("button", name="Full screen").click()
    assert page.locator(".app").get_attribute("inert") is None
    assert window.bounding_box()["height"] == tall


def test_focus_goes_back_to_what_opened_the_window(page):
    page.locator("#list .row-link", has_text="Letter 2").click()
    reply = page.locator(".replies").get_by_role("link", name="Reply", exact=True)
    reply.click()
    editor = windows(page).locator("[data-text]:not([hidden]), [data-editor]:not([hidden])")
    expect(editor).to_be_focused()
    reply.click()  # no answer is begun twice
    expect(windows(page)).to_have_count(1)
    page.keyboard.press("Escape")
    expect(windows(page)).to_have_count(0)
    expect(reply).to_be_focused()


def test_a_fourth_window_makes_a_head_of_the_oldest_and_says_so(page):
    for name in ("One", "Two", "Three", "Four"):
        compose(page, name)
    expect(page.locator("#notices")).to_contain_text("“One” was minimised to make room.")
    expect(page.locator(".is-docked.is-small")).to_have_count(1)
    edges = [each.bounding_box() for each in windows(page).all()]
    assert all(box["x"] >= 0 and box["x"] + box["width"] <= 1440 for box in edges)
    page.locator(".is-docked.is-small").get_by_role("button", name="Restore").click()
    expect(page.locator(".is-docked.is-small").get_by_role("heading")).to_have_text("Two")


def test_on_a_tablet_one_window_is_open(tablet):
    compose(tablet, "One")
    compose(tablet, "Two")
    expect(tablet.locator(".is-docked.is-small").get_by_role("heading")).to_have_text("One")
    expect(tablet.locator(".is-docked:not(.is-small)")).to_have_count(1)


def test_sending_closes_the_window_at_once_and_undo_opens_it_again(page, lab):
    address = page.url
    window = compose(page, "The oak", "It stands.")
    window.locator("[data-recipients] input:visible").first.fill(BEN)
    page.keyboard.press("Control+Enter")
    expect(windows(page)).to_have_count(0)
    expect(page.locator("#notices")).to_contain_text("Sending in")
    page.locator("#notices").get_by_role("button", name="Undo").click()
    expect(windows(page).locator("[data-editor]")).to_contain_text("It stands.")
    expect(page.locator("#notices")).to_contain_text("Not sent.")
    assert page.url == address


def test_discarding_leaves_the_mailbox_where_it_was(page, lab):
    address = page.url
    window = compose(page, "The oak", "It stands.")
    save_now(window)
    window.locator("[name=do][value=discard]:visible").click()
    window.get_by_role("button", name="Discard draft").last.click()
    expect(windows(page)).to_have_count(0)
    expect(page.locator("#notices")).to_contain_text("Draft discarded.")
    assert page.url == address
    page.reload()
    page.locator(".row-link").first.wait_for()
    page.wait_for_timeout(500)
    assert windows(page).count() == 0


@pytest.mark.parametrize("size", ["page", "phone"])
def test_what_was_begun_stands_in_its_conversation_and_goes_on_from_there(request, lab, size):
    page = request.getfixturevalue(size)
    page.locator("#list .row-link", has_text="Letter 2").click()
    begun = page.locator("#reader [data-begun]")
    page.locator(".replies").get_by_role("link", name="Reply", exact=True).click()
    windows(page).locator("[data-text]").click()
    page.keyboard.type("It grows. ")
    windows(page).get_by_label("Close and keep draft").and_(page.locator(":visible")).click()
    expect(begun).to_contain_text("It grows.")
    begun.get_by_role("link").click()
    expect(windows(page).locator("[data-text]")).to_have_value(re.compile("It grows."))
    windows(page).locator("button[value=send]:visible").first.click()
    expect(windows(page)).to_have_count(0)
    expect(begun).to_have_count(0)
    assert page.faults == []


def test_a_double_click_opens_one_window_and_two_clicks_two(page):
    link = page.locator("a[data-compose-link]:visible").first
    link.dblclick()
    expect(windows(page)).to_have_count(1)
    page.wait_for_timeout(500)
    assert windows(page).count() == 1
    link.click()
    expect(windows(page)).to_have_count(2)


def test_the_thirteenth_window_is_refused_in_words(page):
    for number in range(1, 13):
        page.locator("a[data-compose-link]").first.evaluate("link => link.click()")
        expect(windows(page)).to_have_count(number)
    page.locator("a[data-compose-link]").first.evaluate("link => link.click()")
    expect(page.get_by_role("alert")).to_contain_text("12 messages are open")
    expect(windows(page)).to_have_count(12)
    assert not page.faults


@pytest.mark.parametrize(
    ("act", "title"),
    [("go:repeat", "Repeat"), ("go:merge", "To a list"), ("go:templates", "Templates")],
)
def test_what_goes_on_with_a_message_is_a_page_also_from_the_dock(page, act, title):
    window = compose(page, "The oak", "It stands.")
    window.locator("summary[aria-label='Send later']:visible").click()
    window.locator(f"button[value='{act}']:visible").click()
    expect(page.get_by_role("heading", name=title, exact=True)).to_be_visible()
    expect(page.locator("main")).to_contain_text("The oak")
    expect(windows(page)).to_have_count(0)
    assert page.faults == []
