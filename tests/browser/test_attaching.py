"""Photos and messages attached in a real Chromium: what is asked, answered, told and sent."""

import re

import pytest
from playwright.sync_api import expect

from tests.attachments.test_photos import photo
from tests.browser.test_text_pictures import ADA, draft_in, page, saved  # noqa: F401
from webmail.attachments import photo_marks

pytestmark = pytest.mark.xdist_group("browser")
DROP_ROWS = """refs => {
  const facts = new DataTransfer();
  facts.setData("application/x-hearth-messages", refs.join("\\n"));
  facts.setData("text/plain", "Oak");
  const event = { dataTransfer: facts, bubbles: true, cancelable: true };
  document.querySelector("[data-editor]").dispatchEvent(new DragEvent("drop", event));
}"""


@pytest.fixture
def letters(lab, page):  # noqa: F811
    for subject in ("Oak", "Birch"):
        lab.append(ADA, "INBOX", f"From: {ADA}\r\nSubject: {subject}\r\n\r\nHi\r\n".encode())


def test_a_photo_is_asked_about_on_its_card_and_says_no_more(page, lab):  # noqa: F811
    page.set_input_files(
        "[data-file-input]",
        {"name": "Oak.jpg", "mimeType": "image/jpeg", "buffer": photo(size=(300, 200))},
    )
    card = page.locator(".file:not(.is-waiting)")
    expect(card).to_contain_text("This photo says where it was taken.")
    card.get_by_role("button", name="Remove: Oak.jpg", exact=True).click()
    expect(card).to_contain_text("Where and when it was taken is removed.")
    card.get_by_role("button", name="Ask next time: Oak.jpg").click()
    expect(card.locator(".offer")).to_have_count(0)
    saved(page)
    (file,) = draft_in(lab).iter_attachments()
    assert not photo_marks.has_place(file.get_content())


def test_messages_are_attached_from_a_list_and_what_was_written_stays(page, lab, letters):  # noqa: F811
    page.locator("[data-editor]").press_sequentially("See these")
    page.locator("[data-attach-messages]:visible").click()
    page.get_by_role("checkbox", name=re.compile("Oak")).check()
    page.get_by_role("checkbox", name=re.compile("Birch")).check()
    page.get_by_role("button", name="Attach", exact=True).click()
    expect(page.locator(".file .name")).to_have_text(["Birch.eml", "Oak.eml"])
    expect(page.locator("[data-editor]")).to_contain_text("See these")
    saved(page)
    kinds = [each.get_content_type() for each in draft_in(lab).iter_attachments()]
    assert kinds == ["message/rfc822"] * 2


def test_rows_dropped_on_the_window_become_files_of_it(page, lab, letters):  # noqa: F811
    compose = page.url
    page.goto(page.home)
    refs = page.locator(".row").evaluate_all("rows => rows.map(row => row.dataset.ref)")
    page.goto(compose)
    expect(page.locator("[data-editor]")).to_be_visible()
    page.evaluate(DROP_ROWS, refs)
    expect(page.locator("[data-files-said]")).to_have_text("2 messages are attached.")
    expect(page.locator(".file .name")).to_have_text(["Birch.eml", "Oak.eml"])
    assert page.locator("[data-editor]").inner_text().strip() == ""
