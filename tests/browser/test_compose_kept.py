"""What is being written survives the browser's end and a broken line (F04, F32)."""

import contextlib
import os
import random
import signal
import time
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser.saving import save_now
from tests.lab.place import find_program

pytestmark = pytest.mark.xdist_group("browser")
ADA = "ada@hearth.test"
FLAGS = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"]
KEY_S = 0.08
# The rule is 50 (``HEARTH_KILLS=50``: ten minutes); each run of the tests looks at one more.
KILLS = int(os.environ.get("HEARTH_KILLS", "1"))


def sign_in(page, hearth, lab):
    page.goto(f"{hearth.url}/sign-in/")
    page.fill("#address", ADA)
    page.fill("#password", lab.users[ADA])
    page.click("button[type=submit].primary")
    page.wait_for_url("**/INBOX/")


@contextlib.contextmanager
def browser_in(playwright, folder):
    """A Chromium that keeps what it knows in ``folder``."""
    context = playwright.launch_persistent_context(
        folder, executable_path=find_program("chromium"), args=FLAGS
    )
    yield context
    with contextlib.suppress(Exception):
        context.close()


def kill_all_of(folder):
    for process in Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):
            if str(folder).encode() in process.read_bytes():
                os.kill(int(process.parent.name), signal.SIGKILL)


def test_who_types_without_a_pause_loses_two_seconds_at_most(chromium, hearth, lab, tmp_path):
    """F32: the browser is killed in the middle of a word; the server knows nothing of it yet."""
    lab.clear()
    with browser_in(chromium.browser_type, tmp_path) as context:
        page = context.new_page()
        sign_in(page, hearth, lab)
        page.goto(f"{hearth.url}/compose/")
        page.fill("#subject", "The oak")
        page.locator("[data-editor]").click()
        typed = []
        for number in range(60):
            page.keyboard.type(f"{number} ")
            typed.append((time.monotonic(), number))
            time.sleep(KEY_S)
        kill_all_of(tmp_path)
        killed = time.monotonic()
    assert lab.uids(ADA, "Drafts") == []
    safe = max(number for at, number in typed if at < killed - 2)
    with browser_in(chromium.browser_type, tmp_path) as context:
        page = context.new_page()
        sign_in(page, hearth, lab)
        page.goto(f"{hearth.url}/compose/")
        expect(page.get_by_text("“The oak” was being written on")).to_be_visible()
        page.get_by_role("button", name="Restore it").click()
        expect(page.locator("[data-editor]")).to_contain_text(f"{safe} ")
        expect(page.locator("#subject")).to_have_value("The oak")
        page.goto(f"{hearth.url}/compose/")
        page.locator("#to").wait_for()
        page.wait_for_timeout(500)
        assert page.get_by_role("button", name="Restore it").count() == 0


@pytest.mark.timeout(60 + 60 * KILLS)
def test_no_moment_to_be_killed_costs_more_than_two_seconds(chromium, hearth, lab, tmp_path):
    """F32, at any moment: before the first copy, beside one being made, long after it."""
    lab.clear()
    chance = random.Random(KILLS)
    for kill in range(KILLS):
        subject = f"Kill {kill}"
        with browser_in(chromium.browser_type, tmp_path) as context:
            page = context.new_page()
            sign_in_where_asked(page, hearth, lab)
            page.goto(f"{hearth.url}/compose/")
            page.fill("#subject", subject)
            page.locator("[data-editor]").click()
            typed = type_numbers(page, chance.uniform(2.5, 18), chance)
            kill_all_of(tmp_path)
            killed = time.monotonic()
        safe = max(number for at, number in typed if at < killed - 2)
        with browser_in(chromium.browser_type, tmp_path) as context:
            page = context.new_page()
            sign_in_where_asked(page, hearth, lab)
            reopen(page, hearth, subject)
            expect(page.locator("[data-editor]")).to_contain_text(f"{safe} ")
            expect(page.locator("[name=subject]")).to_have_value(subject)


def sign_in_where_asked(page, hearth, lab):
    """The browser writes cookies down now and then: it may still know this one or not."""
    page.goto(f"{hearth.url}/mail/")
    if "/sign-in/" in page.url:
        sign_in(page, hearth, lab)


def type_numbers(page, seconds, chance):
    """When each number was typed; now and then its writer thinks for a moment."""
    typed = []
    ends = time.monotonic() + seconds
    while time.monotonic() < ends:
        page.keyboard.type(f"{len(typed)} ")
        typed.append((time.monotonic(), len(typed)))
        time.sleep(KEY_S if chance.random() < 0.97 else chance.uniform(0.5, 3))
    return typed


def reopen(page, hearth, subject):
    """From this device's own copy, or the server's, whichever is offered."""
    page.goto(f"{hearth.url}/compose/")
    offer = page.get_by_text(f"“{subject}” was being written on")
    with contextlib.suppress(AssertionError):
        expect(offer).to_be_visible()
    if offer.count():
        page.get_by_role("button", name="Restore it").first.click()
        return
    page.goto(f"{hearth.url}/mail/")
    page.get_by_role("link", name="Drafts").first.click()
    page.locator(".row-link", has_text=subject).first.click()


@pytest.fixture
def page(chromium, hearth, lab):
    lab.clear()
    context = chromium.new_context(viewport={"width": 390, "height": 844})
    page = context.new_page()
    page.set_default_timeout(15_000)
    sign_in(page, hearth, lab)
    page.goto(f"{hearth.url}/compose/?to=ben@hearth.test&subject=The+oak&body=It+stands.")
    page.locator("[data-editor]").wait_for()
    yield page
    context.close()


def send(page):
    page.locator("button[value=send]:visible").first.click()


def test_without_a_line_it_waits_and_goes_once_when_there_is_one(page, hearth):
    """F04: it says so, and the message is in the outbox once."""
    page.context.set_offline(True)
    send(page)
    expect(page.get_by_text("Not queued yet: there is no connection.")).to_be_visible()
    expect(page.locator("[data-editor]")).to_contain_text("It stands.")
    page.context.set_offline(False)
    page.wait_for_url(lambda url: "/compose/" not in url)
    page.goto(f"{hearth.url}/outbox/")
    expect(page.locator(".outgoing", has_text="The oak")).to_have_count(1)


def test_who_goes_on_writing_sends_it_anew(page, hearth):
    page.context.set_offline(True)
    send(page)
    expect(page.get_by_text("Not queued yet")).to_be_visible()
    page.locator("[data-editor]").click()
    page.keyboard.type("Still. ")
    expect(page.get_by_text("Not queued yet")).to_be_hidden()
    page.context.set_offline(False)
    page.wait_for_timeout(1_500)
    assert "/compose/" in page.url
    send(page)
    page.wait_for_url(lambda url: "/compose/" not in url)


@pytest.fixture
def two_names(page, hearth):
    """Ada writes as herself or, chosen in the window, as Grace."""
    page.goto(f"{hearth.url}/settings/identities/")
    new = page.locator("section[aria-labelledby=identity-new]")
    new.get_by_label("Name").fill("Grace")
    new.get_by_label("Address").fill(ADA)
    new.get_by_role("button", name="Add").click()
    section = page.locator("section.group", has=page.get_by_role("heading", name="Grace"))
    section.wait_for()
    yield page
    page.goto(f"{hearth.url}/settings/identities/")
    section.get_by_role("button", name="Remove", exact=True).first.click()
    page.wait_for_load_state()


def leave_behind(context, hearth, name=""):
    """A window with a subject that the server never sees; another one after it."""
    lost = context.new_page()
    lost.goto(f"{hearth.url}/compose/")
    lost.locator("[data-editor]").wait_for()
    if name:
        lost.locator("#identity").select_option(label=name)
    context.set_offline(True)
    lost.fill("#subject", "The elm")
    lost.wait_for_timeout(1_500)
    lost.close()
    context.set_offline(False)
    after = context.new_page()
    after.goto(f"{hearth.url}/compose/")
    expect(after.get_by_text("“The elm” was being written on")).to_be_visible()
    return after


def test_what_is_restored_leaves_under_the_name_it_was_written_under(two_names, hearth):
    names = two_names
    names.goto(f"{hearth.url}/compose/")
    options = names.locator("#identity option").all_text_contents()
    grace = next(option for option in options if "Grace" in option)
    page = leave_behind(names.context, hearth, grace)
    page.get_by_role("button", name="Restore it").click()
    page.wait_for_function("document.querySelector('#subject')?.value === 'The elm'")
    page.wait_for_load_state()
    expect(page.locator("#identity option:checked")).to_have_text(grace)


def test_who_begins_to_write_beside_the_offer_keeps_that(page, hearth):
    after = leave_behind(page.context, hearth)
    after.fill("#subject", "Another")
    expect(after.get_by_role("button", name="Restore it")).to_have_count(0)
    expect(after.locator("#subject")).to_have_value("Another")


def test_what_goes_on_from_an_answer_that_was_lost_comes_back(page):
    """The server is a revision further than the window knows, by the window's own words."""
    page.fill("#subject", "The oak, begun")
    save_now(page)
    address = page.url
    page.evaluate("""() => {
        const post = fetch;
        window.fetch = (...all) => post(...all).then(() => { throw new TypeError("no answer"); });
    }""")
    with page.expect_response(lambda answer: answer.request.method == "POST"):
        page.fill("#subject", "The oak, half")
        page.locator("button[name=do][value=save]").first.dispatch_event("click")
    page.evaluate("() => { window.fetch = () => Promise.reject(new TypeError('no line')); }")
    page.fill("#subject", "The oak, whole")
    page.goto("about:blank")
    page.goto(address)
    expect(page.locator("#subject")).to_have_value("The oak, whole")
    save_now(page)
    assert page.url == address
    page.reload()
    expect(page.locator("#subject")).to_have_value("The oak, whole")


def test_what_went_another_way_elsewhere_is_kept_beside_it(page, hearth):
    """F34: what this browser kept is no longer what the draft goes on from."""
    page.fill("#subject", "The oak, begun")
    save_now(page)
    address = page.url
    page.evaluate("() => { window.fetch = () => Promise.reject(new TypeError('no line')); }")
    page.fill("#subject", "The oak, here")
    page.wait_for_timeout(1_500)
    page.goto("about:blank")
    other = page.context.browser.new_context(java_script_enabled=False)
    other.add_cookies(page.context.cookies())
    elsewhere = other.new_page()
    elsewhere.goto(address)
    elsewhere.fill("#subject", "The oak, there")
    elsewhere.get_by_role("button", name="Save", exact=True).last.click()
    expect(elsewhere.get_by_text("Saved in Drafts.")).to_be_visible()
    other.close()
    page.goto(address)
    expect(page.locator("#subject")).to_have_value("The oak, there")
    page.get_by_text("That is a draft of its own now.").get_by_role("link", name="Open it").click()
    expect(page.locator("#subject")).to_have_value("The oak, here")
    page.goto(address)
    expect(page.locator("#subject")).to_have_value("The oak, there")
    page.wait_for_timeout(500)
    expect(page.get_by_text("a draft of its own now")).to_have_count(0)


def test_a_file_that_could_not_be_stored_leaves_the_window_with_its_draft(page):
    before = page.locator("form[data-compose]").get_attribute("action")
    why = {"errors": {"form": "Not saved. The database of this server does not answer."}}
    page.route("**/files/**", lambda route: route.fulfill(status=503, json=why))
    page.set_input_files("[data-file-input]", {"name": "a", "mimeType": "", "buffer": b"a"})
    expect(page.get_by_text("It goes on by itself.")).to_be_visible()
    assert page.locator("form[data-compose]").get_attribute("action") == before
    assert page.locator("form[data-compose]").get_attribute("data-draft") in before


def test_a_message_begun_without_a_line_is_stored_once_there_is_one(page, hearth, lab):
    page.goto(f"{hearth.url}/mail/")
    page.locator("html.js").wait_for()
    page.evaluate("dispatchEvent(new Event('online'))")  # instead of waiting for a quiet moment
    laid_by = "() => JSON.parse(sessionStorage.spares ?? '{}').texts?.length === 2"
    page.wait_for_function(laid_by)
    page.context.set_offline(True)
    page.keyboard.press("c")
    window = page.locator("#docks > .compose")
    window.locator("[data-editor]").wait_for()
    page.keyboard.type("ben@hearth.test,")
    window.locator("[name=subject]").fill("The yew")
    window.locator("[data-editor]").click()
    page.keyboard.type("It grows.")
    expect(window.locator("[data-saved]")).to_have_text("Kept on this device", timeout=10_000)
    page.context.set_offline(False)
    expect(window.locator("[data-saved]")).to_have_text("Saved")
    window.locator("[data-compose-close]:visible").click()
    expect(window).to_have_count(0)
    assert b"It grows." in lab.newest(ADA, "Drafts")


def test_what_needs_the_server_says_so_without_a_line_and_leaves_the_page(page, hearth, lab):
    page.goto(f"{hearth.url}/mail/")
    page.locator("html.js").wait_for()
    address = page.url
    page.locator("a[data-compose-link]:visible").evaluate("each => each.search = '?reply=1'")
    page.context.set_offline(True)
    page.locator("a[data-compose-link]:visible").click()
    expect(page.get_by_role("alert")).to_contain_text("There is no connection")
    assert page.url == address
