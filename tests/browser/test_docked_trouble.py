"""Docked windows when the line, the session or the server goes: nothing is lost or left unsaid."""

import pytest
from playwright.sync_api import expect

from tests.browser.docked import ADA, BEN, compose, windows

pytestmark = pytest.mark.xdist_group("browser")


def sign_in_as(page, hearth, lab, address):
    page.goto(f"{hearth.url}/sign-in/")
    page.fill("#address", address)
    page.fill("#password", lab.users[address])
    page.click("button[type=submit].primary")
    page.wait_for_url("**/INBOX/")


def test_whoever_signs_in_next_gets_no_windows_of_another_person(page, hearth, lab):
    compose(page)
    page.evaluate("() => { window.fetch = () => Promise.reject(new TypeError('no line')); }")
    windows(page).locator("[name=subject]").fill("The oak")
    page.wait_for_timeout(1_500)
    page.goto("about:blank")
    page.context.clear_cookies()
    asked = []
    page.on("request", lambda each: asked.append(each.url) if "/compose/" in each.url else None)
    sign_in_as(page, hearth, lab, BEN)
    expect(page.locator("html.js")).to_be_attached()
    page.wait_for_timeout(1_000)
    assert asked == []
    page.context.clear_cookies()
    sign_in_as(page, hearth, lab, ADA)
    page.locator("[data-compose-link]:visible", has_text="Compose").first.click()
    expect(windows(page)).to_contain_text("“The oak” was being written on")


def no_line(page, pattern, status=0):
    """What `pattern` names is not answered, or with a page of a proxy."""
    page.route(
        pattern,
        lambda route: (
            route.fulfill(status=status, body="<!doctype html><p>Busy</p>")
            if status
            else route.abort("connectionreset")
        ),
    )


@pytest.mark.parametrize("status", [0, 429])
def test_an_undo_that_nobody_answers_is_said_and_can_be_tried_again(page, lab, status):
    window = compose(page, "The oak", "It stands.")
    window.locator("[data-recipients] input:visible").first.fill(BEN)
    page.keyboard.press("Control+Enter")
    expect(page.locator("#notices")).to_contain_text("Sending in")
    address = page.url
    no_line(page, "**/outbox/*/", status)
    page.locator("#notices").get_by_role("button", name="Undo").click()
    expect(page.get_by_role("alert")).to_contain_text("Not undone: the server did not answer.")
    page.unroute("**/outbox/*/")
    page.get_by_role("button", name="Try again").click()
    expect(windows(page).locator("[data-editor]")).to_contain_text("It stands.")
    assert page.url == address


@pytest.mark.parametrize("status", [0, 503])
def test_a_file_that_has_arrived_is_never_called_not_uploaded(page, status):
    window = compose(page, "The oak")
    expect(window.locator("[data-saved]")).to_have_text("Saved", timeout=20_000)
    no_line(page, "**/compose/*/files/", status)
    page.set_input_files("[data-file-input]", {"name": "a", "mimeType": "", "buffer": b"a"})
    expect(window.locator(".file.is-paused")).to_be_visible()
    page.unroute("**/compose/*/files/")
    expect(window.locator("[data-files-said]")).to_have_text("a is attached.", timeout=15_000)
    expect(window.locator(".file")).to_have_count(1)


def test_the_page_holds_on_to_nothing_of_a_window_that_is_gone(page):
    page.evaluate(
        """() => {
          window.heard = 0;
          for (const [name, by] of [["addEventListener", 1], ["removeEventListener", -1]]) {
            const own = visualViewport[name].bind(visualViewport);
            visualViewport[name] = (...args) => ((window.heard += by), own(...args));
          }
        }"""
    )
    for _ in range(2):
        compose(page)
        page.keyboard.press("Escape")
        expect(windows(page)).to_have_count(0)
    assert page.evaluate("window.heard") <= 0


def test_in_an_empty_mailbox_focus_goes_to_compose(page, lab):
    page.goto(page.url.replace("/INBOX/", "/Archive/"))
    compose(page)
    page.evaluate("document.activeElement.blur()")
    page.locator("a[data-compose-link]:visible").first.evaluate(
        "each => each.replaceWith(each.cloneNode(true))"
    )
    windows(page).locator("[name=subject]").focus()
    page.keyboard.press("Escape")
    expect(windows(page)).to_have_count(0)
    expect(page.locator("a[data-compose-link]:visible").first).to_be_focused()


def leave_behind(page):
    """A message that is only on this browser's disk."""
    compose(page)
    page.evaluate("() => { window.fetch = () => Promise.reject(new TypeError('no line')); }")
    windows(page).locator("[name=subject]").fill("The oak")
    page.wait_for_timeout(1_500)
    page.evaluate("() => { sessionStorage.clear(); Storage.prototype.setItem = () => {}; }")
    page.goto("about:blank")


def restore(page):
    """Another window takes the place of the one that offered it."""
    windows(page).evaluate("each => each.dataset.first = ''")
    windows(page).get_by_role("button", name="Restore it").click()
    expect(page.locator("[data-first]")).to_have_count(0)
    expect(windows(page).locator("[name=subject]")).to_have_value("The oak")


def test_what_is_restored_in_a_window_over_the_screen_stays_there(page):
    address = page.url
    leave_behind(page)
    page.goto(address)
    window = compose(page)
    window.get_by_role("button", name="Full screen").click()
    restore(page)
    expect(page.locator(".is-docked.is-full")).to_have_count(1)


def test_on_the_phone_what_is_restored_is_one_step_still(phone):
    address = phone.url
    leave_behind(phone)
    phone.goto(address)
    compose(phone)
    restore(phone)
    phone.go_back()
    expect(windows(phone)).to_have_count(0)
    assert phone.url == address


def test_a_window_has_an_edge_where_colors_and_shadows_are_taken_away(page):
    page.emulate_media(forced_colors="active")
    compose(page)
    expect(windows(page)).to_have_css("border-block-start-width", "1px")
