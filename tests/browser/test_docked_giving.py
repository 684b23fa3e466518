"""Things given to docked windows: rows of the list by the mouse, pictures to one of two."""

import pytest
from playwright.sync_api import expect

from tests.browser.docked import compose, windows
from tests.browser.test_text_pictures import png_file
from tests.web.newsletters import png

pytestmark = pytest.mark.xdist_group("browser")
PASTE = """(editor, [name, type, content]) => {
  const facts = new DataTransfer();
  const octets = Uint8Array.from(atob(content), each => each.charCodeAt(0));
  facts.items.add(new File([octets], name, { type }));
  const event = { clipboardData: facts, bubbles: true, cancelable: true };
  editor.dispatchEvent(new ClipboardEvent("paste", event));
}"""


def pictures(window):
    return window.locator("[data-editor] img")


def test_rows_drawn_onto_a_window_with_the_mouse_become_files_of_that_one(page):
    compose(page, "The oak", "See these.")
    window = compose(page, "The elm", "And these.")
    for name in ("Letter 3", "Letter 2"):
        page.locator("#list .row", has_text=name).locator(".pick").click()
    page.locator("#list .row", has_text="Letter 3").locator(".row-link").drag_to(
        window.locator("[data-editor]")
    )
    expect(window.locator("[data-files-said]")).to_have_text("2 messages are attached.")
    expect(window.locator(".file .name")).to_have_text(["Letter 3.eml", "Letter 2.eml"])
    expect(window.locator("[data-editor]")).to_have_text("And these.")
    expect(windows(page).first.locator(".file")).to_have_count(0)
    window.get_by_role("button", name="Minimise").click()  # below it is the third row
    for name in ("Letter 3", "Letter 2"):
        page.locator("#list .row", has_text=name).locator(".pick").click()
    page.locator("#list .row", has_text="Letter 1").locator(".row-link").drag_to(
        windows(page).first.locator("[data-editor]")
    )
    expect(windows(page).first.locator(".file .name")).to_have_text(["Letter 1.eml"])
    assert page.faults == []


def test_a_picture_pasted_into_a_docked_window_is_shown_there_alone(page):
    compose(page, "The oak", "It stands.")
    window = compose(page, "The elm")
    window.locator("[data-editor]").click()
    with page.expect_response(lambda answer: answer.request.method == "PATCH" and answer.ok):
        window.locator("[data-editor]").evaluate(PASTE, png_file())
    expect(pictures(window)).to_have_js_property("naturalWidth", 30)
    expect(pictures(windows(page).first)).to_have_count(0)
    page.reload()
    expect(windows(page)).to_have_count(2)
    expect(windows(page).first.locator("[data-editor]")).to_have_text("It stands.")
    expect(pictures(windows(page).nth(1))).to_have_js_property("naturalWidth", 30)
    assert page.faults == []


def test_the_picture_button_of_each_window_fills_its_own(page):
    one, two = compose(page, "The oak", "It stands."), compose(page, "The elm", "It fell.")
    for window, name, width in ((one, "Oak.png", 30), (two, "Elm.png", 40)):
        with page.expect_file_chooser() as chooser:
            window.locator("[data-picture-act]").click()
        file = {"name": name, "mimeType": "image/png", "buffer": png(size=(width, 20))}
        chooser.value.set_files(file)
        expect(pictures(window)).to_have_js_property("naturalWidth", width)
    expect(pictures(one)).to_have_attribute("alt", "Oak")
    expect(pictures(two)).to_have_attribute("alt", "Elm")
    assert page.faults == []
