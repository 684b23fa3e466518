"""What is being written survives the browser's end and a broken line (F04, F32)."""

import contextlib
import os
import signal
import time
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.lab.place import find_program

pytestmark = pytest.mark.xdist_group("browser")
ADA = "ada@hearth.test"
FLAGS = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"]
KEY_S = 0.08


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
