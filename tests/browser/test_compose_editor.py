"""What the editor does with a stranger's looks and pictures, in a real Chromium."""

import base64
import email.message
import email.policy
import json

import pytest
from playwright.sync_api import expect

from tests.browser.arrival import arrive
from tests.browser.saving import save_now

pytestmark = pytest.mark.xdist_group("browser")
ADA, BEN = "ada@hearth.test", "ben@hearth.test"
PICTURE = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAoAAAAKCAIAAAACUFjqAAAAEklEQVR42mMwaDDAgxhGpbEhAP7CV4GhKv46AAAAAElFTkSuQmCC"
)
HTML = """
<p style="color: rgb(192, 0, 0); font-size: 20px; position: fixed">Red and <b>large</b></p>
<p title="style = 'mine'" style='text-align: center; background: url(http://tracker.example.test/x)'>
Middle</p><p><span style="background-color:#ffff00">Marked</span>
<img src="cid:oak@hearth.test" alt="An oak"><img src="http://tracker.example.test/pixel.gif"></p>
"""


def designed_message() -> bytes:
    message = email.message.EmailMessage(policy=email.policy.SMTP)
    message["From"], message["To"] = f"Ben <{BEN}>", ADA
    message["Subject"], message["Message-ID"] = "Colours", "<colours@hearth.test>"
    message.set_content("Red and large")
    message.add_alternative(HTML, subtype="html")
    html = message.get_payload()[1]
    html.add_related(PICTURE, "image", "png", cid="<oak@hearth.test>")
    return message.as_bytes()


@pytest.fixture(params=[(1440, 900)], ids=["desktop"])
def page(request, chromium, hearth, lab):
    lab.clear()
    lab.append(ADA, "INBOX", designed_message())
    width, height = request.param
    context = chromium.new_context(viewport={"width": width, "height": height})
    page = context.new_page()
    page.faults = []
    page.on("console", lambda said: page.faults.append(said.text) if said.type == "error" else None)
    page.on("pageerror", lambda error: page.faults.append(str(error)))
    arrive(page, hearth, lab)
    page.locator(".row-link").first.click()
    yield page
    context.close()


def look_of(page, text, name):
    element = page.locator("[data-editor]").get_by_text(text, exact=False).first
    return element.evaluate(f"each => getComputedStyle(each).{name}")


def draft_in(lab):
    """The newest copy in Drafts."""
    return email.message_from_bytes(lab.newest(ADA, "Drafts"), policy=email.policy.default)


@pytest.mark.parametrize("page", [(1440, 900), (390, 844)], ids=["desktop", "phone"], indirect=True)
@pytest.mark.parametrize("way", ["Reply", "Forward"])
def test_a_quotation_keeps_its_looks_and_pictures_and_no_policy_complains(page, lab, way):
    page.locator(".replies").get_by_role("link", name=way, exact=True).click()
    picture = page.locator("[data-editor] img")
    expect(picture).to_have_count(1)
    expect(picture).to_have_js_property("naturalWidth", 10)
    assert look_of(page, "Red and", "color") == "rgb(192, 0, 0)"
    assert look_of(page, "Red and", "fontSize") == "20px"
    assert look_of(page, "Red and", "position") == "static"
    assert look_of(page, "Middle", "textAlign") == "center"
    assert look_of(page, "Middle", "backgroundImage") == "none"
    assert look_of(page, "Marked", "backgroundColor") == "rgb(255, 255, 0)"
    page.locator("[data-editor]").click(position={"x": 40, "y": 20})
    page.keyboard.type("Thank you")
    page.keyboard.press("Control+z")
    page.keyboard.type("Thanks a lot")
    expect(picture).to_have_js_property("naturalWidth", 10)
    assert look_of(page, "Red and", "color") == "rgb(192, 0, 0)"
    save_now(page)
    page.reload()
    expect(picture).to_have_js_property("naturalWidth", 10)
    assert look_of(page, "Marked", "backgroundColor") == "rgb(255, 255, 0)"
    copy = draft_in(lab)
    html = copy.get_body(("html",)).get_content()
    assert "Thanks a lot" in html
    assert "color:rgb(192,0,0)" in html.replace(" ", "")
    assert "cid:oak@hearth.test" in html
    assert "/mail/" not in html
    assert "data-" not in html
    pictures = [part for part in copy.walk() if part.get_content_type() == "image/png"]
    assert [part["Content-ID"] for part in pictures] == ["<oak@hearth.test>"]
    assert page.faults == []


def test_what_is_pasted_keeps_its_colour_and_no_foreign_picture(page):
    page.locator(".replies").get_by_role("link", name="Reply", exact=True).click()
    expect(page.locator("[data-editor] img")).to_have_count(1)
    page.locator("[data-editor]").click(position={"x": 40, "y": 20})
    pasted = (
        '<p style="color:blue" data-look="color:red">Pasted</p>'
        "<img src=http://tracker.example.test/a.gif><b style = 'color: green'>Green</b>"
    )
    page.evaluate(
        f"""() => {{
          const data = new DataTransfer();
          data.setData("text/html", {json.dumps(pasted)});
          const facts = {{ clipboardData: data, bubbles: true, cancelable: true }};
          const editor = document.querySelector("[data-editor]");
          editor.dispatchEvent(new ClipboardEvent("paste", facts));
        }}"""
    )
    assert look_of(page, "Pasted", "color") == "rgb(0, 0, 255)"
    assert look_of(page, "Green", "color") == "rgb(0, 128, 0)"
    expect(page.locator("[data-editor] img")).to_have_count(1)
    assert page.faults == []
