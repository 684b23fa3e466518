"""A conversation in a real browser: opened and folded in place, by mouse and by keys."""

import email.message
import email.policy
import itertools
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Page, expect

from tests.browser.arrival import arrive

pytestmark = pytest.mark.xdist_group("browser")
CHIYO = "chiyo@hearth.test"
PEOPLE = {
    "ingrid": "Ingrid Lindgren <ingrid@fjordpost.example>",
    "jonas": "Jonas Okafor <jonas@fjordpost.example>",
    "me": f"Chiyo <{CHIYO}>",
}
LETTERS = [
    ("jonas", "I booked the cabin from Friday noon. There are two bedrooms and a sofa bed."),
    ("ingrid", "Lovely! Shall I ask Amara too?"),
    ("jonas", "Yes, please do."),
    ("ingrid", "She is coming."),
    ("jonas", "Then we are five."),
    ("me", "Great. I can do breakfast both days and bring the big pan for pancakes."),
    ("ingrid", "Hello all,\n\nI looked at the forecast and it should be clear but cold.\n\nIngrid"),
]


# What was joined by hand stays joined, so that each test needs messages of its own.
_series = itertools.count()


def letter(number: int, who: str, text: str, subject: str, series: int) -> bytes:
    message = email.message.EmailMessage(policy=email.policy.SMTP)
    message["From"], message["To"] = PEOPLE[who], PEOPLE["ingrid" if who == "me" else "me"]
    message["Subject"] = f"Re: {subject}" if number else subject
    message["Date"] = f"Sun, 22 Nov 2026 09:{number:02}:00 +0000"
    ids = [f"<{subject[:4]}.{series}.{n}@fjordpost.example>" for n in range(number + 1)]
    message["Message-ID"] = ids.pop()
    if ids:
        message["References"] = " ".join(ids)
    message.set_content(text)
    return message.as_bytes()


@pytest.fixture
def inbox(lab, chromium, hearth) -> Iterator[Page]:
    lab.clear()
    series, start = next(_series), datetime.now(UTC) - timedelta(days=2)
    for number, (who, text) in enumerate(LETTERS):
        seen = ("\\Seen",) if number < 6 else ()
        raw = letter(number, who, text, "Weekend at the cabin", series)
        at = start + timedelta(hours=number)
        lab.append(CHIYO, "Sent" if who == "me" else "INBOX", raw, seen, at)
    raw = letter(0, "jonas", "They rang.", "Car service", series)
    lab.append(CHIYO, "INBOX", raw, ("\\Seen",), start)
    size = {"width": 1440, "height": 900}
    context = chromium.new_context(viewport=size, reduced_motion="reduce")
    page = context.new_page()
    page.set_default_timeout(15_000)
    arrive(page, hearth, lab, address=CHIYO)
    expect(page.locator("li.row")).to_have_count(2)
    yield page
    context.close()


def open_cabin(page: Page) -> None:
    page.locator(".row-link", has_text="Weekend").click()
    expect(page.locator("#subject")).to_have_text("Weekend at the cabin")


def opened(page: Page) -> int:
    return page.locator(".thread > li[data-open]").count()


def test_a_line_opens_in_its_place_and_the_rest_stays(inbox):
    open_cabin(inbox)
    expect(inbox.locator("li.row .count").first).to_have_text("7 messages")
    expect(inbox.locator(".thread .fold")).to_have_count(2)
    expect(inbox.locator(".gap")).to_have_text("4Show 4 earlier messages")
    expect(inbox.locator(".fold").first).to_contain_text("I booked the cabin")
    inbox.evaluate("document.querySelector('.thread > li[data-open]').dataset.mine = '1'")
    inbox.locator(".fold", has_text="Jonas").first.click()
    expect(inbox.locator(".prose", has_text="a sofa bed")).to_be_visible()
    assert opened(inbox) == 2
    expect(inbox.locator("[data-mine]")).to_have_count(1)
    assert "open=" in inbox.url
    inbox.reload()
    assert opened(inbox) == 2


def test_the_gap_shows_its_lines_without_loading_the_page(inbox):
    open_cabin(inbox)
    inbox.evaluate("window.mine = 1")
    inbox.locator(".gap").click()
    expect(inbox.locator(".thread .fold")).to_have_count(6)
    assert inbox.evaluate("window.mine") == 1


def test_keys_go_through_the_messages_and_open_and_fold_all(inbox):
    open_cabin(inbox)
    inbox.keyboard.press("p")
    expect(inbox.locator(".thread .msg-head h2").last).to_be_focused()
    inbox.keyboard.press("p")
    expect(inbox.locator(".fold", has_text="You")).to_be_focused()
    inbox.keyboard.press("Enter")
    expect(inbox.locator(".prose", has_text="pancakes")).to_be_visible()
    inbox.keyboard.press(";")
    expect(inbox.locator(".thread > li[data-open]")).to_have_count(7)
    inbox.keyboard.press(":")
    expect(inbox.locator(".thread > li[data-open]")).to_have_count(1)
    expect(inbox.locator(".gap")).to_have_count(1)


def test_archiving_a_line_takes_the_conversation(inbox, lab):
    inbox.locator("li.row", has_text="Weekend").locator(".row-link").focus()
    inbox.keyboard.press("e")
    expect(inbox.locator("[role=status]", has_text="6 messages archived").first).to_be_visible()
    expect(inbox.locator("li.row")).to_have_count(1)
    inbox.keyboard.press("z")
    expect(inbox.locator("li.row .count")).to_have_text("7 messages")


def test_a_message_is_taken_out_and_put_back(inbox):
    open_cabin(inbox)
    inbox.locator(".msg details.drop > summary").last.click()
    inbox.get_by_role("button", name="Take this message out").click()
    expect(inbox.locator("li.row")).to_have_count(3)
    inbox.get_by_role("button", name="Undo").first.click()
    expect(inbox.locator("li.row")).to_have_count(2)


def test_two_lines_are_joined(inbox):
    for row in (0, 1):
        inbox.locator(".row .pick").nth(row).click()
    inbox.locator(".bulk details > summary").click()
    inbox.get_by_role("button", name="Join conversations").click()
    expect(inbox.locator("li.row")).to_have_count(1)
    expect(inbox.locator("li.row .count")).to_have_text("8 messages")


def test_without_script_lines_open_too(inbox, chromium, hearth):
    context = chromium.new_context(java_script_enabled=False)
    context.add_cookies(inbox.context.cookies())
    page = context.new_page()
    page.goto(inbox.url)
    page.locator(".row-link", has_text="Weekend").click()
    expect(page.locator("#subject")).to_be_visible()
    page.locator(".fold", has_text="I booked").click()
    expect(page.locator(".prose", has_text="a sofa bed")).to_be_visible()
    page.locator(".gap").click()
    expect(page.locator(".thread > li")).to_have_count(7)
    context.close()


def test_flagged_of_the_rail_gathers_from_all_folders(inbox, lab):
    lab.append(
        CHIYO, "Archive", letter(0, "jonas", "Keep this", "Deeds", 0), ("\\Flagged", "\\Seen")
    )
    inbox.locator("#folders a", has_text=re.compile("^Flagged")).click()
    expect(inbox.locator("#list-title")).to_have_text("Flagged")
    expect(inbox.locator("li.row")).to_have_count(1)
    expect(inbox.locator("li.row .tag")).to_have_text("Archive")
