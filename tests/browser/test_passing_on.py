"""Passing mail on from a list and from a message, in a real Chromium on real servers."""

import email
import email.policy

import pytest
from playwright.sync_api import expect

from tests.browser.saving import save_now
from tests.browser.test_compose_editor import ADA, designed_message, draft_in, page  # noqa: F401

pytestmark = pytest.mark.xdist_group("browser")


@pytest.mark.parametrize("page", [(1440, 900), (390, 844)], ids=["desktop", "phone"], indirect=True)
def test_ticked_rows_become_the_files_of_one_draft(page, hearth, lab):  # noqa: F811
    second = designed_message().replace(b"Colours", b"Shapes").replace(b"<colours@", b"<shapes@")
    lab.append(ADA, "INBOX", second)
    page.goto(f"{hearth.url}/mail/")
    expect(page.locator("#list .row")).to_have_count(2)
    page.locator("#list .row-link").first.focus()
    page.keyboard.press("*")
    page.keyboard.press("a")
    page.locator(".bulk details.drop > summary").click()
    page.get_by_role("button", name="Forward as attachments").click()
    names = page.locator("[data-files] .name")
    expect(names).to_have_text(["Colours.eml", "Shapes.eml"])
    page.locator("#subject").fill("Two of them")
    page.keyboard.press("Tab")
    save_now(page)
    files = list(draft_in(lab).iter_attachments())
    assert [each.get_content_type() for each in files] == ["message/rfc822"] * 2
    assert [each.get_content()["Subject"] for each in files] == ["Colours", "Shapes"]
    assert page.faults == []


def test_a_redirection_can_be_undone_and_leaves_with_the_next_press(page, lab):  # noqa: F811
    expect(page.locator(".replies")).to_be_visible()
    page.keyboard.press("b")
    expect(page.get_by_role("heading", name="Redirect")).to_be_visible()
    page.get_by_label("To", exact=True).fill("ben@hearth.test")
    page.get_by_role("button", name="Redirect").click()
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_label("To", exact=True)).to_have_value("ben@hearth.test")
    page.get_by_role("button", name="Redirect").click()
    expect(page.locator("#notices").get_by_text("Redirecting in")).to_be_visible()
    original = lab.raw(ADA, "INBOX", lab.uids(ADA, "INBOX")[0])
    for _ in range(150):
        if lab.uids("ben@hearth.test", "INBOX"):
            break
        page.wait_for_timeout(200)
    (uid,) = lab.uids("ben@hearth.test", "INBOX")
    arrived = lab.raw("ben@hearth.test", "INBOX", uid)
    message = email.message_from_bytes(arrived, policy=email.policy.default)
    assert message["Resent-From"] == ADA
    assert arrived.rstrip().endswith(original.rstrip())
