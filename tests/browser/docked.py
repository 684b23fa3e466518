"""A mailbox of three letters, and the compose windows over it."""

import email
import email.policy

from tests.browser.arrival import arrive

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
    for raw in lab.raws(ADA, mailbox):
        message = email.message_from_bytes(raw, policy=email.policy.default)
        found[message["Subject"]] = message.get_body(("plain",)).get_content().strip()
    return found
