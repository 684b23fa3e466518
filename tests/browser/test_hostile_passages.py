"""Every vector on every way a message takes through the app, in a real Chromium (T01-T18, T11).

Many vectors go into one message, each a part of its own and so cleaned by itself; a page is
then one try of all of them.  The same once more with no cleaning at all on the pages that show
a sender's HTML: there only frame and headers stand between it and the reader.
"""

import email.message
import email.policy
import os

import pytest
from playwright.sync_api import expect

from tests.browser.stage import Signs, Watched
from tests.browser.test_hostile import VECTORS, cleaned
from tests.browser.test_hostile_mail import ADA, LEFT, sign_in

pytestmark = [pytest.mark.xdist_group("browser"), pytest.mark.timeout(1500)]
# Of more parts a message shows no more than 50 (body.py).
PARTS_A_MESSAGE = int(os.environ.get("HEARTH_VECTORS_A_MESSAGE", "48"))
ALLOWED_TAGS = """
a abbr acronym address article aside b bdi bdo big blockquote body br caption center cite code
col colgroup dd del details dfn div dl dt em fieldset figcaption figure font footer h1 h2 h3 h4 h5
h6 head header hr html i img ins kbd legend li main mark nav ol p pre q rp rt ruby s samp section
small span strike strong style sub summary sup table tbody td tfoot th thead time tr tt u ul var wbr
""".split()  # noqa: SIM905 - a table to read
# What a browser makes of cleaned HTML, and of what it would itself write of that.
READ = """(documents, allowed) => documents.flatMap(html => {
  const parser = new DOMParser();
  const once = parser.parseFromString(html, "text/html");
  const twice = parser.parseFromString(once.documentElement.outerHTML, "text/html");
  return [once, twice].flatMap(page => [...page.querySelectorAll("*")].flatMap(each => [
    ...allowed.includes(each.localName) && each.namespaceURI.endsWith("xhtml")
      ? [] : [each.localName],
    ...each.getAttributeNames().filter(name => /^on|^id$|^name$|src.+|action|[^a-z]/.test(name)),
    ...each.hasAttribute("href") && !/^(https?|mailto|tel):/.test(each.getAttribute("href"))
      ? [each.getAttribute("href")] : []]));
})"""


def batched(some: list[str], size: int) -> list[tuple[str, ...]]:
    return [tuple(some[start : start + size]) for start in range(0, len(some), size)]


def letters() -> list[bytes]:
    return [letter(number, some) for number, some in enumerate(batched(VECTORS, PARTS_A_MESSAGE))]


def letter(number: int, vectors: "tuple[str, ...]") -> bytes:
    message = email.message.EmailMessage(policy=email.policy.SMTP)
    message["From"], message["To"] = "Ben <ben@hearth.test>", ADA
    message["Subject"] = f"Batch {number}"
    message["Date"] = "Sun, 22 Nov 2026 09:00:00 +0000"
    message.make_mixed()
    for html in vectors:
        part = email.message.EmailMessage(policy=email.policy.SMTP)
        html = html.encode("utf-8", "replace").decode().replace("\0", "")
        part.set_content(f"<p>seen</p>{html}", subtype="html", cte="base64")
        message.attach(part)
    return message.as_bytes()


@pytest.fixture
def watched(chromium, hearth, lab):
    lab.clear()
    context = chromium.new_context(viewport={"width": 1440, "height": 900})
    watched = Watched(context, hearth.url, ours=f"{hearth.url}/static/")
    watched.page.set_default_timeout(30_000)
    yield watched
    context.close()


def test_a_browser_reads_cleaned_vectors_as_what_is_allowed_and_no_more(chromium):
    page = chromium.new_page()
    documents = list(dict.fromkeys(map(cleaned, VECTORS)))
    found = page.evaluate(
        f"([documents, allowed]) => ({READ})(documents, allowed)", [documents, ALLOWED_TAGS]
    )
    page.close()
    assert found == []


def test_vectors_are_shown_printed_answered_passed_on_and_reopened(watched, hearth, lab):
    for each in letters():
        lab.append(ADA, "INBOX", each)
        lab.append(ADA, "Drafts", each)
    sign_in(watched, hearth)
    inbox = refs(watched)
    # Before there are answers, which are drafts too.
    watched.page.goto(f"{hearth.url}/mail/{inbox[0].partition('/')[0]}/Drafts/")
    for ref in refs(watched, at="Drafts"):
        write(watched, f"{hearth.url}/compose/?draft_of={ref.replace('%', '%25')}")
    for ref in inbox:
        look_at(watched, hearth, ref)
        for way in ("reply", "forward"):
            write(watched, f"{hearth.url}/compose/?{way}={ref.replace('%', '%25')}")
    assert not watched.signs.harm


def refs(watched, *, at: str = "INBOX") -> list[str]:
    # Of this test: what somebody wrote in an earlier one may come to Drafts when it is opened.
    rows = watched.page.locator(f"li.row[data-ref*='/{at}/']", has_text="Batch")
    expect(rows.first).to_be_visible(timeout=30_000)
    return [row.get_attribute("data-ref") for row in rows.all()]


def look_at(watched, hearth, ref: str) -> None:
    place = f"{hearth.url}/mail/{ref}/"
    for query in ("", "?view=reader"):
        watched.page.goto(f"{place}{query}")
        expect(watched.page.locator("iframe[data-frame]")).to_be_visible(timeout=30_000)
        watched.poke_all()
    watched.page.goto(f"{place}print/")
    expect(watched.page.locator("[data-printed]")).to_be_visible(timeout=30_000)
    watched.poke_all()
    watched.page.wait_for_timeout(100)
    assert not watched.signs.harm, ref


def write(watched, url: str) -> None:
    """Opens the editor, types, and undoes it, so that all of it is drawn anew."""
    watched.page.goto(url)
    editor = watched.page.locator("[data-editor]")
    expect(editor).to_contain_text("seen", timeout=60_000)
    editor.press("Control+Home")
    watched.page.keyboard.type("x")
    watched.page.keyboard.press("Control+z")
    assert watched.ask(LEFT) == []
    assert not watched.signs.harm, url


def test_the_line_of_the_list_and_the_search_show_vectors_as_words(watched, hearth, lab):
    for html in list(dict.fromkeys(VECTORS))[::9]:
        one = letter(0, (html,))
        lab.append(ADA, "INBOX", one.replace(b"Batch 0", b"<img src=x onerror=hurt()>"))
    sign_in(watched, hearth)
    for number in range(1, 4):
        watched.page.goto(f"{hearth.url}/mail/?page={number}")
        watched.page.mouse.wheel(0, 4000)
        watched.page.wait_for_timeout(200)
    assert not watched.signs.harm


def test_without_cleaning_frame_print_and_reader_still_hold(chromium, hearth, lab, raw_stage):
    """What ``body`` and ``print`` answer, with the vectors as they came."""
    context = chromium.new_context()
    watched = Watched(context, raw_stage.url)
    version = int(chromium.version.partition(".")[0])
    vectors = [html for html in VECTORS if version >= 156 or "frame" not in html.lower()]
    vectors = vectors[::3]  # all of them meet the frame alone in test_hostile
    for number, some in enumerate(batched(vectors, 60)):
        # One of them could hold the rest back: each is a page of its own, and all are framed.
        urls = [raw_stage.add_print(f"/p/{number}/{at}", html) for at, html in enumerate(some)]
        watched.show(raw_stage.add_page(f"/around/{number}", urls, is_app=False), urls)
        assert not watched.signs.harm
        watched.signs = Signs()
    context.close()


@pytest.fixture
def raw_stage():
    from tests.browser.stage import Stage

    stage = Stage()
    yield stage
    stage.close()
