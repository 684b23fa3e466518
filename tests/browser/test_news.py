"""New mail in an open browser: another client appends, and the row is there."""

import statistics
import time

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.xdist_group("browser")
ADA = "ada@hearth.test"
DESKTOP = {"width": 1440, "height": 900}
PHONE = {"width": 390, "height": 844}


def mail(subject):
    return (
        f"From: Ben <ben@hearth.test>\r\nTo: {ADA}\r\nSubject: {subject}\r\n\r\nHello.\r\n".encode()
    )


def sign_in(page, hearth, lab):
    page.goto(f"{hearth.url}/sign-in/")
    page.fill("#address", ADA)
    page.get_by_label("Password", exact=True).fill(lab.users[ADA])
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url("**/INBOX/")


def wait_until_watched(page, lab):
    """A message that comes by itself shows that all stands."""
    lab.append(ADA, "INBOX", mail("The first to come by itself"))
    expect(row(page, "The first to come by itself")).to_be_visible(timeout=20_000)


def row(page, subject):
    return page.locator("#list .row", has_text=subject)


@pytest.fixture
def ada(chromium, hearth, lab, watcher):
    """Her inbox of three messages, open in a browser and watched."""
    lab.clear()
    for number in range(3):
        lab.append(ADA, "INBOX", mail(f"Old {number}"))
    context = chromium.new_context(viewport=DESKTOP)
    page = context.new_page()
    page.faults = []
    page.on("pageerror", lambda error: page.faults.append(str(error)))
    sign_in(page, hearth, lab)
    wait_until_watched(page, lab)
    yield page
    context.close()
    assert page.faults == []


def test_mail_that_another_client_appends_is_there_in_less_than_a_second(ada, lab):
    taken = []
    with lab.imap(ADA) as imap:
        for number in range(20):
            subject = f"Round {number} of twenty"
            begin = time.monotonic()
            imap.append("INBOX", mail(subject))
            row(ada, subject).wait_for()
            taken.append(time.monotonic() - begin)
            time.sleep(0.3)
    print("APPEND to row, ms:", [round(t * 1000) for t in taken], statistics.median(taken))
    assert statistics.median(taken) <= 1.0
