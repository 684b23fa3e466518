"""Writing by the keyboard alone: focus is never lost, trapped or in a place nobody expects."""

import pytest
from playwright.sync_api import expect

from tests.browser.docked import BEN, windows

pytestmark = pytest.mark.xdist_group("browser")


def press(page, *keys):
    for key in keys:
        page.keyboard.press(key)


def go_to(page, name, key="Tab", most=12):
    """By that key to what is called so."""
    for _ in range(most):
        page.keyboard.press(key)
        if page.locator(":focus").count() and page.locator(":focus").evaluate(
            "(each, name) => (each.ariaLabel || each.labels?.[0]?.textContent"
            " || each.textContent).trim() === name",
            name,
        ):
            return
    pytest.fail(f"{name} was not reached")


def test_a_message_is_written_and_sent_by_keys_alone(page, tmp_path):
    row = page.locator("#list .row-link").nth(1)
    row.focus()
    press(page, "c")
    window, focused = windows(page), page.locator(":focus")
    window.locator("[data-editor]").wait_for()
    page.keyboard.type("ann@x.test,bob@x.test,")
    press(page, "ArrowLeft", "Home")
    expect(focused).to_have_accessible_name("ann@x.test")
    press(page, "Delete", "Delete")
    page.keyboard.type(BEN)
    press(page, "Enter", "Shift+Tab", "Tab")  # the people are one stop
    go_to(page, "Subject", most=3)
    page.keyboard.type("The oak")
    press(page, "Tab")
    page.keyboard.type("- It stands.")
    press(page, "Enter")
    page.keyboard.type("It falls.")
    press(page, "Home", "Tab")
    expect(window.locator("[data-editor] ul ul li")).to_have_text("It falls.")

    go_to(page, "Bold")  # no list holds whoever presses Tab
    press(page, "ArrowRight", "ArrowRight", "ArrowLeft")
    expect(focused).to_have_accessible_name("Italic")
    press(page, "Tab")
    expect(focused).to_have_accessible_name("Send")
    press(page, "Tab", "ArrowDown", "End")
    expect(focused).to_have_accessible_name("Templates…")
    go_to(page, "If nobody answers", most=2)
    press(page, "ArrowDown")
    expect(focused).to_have_value("1")
    press(page, "Escape")
    expect(focused).to_have_accessible_name("Send later")

    (tmp_path / "oak.txt").write_text("oak")
    with page.expect_file_chooser() as chosen:
        press(page, "Tab", "Enter")
    chosen.value.set_files([tmp_path / "oak.txt"])
    expect(window.locator("[data-files-said]")).to_have_text("oak.txt is attached.")
    go_to(page, "Remove oak.txt", "Shift+Tab")
    press(page, "Enter")
    expect(window.locator(".file")).to_have_count(0)
    expect(focused).to_have_accessible_name("Attach files")

    go_to(page, "Minimise", "Shift+Tab", most=20)
    press(page, "Enter")
    expect(focused).to_have_accessible_name("Restore")
    press(page, "F6")
    expect(row).to_be_focused()
    press(page, "F6", "Enter")
    expect(window.locator("[data-editor]")).to_be_focused()
    press(page, "Control+Enter")
    expect(page.locator("#notices")).to_contain_text("Sending in")
    expect(row).to_be_focused()
    assert page.faults == []


def test_what_is_asked_before_sending_gives_focus_back_to_send(page):
    page.keyboard.press("c")
    window = windows(page)
    window.locator("[data-editor]").wait_for()
    page.keyboard.type(f"{BEN},")
    window.get_by_role("button", name="Send", exact=True).focus()
    press(page, "Enter")
    expect(page.get_by_role("dialog")).to_contain_text("subject")
    press(page, "Escape")
    expect(window.get_by_role("button", name="Send", exact=True)).to_be_focused()


def test_what_is_wrong_with_a_recipient_is_said_beside_it_until_it_is_mended(page):
    press(page, "c")
    window = windows(page)
    window.locator("[data-editor]").wait_for()
    page.keyboard.type("nobody,")
    press(page, "Control+Enter")
    entry = window.locator("input:focus")
    expect(entry).to_have_attribute("aria-invalid", "true")
    expect(window.get_by_role("alert")).to_have_text(
        "“nobody” is not a mail address: it needs exactly one @."
    )
    press(page, "Backspace", "Delete")
    expect(window.get_by_role("alert")).to_have_count(0)
    expect(entry).not_to_have_attribute("aria-invalid", "true")
    assert [fault for fault in page.faults if "422" not in fault] == []


def test_nothing_moves_for_whoever_asked_for_that(page):
    """Beyond fading: neither in the mailbox nor in a window, its menus and its dialogs."""
    page.emulate_media(reduced_motion="reduce")
    press(page, "c")
    windows(page).locator("[data-editor]").wait_for()
    moving = page.evaluate(
        """() => [...document.querySelectorAll("*")].flatMap((each) =>
          ["", "::before", "::after"].map((part) => [each, getComputedStyle(each, part || null)])
        ).filter(([, look]) => look.animationName !== "none"
          || (look.transitionProperty !== "opacity" && /[1-9]/.test(look.transitionDuration))
          || look.scrollBehavior === "smooth"
        ).map(([each]) => each.outerHTML.slice(0, 80))"""
    )
    assert moving == []
    durations = page.evaluate(
        """() => ["--d-1", "--d-2", "--d-3"].map((each) =>
          parseFloat(getComputedStyle(document.documentElement).getPropertyValue(each)))"""
    )
    assert durations == [0, 0, 0]
