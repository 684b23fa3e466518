"""Compose windows that come back: after another page, a lost line, a step back, days later."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.docked import ADA, compose, texts_in, windows
from tests.browser.saving import save_now

pytestmark = pytest.mark.xdist_group("browser")


def test_another_page_brings_the_windows_back_with_what_was_just_typed(page):
    compose(page, "The oak", "It stands.")
    window = compose(page, "The elm")
    window.get_by_role("button", name="Minimise").click()
    page.reload()
    expect(windows(page)).to_have_count(2)
    expect(windows(page).first.locator("[data-editor]")).to_contain_text("It stands.")
    expect(page.locator(".is-docked.is-small").get_by_role("heading")).to_have_text("The elm")
    page.locator("#folders .folder", has_text="Sent").click()
    page.wait_for_url("**/Sent/")
    expect(windows(page)).to_have_count(2)
    expect(windows(page).first.locator("[data-editor]")).to_contain_text("It stands.")


def test_a_small_window_comes_back_under_the_name_it_was_given_last(page):
    window = compose(page, "The oak")
    save_now(window)
    page.evaluate("() => { window.fetch = () => Promise.reject(new TypeError('no line')); }")
    window.locator("[name=subject]").fill("The elm")
    window.get_by_role("button", name="Minimise").click()
    page.reload()
    expect(page.locator(".is-docked.is-small").get_by_role("heading")).to_have_text("The elm")


def test_the_windows_come_back_with_the_caret_where_it_was(page):
    lines = [f"Line {number}" for number in range(40)]
    one = compose(page, "The oak")
    one.locator("[data-editor]").click()
    for line in lines:
        page.keyboard.insert_text(line)
        page.keyboard.press("Enter")
    for key in (["ArrowUp"] * 3) + ["Home"] + ["ArrowRight"] * 4:
        page.keyboard.press(key)
    compose(page, "The elm", "It fell.")
    one.locator("[data-editor]").focus()
    page.reload()
    editor = windows(page).first.locator("[data-editor]")
    expect(editor).to_be_focused()
    page.keyboard.type("!")
    expect(editor.locator("div", has_text="Line! 37")).to_be_in_viewport()

    # Once more, whether the server has heard of that or not.
    page.evaluate("document.querySelector('#list .row-link').focus()")
    page.reload()
    expect(windows(page)).to_have_count(2)
    expect(editor).to_contain_text("Line! 37")
    page.wait_for_timeout(500)
    assert page.evaluate("document.activeElement === document.body")
    editor.focus()  # which is not to go back to the beginning
    page.keyboard.type("?")
    expect(editor).to_contain_text("Line!? 37")
    assert page.faults == []


def test_pages_that_go_at_once_each_leave_what_was_typed_in_one_draft(page, lab):
    """F34: the window's own words come after one another, however late they arrive."""
    compose(page, "The ash", "It stands.")
    editor = windows(page).first.locator("[data-editor]")
    for mark in "abc":
        page.reload()
        expect(editor).to_contain_text("It stands.")
        editor.click()
        page.keyboard.press("Control+End")
        page.keyboard.type(mark)
    page.reload()
    expect(editor).to_contain_text("It stands.abc")
    expect(windows(page).locator("[data-saved]")).to_have_text("Saved", timeout=20_000)
    windows(page).get_by_label("Close and keep draft").and_(page.locator(":visible")).click()
    expect(windows(page)).to_have_count(0)
    assert texts_in(lab)["The ash"] == "It stands.abc"
    page.locator("#folders .folder", has_text="Drafts").click()
    page.wait_for_url("**/Drafts/")
    expect(page.locator("#list .row-link", has_text="The ash")).to_have_count(1)


def test_what_is_typed_before_the_scripts_are_there_is_kept_on_closing(page, lab):
    page.route("**/compose-*.js", lambda route: (page.wait_for_timeout(1_000), route.continue_()))
    page.locator("[data-compose-link]:visible", has_text="Compose").first.click()
    windows(page).locator("[name=subject]").fill("The oak")
    windows(page).get_by_label("Close and keep draft").and_(page.locator(":visible")).click()
    expect(windows(page)).to_have_count(0)
    assert list(texts_in(lab)) == ["The oak"]
    assert page.faults == []


def test_a_page_of_its_own_leaves_the_windows_to_the_mailbox(page):
    compose(page, "The oak", "It stands.")
    page.locator("#list").click(position={"x": 300, "y": 5})
    page.locator("#list .row-link").first.focus()
    page.keyboard.press("Shift+C")
    page.wait_for_url("**/compose/")
    expect(page.locator("section.compose")).to_have_count(1)
    page.go_back()
    expect(windows(page).locator("[data-editor]")).to_contain_text("It stands.")


def test_what_never_reached_the_server_comes_back_from_this_browser(page):
    """F32: the last save was lost with the line."""
    address = page.url
    compose(page)
    # A request that outlives its page would slip by a line that is only said to be broken.
    page.evaluate("() => { window.fetch = () => Promise.reject(new TypeError('no line')); }")
    windows(page).locator("[name=subject]").fill("The oak")
    windows(page).locator("[data-editor]").click()
    page.keyboard.type("It stands.")
    page.wait_for_timeout(1_500)
    page.goto("about:blank")
    page.goto(address)
    expect(windows(page).locator("[name=subject]")).to_have_value("The oak")
    expect(windows(page).locator("[data-editor]")).to_contain_text("It stands.")


def test_on_the_phone_going_back_closes_the_sheet_and_keeps_the_draft(phone, lab):
    phone.locator("#list .row-link", has_text="Letter 2").click()
    expect(phone.locator("#reader")).to_contain_text("Letter 2")
    address = phone.url
    phone.locator(".replies").get_by_role("link", name="Reply", exact=True).click()
    sheet = windows(phone)
    sheet.locator("[data-text]:visible, [data-editor]:visible").first.wait_for()
    assert sheet.bounding_box() == {"x": 0, "y": 0, "width": 390, "height": 844}
    assert "/compose/" in phone.url
    sheet.locator("[name=subject]").fill("The oak")
    phone.go_back()
    expect(sheet).to_have_count(0)
    assert phone.url == address
    expect(phone.locator("#reader")).to_contain_text("Letter 2")
    assert list(texts_in(lab)) == ["The oak"]
    phone.go_forward()
    expect(windows(phone).locator("[name=subject]")).to_have_value("The oak")
    windows(phone).get_by_label("Close and keep draft").and_(phone.locator(":visible")).click()
    expect(windows(phone)).to_have_count(0)
    expect(phone).to_have_url(address)
    assert phone.faults == []


def test_reply_again_goes_on_with_the_answer_that_was_begun(page, lab):
    page.locator("#list .row-link", has_text="Letter 3").click()
    expect(page.locator("#reader")).to_contain_text("The text of letter 3")
    for text in ("One. ", "Two. "):
        page.keyboard.press("r")
        expect(windows(page).locator("[data-text]")).to_be_focused()
        page.keyboard.type(text)
        page.keyboard.press("Escape")
        expect(windows(page)).to_have_count(0)
    page.keyboard.press("r")
    text = windows(page).locator("[data-text]")
    expect(text).to_have_value(re.compile("(One. Two|Two. One)"))
    assert len(lab.uids(ADA, "Drafts")) == 1
    windows(page).locator("[name=subject]").fill("Re: Letter 3, sent")
    page.keyboard.press("Control+Enter")
    expect(page.locator("#notices")).to_contain_text("Sending in")
    page.keyboard.press("r")
    expect(text).not_to_have_value(re.compile("One"))


def test_a_file_that_arrives_after_its_window_is_gone_leaves_the_address_alone(phone):
    address = phone.url
    window = compose(phone, "The oak")
    save_now(window)
    phone.route("**/files/resumable/**", lambda route: route.abort())
    phone.set_input_files("[data-file-input]", {"name": "a", "mimeType": "", "buffer": b"a"})
    expect(window.get_by_text("It goes on by itself.")).to_be_visible()
    close = window.get_by_label("Close and keep draft").and_(phone.locator(":visible"))
    close.click()
    expect(window.locator("[data-saved]")).to_contain_text("Close again to leave without them.")
    close.click()
    expect(windows(phone)).to_have_count(0)
    with phone.expect_response(lambda answer: answer.request.method == "PATCH"):
        phone.unroute("**/files/resumable/**")
    phone.wait_for_timeout(500)
    assert phone.url == address


@pytest.mark.parametrize("pause_ms", [0, 1_200])
def test_a_reload_right_after_typing_brings_the_words_back_however_slow_the_line(page, pause_ms):
    """The last save outlives its page, and may come after the next page has asked."""
    missed = []
    page.on("response", lambda each: missed.append(each.url) if each.status == 404 else None)
    compose(page, "The oak", "It stands.")
    page.evaluate("() => { window.fetch = () => new Promise(() => {}); }")
    page.wait_for_timeout(pause_ms)
    page.reload()
    expect(windows(page).locator("[data-editor]")).to_have_text("It stands.")
    expect(windows(page).locator("[name=subject]")).to_have_value("The oak")
    assert missed == []
