"""Attachments in a real browser: small pictures, the gallery by keys and by finger, no script."""

import email.message
import email.policy
import io
from collections.abc import Iterator

import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from tests.browser.arrival import arrive
from tests.browser.test_quality import AXE, RULES, RUN_AXE, SMALL_TARGETS

pytestmark = pytest.mark.xdist_group("browser")
CHIYO = "chiyo@hearth.test"
WAIT_SHOWN = """() => [...document.querySelectorAll('img[data-preview]')].every(
  picture => picture.complete && picture.naturalWidth > 2)"""
SWIPE = """across => {
  const target = document.querySelector('.viewer-body');
  const at = (x) => new Touch({identifier: 1, target, clientX: x, clientY: 300});
  const send = (type, x, touches) => target.dispatchEvent(new TouchEvent(type,
    {bubbles: true, touches, changedTouches: [at(x)]}));
  send('touchstart', 200, [at(200)]);
  send('touchend', 200 + across, []);
}"""


def picture(colour: str) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (800, 500), colour).save(out, "JPEG")
    return out.getvalue()


def letter() -> bytes:
    message = email.message.EmailMessage(policy=email.policy.SMTP)
    message["From"], message["To"] = "Ada Moreau <ada@hearth.test>", CHIYO
    message["Subject"], message["Date"] = "Photos", "Sun, 22 Nov 2026 09:00:00 +0000"
    message.set_content("See the photos.")
    for name, colour in (("lake.jpg", "navy"), ("hill.jpg", "green")):
        message.add_attachment(picture(colour), maintype="image", subtype="jpeg", filename=name)
    message.add_attachment("Pack boots.", filename="list.txt")
    message.add_attachment(b"PK", maintype="application", subtype="zip", filename="odd.zip")
    return message.as_bytes()


@pytest.fixture(params=["desktop", "phone"])
def opened(request, lab, chromium, hearth) -> Iterator[Page]:
    """The message, open; ``page.faults`` are what the console said."""
    lab.clear()
    lab.append(CHIYO, "INBOX", letter())
    is_phone = request.param == "phone"
    size = {"width": 390, "height": 844} if is_phone else {"width": 1440, "height": 900}
    context = chromium.new_context(
        viewport=size, has_touch=is_phone, is_mobile=is_phone, reduced_motion="reduce"
    )
    page = context.new_page()
    page.set_default_timeout(20_000)
    page.faults, page.is_phone = [], is_phone
    page.on("pageerror", lambda error: page.faults.append(str(error)))
    page.on("console", lambda m: m.type == "error" and page.faults.append(m.text))
    arrive(page, hearth, lab, address=CHIYO)
    page.locator(".row-link", has_text="Photos").click()
    expect(page.locator(".file")).to_have_count(4)
    yield page
    assert page.faults == []
    context.close()


def judge(page: Page) -> None:
    page.evaluate(AXE)
    assert page.evaluate(RUN_AXE, RULES) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    if page.is_phone:
        assert page.evaluate(SMALL_TARGETS) == []


def test_small_pictures_appear_and_the_gallery_goes_by_keys(opened):
    opened.locator(".files").scroll_into_view_if_needed()
    opened.wait_for_function(WAIT_SHOWN)
    judge(opened)
    name = opened.locator(".file .name", has_text="lake.jpg")
    name.focus()
    opened.keyboard.press("Enter")
    gallery = opened.locator("dialog.gallery[open]")
    expect(gallery.locator("h1")).to_have_text("lake.jpg")
    expect(gallery.locator(".viewer-body img")).to_be_visible()
    judge(opened)
    opened.keyboard.press("ArrowRight")
    expect(gallery.locator("h1")).to_have_text("hill.jpg")
    opened.keyboard.press("ArrowRight")
    expect(gallery.locator("pre")).to_have_text("Pack boots.")
    for _ in range(12):
        opened.keyboard.press("Tab")
        assert opened.evaluate("document.activeElement.closest('dialog, body').tagName") in {
            "DIALOG",
            "BODY",
        }
    opened.keyboard.press("ArrowLeft")
    expect(gallery.locator("h1")).to_have_text("hill.jpg")
    opened.keyboard.press("Escape")
    expect(gallery).to_have_count(0)
    expect(name).to_be_focused()


def test_the_button_that_leads_on_keeps_the_focus(opened):
    opened.locator(".file .name", has_text="lake.jpg").click()
    following = opened.get_by_role("link", name="Next file")
    following.focus()
    opened.keyboard.press("Enter")
    expect(opened.locator(".gallery h1")).to_have_text("hill.jpg")
    expect(following).to_be_focused()
    opened.get_by_role("link", name="Back to the message").click()
    expect(opened.locator("dialog.gallery[open]")).to_have_count(0)


@pytest.mark.parametrize("opened", ["phone"], indirect=True)
def test_a_swipe_goes_on_and_back(opened):
    opened.locator(".file .name", has_text="lake.jpg").click()
    expect(opened.locator(".gallery h1")).to_have_text("lake.jpg")
    opened.evaluate(SWIPE, -120)
    expect(opened.locator(".gallery h1")).to_have_text("hill.jpg")
    opened.evaluate(SWIPE, 120)
    expect(opened.locator(".gallery h1")).to_have_text("lake.jpg")


def test_a_file_dragged_out_keeps_its_name(opened):
    dragged = opened.evaluate(
        """() => {
        const data = new DataTransfer(), name = document.querySelector('.file .name');
        name.dispatchEvent(new DragEvent('dragstart', {bubbles: true, dataTransfer: data}));
        return data.getData('DownloadURL');
    }"""
    )
    assert dragged.startswith("application/octet-stream:lake.jpg:http://127.0.0.1:")


def test_without_script_every_file_has_its_page(opened, chromium):
    context = chromium.new_context(java_script_enabled=False, viewport=opened.viewport_size)
    context.add_cookies(opened.context.cookies())
    page = context.new_page()
    page.goto(opened.url)
    page.locator(".file .name", has_text="lake.jpg").click()
    expect(page.locator("#viewer h1")).to_have_text("lake.jpg")
    expect(page.locator(".viewer-body img")).to_be_visible()
    assert page.locator(".viewer-body img").bounding_box()["width"] > 200
    page.get_by_role("link", name="Next file").click()
    expect(page.locator("#viewer h1")).to_have_text("hill.jpg")
    page.get_by_role("link", name="Back to the message").click()
    expect(page.locator("#subject")).to_have_text("Photos")
    with page.expect_download() as download:
        page.get_by_role("link", name="Download all").click()
    assert download.value.suggested_filename == "Photos.zip"
    context.close()


def test_all_files_of_the_folder_are_one_click_from_its_list(opened, hearth):
    inbox = opened.url.split("/INBOX/")[0] + "/INBOX/"
    opened.goto(inbox)
    opened.locator("summary[aria-label=Filter]").click()
    opened.get_by_role("link", name="All files").click()
    expect(opened.locator("#list-title")).to_have_text("Files in Inbox")
    expect(opened.locator(".all-files .file")).to_have_count(4)
    opened.wait_for_function(WAIT_SHOWN)
    judge(opened)
    opened.get_by_role("link", name="Pictures").click()
    expect(opened.locator(".all-files .file")).to_have_count(2)
    opened.fill("#files-q", "hill")
    opened.keyboard.press("Enter")
    expect(opened.locator(".all-files .file")).to_have_count(1)
    opened.locator(".all-files .name").click()
    expect(opened.locator(".gallery h1")).to_have_text("hill.jpg")
    judge(opened)
