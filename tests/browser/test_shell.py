"""The shell in a real Chromium: keys, fingers, Undo, failure, going back; and a strict page."""

import time
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

pytestmark = pytest.mark.xdist_group("browser")
CHIYO = "chiyo@hearth.test"
SUBJECTS = ["Bread", "Salt", "Oil", "Tea"]

LETTER = """From: Ben <ben@hearth.test>\r
To: {to}\r
Subject: {subject}\r
Date: Sun, 22 Nov 2026 0{hour}:00:00 +0000\r
Message-ID: <{subject}@hearth.test>\r
\r
We need {subject}.\r
"""


@pytest.fixture
def inbox(lab) -> None:
    """Four messages, the last one newest."""
    lab.clear()
    for hour, subject in enumerate(SUBJECTS, 1):
        letter = LETTER.format(to=CHIYO, subject=subject, hour=hour)
        lab.append(CHIYO, "INBOX", letter.encode())


def open_inbox(page: Page, url: str) -> None:
    page.goto(f"{url}/sign-in/")
    page.get_by_label("Mail address").fill(CHIYO)
    page.get_by_label("Password", exact=True).fill("chiyo-secret")
    page.get_by_role("button", name="Sign in").click()
    expect(rows(page)).to_have_text(SUBJECTS[::-1])
    expect(page.locator("html.js")).to_be_attached()


def rows(page: Page):
    return page.locator("#list .row:not(.is-leaving) .row-subject")


@pytest.fixture
def desk(chromium: Browser, hearth, inbox) -> Iterator[Page]:
    context = chromium.new_context(viewport={"width": 1440, "height": 900})
    page = context.new_page()
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("console", lambda said: faults.append(said.text) if "policy" in said.text else None)
    open_inbox(page, hearth.url)
    yield page
    context.close()
    assert faults == []


@pytest.fixture
def phone(chromium: Browser, hearth, inbox) -> Iterator[Page]:
    context = chromium.new_context(
        viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True
    )
    page = context.new_page()
    open_inbox(page, hearth.url)
    yield page
    context.close()


def test_keys_read_archive_and_take_back(desk, lab):
    desk.keyboard.press("j")
    desk.keyboard.press("o")
    expect(desk.locator("#subject")).to_be_focused()
    expect(desk.locator("#subject")).to_have_text("Tea")
    desk.keyboard.press("e")
    expect(rows(desk)).to_have_text(["Oil", "Salt", "Bread"])
    expect(desk.locator("#subject")).to_have_text("Oil")
    expect(desk.locator("#notices")).to_contain_text("archived")
    assert len(lab.uids(CHIYO, "INBOX")) == 3
    desk.keyboard.press("z")
    expect(rows(desk)).to_have_count(4)
    assert len(lab.uids(CHIYO, "INBOX")) == 4


def test_the_focus_stays_where_the_hands_are(desk):
    desk.keyboard.press("j")
    desk.keyboard.press("Tab")
    expect(desk.locator(".row").nth(1).locator(".pick input")).to_be_focused()
    desk.keyboard.press("Tab")
    expect(desk.locator(".row-link").nth(1)).to_be_focused()
    desk.keyboard.press("#")
    expect(desk.locator("#announce")).to_have_text("1 message moved to Trash")
    expect(desk.locator(".row-link", has_text="Salt")).to_be_focused()
    desk.keyboard.press("z")
    expect(rows(desk)).to_have_count(4)
    expect(desk.locator(".row-link", has_text="Salt")).to_be_focused()
    desk.keyboard.press("/")
    expect(desk.get_by_role("searchbox", name="Search mail")).to_be_focused()
    desk.keyboard.press("Escape")
    expect(desk.locator(".row-link", has_text="Salt")).to_be_focused()


def test_the_row_under_the_mouse_offers_what_can_be_done_to_it(desk, lab):
    row = desk.locator(".row", has_text="Oil")
    assert desk.locator(".row .row-acts").count() == 0
    row.hover()
    row.get_by_role("button", name="Flag", exact=True).click()
    expect(row.get_by_role("button", name="Remove flag")).to_be_visible()
    expect(row.get_by_role("button", name="Mark read")).to_be_visible()
    row.get_by_role("button", name="Archive").click()
    expect(rows(desk)).to_have_text(["Tea", "Salt", "Bread"])
    expect(desk.locator("#notices")).to_contain_text("1 message archived")
    assert len(lab.uids(CHIYO, "Archive", "FLAGGED")) == 1


def test_a_row_comes_back_when_the_server_does_not_answer(desk, lab):
    desk.route("**/mail/actions/", lambda route: route.abort())
    desk.keyboard.press("j")
    desk.keyboard.press("#")
    expect(desk.get_by_role("alert")).to_contain_text("Not deleted")
    expect(rows(desk)).to_have_text(SUBJECTS[::-1])
    desk.unroute("**/mail/actions/")
    desk.get_by_role("button", name="Try again").click()
    expect(rows(desk)).to_have_text(["Oil", "Salt", "Bread"])
    expect(desk.locator("#notices")).to_contain_text("moved to Trash")
    assert len(lab.uids(CHIYO, "INBOX")) == 3


def test_going_back_and_forward_follows_the_addresses(desk):
    at_list = desk.url
    desk.locator(".row-link", has_text="Salt").click()
    expect(desk.locator("#subject")).to_have_text("Salt")
    at_salt = desk.url
    desk.locator(".row-link", has_text="Bread").click()
    expect(desk.locator("#subject")).to_have_text("Bread")
    desk.go_back()
    expect(desk.locator("#subject")).to_have_text("Salt")
    assert desk.url == at_salt
    desk.go_back()
    expect(desk.locator("#reader")).to_contain_text("Nothing open")
    assert desk.url == at_list
    desk.go_forward()
    expect(desk.locator("#subject")).to_have_text("Salt")
    desk.reload()
    expect(desk.locator("#subject")).to_have_text("Salt")
    expect(rows(desk)).to_have_count(4)


def test_several_rows_move_to_a_folder_found_by_typing(desk, lab):
    lab.append(CHIYO, "House", LETTER.format(to=CHIYO, subject="Old", hour=1).encode())
    desk.reload()
    boxes = desk.locator(".row .pick")
    boxes.nth(0).click()
    boxes.nth(2).click(modifiers=["Shift"])
    expect(desk.locator(".bulk [data-count]")).to_have_text("3 selected")
    desk.keyboard.press("v")
    desk.keyboard.type("hou")
    desk.keyboard.press("Enter")
    expect(rows(desk)).to_have_text(["Bread"])
    expect(desk.locator("#notices")).to_contain_text("House")
    assert len(lab.uids(CHIYO, "House")) == 4


def test_a_finger_opens_goes_back_and_selects(phone):
    phone.locator(".row-link", has_text="Salt").tap()
    expect(phone.locator("#subject")).to_have_text("Salt")
    expect(phone.locator("#list")).to_be_hidden()
    phone.locator("[data-back]").tap()
    expect(phone.locator("#reader")).to_be_hidden()
    phone.get_by_role("button", name="Select", exact=True).tap()
    phone.locator(".row .pick").nth(1).tap()
    expect(phone.locator(".picked")).to_contain_text("1 selected")
    phone.locator(".bulk").get_by_role("button", name="Archive").tap()
    expect(rows(phone)).to_have_text(["Tea", "Salt", "Bread"])


def test_a_swipe_towards_the_end_archives(phone, lab):
    box = phone.locator(".row").nth(0).bounding_box()
    finger = phone.context.new_cdp_session(phone)

    def touch(kind: str, *at: float) -> None:
        points = [{"x": at[0], "y": at[1]}] if at else []
        finger.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

    y = box["y"] + 30
    touch("touchStart", 100, y)
    for step in range(1, 9):
        touch("touchMove", 100 + step * 18, y)
    touch("touchEnd")
    expect(rows(phone)).to_have_text(["Oil", "Salt", "Bread"])
    expect(phone.locator("#notices")).to_contain_text("archived")
    assert len(lab.uids(CHIYO, "INBOX")) == 3


def test_the_folder_drawer_opens_and_gives_the_focus_back(phone):
    phone.get_by_role("link", name="Folders").tap()
    expect(phone.get_by_role("dialog", name="Folders")).to_be_visible()
    phone.keyboard.press("Escape")
    expect(phone.get_by_role("dialog", name="Folders")).to_be_hidden()
    phone.get_by_role("link", name="Folders").tap()
    phone.get_by_role("dialog").get_by_role("link", name="Sent").tap()
    expect(phone.locator("#list-title")).to_have_text("Sent")


def test_the_next_message_is_fetched_ahead_and_stays_unread_until_it_is_read(phone, lab):
    def unseen():
        with lab.imap(CHIYO) as imap:
            imap.select_folder("INBOX", readonly=True)
            return len(imap.search(["UNSEEN"]))

    with phone.expect_response(lambda each: "x-hearth-ahead" in each.request.headers) as ahead:
        phone.locator(".row-link", has_text="Tea").tap()
    assert ahead.value.finished() is None
    expect(phone.locator("#subject")).to_have_text("Tea")
    assert unseen() == 3
    phone.context.set_offline(True)  # what was fetched is enough to read it
    phone.locator("#reader [rel=next]").tap()
    expect(phone.locator("#subject")).to_have_text("Oil")
    expect(phone.locator("#reader .prose")).to_contain_text("We need Oil.")
    phone.context.set_offline(False)
    deadline = time.monotonic() + 10
    while unseen() != 2 and time.monotonic() < deadline:
        phone.wait_for_timeout(100)
    assert unseen() == 2
