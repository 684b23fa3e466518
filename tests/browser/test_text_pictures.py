"""Pictures in the text: pasted, dropped and picked, and what becomes of them (T11, T17, T46)."""

import base64
import email
import email.policy
import io
import re

import pytest
from PIL import Image
from playwright.sync_api import expect

from tests.browser.arrival import arrive
from tests.browser.saving import save_now
from tests.web.newsletters import png
from webmail.attachments.photo_marks import has_place

pytestmark = pytest.mark.xdist_group("browser")
ADA, BEN = "ada@hearth.test", "ben@hearth.test"
PASTE = """([html, files, kind, x, y]) => {
  const facts = new DataTransfer();
  if (html) facts.setData("text/html", html);
  if (/<td>/.test(html)) facts.setData("text/plain", "Cell");
  for (const [name, type, content] of files) {
    const octets = Uint8Array.from(atob(content), each => each.charCodeAt(0));
    facts.items.add(new File([octets], name, { type }));
  }
  const editor = document.querySelector("[data-editor]");
  const event = kind == "paste"
    ? new ClipboardEvent("paste", { clipboardData: facts, bubbles: true, cancelable: true })
    : new DragEvent("drop", { dataTransfer: facts, bubbles: true, cancelable: true,
        clientX: x, clientY: y });
  editor.dispatchEvent(event);
}"""


def png_file(name="image.png"):
    return [name, "image/png", base64.b64encode(png(size=(30, 20))).decode()]


@pytest.fixture(params=[(1440, 900)], ids=["desktop"])
def page(request, chromium, hearth, lab):
    lab.clear()
    width, height = request.param
    context = chromium.new_context(viewport={"width": width, "height": height})
    page = context.new_page()
    page.faults, page.asked = [], []
    page.on("console", lambda said: page.faults.append(said.text) if said.type == "error" else None)
    page.on("pageerror", lambda error: page.faults.append(str(error)))
    page.on("request", lambda asked: page.asked.append(asked.url))
    arrive(page, hearth, lab, "/compose/")
    expect(page.locator("[data-editor]")).to_be_visible()
    page.home = hearth.url
    yield page
    assert page.faults == []
    assert [url for url in page.asked if not url.startswith((hearth.url, "blob:", "data:"))] == []
    context.close()


def give(page, *files, html="", kind="paste"):
    box = page.locator("[data-editor]").bounding_box()
    page.locator("[data-editor]").click(position={"x": 60, "y": 25})
    page.evaluate(PASTE, [html, list(files), kind, box["x"] + 30, box["y"] + 25])


def pictures(page):
    return page.locator("[data-editor] img")


def saved(page):
    """Closing waits until the server has everything, and its Drafts too."""
    page.locator("[data-compose-close]:visible").click()
    page.wait_for_url(re.compile(r"/mail/"))


def draft_in(lab):
    return email.message_from_bytes(lab.newest(ADA, "Drafts"), policy=email.policy.default)


def tree(message):
    if not message.is_multipart():
        return message.get_content_type()
    return [message.get_content_type(), *map(tree, message.iter_parts())]


RELATED = [
    "multipart/alternative",
    "text/plain",
    ["multipart/related", "text/html", "image/png"],
]


@pytest.mark.parametrize("kind", ["paste", "drop"])
def test_a_picture_given_to_the_text_is_shown_at_once_and_sent_within_it(page, lab, kind):
    page.locator("[data-editor]").click()
    page.keyboard.type("Before ")
    give(page, png_file(), kind=kind)
    expect(pictures(page)).to_have_js_property("naturalWidth", 30)
    expect(page.locator(".file:visible")).to_have_count(0)
    saved(page)
    message = draft_in(lab)
    assert tree(message) == RELATED
    html, picture = message.get_payload()[1].iter_parts()
    cid = re.search(r'src="cid:([0-9a-f]{32}@hearth\.test)"', html.get_content())[1]
    assert picture["Content-ID"] == f"<{cid}>"
    assert picture.get_content_disposition() == "inline"
    assert picture.get_content() == png(size=(30, 20))
    assert not re.search("blob:|/compose/|data-", html.get_content())


@pytest.mark.parametrize("page", [(1440, 900), (390, 844)], ids=["desktop", "phone"], indirect=True)
def test_a_picture_picked_by_the_button_can_be_described_and_removed_again(page, lab):
    page.locator("[data-editor]").click()
    page.set_input_files(
        "[data-picture-input]",
        {"name": "Oak tree.png", "mimeType": "image/png", "buffer": png(size=(30, 20))},
    )
    expect(pictures(page)).to_have_attribute("alt", "Oak tree")
    pictures(page).click()
    dialog = page.get_by_role("dialog", name="Picture")
    dialog.get_by_label("Description").fill('An oak & a "bench"')
    dialog.get_by_role("button", name="Done").click()
    expect(pictures(page)).to_have_attribute("alt", 'An oak & a "bench"')
    save_now(page)
    page.reload()  # as any other device opens it
    expect(pictures(page)).to_have_js_property("naturalWidth", 30)
    expect(page.locator(".file:visible")).to_have_count(0)
    pictures(page).click()
    dialog.get_by_role("button", name="Remove picture").click()
    expect(pictures(page)).to_have_count(0)
    saved(page)
    assert "image/png" not in str(tree(draft_in(lab)))


def noisy_photo():
    """Large, and says where it was taken."""
    picture = Image.effect_noise((2400, 1600), 120).convert("RGB")
    exif = Image.Exif()
    exif.get_ifd(0x8825).update({1: "N", 2: (57.0, 42.0, 0.0), 3: "E", 4: (11.0, 58.0, 0.0)})
    made = io.BytesIO()
    picture.save(made, "JPEG", quality=90, exif=exif.tobytes())
    return made.getvalue()


def test_by_keys_it_is_made_small_to_the_eye_and_on_the_wire(page, lab):
    content = noisy_photo()
    page.locator("[data-editor]").click()
    file = {"name": "Oak.jpg", "mimeType": "image/jpeg", "buffer": content}
    page.set_input_files("[data-picture-input]", file)
    expect(pictures(page)).to_have_attribute("width", "800")
    card = page.locator(".file:not(.is-waiting)")
    expect(card).to_contain_text("This photo says where it was taken.")
    card.get_by_role("button", name="Remove: Oak.jpg", exact=True).click()
    card.get_by_role("button", name="Ask next time: Oak.jpg").click()  # so is the next test
    expect(card).not_to_contain_text("Where and when")
    page.locator("[data-editor]").focus()
    page.keyboard.press("Control+a")
    page.get_by_role("button", name="Size and description of the picture").press("Enter")
    dialog = page.get_by_role("dialog", name="Picture")
    expect(dialog.get_by_role("radio", name="Fits the text")).to_be_checked()
    page.keyboard.press("Tab")
    page.keyboard.press("ArrowUp")
    expect(dialog.get_by_role("radio", name="Small")).to_be_checked()
    page.keyboard.press("Enter")
    expect(pictures(page)).to_have_attribute("width", "320")
    expect(card.locator(".offer", has_text="Make it smaller?")).to_have_count(0)
    saved(page)
    html, picture = draft_in(lab).get_payload()[1].iter_parts()
    assert re.search(r'<img[^>]* width="320"', html.get_content())
    assert len(picture.get_content()) < len(content) / 2
    assert has_place(content)
    assert not has_place(picture.get_content())


def test_what_was_removed_comes_back_with_undo_as_a_part_of_the_message(page, lab):
    give(page, png_file())
    expect(pictures(page)).to_have_count(1)
    page.keyboard.press("Backspace")
    expect(pictures(page)).to_have_count(0)
    save_now(page)
    page.keyboard.press("Control+z")
    expect(pictures(page)).to_have_js_property("naturalWidth", 30)
    saved(page)
    assert tree(draft_in(lab)) == RELATED


def test_plain_text_makes_an_attachment_of_it_and_says_so(page, lab):
    give(page, png_file("oak.png"))
    expect(pictures(page)).to_have_js_property("naturalWidth", 30)
    page.locator("[data-toggle-format]:visible").click()
    told = "Plain text shows no pictures: the one in it is attached as a file now."
    expect(page.locator("[data-saved]")).to_have_text(told)
    expect(page.locator(".file:visible .name")).to_have_text("oak.png")
    page.locator("[data-toggle-format]:visible").click()  # and stays one in formatted text
    page.locator("[data-editor]").wait_for()
    page.locator("[data-editor]").press_sequentially("again")
    saved(page)
    message = draft_in(lab)
    assert [each.get_filename() for each in message.iter_attachments()] == ["oak.png"]


COPIED = "<meta charset=utf-8><img src=http://tracker.example.test/oak.png alt=Oak>"


def test_of_a_picture_copied_from_a_page_its_octets_are_taken_and_its_host_is_never_asked(
    page, lab
):
    give(page, png_file(), html=COPIED)
    expect(pictures(page)).to_have_js_property("naturalWidth", 30)
    saved(page)
    assert "tracker" not in draft_in(lab).as_string()


def test_words_pasted_with_a_likeness_of_them_stay_words(page):
    """A sheet's cells come as HTML and as a picture."""
    give(page, png_file(), html=f"<table><tr><td>Cell</td></tr></table>{COPIED}")
    expect(page.locator("[data-editor] td")).to_have_text("Cell")
    expect(pictures(page)).to_have_count(0)


def test_a_picture_that_pasted_html_holds_becomes_a_part(page, lab):
    content = base64.b64encode(png(size=(30, 20))).decode()
    give(page, html=f"<p>Logo <img src='data:image/png;base64,{content}'></p>")
    expect(page.locator("[data-editor] img[data-cid]")).to_have_js_property("naturalWidth", 30)
    saved(page)
    assert tree(draft_in(lab)) == RELATED
    assert "data:" not in draft_in(lab).as_string()


def test_a_picture_over_the_limit_leaves_the_text_and_says_why(page):
    page.evaluate("document.querySelector('form[data-compose]').dataset.limit = 10")
    give(page, png_file())
    expect(page.locator(".file.is-failed .meta")).to_contain_text("The limit is")
    expect(pictures(page)).to_have_count(0)


@pytest.mark.parametrize("page", [(390, 844)], ids=["phone"], indirect=True)
def test_an_answer_quotes_it_and_sends_it_on(page, lab):
    give(page, png_file())
    page.locator("#to").fill(ADA)
    page.locator("#subject").fill("An oak")
    page.locator("[data-editor]").press("Control+Enter")
    page.wait_for_url(re.compile(r"/mail/"))
    raw = None
    for _ in range(100):
        if uids := lab.uids(ADA, "INBOX"):
            raw = lab.raw(ADA, "INBOX", uids[-1])
            break
        page.wait_for_timeout(300)
    arrived = email.message_from_bytes(raw, policy=email.policy.default)
    assert tree(arrived) == RELATED  # what is sent, read by another parser (T46)
    page.reload()
    page.locator(".row-link").first.click()
    page.locator(".replies").get_by_role("link", name="Reply", exact=True).click()
    expect(pictures(page)).to_have_js_property("naturalWidth", 30)
    give(page, png_file("second.png"))
    expect(pictures(page)).to_have_count(2)
    both = [*RELATED[:2], [*RELATED[2], "image/png"]]
    for _ in range(50):  # the save that follows a file brings it along
        if lab.uids(ADA, "Drafts") and tree(draft_in(lab)) == both:
            break
        page.wait_for_timeout(300)
    assert tree(draft_in(lab)) == both
