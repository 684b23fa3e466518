"""What is written into the compose window before its script has come over the line."""

import contextlib
import email
import email.policy

import pytest
from playwright.sync_api import expect

from tests.browser.arrival import arrive
from tests.browser.test_compose_editor import ADA, designed_message

pytestmark = pytest.mark.xdist_group("browser")


@pytest.fixture
def page(chromium, hearth, lab):
    lab.clear()
    lab.append(ADA, "INBOX", designed_message())
    context = chromium.new_context(viewport={"width": 1440, "height": 900})
    page = context.new_page()
    page.set_default_timeout(15_000)
    arrive(page, hearth, lab)
    page.locator(".row-link").first.wait_for()
    yield page
    context.close()


@contextlib.contextmanager
def scripts_late(page, name):
    """Scripts of this name arrive when the block ends."""
    held = []
    page.route(f"**/{name}-*.js", lambda route: held.append(route))
    yield held
    for each in held:
        each.continue_()


def drafts_in(lab):
    policy = email.policy.default
    return [email.message_from_bytes(raw, policy=policy) for raw in lab.raws(ADA, "Drafts")]


def test_words_from_before_the_script_are_saved_without_another_key(page, hearth, lab):
    with scripts_late(page, "app"):
        page.goto(f"{hearth.url}/compose/", wait_until="commit")
        page.locator("#subject").fill("The oak")
        page.locator("[name=text]").fill("It stands.")
        assert page.locator("[data-editor]").is_hidden()
    expect(page.locator("[data-editor]")).to_have_text("It stands.")
    expect(page.locator("[data-saved]")).to_have_text("Saved", timeout=20_000)
    page.locator("[data-compose-close]:visible").click()
    page.wait_for_url(lambda url: "/compose/" not in url, wait_until="commit")
    (draft,) = drafts_in(lab)
    assert draft["Subject"] == "The oak"
    assert draft.get_body(("plain",)).get_content().strip() == "It stands."


def test_a_window_in_which_nothing_was_written_makes_no_draft(page, hearth):
    asked = []
    page.on("request", lambda request: asked.append(request))
    page.goto(f"{hearth.url}/compose/?to=ben@hearth.test&subject=The+oak&body=It+stands.")
    page.locator("[data-editor]").wait_for()
    page.wait_for_timeout(6_000)
    posted = [each.url for each in asked if each.method == "POST"]
    assert [url for url in posted if not url.endswith("/recipients/")] == []


def test_words_from_before_the_editor_stand_above_the_quotation(page):
    page.locator(".row-link").first.click()
    reply = page.locator(".replies").get_by_role("link", name="Reply", exact=True)
    with scripts_late(page, "compose_editor") as held:
        page.goto(reply.evaluate("each => each.href"))
        page.locator("[name=text]").press_sequentially("Thank you. ")
        page.wait_for_timeout(1_000)
        assert held
    expect(page.locator("[data-editor]")).to_contain_text("Thank you.")
    expect(page.locator("[data-editor]")).to_contain_text("Red and large")
