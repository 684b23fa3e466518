"""Docked windows when the line, the session or the server goes: nothing is lost or left unsaid."""

import pytest
from playwright.sync_api import expect

from tests.browser.test_docked_windows import ADA, BEN, compose, page, windows  # noqa: F401

pytestmark = pytest.mark.xdist_group("browser")


def sign_in_as(page, hearth, lab, address):  # noqa: F811
    page.goto(f"{hearth.url}/sign-in/")
    page.fill("#address", address)
    page.fill("#password", lab.users[address])
    page.click("button[type=submit].primary")
    page.wait_for_url("**/INBOX/")


def test_whoever_signs_in_next_gets_no_windows_of_another_person(page, hearth, lab):  # noqa: F811
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


def no_line(page, pattern, status=0):  # noqa: F811
    """What `pattern` names is not answered, or with a page of a proxy."""
    page.route(
        pattern,
        lambda route: route.fulfill(status=status, body="<!doctype html><p>Busy</p>")
        if status
        else route.abort("connectionreset"),
    )


@pytest.mark.parametrize("status", [0, 503, 429])
def test_an_undo_that_nobody_answers_is_said_and_can_be_tried_again(page, lab, status):  # noqa: F811
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


@pytest.mark.parametrize("status", [0, 503, 429])
def test_a_file_that_has_arrived_is_never_called_not_uploaded(page, status):  # noqa: F811
    window = compose(page, "The oak")
    expect(window.locator("[data-saved]")).to_have_text("Saved", timeout=20_000)
    no_line(page, "**/compose/*/files/", status)
    page.set_input_files("[data-file-input]", {"name": "a", "mimeType": "", "buffer": b"a"})
    expect(window.locator(".file.is-paused")).to_be_visible()
    page.unroute("**/compose/*/files/")
    expect(window.locator("[data-files-said]")).to_have_text("a is attached.", timeout=15_000)
    expect(window.locator(".file")).to_have_count(1)


def test_the_page_holds_on_to_nothing_of_a_window_that_is_gone(page):  # noqa: F811
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
