"""Hostile mail all the way: from the mail server through the app into Chromium (T01, T11, T13)."""

import email.message
import email.policy
import json
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser.stage import Watched

pytestmark = [pytest.mark.xdist_group("browser"), pytest.mark.timeout(240)]
OWN = json.loads((Path(__file__).parents[1] / "corpus/hostile.json").read_text("utf-8"))
ADA = "ada@hearth.test"
TAG = "<img src=x onerror=hurt()>"
LEFT = """
[...document.querySelector('[data-editor]').querySelectorAll('*')].flatMap((each) => [
  ...each.matches('script, svg, math, iframe, style, form, input, meta') ? [each.tagName] : [],
  ...each.getAttributeNames().filter((name) => /^on|^id$|^class$|^data-(?!cid)/.test(name)),
  ...each.matches('[href^="javascript:" i]') ? [each.href] : [],
])
"""
PASTE = """
const given = new DataTransfer();
given.setData('text/html', HTML);
given.setData('text/plain', 'x');
const what = { clipboardData: given, bubbles: true, cancelable: true };
document.querySelector('[data-editor]').dispatchEvent(new ClipboardEvent('paste', what));
"""
A_PICTURE = b"<svg xmlns='http://www.w3.org/2000/svg' onload='hurt()'><script>hurt()</script></svg>"


def letter(subject: str, html: str, *, plain: str = "") -> email.message.EmailMessage:
    message = email.message.EmailMessage(policy=email.policy.SMTP)
    message["From"] = email.headerregistry.Address(TAG, "ben", "hearth.test")
    message["To"], message["Subject"] = ADA, subject
    message["Date"] = "Sun, 22 Nov 2026 09:00:00 +0000"
    if plain:
        message.set_content(plain)
        message.add_alternative(html.replace("\0", ""), subtype="html")
    else:
        message.set_content(html.replace("\0", ""), subtype="html")
    return message


@pytest.fixture
def watched(chromium, hearth, lab):
    lab.clear()
    context = chromium.new_context(viewport={"width": 1440, "height": 900})
    watched = Watched(context, hearth.url, ours=f"{hearth.url}/static/")
    watched.page.set_default_timeout(20_000)
    yield watched
    context.close()


def sign_in(watched, hearth) -> None:
    watched.page.goto(hearth.url)
    watched.page.fill("[name=address]", ADA)
    watched.page.fill("[name=password]", "ada-secret")
    watched.page.get_by_role("button", name="Sign in").click()
    expect(watched.page.locator("li.row").first).to_be_visible()


def places(watched) -> list[str]:
    rows = watched.page.locator("li.row").all()
    return [f"/mail/{row.get_attribute('data-ref')}/" for row in rows]


def test_hostile_mail_is_listed_opened_and_looked_at_alone(watched, hearth, lab):
    for each in OWN[:30]:
        lab.append(ADA, "INBOX", letter(f"{each['id']} {TAG}", each["html"]).as_bytes())
    sign_in(watched, hearth)
    shown = places(watched)
    assert len(shown) == 30
    for place in shown:
        watched.page.goto(f"{hearth.url}{place}")
        expect(watched.page.locator("#subject")).to_contain_text(TAG)
        watched.poke_all()
    for place in shown[::3]:
        watched.page.goto(f"{hearth.url}{place}body/")
        watched.poke_all()
    watched.page.wait_for_timeout(300)
    assert not watched.signs.harm


def test_hostile_mail_is_answered_passed_on_and_kept_as_a_draft(watched, hearth, lab):
    everything = "".join(
        f"<div>{each['html']}</div>" for each in OWN if "unclosed" not in each["id"]
    )
    lab.append(ADA, "INBOX", letter(TAG, everything, plain=everything.replace("\0", "")).as_bytes())
    for each in OWN[:8]:
        lab.append(ADA, "Drafts", letter(TAG, f"<p>seen</p>{each['html']}").as_bytes())
    sign_in(watched, hearth)
    (place,) = places(watched)
    ref = place.removeprefix("/mail/").removesuffix("/").replace("%", "%25")
    for way in ("reply", "reply_all", "forward"):
        write(watched, f"{hearth.url}/compose/?{way}={ref}")
    watched.page.goto(f"{hearth.url}{place.replace('INBOX', 'Drafts')}".rsplit("/", 2)[0] + "/")
    for draft in places(watched):
        name = draft.removeprefix("/mail/").removesuffix("/").replace("%", "%25")
        write(watched, f"{hearth.url}/compose/?draft_of={name}")
    assert not watched.signs.harm


def write(watched, url: str) -> None:
    """Opens the editor on hostile HTML, types into it, and has it saved and drawn anew."""
    page = watched.page
    page.goto(url)
    editor = page.locator("[data-editor]")
    expect(editor).to_be_visible()
    editor.click()
    page.keyboard.press("Control+Home")
    page.keyboard.type("Seen.")
    page.keyboard.press("Control+z")
    assert watched.ask(LEFT) == []


def test_what_is_pasted_into_the_editor_is_cleaned(watched, hearth, lab):
    lab.append(ADA, "INBOX", letter("Paste", "<p>x</p>").as_bytes())
    sign_in(watched, hearth)
    watched.page.goto(f"{hearth.url}/compose/")
    watched.page.locator("[data-editor]").click()
    for each in OWN:
        html = f"<p data-remove-file=x hx-get=/ id=to class=toast-notice>kept {each['html']}"
        watched.ask(PASTE.replace("HTML", json.dumps(html)))
        watched.page.wait_for_timeout(30)
    expect(watched.page.locator("[data-editor]")).to_contain_text("kept")
    watched.page.wait_for_timeout(300)
    assert watched.ask(LEFT) == []
    assert watched.ask("document.querySelector('[data-editor] [hx-get]')") is None
    assert not watched.signs.harm


def test_no_attachment_runs_when_it_is_opened_alone(watched, hearth, lab):
    message = letter("Files", "<p>x</p>", plain="x")
    kinds = ("text/html", "image/svg+xml", "text/xml", "application/xhtml+xml", "application/pdf")
    for number, kind in enumerate(kinds):
        main, sub = kind.split("/")
        message.add_attachment(
            A_PICTURE, main, sub, filename=f"{number}.{sub}", disposition="inline"
        )
    lab.append(ADA, "INBOX", message.as_bytes())
    sign_in(watched, hearth)
    (place,) = places(watched)
    page = watched.page
    page.goto(f"{hearth.url}{place}")
    for number in range(len(kinds)):
        with page.expect_download():
            watched.ask(f"location.href = '{place}part/{number + 2}/'")
    assert not watched.signs.harm
