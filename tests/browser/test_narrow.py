"""Wide newsletters on a phone: as narrow as the screen, and two fingers make them larger."""

import email.message
import email.policy

import pytest
from playwright.sync_api import expect

pytestmark = [pytest.mark.xdist_group("browser"), pytest.mark.timeout(240)]
ADA = "ada@hearth.test"
WIDTH = 390
CELLS = "".join(f'<td width="175" style="width:175px">Column {n}</td>' for n in range(4))
WIDE = {
    "table": f'<table width="700" bgcolor="#eeeeee"><tr>{CELLS}</tr></table>',
    "styled": f'<table style="min-width:700px;background:#eee"><tr>{CELLS}</tr></table>',
    "div": '<div style="width:700px;background:#eee">Words <b>as wide as they are</b></div>',
    "line": '<p style="white-space:nowrap;background:#eee">' + "Words that stay in line " * 5,
}


def newsletter(html):
    message = email.message.EmailMessage(policy=email.policy.SMTP)
    message["From"], message["To"] = "Shop <news@shop.example>", ADA
    message["Subject"], message["Date"] = "Wide", "Sun, 22 Nov 2026 09:00:00 +0000"
    message.set_content(html, subtype="html")
    return message.as_bytes()


@pytest.fixture
def opened(chromium, hearth, lab):
    """A phone; called with HTML it opens a message of that."""
    context = chromium.new_context(
        viewport={"width": WIDTH, "height": 844}, has_touch=True, is_mobile=True
    )
    page = context.new_page()
    page.goto(hearth.url)
    page.fill("[name=address]", ADA)
    page.fill("[name=password]", "ada-secret")
    page.get_by_role("button", name="Sign in").click()

    def show(html):
        lab.clear()
        lab.append(ADA, "INBOX", newsletter(html))
        page.goto(f"{hearth.url}/mail/")
        page.locator("li.row a").first.click()
        expect(page.locator("iframe.mail[data-fitted]")).to_be_visible()
        return page

    yield show
    context.close()


WIDTHS = """() => {
  const frame = document.querySelector("iframe.mail"), mail = frame.contentDocument;
  const all = [...mail.body.querySelectorAll("*")];
  const widest = all.map((one) => one.getBoundingClientRect().right);
  return {
    page: document.documentElement.scrollWidth,
    frame: frame.getBoundingClientRect().right,
    mail: mail.documentElement.scrollWidth - mail.documentElement.clientWidth,
    letters: Math.max(...widest) - mail.documentElement.clientWidth,
    hidden: mail.documentElement.scrollHeight - frame.clientHeight,
  };
}"""


@pytest.mark.parametrize("kind", WIDE)
def test_what_is_wider_than_the_phone_fits_it_without_scrolling_sideways(opened, kind):
    found = opened(WIDE[kind]).evaluate(WIDTHS)
    assert found["page"] <= WIDTH
    assert found["frame"] <= WIDTH
    assert found["mail"] <= 1
    assert found["letters"] <= 1
    assert found["hidden"] <= 1


@pytest.mark.parametrize(("margin", "room"), [("0", 0), ("16px", 32)])
def test_a_table_of_the_whole_width_has_all_that_its_mail_leaves_it(opened, margin, room):
    html = (
        f"<style>body{{margin:{margin}}} @media (max-width:600px){{table{{width:100%!important}}}}"
        '</style><table width="570" bgcolor="#eeeeee"><tr><td>Words</td></tr></table>'
    )
    page = opened(html)
    table = page.frame_locator("iframe.mail").locator("table").bounding_box()
    assert table["width"] == page.locator("iframe.mail").bounding_box()["width"] - room


def test_what_fits_keeps_its_size(opened):
    page = opened('<div style="width:300px;background:#eee">Words</div>')
    zoom = page.frame_locator("iframe.mail").locator("body").evaluate("body => body.style.zoom")
    assert zoom == ""


def test_two_fingers_make_it_larger(opened):
    page = opened(WIDE["table"])
    viewports = page.locator("meta[name=viewport]").get_attribute("content")
    assert "user-scalable" not in viewports
    assert "maximum-scale" not in viewports
    box = page.locator("iframe.mail").bounding_box()
    place = {"x": int(box["x"] + box["width"] / 2), "y": int(box["y"] + box["height"] / 2)}
    cdp = page.context.new_cdp_session(page)
    cdp.send("Input.synthesizePinchGesture", {**place, "scaleFactor": 2.0, "relativeSpeed": 400})
    page.wait_for_function("() => visualViewport.scale > 1.5")
