"""Compose windows over the mailbox: several, each with its own draft; a sheet on the phone."""

import email
import email.policy
import re

import pytest
from playwright.sync_api import expect

from tests.browser.arrival import arrive
from tests.browser.saving import save_now

pytestmark = pytest.mark.xdist_group("browser")
ADA, BEN = "ada@hearth.test", "ben@hearth.test"


def mail(number):
    return (
        f"From: Ben <{BEN}>\r\nTo: {ADA}\r\nSubject: Letter {number}\r\n"
        f"Date: Sun, 22 Nov 2026 0{number}:00:00 +0000\r\nMessage-ID: <l{number}@hearth.test>\r\n"
        f"\r\nThe text of letter {number}.\r\n"
    ).encode()


def open_mailbox(chromium, hearth, lab, width, height):
    lab.clear()
    for number in (1, 2, 3):
        lab.append(ADA, "INBOX", mail(number))
    context = chromium.new_context(viewport={"width": width, "height": height})
    page = context.new_page()
    page.set_default_timeout(15_000)
    page.faults = []
    page.on("pageerror", lambda error: page.faults.append(str(error)))
    page.on("console", lambda said: page.faults.append(said.text) if said.type == "error" else None)
    arrive(page, hearth, lab)
    page.locator(".row-link").first.wait_for()
    return page


@pytest.fixture
def page(chromium, hearth, lab):
    page = open_mailbox(chromium, hearth, lab, 1440, 900)
    yield page
    page.context.close()


@pytest.fixture
def tablet(chromium, hearth, lab):
    page = open_mailbox(chromium, hearth, lab, 900, 800)
    yield page
    page.context.close()


@pytest.fixture
def phone(chromium, hearth, lab):
    page = open_mailbox(chromium, hearth, lab, 390, 844)
    yield page
    page.context.close()


def windows(page):
    return page.locator("#docks > .compose")


def compose(page, subject="", text=""):
    """A new window, by the Compose link that is seen."""
    before = windows(page).count()
    page.locator("[data-compose-link]:visible", has_text="Compose").first.click()
    window = windows(page).nth(before)
    window.locator("[data-editor]").wait_for()
    if subject:
        window.locator("[name=subject]").fill(subject)
    if text:
        window.locator("[data-editor]").click()
        page.keyboard.type(text)
    return window


def texts_in(lab, mailbox="Drafts"):
    """Subject to text of each message there."""
    found = {}
    for uid in lab.uids(ADA, mailbox):
        raw = lab.raw(ADA, mailbox, uid)
        message = email.message_from_bytes(raw, policy=email.policy.default)
        found[message["Subject"]] = message.get_body(("plain",)).get_content().strip()
    return found


def test_two_windows_have_a_draft_each_and_the_mailbox_stays_usable(page, lab):
    address = page.url
    one = compose(page, "The oak", "It stands.")
    two = compose(page, "The elm", "It fell.")
    assert page.url == address
    page.locator("#list .row-link", has_text="Letter 3").click()
    expect(page.locator("#reader")).to_contain_text("Letter 3")
    page.locator("#list .row-link", has_text="Letter 3").focus()
    page.keyboard.press("j")
    expect(page.locator("#reader")).to_contain_text("Letter 2")
    page.go_back()
    expect(page.locator("#reader")).to_contain_text("Letter 3")
    expect(windows(page)).to_have_count(2)
    expect(one.locator("[data-editor]")).to_contain_text("It stands.")
    for window in (one, two):
        expect(window.locator("[data-saved]")).to_have_text("Saved", timeout=20_000)
    two.get_by_label("Close and keep draft").and_(page.locator(":visible")).click()
    expect(windows(page)).to_have_count(1)
    one.get_by_label("Close and keep draft").and_(page.locator(":visible")).click()
    expect(windows(page)).to_have_count(0)
    assert texts_in(lab) == {"The oak": "It stands.", "The elm": "It fell."}
    assert page.faults == []


def test_minimised_it_is_its_head_and_comes_back_as_it_was(page):
    window = compose(page, "The oak", "It stands.")
    tall = window.bounding_box()["height"]
    window.get_by_role("button", name="Minimise").click()
    restore = window.get_by_role("button", name="Restore")
    expect(restore).to_be_focused()
    expect(restore).to_have_attribute("aria-expanded", "false")
    expect(window.get_by_role("heading")).to_have_text("The oak")
    assert window.bounding_box()["height"] < 60
    restore.click()
    expect(window.locator("[data-editor]")).to_have_text("It stands.")
    assert window.bounding_box()["height"] == tall
    window.get_by_role("button", name="Full screen").click()
    assert window.bounding_box()["width"] > 900
    assert page.locator(".app").get_attribute("inert") is not None
    window.get_by_role("button", name="Full screen").click()
    assert page.locator(".app").get_attribute("inert") is None
    assert window.bounding_box()["height"] == tall


def test_focus_goes_back_to_what_opened_the_window(page):
    page.locator("#list .row-link", has_text="Letter 2").click()
    reply = page.locator(".replies").get_by_role("link", name="Reply", exact=True)
    reply.click()
    editor = windows(page).locator("[data-text]:not([hidden]), [data-editor]:not([hidden])")
    expect(editor).to_be_focused()
    reply.click()  # no answer is begun twice
    expect(windows(page)).to_have_count(1)
    page.keyboard.press("Escape")
    expect(windows(page)).to_have_count(0)
    expect(reply).to_be_focused()


def test_a_fourth_window_makes_a_head_of_the_oldest_and_says_so(page):
    for name in ("One", "Two", "Three", "Four"):
        compose(page, name)
    expect(page.locator("#notices")).to_contain_text("“One” was minimised to make room.")
    expect(page.locator(".is-docked.is-small")).to_have_count(1)
    edges = [each.bounding_box() for each in windows(page).all()]
    assert all(box["x"] >= 0 and box["x"] + box["width"] <= 1440 for box in edges)
    page.locator(".is-docked.is-small").get_by_role("button", name="Restore").click()
    expect(page.locator(".is-docked.is-small").get_by_role("heading")).to_have_text("Two")


def test_on_a_tablet_one_window_is_open(tablet):
    compose(tablet, "One")
    compose(tablet, "Two")
    expect(tablet.locator(".is-docked.is-small").get_by_role("heading")).to_have_text("One")
    expect(tablet.locator(".is-docked:not(.is-small)")).to_have_count(1)


def test_another_page_brings_the_windows_back_with_what_was_just_typed(page):
    compose(page, "The oak", "It stands.")
    window = compose(page, "The elm")
    window.get_by_role("button", name="Minimise").click()
    page.reload()
    expect(windows(page)).to_have_count(2)
    expect(windows(page).first.locator("[data-editor]")).to_contain_text("It stands.")
    expect(page.locator(".is-docked.is-small").get_by_role("heading")).to_have_text("The elm")
    page.locator("#folders .folder", has_text="Sent").click()
    page.wait_for_url("**/Sent/")
    expect(windows(page)).to_have_count(2)
    expect(windows(page).first.locator("[data-editor]")).to_contain_text("It stands.")


def test_a_small_window_comes_back_under_the_name_it_was_given_last(page):
    window = compose(page, "The oak")
    save_now(window)
    page.evaluate("() => { window.fetch = () => Promise.reject(new TypeError('no line')); }")
    window.locator("[name=subject]").fill("The elm")
    window.get_by_role("button", name="Minimise").click()
    page.reload()
    expect(page.locator(".is-docked.is-small").get_by_role("heading")).to_have_text("The elm")


def test_the_windows_come_back_with_the_caret_where_it_was(page):
    lines = [f"Line {number}" for number in range(40)]
    one = compose(page, "The oak")
    one.locator("[data-editor]").click()
    for line in lines:
        page.keyboard.insert_text(line)
        page.keyboard.press("Enter")
    for key in (["ArrowUp"] * 3) + ["Home"] + ["ArrowRight"] * 4:
        page.keyboard.press(key)
    compose(page, "The elm", "It fell.")
    one.locator("[data-editor]").focus()
    page.reload()
    editor = windows(page).first.locator("[data-editor]")
    expect(editor).to_be_focused()
    page.keyboard.type("!")
    expect(editor.locator("div", has_text="Line! 37")).to_be_in_viewport()

    # Once more, whether the server has heard of that or not.
    page.evaluate("document.querySelector('#list .row-link').focus()")
    page.reload()
    expect(windows(page)).to_have_count(2)
    expect(editor).to_contain_text("Line! 37")
    page.wait_for_timeout(500)
    assert page.evaluate("document.activeElement === document.body")
    editor.focus()  # which is not to go back to the beginning
    page.keyboard.type("?")
    expect(editor).to_contain_text("Line!? 37")
    # A draft may be asked for before the save that the last page left behind is there.
    assert [each for each in page.faults if "404" not in each] == []


def test_pages_that_go_at_once_each_leave_what_was_typed_in_one_draft(page, lab):
    """F34: the window's own words come after one another, however late they arrive."""
    compose(page, "The ash", "It stands.")
    editor = windows(page).first.locator("[data-editor]")
    for mark in "abc":
        page.reload()
        expect(editor).to_contain_text("It stands.")
        editor.click()
        page.keyboard.press("Control+End")
        page.keyboard.type(mark)
    page.reload()
    expect(editor).to_contain_text("It stands.abc")
    expect(windows(page).locator("[data-saved]")).to_have_text("Saved", timeout=20_000)
    windows(page).get_by_label("Close and keep draft").and_(page.locator(":visible")).click()
    expect(windows(page)).to_have_count(0)
    assert texts_in(lab)["The ash"] == "It stands.abc"
    page.locator("#folders .folder", has_text="Drafts").click()
    page.wait_for_url("**/Drafts/")
    expect(page.locator("#list .row-link", has_text="The ash")).to_have_count(1)


def test_what_is_typed_before_the_scripts_are_there_is_kept_on_closing(page, lab):
    page.route("**/compose-*.js", lambda route: (page.wait_for_timeout(1_000), route.continue_()))
    page.locator("[data-compose-link]:visible", has_text="Compose").first.click()
    windows(page).locator("[name=subject]").fill("The oak")
    windows(page).get_by_label("Close and keep draft").and_(page.locator(":visible")).click()
    expect(windows(page)).to_have_count(0)
    assert list(texts_in(lab)) == ["The oak"]
    assert page.faults == []


def test_a_page_of_its_own_leaves_the_windows_to_the_mailbox(page):
    compose(page, "The oak", "It stands.")
    page.locator("#list").click(position={"x": 300, "y": 5})
    page.locator("#list .row-link").first.focus()
    page.keyboard.press("Shift+C")
    page.wait_for_url("**/compose/")
    expect(page.locator("section.compose")).to_have_count(1)
    page.go_back()
    expect(windows(page).locator("[data-editor]")).to_contain_text("It stands.")


def test_what_never_reached_the_server_comes_back_from_this_browser(page):
    """F32: the last save was lost with the line."""
    address = page.url
    compose(page)
    # A request that outlives its page would slip by a line that is only said to be broken.
    page.evaluate("() => { window.fetch = () => Promise.reject(new TypeError('no line')); }")
    windows(page).locator("[name=subject]").fill("The oak")
    windows(page).locator("[data-editor]").click()
    page.keyboard.type("It stands.")
    page.wait_for_timeout(1_500)
    page.goto("about:blank")
    page.goto(address)
    expect(windows(page).locator("[name=subject]")).to_have_value("The oak")
    expect(windows(page).locator("[data-editor]")).to_contain_text("It stands.")


def test_sending_closes_the_window_at_once_and_undo_opens_it_again(page, lab):
    address = page.url
    window = compose(page, "The oak", "It stands.")
    window.locator("[data-recipients] input:visible").first.fill(BEN)
    page.keyboard.press("Control+Enter")
    expect(windows(page)).to_have_count(0)
    expect(page.locator("#notices")).to_contain_text("Sending in")
    page.locator("#notices").get_by_role("button", name="Undo").click()
    expect(windows(page).locator("[data-editor]")).to_contain_text("It stands.")
    expect(page.locator("#notices")).to_contain_text("Not sent.")
    assert page.url == address


def test_discarding_leaves_the_mailbox_where_it_was(page, lab):
    address = page.url
    window = compose(page, "The oak", "It stands.")
    save_now(window)
    window.locator("[name=do][value=discard]:visible").click()
    window.get_by_role("button", name="Discard draft").last.click()
    expect(windows(page)).to_have_count(0)
    expect(page.locator("#notices")).to_contain_text("Draft discarded.")
    assert page.url == address
    page.reload()
    page.locator(".row-link").first.wait_for()
    page.wait_for_timeout(500)
    assert windows(page).count() == 0


def test_on_the_phone_going_back_closes_the_sheet_and_keeps_the_draft(phone, lab):
    phone.locator("#list .row-link", has_text="Letter 2").click()
    expect(phone.locator("#reader")).to_contain_text("Letter 2")
    address = phone.url
    phone.locator(".replies").get_by_role("link", name="Reply", exact=True).click()
    sheet = windows(phone)
    sheet.locator("[data-text]:visible, [data-editor]:visible").first.wait_for()
    assert sheet.bounding_box() == {"x": 0, "y": 0, "width": 390, "height": 844}
    assert "/compose/" in phone.url
    sheet.locator("[name=subject]").fill("The oak")
    phone.go_back()
    expect(sheet).to_have_count(0)
    assert phone.url == address
    expect(phone.locator("#reader")).to_contain_text("Letter 2")
    assert list(texts_in(lab)) == ["The oak"]
    phone.go_forward()
    expect(windows(phone).locator("[name=subject]")).to_have_value("The oak")
    windows(phone).get_by_label("Close and keep draft").and_(phone.locator(":visible")).click()
    expect(windows(phone)).to_have_count(0)
    expect(phone).to_have_url(address)
    assert phone.faults == []


def test_reply_again_goes_on_with_the_answer_that_was_begun(page, lab):
    page.locator("#list .row-link", has_text="Letter 3").click()
    expect(page.locator("#reader")).to_contain_text("The text of letter 3")
    for text in ("One. ", "Two. "):
        page.keyboard.press("r")
        expect(windows(page).locator("[data-text]")).to_be_focused()
        page.keyboard.type(text)
        page.keyboard.press("Escape")
        expect(windows(page)).to_have_count(0)
    page.keyboard.press("r")
    text = windows(page).locator("[data-text]")
    expect(text).to_have_value(re.compile("(One. Two|Two. One)"))
    assert len(lab.uids(ADA, "Drafts")) == 1
    windows(page).locator("[name=subject]").fill("Re: Letter 3, sent")
    page.keyboard.press("Control+Enter")
    expect(page.locator("#notices")).to_contain_text("Sending in")
    page.keyboard.press("r")
    expect(text).not_to_have_value(re.compile("One"))


@pytest.mark.parametrize("size", ["page", "phone"])
def test_what_was_begun_stands_in_its_conversation_and_goes_on_from_there(request, lab, size):
    page = request.getfixturevalue(size)
    page.locator("#list .row-link", has_text="Letter 2").click()
    begun = page.locator("#reader [data-begun]")
    page.locator(".replies").get_by_role("link", name="Reply", exact=True).click()
    windows(page).locator("[data-text]").click()
    page.keyboard.type("It grows. ")
    windows(page).get_by_label("Close and keep draft").and_(page.locator(":visible")).click()
    expect(begun).to_contain_text("It grows.")
    begun.get_by_role("link").click()
    expect(windows(page).locator("[data-text]")).to_have_value(re.compile("It grows."))
    windows(page).locator("button[value=send]:visible").first.click()
    expect(windows(page)).to_have_count(0)
    expect(begun).to_have_count(0)
    assert page.faults == []


def test_a_double_click_opens_one_window_and_two_clicks_two(page):
    link = page.locator("a[data-compose-link]:visible").first
    link.dblclick()
    expect(windows(page)).to_have_count(1)
    page.wait_for_timeout(500)
    assert windows(page).count() == 1
    link.click()
    expect(windows(page)).to_have_count(2)


def test_the_thirteenth_window_is_refused_in_words(page):
    for number in range(1, 13):
        page.locator("a[data-compose-link]").first.evaluate("link => link.click()")
        expect(windows(page)).to_have_count(number)
    page.locator("a[data-compose-link]").first.evaluate("link => link.click()")
    expect(page.get_by_role("alert")).to_contain_text("12 messages are open")
    expect(windows(page)).to_have_count(12)
    assert not page.faults


@pytest.mark.parametrize(
    ("act", "title"),
    [("go:repeat", "Repeat"), ("go:merge", "To a list"), ("go:templates", "Templates")],
)
def test_what_goes_on_with_a_message_is_a_page_also_from_the_dock(page, act, title):
    window = compose(page, "The oak", "It stands.")
    window.locator("summary[aria-label='Send later']:visible").click()
    window.locator(f"button[value='{act}']:visible").click()
    expect(page.get_by_role("heading", name=title, exact=True)).to_be_visible()
    expect(page.locator("main")).to_contain_text("The oak")
    expect(windows(page)).to_have_count(0)
    assert page.faults == []


def test_a_file_that_arrives_after_its_window_is_gone_leaves_the_address_alone(phone):
    address = phone.url
    window = compose(phone, "The oak")
    save_now(window)
    phone.route("**/files/resumable/**", lambda route: route.abort())
    phone.set_input_files("[data-file-input]", {"name": "a", "mimeType": "", "buffer": b"a"})
    expect(window.get_by_text("It goes on by itself.")).to_be_visible()
    close = window.get_by_label("Close and keep draft").and_(phone.locator(":visible"))
    close.click()
    expect(window.locator("[data-saved]")).to_contain_text("Close again to leave without them.")
    close.click()
    expect(windows(phone)).to_have_count(0)
    with phone.expect_response(lambda answer: answer.request.method == "PATCH"):
        phone.unroute("**/files/resumable/**")
    phone.wait_for_timeout(500)
    assert phone.url == address
