"""What the system's own picker types goes the whole way unaltered: draft, mail, Sent copy."""

import email
import email.policy
import re
from email.header import decode_header, make_header

import pytest
from playwright.sync_api import expect

from tests.browser.arrival import arrive
from tests.browser.saving import save_now

pytestmark = pytest.mark.xdist_group("browser")
ADA, BEN = "ada@hearth.test", "ben@hearth.test"
# Outside the first plane, joined, in a colour, with a variation selector, a flag, a keycap.
SIGNS = "🪵 👩‍👩‍👧‍👦 👍🏽 ❤️ ☺︎ 🏴󠁧󠁢󠁳󠁣󠁴󠁿 🇸🇪 1️⃣"


@pytest.mark.parametrize("is_plain", [False, True], ids=["formatted", "plain"])
def test_emoji_survive_every_way_they_go(chromium, hearth, lab, is_plain):
    lab.clear()
    context = chromium.new_context(viewport={"width": 1440, "height": 900})
    page = context.new_page()
    page.set_default_timeout(15_000)
    arrive(page, hearth, lab, "/compose/")
    page.locator("[data-editor]").wait_for()
    page.locator("#to").fill(f'"Ben {SIGNS}" <{BEN}>')
    page.locator("#subject").fill(f"Wood {SIGNS}")
    if is_plain:
        page.locator("[data-toggle-format]:visible").click()
    page.locator("[data-text]:visible, [data-editor]:visible").click()
    page.keyboard.insert_text(f"Bring it {SIGNS} please")
    save_now(page)
    _is_whole(lab, ADA, "Drafts", is_plain)
    page.reload()
    if is_plain:
        expect(page.locator("[data-text]")).to_have_value(re.compile(f"Bring it {SIGNS} please"))
    else:
        expect(page.locator("[data-editor]")).to_contain_text(f"Bring it {SIGNS} please")
    page.locator("button[value=send]:visible").first.click()
    lab.wait_for(BEN, "INBOX", "FROM", "ada", timeout_s=40)
    _is_whole(lab, BEN, "INBOX", is_plain)
    lab.wait_for(ADA, "Sent", "FROM", "ada", timeout_s=40)
    _is_whole(lab, ADA, "Sent", is_plain)
    context.close()


def _is_whole(lab, user, mailbox, is_plain):
    raw = lab.newest(user, mailbox)
    message = email.message_from_bytes(raw, policy=email.policy.default)
    assert message["Subject"] == f"Wood {SIGNS}"
    # Python's parser leaves a blank between encoded words in a name (RFC 2047, 6.2: it is none).
    written = email.message_from_bytes(raw)["To"]
    assert str(make_header(decode_header(written))) == f"Ben {SIGNS} <{BEN}>"
    kinds = ["plain"] if is_plain else ["plain", "html"]
    for kind in kinds:
        assert f"Bring it {SIGNS} please" in message.get_body((kind,)).get_content()
