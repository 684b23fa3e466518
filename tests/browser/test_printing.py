"""What comes out of the printer: the mail as it was sent, nothing of the page around it."""

import email.message
import email.policy
import itertools

import pypdfium2
import pytest
from playwright.sync_api import expect

pytestmark = [pytest.mark.xdist_group("browser"), pytest.mark.timeout(240)]
ADA = "ada@hearth.test"
DESIGNED = """
<style>
@media (prefers-color-scheme: dark) { body, .card { background: #111 !important; color: #eee } }
</style>
<table class="card" width="600" bgcolor="#ffffff" style="background:#ffffff;color:#222222">
<tr><td bgcolor="#cc0000" style="background:#cc0000;height:80px">Autumn sale</td></tr>
<tr><td>Firewood by the cubic metre</td></tr></table>
"""
RED, AROUND = (204, 0, 0), ("Compose", "Flagged", "Archive", "Settings", "Reply", "Search")

_series = itertools.count()


def letter(text, *, number=0, series=0, subtype="plain"):
    message = email.message.EmailMessage(policy=email.policy.SMTP)
    message["From"], message["To"] = "Ben <ben@hearth.test>", ADA
    message["Subject"] = f"{'Re: ' * bool(number)}Firewood"
    message["Date"] = f"Sun, 22 Nov 2026 09:{number:02}:00 +0000"
    message["Message-ID"] = f"<wood.{series}.{number}@hearth.test>"
    if number:
        message["References"] = f"<wood.{series}.0@hearth.test>"
    message.set_content(text, subtype=subtype)
    return message.as_bytes()


@pytest.fixture
def page(chromium, hearth, lab):
    """A conversation of a plain message and a designed one, open in the dark."""
    lab.clear()
    series = next(_series)
    lab.append(ADA, "INBOX", letter("Is there any left?", series=series))
    lab.append(ADA, "INBOX", letter(DESIGNED, number=1, series=series, subtype="html"))
    size = {"width": 1440, "height": 900}
    context = chromium.new_context(viewport=size, color_scheme="dark", reduced_motion="reduce")
    page = context.new_page()
    page.goto(hearth.url)
    page.fill("[name=address]", ADA)
    page.fill("[name=password]", "ada-secret")
    page.get_by_role("button", name="Sign in").click()
    page.locator("li.row a").first.click()
    expect(page.frame_locator("iframe.mail").get_by_text("Autumn sale")).to_be_visible()
    yield page
    context.close()


def solid(text):
    """Without blanks: on paper they are only distance."""
    return "".join(text.split())


def printed(page):
    """The words on paper, and the share of pixels of each colour on the first sheet."""
    # Wide paper, on which the page would have room for all its panes.
    paper = page.pdf(print_background=True, width="1440px", height="900px")
    document = pypdfium2.PdfDocument(paper)
    text = solid("".join(sheet.get_textpage().get_text_bounded() for sheet in document))
    picture = document[0].render(scale=1).to_pil().convert("RGB")
    counted = picture.getcolors(picture.width * picture.height)
    shares = {colour: count / (picture.width * picture.height) for count, colour in counted}
    document.close()
    return text, shares


def dark_share(shares):
    """How much of the paper is dark: some of it is letters."""
    return sum(share for colour, share in shares.items() if max(colour) < 100)


def expect_paper(page, *words):
    """All these words, one after the other, on light paper, and none of the page around."""
    text, shares = printed(page)
    at = [text.find(solid(word)) for word in words]
    assert -1 not in at
    assert at == sorted(at)
    assert [word for word in AROUND if word in text] == []
    assert dark_share(shares) < 0.02
    assert shares.get(RED, 0) > 0.02
    return text


def url_to_print(page, name):
    link = page.locator("a[data-print-page]").filter(has_text=name).last
    return link.evaluate("link => link.href")


def test_a_message_is_printed_in_the_colours_it_was_sent_with(page):
    page.goto(url_to_print(page, "Print this message"))
    text = expect_paper(page, "Re: Firewood", "Ben", "Autumn sale", "cubic metre")
    assert solid("Is there any left?") not in text


def test_a_conversation_is_printed_whole_oldest_first(page):
    page.goto(url_to_print(page, "Print the conversation"))
    expect_paper(page, "Is there any left?", "Autumn sale", "cubic metre")


def test_the_page_itself_prints_as_its_messages_alone(page):
    """By the browser's own menu."""
    card = page.frame_locator("iframe.mail").locator("table")
    assert card.evaluate("one => getComputedStyle(one).backgroundColor") != "rgb(255, 255, 255)"
    expect_paper(page, "Is there any left?", "Autumn sale", "cubic metre")


TOLD = """() => {
  window.told = [];
  document.addEventListener("load", (event) => {
    if (!event.target.matches?.("iframe.print-page")) return;
    const page = event.target.contentWindow;
    page.addEventListener("beforeprint", () => window.told.push(page.location.href));
  }, { capture: true });
}"""


@pytest.mark.parametrize("name", ["Print this message", "Print the conversation"])
def test_the_script_prints_without_leaving_the_page(page, name):
    url, here = url_to_print(page, name), page.url
    page.evaluate(TOLD)
    link = page.locator("a[data-print-page]").filter(has_text=name).last
    link.evaluate("link => link.closest('details').open = true")
    link.click()
    page.wait_for_function("() => window.told.length")
    assert page.evaluate("window.told") == [url]
    assert page.url == here
    assert len(page.context.pages) == 1
    box = page.locator("iframe.print-page").bounding_box()
    assert (box["width"], box["height"]) == (1, 1)
